"""Intervals of the difference and of the ratio of two shares on the same binary items."""

import math
from collections.abc import Callable
from enum import StrEnum
from statistics import NormalDist

from scipy import optimize

from scramblebench.statistics.limit_warnings import few_deciding_warning
from scramblebench.statistics.proportions.paired_counts import PairedCounts
from scramblebench.statistics.proportions.shares import wilson_limits
from scramblebench.statistics.results import (
    DEFAULT_CONFIDENCE,
    Estimate,
    Status,
    check_confidence,
)

_Limits = tuple[float, float]
_UNDEFINED: _Limits = (math.nan, math.nan)
_RATIO_BRACKET = 1e-12  # no ratio of counts of this world is nearer to 0, or to infinity


class DifferenceInterval(StrEnum):
    """An interval of the difference of two paired shares."""

    NEWCOMBE = "Newcombe square-and-add"
    TANGO = "Tango score"
    BONETT_PRICE = "Bonett-Price"


class RatioInterval(StrEnum):
    """An interval of the ratio of two paired shares."""

    BONETT_PRICE = "Bonett-Price hybrid Wilson"
    SCORE = "Tang score"
    WALD_LOG = "Wald, logarithmic"


def paired_difference(
    counts: PairedCounts,
    interval: DifferenceInterval = DifferenceInterval.NEWCOMBE,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> Estimate:
    """Return the share right at the treatment minus the baseline's, with its limits in [-1, 1].

    Newcombe: the Wilson limits of both shares squared and added, with their correlation phi. Tango:
    the differences that the score test does not reject; it matches the tests and
    ``tost_paired_binary``. Bonett-Price: Wald with one item added to each discordant cell. R:
    ``contingencytables`` 3.0.0, ``Newcombe_square_and_add_CI_paired_2x2``,
    ``Tango_asymptotic_score_CI_paired_2x2`` (its bisection stops at 1e-5; here the root is solved),
    ``Wald_CI_BonettPrice_paired_2x2``. No discordant pairs: difference 0 with limits, and that
    status; no pairs: NaN. Newcombe 1998,
    doi:10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C; Tango 1998,
    doi:10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B; Bonett & Price 2012,
    doi:10.3102/1076998611411915. Raises ValueError on a confidence level out of (0, 1).
    """
    z = _normal_quantile(confidence_level)
    low, high = _DIFFERENCE_LIMITS[interval](counts, z) if counts.n else _UNDEFINED
    return Estimate(
        method="paired difference of shares",
        estimate=counts.difference,
        low=low,
        high=high,
        confidence_level=confidence_level,
        interval_method=interval.value,
        n=counts.n,
        status=counts.status,
        warnings=few_deciding_warning(counts.n_discordant, counts.n),
    )


def tango_statistic(counts: PairedCounts, difference: float) -> float:
    """Return Tango's score statistic of a difference: normal where that is the true one.

    Above 0 where the observed difference is larger than ``difference``, which must be within
    (-1, 1). NaN without pairs; without discordant pairs and at difference 0 it is 0. R:
    ``contingencytables::Tango_asymptotic_score_CI_paired_2x2`` inverts it.
    """
    if not -1 < difference < 1:
        raise ValueError(f"difference {difference} is not between -1 and 1")
    if counts.n == 0:
        return math.nan
    excess, variance = _tango_parts(counts, difference)
    return excess / math.sqrt(variance) if variance > 0 else 0.0


def retention_ratio(
    counts: PairedCounts,
    interval: RatioInterval = RatioInterval.BONETT_PRICE,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> Estimate:
    """Return the share right at the treatment over the share at the baseline, with its limits.

    Bonett-Price: a ratio of Wilson limits, narrowed for the pairing. Score (Tang; Nam's is the same):
    the ratios that the score test does not reject. Wald on the logarithm is for comparison with
    printed tables only: its width is 0 without discordant pairs, and without a right answer at the
    treatment it has no limits (``division_by_zero``). R: ``contingencytables`` 3.0.0, ``BonettPrice_hybrid_Wilson_score_CI_``,
    ``Tang_asymptotic_score_CI_`` and ``Wald_CI_ratio_paired_2x2`` (Tang's by bisection to 1e-5; here
    the root is solved). Nothing right at the baseline: NaN, ``division_by_zero``. Bonett & Price
    2006, doi:10.1111/j.1541-0420.2005.00471.x; Tang, Tang & Chan 2003, doi:10.1002/sim.1403. Raises
    ValueError on a confidence level out of (0, 1).
    """
    z = _normal_quantile(confidence_level)
    ratio, (low, high), status = math.nan, _UNDEFINED, counts.status
    if counts.n_baseline:
        ratio = counts.n_treatment / counts.n_baseline
        low, high = _RATIO_LIMITS[interval](counts, z)
    if counts.n and math.isnan(low):
        status = Status.DIVISION_BY_ZERO
    return Estimate(
        method="retention ratio",
        estimate=ratio,
        low=low,
        high=high,
        confidence_level=confidence_level,
        interval_method=interval.value,
        n=counts.n,
        status=status,
        warnings=few_deciding_warning(counts.n_discordant, counts.n),
    )


def performance_drop_rate(
    counts: PairedCounts,
    interval: RatioInterval = RatioInterval.BONETT_PRICE,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> Estimate:
    """Return 1 - retention ratio: the share of the baseline's accuracy that is lost.

    Negative where the treatment is better, never clipped; otherwise as ``retention_ratio``. The PDR of
    PromptBench: Zhu et al. 2023, arXiv:2306.04528.
    """
    ratio = retention_ratio(counts, interval, confidence_level)
    return Estimate(
        method="performance drop rate",
        estimate=1 - ratio.estimate,
        low=1 - ratio.high,
        high=1 - ratio.low,
        confidence_level=confidence_level,
        interval_method=ratio.interval_method,
        n=ratio.n,
        status=ratio.status,
        warnings=ratio.warnings,
    )


def _newcombe(counts: PairedCounts, z: float) -> _Limits:
    baseline, treatment = counts.n_baseline / counts.n, counts.n_treatment / counts.n
    baseline_low, baseline_high = wilson_limits(baseline, counts.n, z)
    treatment_low, treatment_high = wilson_limits(treatment, counts.n, z)
    phi = _phi(counts)

    def distance(up: float, down: float) -> float:
        return math.sqrt(max(0.0, up * up + down * down - 2 * phi * up * down))

    below = distance(treatment - treatment_low, baseline_high - baseline)
    above = distance(baseline - baseline_low, treatment_high - treatment)
    return counts.difference - below, counts.difference + above


def _phi(counts: PairedCounts) -> float:
    """Return the correlation of the two conditions, shrunk towards 0 where it is positive."""
    margins = counts.n_baseline * counts.n_treatment
    margins *= (counts.n01 + counts.n00) * (counts.n10 + counts.n00)
    if margins == 0:
        return 0.0
    cross = counts.n11 * counts.n00 - counts.n10 * counts.n01
    if cross > 0:
        cross = max(cross - counts.n / 2, 0)
    return cross / math.sqrt(margins)


def _tango(counts: PairedCounts, z: float) -> _Limits:
    """Return the differences whose score statistic is z and -z."""
    n, observed = counts.n, counts.difference
    reach = z * z / (n + z * z)
    if counts.n_discordant == 0:
        return -reach, reach
    if abs(observed) == 1:  # the variance vanishes at the estimate, and with it the bracket
        return (-1.0, -1 + 2 * reach) if observed < 0 else (1 - 2 * reach, 1.0)

    def beyond(difference: float, sign: int) -> float:
        excess, variance = _tango_parts(counts, difference)
        return excess - sign * z * math.sqrt(max(variance, 0.0))

    return (
        _root(lambda difference: beyond(difference, 1), -1.0, observed),
        _root(lambda difference: beyond(difference, -1), observed, 1.0),
    )


def _tango_parts(counts: PairedCounts, difference: float) -> _Limits:
    """Return the gain beyond ``difference`` in items, and its variance where that is true."""
    n, lost, gained = counts.n, counts.n10, counts.n01
    linear = (2 * n - gained + lost) * difference - gained - lost
    constant = -lost * difference * (1 - difference)
    root = math.sqrt(max(linear * linear - 8 * n * constant, 0.0))
    lost_share = (root - linear) / (4 * n)
    variance = n * (2 * lost_share + difference * (1 - difference))
    return gained - lost - n * difference, variance


def _bonett_price(counts: PairedCounts, z: float) -> _Limits:
    n = counts.n + 2
    lost, gained = (counts.n10 + 1) / n, (counts.n01 + 1) / n
    centre = gained - lost
    half = z * math.sqrt((gained + lost - centre * centre) / n)
    return max(-1.0, centre - half), min(1.0, centre + half)


def _ratio_bonett_price(counts: PairedCounts, z: float) -> _Limits:
    n = counts.n11 + counts.n_discordant  # items wrong under both say nothing about the ratio
    above, below = counts.n_treatment, counts.n_baseline
    of_ratio = math.sqrt((counts.n_discordant + 2) / ((above + 1) * (below + 1)))
    of_each = sum(math.sqrt((1 - (count + 1) / (n + 2)) / (count + 1)) for count in (above, below))
    narrowed = of_ratio / of_each * z
    above_low, above_high = wilson_limits(above / n, n, narrowed)
    below_low, below_high = wilson_limits(below / n, n, narrowed)
    return above_low / below_high, above_high / below_low


def _ratio_score(counts: PairedCounts, z: float) -> _Limits:
    """Return the ratios whose score statistic is z and -z, searched on the logarithm."""

    def beyond(logarithm: float, sign: int) -> float:
        ratio = math.exp(logarithm)
        scale = max(1.0, ratio)  # keeps the upper end of the bracket finite
        excess = counts.n_treatment - ratio * counts.n_baseline
        return (excess - sign * z * math.sqrt(_ratio_variance(counts, ratio))) / scale

    end = -math.log(_RATIO_BRACKET)
    low, high = 0.0, math.nan
    if counts.n_treatment:
        low = math.exp(_root(lambda logarithm: beyond(logarithm, 1), -end, end))
    high = math.exp(_root(lambda logarithm: beyond(logarithm, -1), -end, end))
    return low, high


def _ratio_variance(counts: PairedCounts, ratio: float) -> float:
    """Return the variance of treatment - ratio * baseline, in items, where the ratio is true.

    ``lost`` is the likeliest share of lost items among those right at least once, a root of the
    derivative of the likelihood.
    """
    n = counts.n11 + counts.n_discordant
    square = (1 + ratio) * n
    linear = (2 - ratio**2) * counts.n10 + counts.n01 - (ratio**2 - 1) * counts.n11
    constant = (ratio - 1) * counts.n10
    root = math.sqrt(max(linear**2 + 4 * square * constant, 0.0))
    lost = (linear + root) / (2 * square)
    return max(n * (ratio - 1 + (1 + ratio) * lost), 0.0)


def _ratio_wald(counts: PairedCounts, z: float) -> _Limits:
    if counts.n_treatment == 0:
        return _UNDEFINED
    ratio = counts.n_treatment / counts.n_baseline
    variance = counts.n_discordant / (counts.n_treatment * counts.n_baseline)
    factor = math.exp(z * math.sqrt(variance))
    return ratio / factor, ratio * factor


_DIFFERENCE_LIMITS: dict[DifferenceInterval, Callable[[PairedCounts, float], _Limits]] = {
    DifferenceInterval.NEWCOMBE: _newcombe,
    DifferenceInterval.TANGO: _tango,
    DifferenceInterval.BONETT_PRICE: _bonett_price,
}
_RATIO_LIMITS: dict[RatioInterval, Callable[[PairedCounts, float], _Limits]] = {
    RatioInterval.BONETT_PRICE: _ratio_bonett_price,
    RatioInterval.SCORE: _ratio_score,
    RatioInterval.WALD_LOG: _ratio_wald,
}


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    return float(optimize.root_scalar(function, bracket=(low, high), xtol=1e-15, rtol=1e-14).root)


def _normal_quantile(confidence_level: float) -> float:
    check_confidence(confidence_level)
    return NormalDist().inv_cdf((1 + confidence_level) / 2)
