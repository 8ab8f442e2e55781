"""Which exchange meets which fault, and what has happened so far."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from scramblebench.core.randomness import RandomStream
from scramblebench.testing.chaos_proxy.faults import PATTERN_FAULTS, WireFault


@dataclass(slots=True)
class WireCounts:
    """What passed the proxy; ``struck`` counts the faults by the kind they were written as."""

    n_connections: int = 0
    n_exchanges: int = 0
    n_request_bytes: int = 0
    n_answer_bytes: int = 0
    struck: Counter[str] = field(default_factory=Counter[str])


@dataclass(slots=True)
class Exchange:
    """A request and its answer; ``number`` counts from 1 over all connections."""

    number: int
    fault: WireFault | None
    stream: RandomStream
    n_request_bytes: int = 0
    n_answer_bytes: int = 0


class WireScript:
    """Decides by the seed and the order in which exchanges begin: the first fault that strikes."""

    def __init__(self, faults: Sequence[WireFault], seed: int) -> None:
        self.counts = WireCounts()
        self._seed = seed
        self._faults: tuple[WireFault, ...] = ()
        self._n_seen: Counter[int] = Counter()
        self._n_struck: Counter[int] = Counter()
        self.replace(faults)

    def replace(self, faults: Sequence[WireFault]) -> None:
        """Go on with other faults; what they skip and are limited to is counted from now."""
        self._faults = tuple(faults)
        self._n_seen.clear()
        self._n_struck.clear()

    def next_exchange(self) -> Exchange:
        """Return a new exchange with the fault, if any, that it meets."""
        self.counts.n_exchanges += 1
        number = self.counts.n_exchanges
        struck = (
            fault
            for index, fault in enumerate(self._faults)
            if fault.name not in PATTERN_FAULTS and self._strikes(index, fault)
        )
        return Exchange(number, next(struck, None), RandomStream("wire", self._seed, number))

    def cut(self, name: str, received: bytes, n_old: int) -> WireFault | None:
        """Return the fault with a text that strikes now; the first ``n_old`` bytes were seen before."""
        for index, fault in enumerate(self._faults):
            if fault.name != name:
                continue
            begin = max(0, n_old - len(fault.pattern) + 1)
            if received.find(fault.pattern, begin) >= 0 and self._strikes(index, fault):
                return fault
        return None

    def longest_pattern(self) -> int:
        """Return the length of the longest text to be cut at, in bytes."""
        sizes = (len(fault.pattern) for fault in self._faults if fault.name in PATTERN_FAULTS)
        return max(sizes, default=0)

    def _strikes(self, index: int, fault: WireFault) -> bool:
        self._n_seen[index] += 1
        is_spent = fault.limit is not None and self._n_struck[index] >= fault.limit
        if is_spent or self._n_seen[index] <= fault.skip:
            return False
        draw = RandomStream("strike", self._seed, index, self._n_seen[index]).uniform()
        if draw >= fault.share:
            return False
        self._n_struck[index] += 1
        self.counts.struck[fault.kind] += 1
        return True
