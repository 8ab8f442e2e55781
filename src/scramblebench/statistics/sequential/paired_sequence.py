"""Anytime-valid interval for the difference of two conditions on the same binary items.

For each candidate difference m a gambler who thinks it is another one bets on the items in order; where
m is true the wealth seldom ever exceeds 1 / alpha (Ville's inequality), so the differences at which it is
smaller hold the true one at all times together. Bets are a fixed mixture, on both sides of m, so that the
wealth is a function of the counts of gained, tied and lost items alone. At m = 0 a tied item costs nothing
and the wealth is E of the discordant items (``eprocess``): the interval excludes 0 where the e-process
rejects. Orabona & Jun 2024, doi:10.1109/TIT.2023.3306293; Waudby-Smith & Ramdas 2024,
doi:10.1093/jrsssb/qkad009.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from scramblebench.statistics.limit_warnings import ANYTIME_WARNING
from scramblebench.statistics.results import DEFAULT_CONFIDENCE, Interval, check_confidence
from scramblebench.statistics.roots import bracketed_root

_Floats = npt.NDArray[np.float64]

_N_BETS = 256
_BETS: _Floats = np.sin((np.arange(_N_BETS) + 0.5) * (math.pi / 2 / _N_BETS))
"""Shares of the wealth that are staked, of equal weight: the arcsine law, as Beta(1/2, 1/2) at m = 0.

Any fixed set of bets is valid; this many make the wealth at 0 equal E up to 1,000 discordant items.
"""
_KEPT: _Floats = np.log1p(-_BETS)
_NEAREST = 1e-12  # how near to -1 or 1 a limit is searched

OVERLAP_WARNING = (
    "intervals at different times do not overlap: the items may not have come in a random order; "
    "the interval of the last time alone is given"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedSequence:
    """The counts so far and the interval; ``update`` returns the next state.

    ``low`` and ``high`` are the running intersection of the intervals after every update (a look, not
    every item); they can cross where the items are no random sequence: read ``interval``, not them.
    ``max_log_e`` is the largest log E at a difference of 0 after any update.
    """

    confidence_level: float = DEFAULT_CONFIDENCE
    gained: int = 0
    tied: int = 0
    lost: int = 0
    low: float = -1.0
    high: float = 1.0
    max_log_e: float = 0.0

    def __post_init__(self) -> None:
        check_confidence(self.confidence_level)

    @property
    def n(self) -> int:
        """The number of items."""
        return self.gained + self.tied + self.lost

    @property
    def difference(self) -> float:
        """The observed difference of shares; NaN before the first item."""
        return (self.gained - self.lost) / self.n if self.n else math.nan

    @property
    def p_value(self) -> float:
        """The anytime-valid p-value of no difference, over the updates so far."""
        return math.exp(-self.max_log_e)

    @property
    def interval(self) -> Interval:
        """The difference with its confidence sequence; [-1, 1] before the first item.

        Where the running intersection is empty, the limits of the last update alone.
        """
        low, high = self.low, self.high
        if not self.overlaps:
            low, high = _limits(self, -1.0, 1.0)
        return Interval(self.difference, low, high)

    @property
    def overlaps(self) -> bool:
        """Whether the intervals of all updates have a difference in common."""
        return self.low <= self.high

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the interval has to know."""
        return (OVERLAP_WARNING,) * (not self.overlaps) + (ANYTIME_WARNING,) * (self.n > 0)

    def update(self, differences: npt.ArrayLike) -> Self:
        """Return the state after one more look, with these further items in their planned order.

        Treatment minus baseline of each item: 1 gained, 0 tied, -1 lost; shape (n,). The order must not
        depend on the answers: not the order in which they arrive. Raises ValueError on other values
        (partial credit and cluster means: ``betting_sequence``). An empty batch is no look.
        """
        batch = np.asarray(differences, dtype=np.float64)
        if batch.ndim != 1 or not bool(np.isin(batch, (-1.0, 0.0, 1.0)).all()):
            raise ValueError("differences of binary items are a row of -1, 0 and 1")
        if batch.size == 0:
            return self
        gained, lost = int((batch > 0).sum()), int((batch < 0).sum())
        counted = replace(
            self,
            gained=self.gained + gained,
            tied=self.tied + batch.size - gained - lost,
            lost=self.lost + lost,
        )
        low, high = _limits(counted, self.low, self.high)
        at_zero = log_wealth(0.0, counted.gained, counted.tied, counted.lost)
        return replace(counted, low=low, high=high, max_log_e=max(self.max_log_e, at_zero))


def log_wealth(difference: float, gained: int, tied: int, lost: int) -> float:
    """Return log E against this difference, strictly between -1 and 1, at these counts.

    Bets for a larger difference multiply the wealth by 1 - b + b x / m, bets for a smaller one by
    1 - b + b (1 - x) / (1 - m), where b is the share staked, m = (difference + 1) / 2 and x the item's
    (d + 1) / 2. E is the mean over all bets, and log-convex in the difference: the differences below
    any bound are an interval, which holds the observed one.
    """
    if not -1 < difference < 1:
        raise ValueError(f"difference {difference} is not between -1 and 1")
    m = (difference + 1) / 2
    upward = lost * _KEPT + gained * _gain(1 / m) + tied * _gain(0.5 / m)
    downward = gained * _KEPT + lost * _gain(1 / (1 - m)) + tied * _gain(0.5 / (1 - m))
    logs = np.concatenate([upward, downward])
    largest = float(logs.max())
    return largest + math.log(float(np.exp(logs - largest).mean()))


def _gain(odds: float) -> _Floats:
    return np.log1p(_BETS * (odds - 1))


def _limits(counts: PairedSequence, low: float, high: float) -> tuple[float, float]:
    """Return the given limits, moved inwards where the counts exclude them."""
    threshold = -math.log(1 - counts.confidence_level)

    def excess(difference: float) -> float:
        wealth = log_wealth(difference, counts.gained, counts.tied, counts.lost)
        return wealth - threshold

    observed = counts.difference
    if counts.lost < counts.n:
        low = max(low, _crossing(excess, low, observed, end=-1 + _NEAREST))
    if counts.gained < counts.n:
        high = min(high, _crossing(excess, high, observed, end=1 - _NEAREST))
    return low, high


def _crossing(excess: Callable[[float], float], limit: float, observed: float, end: float) -> float:
    """Return where the excess is 0 between a limit and the observed difference; else the limit."""
    sign = math.copysign(1.0, end)
    start = limit if sign * limit < sign * end else end
    inside = min(max(observed, -abs(end)), abs(end))
    if sign * start <= sign * inside or excess(start) <= 0:
        return limit
    return bracketed_root(excess, start, inside, 1e-10)
