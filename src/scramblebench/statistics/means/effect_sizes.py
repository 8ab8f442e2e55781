"""Effect sizes that name their variant: standardised differences of means, Cohen's h, d of an odds ratio."""

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from scramblebench.statistics.means.noncentral import noncentral_t_limits
from scramblebench.statistics.means.samples import (
    FloatArray,
    as_sample,
    complete_pairs,
    is_negligible,
    magnitude,
    missing_note,
)
from scramblebench.statistics.results import (
    DEFAULT_CONFIDENCE,
    Estimate,
    Status,
    check_confidence,
)


def cohens_d_pooled(
    first: npt.ArrayLike, second: npt.ArrayLike, confidence_level: float = DEFAULT_CONFIDENCE
) -> Estimate:
    """Return Cohen's d of disjoint samples (n1,), (n2,): (mean(second) - mean(first)) / pooled sd.

    Limits are the noncentral t limits of t = d / sqrt(1/n1 + 1/n2), df n1 + n2 - 2, times that root.
    Never for shared items. NaN or None is dropped, with a warning. An empty group, or both of one
    value: n_lt_2. No variance: zero_variance. Raises ValueError on infinities or a bad confidence
    level. Cohen 1988; Steiger & Fouladi 1997. R: ``effectsize::cohens_d(second, first)``.
    """
    method = "Cohen's d, pooled sd, independent groups"
    one, two, note = _independent(first, second, confidence_level)
    n, df = len(one) + len(two), len(one) + len(two) - 2
    if min(len(one), len(two)) < 1 or df < 1:
        return _undefined(method, Status.N_LT_2, n, confidence_level, note)
    squares = float(np.sum((one - np.mean(one)) ** 2) + np.sum((two - np.mean(two)) ** 2))
    deviation = math.sqrt(squares / df)
    if is_negligible(deviation, magnitude(one, two)):
        return _undefined(method, Status.ZERO_VARIANCE, n, confidence_level, note)
    d = float(np.mean(two) - np.mean(one)) / deviation
    unit = math.sqrt(1 / len(one) + 1 / len(two))
    return _with_t_limits(method, d, unit, df, n, confidence_level, note)


def glass_delta(
    control: npt.ArrayLike, treatment: npt.ArrayLike, confidence_level: float = DEFAULT_CONFIDENCE
) -> Estimate:
    """Return Glass's delta of disjoint samples: (mean(treatment) - mean(control)) / sd(control).

    Limits: noncentral t, df n_control - 1, with the observed ratio of variances taken as known
    (approximate; none where the treatment has one value). Missing values as in ``cohens_d_pooled``. A
    control of one or an empty treatment: n_lt_2; a constant control: zero_variance. Glass 1976,
    doi:10.3102/0013189X005010003. R: ``effectsize::glass_delta(treatment, control)`` (its limits are
    another approximation).
    """
    method = "Glass's delta, sd of control, independent groups"
    one, two, note = _independent(control, treatment, confidence_level)
    n = len(one) + len(two)
    if len(one) < 2 or len(two) < 1:
        return _undefined(method, Status.N_LT_2, n, confidence_level, note)
    deviation = float(np.std(one, ddof=1))
    if is_negligible(deviation, magnitude(one, two)):
        return _undefined(method, Status.ZERO_VARIANCE, n, confidence_level, note)
    delta = float(np.mean(two) - np.mean(one)) / deviation
    ratio = float(np.var(two, ddof=1)) / deviation**2 if len(two) > 1 else math.nan
    unit = math.sqrt(1 / len(one) + ratio / len(two))
    return _with_t_limits(method, delta, unit, len(one) - 1, n, confidence_level, note)


def cohens_d_average_independent(first: npt.ArrayLike, second: npt.ArrayLike) -> Estimate:
    """Return d of disjoint samples over the root mean variance: sqrt((s1^2 + s2^2) / 2).

    Without limits: bootstrap the values of both groups. ``df`` is n1 + n2 - 2. Missing values as in
    ``cohens_d_pooled``. A group of one: n_lt_2; both constant: zero_variance. R:
    ``effectsize::cohens_d(second, first, pooled_sd = FALSE)``.
    """
    method = "Cohen's d_av, root mean variance, independent groups"
    one, two, note = _independent(first, second, DEFAULT_CONFIDENCE)
    n = len(one) + len(two)
    if min(len(one), len(two)) < 2:
        return _undefined(method, Status.N_LT_2, n, DEFAULT_CONFIDENCE, note)
    deviation = _average_deviation(one, two)
    if is_negligible(deviation, magnitude(one, two)):
        return _undefined(method, Status.ZERO_VARIANCE, n, DEFAULT_CONFIDENCE, note)
    d = float(np.mean(two) - np.mean(one)) / deviation
    return Estimate(method=method, estimate=d, df=n - 2, n=n, warnings=note)


