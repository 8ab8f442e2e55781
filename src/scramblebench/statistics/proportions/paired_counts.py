"""The same binary items under two conditions: their table, McNemar's tests and the matched odds ratio.

Baseline first: ``n10`` items are right at the baseline only (lost), ``n01`` at the treatment only
(gained). Every difference is treatment minus baseline.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from scramblebench.statistics.limit_warnings import cautious_test_warning, few_deciding_warning
from scramblebench.statistics.proportions.shares import clopper_pearson
from scramblebench.statistics.results import (
    DEFAULT_CONFIDENCE,
    Estimate,
    HypothesisTest,
    Status,
    check_confidence,
)


@dataclass(frozen=True, slots=True)
class PairedCounts:
    """Items by whether they are right at the baseline (first digit) and the treatment (second).

    ``n_missing`` items are in no cell, because a score was missing. Raises ValueError on a negative
    count.
    """

    n11: int
    n10: int
    n01: int
    n00: int
    n_missing: int = 0

    def __post_init__(self) -> None:
        if min(self.n11, self.n10, self.n01, self.n00, self.n_missing) < 0:
            raise ValueError(f"a count is negative: {self}")

    @classmethod
    def from_scores(cls, baseline: npt.ArrayLike, treatment: npt.ArrayLike) -> Self:
        """Count two rows of 0/1 scores of the same items, shape (n_items,) each.

        Items with a NaN in either row are left out and counted as missing. Raises ValueError on
        different lengths and on any other number: partial credit and means of repeats have no such
        table.
        """
        first = np.asarray(baseline, dtype=np.float64)
        second = np.asarray(treatment, dtype=np.float64)
        if first.ndim != 1 or first.shape != second.shape:
            raise ValueError(f"scores of shape {first.shape} and {second.shape} are not paired")
        complete = ~(np.isnan(first) | np.isnan(second))
        pairs = np.stack([first[complete], second[complete]])
        if not bool(np.isin(pairs, (0.0, 1.0)).all()):
            raise ValueError("paired counts need scores of 0 and 1")
        cell = (2 * pairs[0] + pairs[1]).astype(np.int64)
        n00, n01, n10, n11 = np.bincount(cell, minlength=4).tolist()
        return cls(n11, n10, n01, n00, n_missing=int((~complete).sum()))

    @property
    def n(self) -> int:
        """Return the number of complete pairs."""
        return self.n11 + self.n10 + self.n01 + self.n00

    @property
    def n_discordant(self) -> int:
        """Return the number of items right under one condition only."""
        return self.n10 + self.n01

    @property
    def n_baseline(self) -> int:
        """Return the number of items right at the baseline."""
        return self.n11 + self.n10

    @property
    def n_treatment(self) -> int:
        """Return the number of items right at the treatment."""
        return self.n11 + self.n01

    @property
    def difference(self) -> float:
        """Return the share right at the treatment minus the baseline's; NaN without pairs."""
        return (self.n01 - self.n10) / self.n if self.n else math.nan

    @property
    def status(self) -> Status:
        """Return whether there are pairs, and discordant ones among them."""
        if self.n == 0:
            return Status.NO_COMPLETE_ITEMS if self.n_missing else Status.NO_DATA
        return Status.OK if self.n_discordant else Status.NO_DISCORDANT_PAIRS


class McNemarVariant(StrEnum):
    """How the p-value of McNemar's test is computed."""

    MID_P = "mid-p"
    EXACT = "exact"
    ASYMPTOTIC = "asymptotic"
    CONTINUITY_CORRECTED = "continuity-corrected"


