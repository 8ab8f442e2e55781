r"""What can go wrong on the wire, in words.

An exchange is what a client sends until the server answers, and that answer: one request of HTTP, one
statement of PostgreSQL. A fault strikes one exchange, and is written ``KIND`` or ``KIND:ARGUMENT``:

=====================  =============================================================================
``latency:LOW..HIGH``  the answer begins LOW to HIGH seconds later (``latency:2``: always 2)
``reorder:S``          the answer is held until another one has passed, at most S seconds
``trickle:N``          the answer comes at N bytes a second (default 1)
``truncate:K``         the connection is closed after K bytes of the answer
``reset:K``            the same, by RST
``reset-request:K``    RST to both sides after K bytes of the request were forwarded
``half-open``          the request is taken and not forwarded; then silence
``silence``            the request is forwarded, and its answer never comes
``garbage:K``          the bytes of the answer from the K-th on are random
``duplicate:S``        every piece of the answer is sent twice, the second time S seconds later (default 0)
``cut-request:TEXT``   RST to both sides when the client's bytes hold TEXT, which is not forwarded
``cut-after:TEXT``     RST to both sides when TEXT was forwarded, before its answer comes
``cut-answer:TEXT``    RST to both sides when the server's bytes hold TEXT, which is not forwarded
=====================  =============================================================================

TEXT may have escapes as in Python: ``C\x00\x00\x00\x0bCOMMIT\x00``.
"""

import codecs
from dataclasses import dataclass
from typing import Final

PATTERN_FAULTS: Final = frozenset({"cut-request", "cut-after", "cut-answer"})
WIRE_FAULT_NAMES: Final = PATTERN_FAULTS | {
    "latency", "reorder", "trickle", "truncate", "reset", "reset-request", "half-open", "silence",
    "garbage", "duplicate",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class WireFault:
    """What goes wrong, on a ``share`` of the exchanges after the first ``skip``, at most ``limit`` times.

    For faults with a TEXT, ``skip`` and ``share`` count the times that it was seen.
    """

    kind: str
    share: float = 1.0
    limit: int | None = None
    skip: int = 0

    def __post_init__(self) -> None:
        if self.name not in WIRE_FAULT_NAMES:
            raise ValueError(f"unknown fault {self.kind!r}")
        if not 0 <= self.share <= 1:
            raise ValueError(f"share {self.share} is not between 0 and 1")
        if self.name in PATTERN_FAULTS and not self.argument:
            raise ValueError(f"{self.name} needs the text to be cut at")

    @property
    def name(self) -> str:
        """The kind without its argument."""
        return self.kind.partition(":")[0]

    @property
    def argument(self) -> str:
        """What stands after the colon; empty where nothing does."""
        return self.kind.partition(":")[2]

    @property
    def n_bytes(self) -> int:
        """The argument as a number of bytes; 0 where there is none."""
        return int(self.argument or 0)

    @property
    def pattern(self) -> bytes:
        """The argument as the bytes to be cut at."""
        return codecs.decode(self.argument, "unicode_escape").encode("latin-1")

    def bounds(self, default: float) -> tuple[float, float]:
        """The argument as a range of numbers: ``1..5``, or ``2`` for 2 to 2."""
        low, dots, high = (self.argument or str(default)).partition("..")
        return float(low), float(high if dots else low)


def parse_wire_fault(text: str) -> WireFault:
    """Return the fault of ``KIND[:ARGUMENT][=SHARE][@SKIP]``: "reset:40=0.05@10"; raises ValueError."""
    text, at, skip = text.rpartition("@") if text.rpartition("@")[2].isdigit() else (text, "", "")
    kind, equals, share = text.rpartition("=")
    return WireFault(
        kind if equals else text, float(share) if equals else 1.0, skip=int(skip) if at else 0
    )
