"""Whether a share of right answers is above what guessing gives, and the share corrected for it."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from scramblebench.statistics.proportions.shares import check_share
from scramblebench.statistics.results import Interval, Status

_ALTERNATIVES = ("greater", "two-sided")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChanceTest:
    """A test of whether more items are right than guessing explains.

    ``chance`` is the guess rate (the mean of the items'), and ``chance_corrected`` the share right
    rescaled to 0 at chance and 1 where all is right, not clipped. NaN is undefined, and ``status``
    says why.
    """

    method: str
    p_value: float
    successes: int
    n: int
    chance: float
    alternative: str = "greater"
    status: Status = Status.OK

    @property
    def chance_corrected(self) -> float:
        """Return (share - chance) / (1 - chance)."""
        return (self.successes / self.n - self.chance) / (1 - self.chance) if self.n else math.nan


def chance_corrected(share: Interval, chance: float) -> Interval:
    """Return (p - g) / (1 - g) of a share p and its limits: 0 at chance, 1 where all is right.

    Linear in p, so the limits transform with it. Negative below chance, never clipped. NaN stays
    NaN. Raises ValueError unless 0 <= chance < 1.
    """
    _check_chance(chance)
    scale = 1 - chance
    return Interval(
        (share.estimate - chance) / scale,
        (share.low - chance) / scale,
        (share.high - chance) / scale,
    )


def above_chance(successes: int, n: int, chance: float, alternative: str = "greater") -> ChanceTest:
    """Test whether more items are right than guessing at the same rate explains: exact binomial.

    R: ``binom.test(k, n, chance, alternative = ...)``; ``alternative`` is "greater" or "two-sided"
    (the sum of all outcomes that are no likelier). n = 0 gives NaN and ``no_data``. With chance 0 a single right
    answer has p = 0. Raises ValueError unless 0 <= successes <= n, 0 <= chance < 1 and the
    alternative is known.
    """
    check_share(successes, n)
    _check_chance(chance)
    if alternative not in _ALTERNATIVES:
        raise ValueError(f"alternative {alternative!r} is not one of {', '.join(_ALTERNATIVES)}")
    p_value, status = math.nan, Status.NO_DATA
    if n:
        test = stats.binomtest(successes, n, chance, alternative=alternative)
        p_value, status = min(1.0, float(test.pvalue)), Status.OK
    return ChanceTest(
        method="exact binomial",
        p_value=p_value,
        successes=successes,
        n=n,
        chance=chance,
        alternative=alternative,
        status=status,
    )


def above_chance_mixed(successes: int, chances: npt.ArrayLike) -> ChanceTest:
    """Test whether more items are right than guessing explains, each item with its own guess rate.

    One-sided: P(X >= successes) where X, the number guessed right, is Poisson-binomial with
    ``chances``, shape (n_items,). R: ``PoissonBinomial::ppbinom(k - 1, chances, method = "Convolve",
    lower.tail = FALSE)``; SciPy's ``poisson_binom`` exists only from 1.15. No items give NaN and ``no_data``. Hong 2013,
    doi:10.1016/j.csda.2012.10.006. Raises ValueError unless 0 <= successes <= n, every guess rate is
    within [0, 1] and their mean below 1.
    """
    rates = np.asarray(chances, dtype=np.float64)
    if rates.ndim != 1 or not bool(((rates >= 0) & (rates <= 1)).all()):
        raise ValueError("guess rates must be one row of numbers between 0 and 1")
    n = len(rates)
    check_share(successes, n)
    chance, p_value, status = math.nan, math.nan, Status.NO_DATA
    if n:
        chance, status = float(rates.mean()), Status.OK
        _check_chance(chance)
        p_value = min(1.0, float(_guessed_right(rates)[successes:].sum()))
    return ChanceTest(
        method="Poisson-binomial",
        p_value=p_value,
        successes=successes,
        n=n,
        chance=chance,
        status=status,
    )


def _guessed_right(rates: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the probabilities of 0 to n right guesses; items of one rate are one binomial."""
    total = np.ones(1)
    for rate, count in zip(*np.unique(rates, return_counts=True), strict=True):
        total = np.convolve(total, stats.binom.pmf(np.arange(count + 1), count, rate))
    return total


def _check_chance(chance: float) -> None:
    if not 0 <= chance < 1:
        raise ValueError(f"chance {chance} is not at least 0 and below 1")