def mcnemar(counts: PairedCounts, variant: McNemarVariant = McNemarVariant.MID_P) -> HypothesisTest:
    """Test whether as many items are lost as gained: McNemar's test.

    With m the smaller discordant count and X ~ Bin(n10 + n01, 1/2): mid-p 2 P(X <= m) - P(X = m),
    exact min(1, 2 P(X <= m)). The asymptotic variants have ``statistic`` (n10 - n01)^2 / (n10 + n01)
    with df 1; the correction subtracts 1 from |n10 - n01|, but not at a tie. R:
    ``exact2x2::exact2x2(midp = TRUE, paired = TRUE)``, ``binom.test(n01, n10 + n01)``,
    ``mcnemar.test(correct = ...)``. ``estimate`` is the difference of the shares; its limits are in
    ``paired_difference``. No discordant pair: p = 1, statistic NaN, ``no_discordant_pairs``; no
    pairs: p NaN. A warning says where fewer than ten pairs are discordant, and of the exact test where it
    rejects less than 4 % of true nulls at 5 %. Not for clustered items. Fagerland, Lydersen & Laake 2013,
    doi:10.1186/1471-2288-13-91.
    """
    statistic, p_value = math.nan, math.nan
    if counts.n:
        statistic, p_value = _mcnemar(counts, variant) if counts.n_discordant else (math.nan, 1.0)
    return HypothesisTest(
        method=f"McNemar, {variant}",
        p_value=p_value,
        statistic=statistic,
        df=1.0 if variant in _CHI_SQUARED else math.nan,
        estimate=counts.difference,
        n=counts.n,
        status=counts.status,
        warnings=_caution(counts, variant),
    )


def matched_odds_ratio(
    counts: PairedCounts, confidence_level: float = DEFAULT_CONFIDENCE
) -> Estimate:
    """Return the odds ratio of the discordant pairs, gained / lost, with its exact interval.

    With L, U the Clopper-Pearson limits of n01 / (n10 + n01): L / (1 - L) and U / (1 - U). R:
    ``exact2x2::mcnemar.exact`` and ``binom.test(n01, n10 + n01)$conf.int``. Nothing lost gives an
    infinite ratio with a finite lower limit, nothing gained 0 with a finite upper limit; no
    discordant pair gives NaN within [0, Inf]. ``n`` counts the discordant pairs. Raises ValueError
    on a confidence level out of (0, 1).
    """
    check_confidence(confidence_level)
    share = clopper_pearson(counts.n01, counts.n_discordant, confidence_level)
    ratio, low, high = (_odds(value) for value in (share.estimate, share.low, share.high))
    if counts.status is Status.NO_DISCORDANT_PAIRS:
        low, high = 0.0, math.inf
    return Estimate(
        method="matched odds ratio",
        estimate=counts.n01 / counts.n10 if counts.n10 else ratio,
        low=low,
        high=high,
        confidence_level=confidence_level,
        interval_method="exact (Clopper-Pearson)",
        n=counts.n_discordant,
        status=counts.status,
        warnings=share.warnings,
    )


_CHI_SQUARED = (McNemarVariant.ASYMPTOTIC, McNemarVariant.CONTINUITY_CORRECTED)


def _mcnemar(counts: PairedCounts, variant: McNemarVariant) -> tuple[float, float]:
    """Return statistic and p-value of a table with discordant pairs."""
    n, smaller = counts.n_discordant, min(counts.n10, counts.n01)
    if variant in _CHI_SQUARED:
        distance = abs(counts.n10 - counts.n01)
        if variant is McNemarVariant.CONTINUITY_CORRECTED:
            distance = max(distance - 1, 0)
        return distance**2 / n, float(special.chdtrc(1, distance**2 / n))
    if counts.n10 == counts.n01:
        return float(counts.n01), 1.0  # not 1 - 2e-16
    at_most = float(special.bdtr(smaller, n, 0.5))
    if variant is McNemarVariant.EXACT:
        return float(counts.n01), min(1.0, 2 * at_most)
    fewer = float(special.bdtr(smaller - 1, n, 0.5)) if smaller else 0.0
    return float(counts.n01), at_most + fewer


def _caution(counts: PairedCounts, variant: McNemarVariant) -> tuple[str, ...]:
    n = counts.n_discordant
    if variant is not McNemarVariant.EXACT or not n:
        return few_deciding_warning(n, counts.n)
    outcomes = np.arange(n + 1)
    return cautious_test_warning(np.abs(outcomes - n / 2), stats.binom.pmf(outcomes, n, 0.5))


def _odds(share: float) -> float:
    return math.inf if share == 1 else share / (1 - share)