def d_z(
    baseline: npt.ArrayLike, treatment: npt.ArrayLike, confidence_level: float = DEFAULT_CONFIDENCE
) -> Estimate:
    """Return d_z of paired items (n,): the mean of treatment - baseline over the sd of the differences.

    Limits: noncentral t limits of d_z sqrt(n), df n - 1, over sqrt(n). Not comparable with d_av: they
    differ by sqrt(2 (1 - r)). NaN or None is missing: pairwise complete items. n < 2: n_lt_2; equal
    differences: zero_variance. Raises ValueError on arrays that do not pair or a bad confidence level.
    Lakens 2013, doi:10.3389/fpsyg.2013.00863. R: ``effectsize::cohens_d(paired = TRUE)``.
    """
    check_confidence(confidence_level)
    method = "Cohen's d_z, sd of paired differences"
    before, after, note = _paired(baseline, treatment)
    n = len(before)
    if n < 2:
        return _undefined(method, Status.N_LT_2, n, confidence_level, note)
    deviation = float(np.std(after - before, ddof=1))
    if is_negligible(deviation, magnitude(before, after)):
        return _undefined(method, Status.ZERO_VARIANCE, n, confidence_level, note)
    d = float(np.mean(after - before)) / deviation
    return _with_t_limits(method, d, 1 / math.sqrt(n), n - 1, n, confidence_level, note)


def d_av(baseline: npt.ArrayLike, treatment: npt.ArrayLike) -> Estimate:
    """Return d_av of paired items (n,): mean(treatment - baseline) / sqrt((s1^2 + s2^2) / 2).

    Without limits: ``bootstrap_paired_effects`` gives them. ``df`` is n - 1. Missing values and statuses as in
    ``d_z``; both levels constant: zero_variance. Lakens 2013, doi:10.3389/fpsyg.2013.00863. R:
    ``mean(d) / sqrt((var(x) + var(y)) / 2)``.
    """
    method = "Cohen's d_av, root mean variance, paired"
    before, after, note = _paired(baseline, treatment)
    n = len(before)
    if n < 2:
        return _undefined(method, Status.N_LT_2, n, DEFAULT_CONFIDENCE, note)
    deviation = _average_deviation(before, after)
    if is_negligible(deviation, magnitude(before, after)):
        return _undefined(method, Status.ZERO_VARIANCE, n, DEFAULT_CONFIDENCE, note)
    d = float(np.mean(after - before)) / deviation
    return Estimate(method=method, estimate=d, df=n - 1, n=n, warnings=note)


def d_rm(baseline: npt.ArrayLike, treatment: npt.ArrayLike) -> Estimate:
    """Return d_rm of paired items (n,): d_z sqrt(2 (1 - r)), r the correlation of the two levels.

    Without limits: ``bootstrap_paired_effects`` gives them. ``df`` is n - 1. Missing values and statuses as in
    ``d_z``; a constant level has no r: zero_variance. Lakens 2013, doi:10.3389/fpsyg.2013.00863. R:
    ``mean(d) / sd(d) * sqrt(2 * (1 - cor(x, y)))``.
    """
    method = "Cohen's d_rm, repeated measures, paired"
    before, after, note = _paired(baseline, treatment)
    standardised = d_z(before, after)
    if standardised.status is not Status.OK:
        return replace(standardised, method=method, warnings=note)
    r = paired_correlation(before, after)
    if math.isnan(r):
        return _undefined(method, Status.ZERO_VARIANCE, len(before), DEFAULT_CONFIDENCE, note)
    d = standardised.estimate * math.sqrt(2 * (1 - r))
    n = len(before)
    return Estimate(method=method, estimate=d, df=n - 1, n=n, warnings=note)


def paired_correlation(baseline: npt.ArrayLike, treatment: npt.ArrayLike) -> float:
    """Return Pearson's r of the two levels over complete items; NaN if one is constant or n < 2."""
    before, after, _ = complete_pairs(baseline, treatment)
    if len(before) < 2:
        return math.nan
    centred = before - np.mean(before), after - np.mean(after)
    norms = [math.sqrt(float(values @ values)) for values in centred]
    for norm, values in zip(norms, (before, after), strict=True):
        if is_negligible(norm / math.sqrt(len(values)), magnitude(values)):
            return math.nan
    return min(1.0, max(-1.0, float(centred[0] @ centred[1]) / (norms[0] * norms[1])))


