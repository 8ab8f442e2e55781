"""Anytime-valid interval for a mean difference of bounded scores: the betting confidence sequence.

For partial credit, means of repeats and scaled cluster sums: anything in [-1, 1]. Binary items have
narrower intervals in ``paired_sequence``. Waudby-Smith & Ramdas 2024, doi:10.1093/jrsssb/qkad009:
predictable plug-in bets, hedged between both directions (theta = 1/2), truncated at c = 1/2.
"""

import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from scramblebench.statistics.limit_warnings import ANYTIME_WARNING
from scramblebench.statistics.results import DEFAULT_CONFIDENCE, Interval, check_confidence

_Floats = npt.NDArray[np.float64]
_TRUNCATION = 0.5
_BLOCK = 256  # items at a time: bounds the memory of items x candidates
_DEFAULT_STEP = 0.001

OVERLAP_WARNING = (
    "intervals at different times do not overlap: the items may not have come in a random order; "
    "no interval is given"
)


def candidate_differences(step: float = _DEFAULT_STEP) -> _Floats:
    """Return the differences between -1 and 1, ends left out, at this distance.

    Raises ValueError unless 2 / step is a whole number of 2 or more.
    """
    parts = round(2 / step) if step > 0 else 0
    if parts < 2 or abs(2 / step - parts) > 1e-6:
        raise ValueError(f"step {step} does not divide the range from -1 to 1")
    return np.arange(1, parts) * 2 / parts - 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BettingSequence:
    """The wealth against each candidate difference so far; ``update`` returns the next state.

    ``candidates`` is a rising row within [-1, 1], shape (n_candidates,); ``log_up`` and ``log_down``
    are the logarithms of the wealth betting on a larger and a smaller difference, ``max_log_wealth``
    the largest log of the hedged wealth max(up, down) / 2 after any item. The rest sums the items, as
    x = (d + 1) / 2.
    """

    confidence_level: float
    candidates: _Floats
    n: int
    total: float
    squares: float
    log_up: _Floats
    log_down: _Floats
    max_log_wealth: _Floats

    @classmethod
    def start(
        cls, confidence_level: float = DEFAULT_CONFIDENCE, candidates: npt.ArrayLike | None = None
    ) -> Self:
        """Return the state before the first item; the candidates are 0.001 apart unless given.

        Raises ValueError on a confidence level out of (0, 1), or candidates that do not rise or are not
        within [-1, 1].
        """
        check_confidence(confidence_level)
        grid = np.array(candidate_differences() if candidates is None else candidates, dtype=float)
        if (
            grid.ndim != 1
            or not bool((np.abs(grid) <= 1).all())
            or bool((np.diff(grid) <= 0).any())
        ):
            raise ValueError("candidate differences are a rising row from -1 to 1")
        return cls(
            confidence_level=confidence_level,
            candidates=grid,
            n=0,
            total=0.0,
            squares=0.0,
            log_up=np.zeros_like(grid),
            log_down=np.zeros_like(grid),
            max_log_wealth=np.full_like(grid, -math.log(2)),
        )

    @property
    def difference(self) -> float:
        """The observed mean difference; NaN before the first item."""
        return 2 * self.total / self.n - 1 if self.n else math.nan

    @property
    def log_wealth(self) -> _Floats:
        """The logarithm of the hedged wealth against each candidate, max(up, down) / 2."""
        return np.maximum(self.log_up, self.log_down) - math.log(2)

    @property
    def p_value(self) -> float:
        """The anytime-valid p-value of no difference; NaN where 0 is no candidate."""
        at_zero = self.max_log_wealth[self.candidates == 0]
        return math.exp(-max(0.0, float(at_zero[0]))) if at_zero.size else math.nan

    @property
    def interval(self) -> Interval:
        """The mean difference with its confidence sequence, intersected over all items.

        The limits are the candidates next outside those whose wealth was always below 1 / alpha (or
        -1 and 1), so that the true limits are inside by less than the distance of two candidates. No
        candidate left gives NaN limits: see ``warnings``. [-1, 1] before the first item.
        """
        kept = np.flatnonzero(self.max_log_wealth < -math.log(1 - self.confidence_level))
        if kept.size == 0:
            return Interval(self.difference, math.nan, math.nan)
        ends = np.concatenate([[-1.0], self.candidates, [1.0]])
        return Interval(self.difference, float(ends[kept[0]]), float(ends[kept[-1] + 2]))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the interval has to know."""
        is_empty = math.isnan(self.interval.low)
        return (OVERLAP_WARNING,) * is_empty + (ANYTIME_WARNING,) * (self.n > 0)

    def update(self, differences: npt.ArrayLike) -> Self:
        """Return the state after these further items, in their planned order; shape (n,), -1 to 1.

        The order must not depend on the scores. The bet on item t is
        sqrt(2 ln(2 / alpha) / (v t ln(1 + t))) at most 1 / (2 m), with v the variance of the items
        before, regularised by one item of variance 1/4. Batches and single items give the same.
        Raises ValueError on values outside [-1, 1] or NaN.
        """
        batch = np.asarray(differences, dtype=np.float64)
        if batch.ndim != 1 or not bool((np.abs(batch) <= 1).all()):
            raise ValueError("differences are a row of numbers from -1 to 1")
        state = self
        for start in range(0, batch.size, _BLOCK):
            state = state._bet((batch[start : start + _BLOCK] + 1) / 2)
        return state

    def _bet(self, scores: _Floats) -> Self:
        t = self.n + np.arange(1, scores.size + 1)
        totals = self.total + np.cumsum(scores)
        squares = self.squares + np.cumsum((scores - (0.5 + totals) / (t + 1)) ** 2)
        before = np.concatenate([[self.squares], squares[:-1]])
        variances = (0.25 + before) / t
        staked = np.sqrt(
            2 * math.log(2 / (1 - self.confidence_level)) / (variances * t * np.log1p(t))
        )
        m = ((self.candidates + 1) / 2)[:, np.newaxis]
        with np.errstate(divide="ignore"):  # nothing to truncate at the ends
            most_up, most_down = _TRUNCATION / m, _TRUNCATION / (1 - m)
        distance = scores - m
        up = np.log1p(np.minimum(staked, most_up) * distance)
        down = np.log1p(-np.minimum(staked, most_down) * distance)
        log_up = self.log_up[:, np.newaxis] + np.cumsum(up, axis=1)
        log_down = self.log_down[:, np.newaxis] + np.cumsum(down, axis=1)
        highest = np.maximum(log_up, log_down).max(axis=1) - math.log(2)
        return replace(
            self,
            n=self.n + scores.size,
            total=float(totals[-1]),
            squares=float(squares[-1]),
            log_up=log_up[:, -1],
            log_down=log_down[:, -1],
            max_log_wealth=np.maximum(self.max_log_wealth, highest),
        )
