"""Faults that a scripted server commits: what, how often, and on whose requests.

A fault is written ``KIND`` or ``KIND:ARGUMENT``:

========================  ==========================================================================
``NNN``                   HTTP status 400 to 599 with the documented error body; ``429:2.5`` and
                          ``503:1`` add ``Retry-After``
``429-date:S``            Retry-After as an HTTP date S seconds ahead (negative: in the past)
``429-text:TEXT``         Retry-After as any text: ``-5``, ``soon``, ``1000000000``
``429-metadata:S``        no header; X-RateLimit-Reset in milliseconds inside the body
``429-availability:S``    OpenRouter's capacity_exhausted without a code
``200-error``             status 200 and only an error object
``partial``               status 200, partial content, finish_reason error
``empty-choices``         status 200 and no choices (Ollama: no message)
``null-content``          content null and no finish_reason (Ollama: unfinished, without text)
``truncated-json``        half of the body, with a matching Content-Length
``garbage``               bytes that are no JSON
``nan``                   JSON with a bare NaN
``invalid-utf8``          an answer with bytes that are not UTF-8
``lone-surrogate``        an answer with half of a surrogate pair, escaped
``drop-before``           the request is read and the connection cut: nothing was answered or charged
``drop-after:K``          the answer is cut after K bytes: it was charged
``slow:S``                the answer comes S seconds later
``hang``                  no answer until the server stops
``missing-usage``         no token counts and no cost
``negative-usage``        negative token counts and cost
``wrong-model``           another model's name is echoed
``length``                the answer is cut at its first word, finish_reason length
``content-filter``        no content, finish_reason content_filter
``gzip-bomb:M``           M megabytes of zeros, packed (default 64)
``endless``               more than 8 MiB of spaces
``redirect``              status 307 to another host
``huge-header``           a header of 64 KiB
========================  ==========================================================================
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from scramblebench.core.randomness import RandomStream

FAULT_NAMES: Final = frozenset(
    {
        "429-date", "429-text", "429-metadata", "429-availability", "200-error", "partial",
        "empty-choices", "null-content", "truncated-json", "garbage", "nan", "invalid-utf8",
        "drop-before", "drop-after", "slow", "hang", "missing-usage", "negative-usage",
        "wrong-model", "length", "content-filter", "gzip-bomb", "endless", "redirect",
        "huge-header", "lone-surrogate",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong; ``share`` of the requests that ``when`` picks, at most ``limit`` times.

    ``when`` gets the model's name and the text of the last message. The draw is made of the server's
    seed, the request's content and how often that content came before, so that a retry may succeed.
    """

    kind: str
    share: float = 1.0
    limit: int | None = None
    when: Callable[[str, str], bool] | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        is_status = self.name.isdigit() and 400 <= int(self.name) <= 599
        if not is_status and self.name not in FAULT_NAMES:
            raise ValueError(f"unknown fault {self.kind!r}")
        if not 0 <= self.share <= 1:
            raise ValueError(f"share {self.share} is not between 0 and 1")

    @property
    def name(self) -> str:
        """The kind without its argument."""
        return self.kind.partition(":")[0]

    @property
    def argument(self) -> str:
        """What stands after the colon; empty where nothing does."""
        return self.kind.partition(":")[2]

    def number(self, default: float = 0.0) -> float:
        """The argument as a number."""
        return float(self.argument) if self.argument else default


def parse_fault(text: str) -> Fault:
    """Return the fault of ``KIND[:ARGUMENT][=SHARE]``: "429:2=0.05"; raises ValueError."""
    kind, equals, share = text.rpartition("=")
    return Fault(kind, float(share)) if equals else Fault(text)


class FaultScript:
    """Decides for each request which fault, if any, it meets: the first of the list that strikes."""

    def __init__(self, faults: Sequence[Fault], seed: int) -> None:
        self._faults = tuple(faults)
        self._left = [fault.limit for fault in faults]
        self._seed = seed

    def next(self, digest: str, n_before: int, model: str, text: str) -> Fault | None:
        """Return the fault of a request with this content, seen ``n_before`` times before."""
        for index, fault in enumerate(self._faults):
            if self._left[index] == 0 or (fault.when and not fault.when(model, text)):
                continue
            draw = RandomStream("fault", self._seed, index, digest, n_before).uniform()
            if draw < fault.share:
                left = self._left[index]
                self._left[index] = None if left is None else left - 1
                return fault
        return None
