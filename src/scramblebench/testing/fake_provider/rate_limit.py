"""The fake server's own limit of requests per minute, as a provider would keep it."""

from dataclasses import dataclass
from typing import Final

_BURST_S: Final = 2.0


@dataclass(slots=True)
class RateLimit:
    """Lets ``per_minute`` requests through, spread evenly but for what two seconds allow at once.

    (Providers enforce 600 a minute as 10 a second.) At least two may come at once.
    """

    per_minute: float
    n_refused: int = 0
    _free_at_s: float = float("-inf")

    def wait_s(self, now_s: float) -> float:
        """Take a place and return 0, or refuse and return the seconds until there is one."""
        gap_s = 60 / self.per_minute
        burst_s = max(_BURST_S, 2 * gap_s)
        due_s = max(self._free_at_s, now_s - burst_s + gap_s)
        if due_s > now_s:
            self.n_refused += 1
            return due_s - now_s
        self._free_at_s = due_s + gap_s
        return 0.0