def hedges_correction(df: float) -> float:
    """Return J = gamma(df / 2) / (sqrt(df / 2) gamma((df - 1) / 2)), which removes the bias of d.

    Exact, not 1 - 3 / (4 df - 1). NaN for df <= 1, where d has no mean. Hedges 1981,
    doi:10.3102/10769986006002107. R: the same with ``lgamma``.
    """
    if not df > 1:
        return math.nan
    return math.exp(float(gammaln(df / 2) - gammaln((df - 1) / 2)) - math.log(df / 2) / 2)


def hedges_g(effect: Estimate) -> Estimate:
    """Return Hedges' g of a standardised difference: it and its limits times J of its ``df``.

    An undefined effect stays undefined. df <= 1: NaN, not_converged (d has no mean). R:
    ``effectsize::hedges_g``.
    """
    method = f"Hedges' g of {effect.method}"
    if effect.status is not Status.OK:
        return replace(effect, method=method)
    factor = hedges_correction(effect.df)
    return replace(
        effect, method=method, estimate=effect.estimate * factor, low=effect.low * factor,
        high=effect.high * factor,
        status=Status.NOT_CONVERGED if math.isnan(factor) else Status.OK,
    )  # fmt: skip


def cohens_h(baseline_share: float, treatment_share: float) -> float:
    """Return Cohen's h = 2 asin sqrt(treatment) - 2 asin sqrt(baseline), in radians: planning only.

    NaN in, NaN out. Raises ValueError unless shares are within [0, 1]. Cohen 1988. R: ``pwr::ES.h``.
    """
    for share in (baseline_share, treatment_share):
        if share < 0 or share > 1:
            raise ValueError(f"{share} is not a share")
    return 2 * math.asin(math.sqrt(treatment_share)) - 2 * math.asin(math.sqrt(baseline_share))


def d_from_odds_ratio(odds_ratio: Estimate) -> Estimate:
    """Return d = ln(odds ratio) sqrt(3) / pi with its limits so transformed; status and n are kept.

    An odds ratio of 0 or infinity gives an infinite d. Chinn 2000. R:
    ``effectsize::oddsratio_to_d``.
    """

    def transformed(value: float) -> float:
        logarithm = math.log(value) if value > 0 else -math.inf if value == 0 else math.nan
        return logarithm * math.sqrt(3) / math.pi

    return replace(
        odds_ratio, method=f"d from log odds ratio ({odds_ratio.method})",
        estimate=transformed(odds_ratio.estimate), low=transformed(odds_ratio.low),
        high=transformed(odds_ratio.high), standard_error=math.nan,
    )  # fmt: skip


def _with_t_limits(
    method: str, d: float, unit: float, df: int, n: int, level: float, note: tuple[str, ...]
) -> Estimate:
    """Return d with the noncentral t limits of t = d / unit, brought back to the scale of d."""
    low, high = noncentral_t_limits(d / unit, df, level)
    if math.isnan(low) or math.isnan(high):
        note = (*note, "no limits: noncentral t cannot be evaluated here")
    return Estimate(
        method=method, estimate=d, low=low * unit, high=high * unit, confidence_level=level,
        interval_method="noncentral t", df=df, n=n, warnings=note,
    )  # fmt: skip


def _independent(
    first: npt.ArrayLike, second: npt.ArrayLike, level: float
) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    check_confidence(level)
    one, two = as_sample(first), as_sample(second)
    n_missing = np.size(first) + np.size(second) - len(one) - len(two)
    return one, two, missing_note(n_missing, "values")


def _paired(
    baseline: npt.ArrayLike, treatment: npt.ArrayLike
) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    before, after, n_missing = complete_pairs(baseline, treatment)
    return before, after, missing_note(n_missing, "items")


def _average_deviation(one: FloatArray, two: FloatArray) -> float:
    return math.sqrt(float(np.var(one, ddof=1) + np.var(two, ddof=1)) / 2)


def _undefined(
    method: str, status: Status, n: int, confidence_level: float, note: tuple[str, ...]
) -> Estimate:
    return Estimate(
        method=method, estimate=math.nan, confidence_level=confidence_level, n=n, status=status,
        warnings=note,
    )  # fmt: skip
