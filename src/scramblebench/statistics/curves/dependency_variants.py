"""Other definitions of a dependency coefficient, each under its own name beside the default.

Scores are ``(n_items, n_levels)`` with level 0 first; an item with a NaN is left out.
"""

import math

import numpy as np
import numpy.typing as npt
from scipy import special

from scramblebench.statistics.clustering.ratios import mean_pair, ratio_estimate, used_labels
from scramblebench.statistics.curves.dependency import checked_scores
from scramblebench.statistics.curves.dose_response import Family, fit_dose_response
from scramblebench.statistics.curves.dose_thresholds import profile_limits
from scramblebench.statistics.levels import checked_levels
from scramblebench.statistics.proportions.paired_counts import PairedCounts
from scramblebench.statistics.results import (
    DEFAULT_CONFIDENCE,
    Estimate,
    Status,
    check_confidence,
)

FloatArray = npt.NDArray[np.float64]


def ldc_end(
    levels: npt.ArrayLike,
    scores: npt.ArrayLike,
    guess: npt.ArrayLike = 0.0,
    clusters: npt.ArrayLike | None = None,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> Estimate:
    """Return 1 - (A(s_max) - g) / (A(0) - g), the above-chance share lost at the end of the range.

    Two levels only, with Fieller limits; ``method`` names s_max where it is not 1. Statuses and errors
    as ``dependency_coefficient``, without a least number of levels beyond two.
    """
    shares, table, floor, labels = _complete(levels, scores, guess, clusters)
    name = "ldc_end" if shares[-1] == 1 else f"ldc_end[{shares[-1]:g}]"
    losses, leads = table[:, 0] - table[:, -1], table[:, 0] - floor
    return _ratio(
        name, shares, losses, leads, labels, confidence_level, Status.BASELINE_NOT_ABOVE_CHANCE
    )


def ldc_legacy_mean(
    levels: npt.ArrayLike,
    scores: npt.ArrayLike,
    clusters: npt.ArrayLike | None = None,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> Estimate:
    """Return 1 - mean over the levels above 0 of A(s) / A(0): the earlier definition, with limits.

    Unweighted and without a floor, so that it depends on the grid and takes a model at chance for a
    steadfast one; not clipped, and Fieller limits. A(0) not above 0 beyond its error: NaN,
    ``division_by_zero``; otherwise as ``dependency_coefficient``.
    """
    shares, table, _, labels = _complete(levels, scores, 0.0, clusters)
    losses = (table[:, :1] - table[:, 1:]).mean(axis=1) if len(shares) > 1 else table[:, 0]
    return _ratio(
        "ldc_legacy_mean", shares, losses, table[:, 0], labels, confidence_level,
        Status.DIVISION_BY_ZERO,
    )  # fmt: skip


def ldc_two_point(
    counts: PairedCounts, level: float = 0.5, confidence_level: float = DEFAULT_CONFIDENCE
) -> Estimate:
    """Return -ln(P_s / P_0) / s from the paired table of level 0 and one level, 0.5 by default.

    A rate per unit of level under exact exponential decay to 0, from two levels and without a floor.
    SE = sqrt((n10 + n01) / ((n11 + n10)(n11 + n01))) / s, limits by the normal quantile (R: closed form,
    the Wald limits of ``contingencytables::Wald_CI_ratio_paired_2x2`` on the logarithm). None right at
    the level: inf, and at level 0: NaN, both ``division_by_zero`` without limits; no discordant pairs:
    no limits, that status. Raises ValueError on a level out of (0, 1].
    """
    check_confidence(confidence_level)
    if not 0 < level <= 1:
        raise ValueError(f"level {level} is not above 0 and up to 1")
    value, error, status = _two_point(counts, level)
    z = math.nan
    if status is Status.OK:
        z = float(special.ndtri((1 + confidence_level) / 2))
    return Estimate(
        method="ldc_two_point", estimate=value, low=value - z * error, high=value + z * error,
        confidence_level=confidence_level, interval_method="Wald, logarithmic",
        standard_error=error, n=counts.n, status=status,
    )  # fmt: skip


def ldc_rate(
    levels: npt.ArrayLike,
    successes: npt.ArrayLike,
    weights: npt.ArrayLike,
    guess: float = 0.0,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> Estimate:
    """Return lambda of the exponential dose-response curve g + (A - g) exp(-lambda s), fitted with floor.

    Counts by level, as ``fit_dose_response``; not by least squares on ln P, which a floor halves. Under
    exact exponential decay the default coefficient is 1 - (1 - e^-lambda) / lambda. Limits are those
    of the profile likelihood, which takes levels as independent: a companion to a bootstrap of items.
    The status is the fit's; where it is not ``ok`` all is NaN.
    """
    fit = fit_dose_response(levels, successes, weights, guess, Family.EXPONENTIAL)
    low, high = profile_limits(fit, levels, successes, weights, 0.5, confidence_level)
    is_ok = fit.status is Status.OK
    with np.errstate(divide="ignore"):  # a half-life of 0 or inf is a rate of inf or 0
        limits = math.log(2) / np.array([high, low])
    return Estimate(
        method="ldc_rate", estimate=fit.rate if is_ok else math.nan,
        low=float(limits[0]), high=float(limits[1]), confidence_level=confidence_level,
        interval_method="profile likelihood", status=fit.status, warnings=fit.warnings,
    )  # fmt: skip


def _two_point(counts: PairedCounts, level: float) -> tuple[float, float, Status]:
    baseline, treatment = counts.n11 + counts.n10, counts.n11 + counts.n01
    if not baseline or not treatment:
        status = Status.DIVISION_BY_ZERO if counts.n else counts.status
        return math.inf if baseline else math.nan, math.nan, status
    value = -math.log(treatment / baseline) / level
    error = math.sqrt((counts.n10 + counts.n01) / (baseline * treatment)) / level
    return value, error, Status.OK if error > 0 else Status.NO_DISCORDANT_PAIRS


def _complete(
    levels: npt.ArrayLike,
    scores: npt.ArrayLike,
    guess: npt.ArrayLike,
    clusters: npt.ArrayLike | None,
) -> tuple[FloatArray, FloatArray, FloatArray, npt.NDArray[np.generic] | None]:
    """Return levels, scores, guess rates and labels of the items without a missing cell."""
    shares = checked_levels(levels)
    table, floor = checked_scores(shares, scores, guess)
    used = ~(np.isnan(table).any(axis=1) | np.isnan(floor))
    return shares, table[used], floor[used], used_labels(clusters, used)


def _ratio(
    name: str,
    levels: FloatArray,
    losses: FloatArray,
    leads: FloatArray,
    labels: npt.NDArray[np.generic] | None,
    confidence_level: float,
    undefined: Status,
) -> Estimate:
    check_confidence(confidence_level)
    reason = None
    if levels[0] != 0:
        reason = Status.NO_BASELINE
    elif len(levels) < 2:
        reason = Status.TOO_FEW_LEVELS
    elif not len(losses):
        reason = Status.NO_COMPLETE_ITEMS
    if reason is not None:
        return Estimate(
            method=name, estimate=math.nan, confidence_level=confidence_level, status=reason
        )
    pair = mean_pair(losses, leads, labels)
    return ratio_estimate(pair, confidence_level, method=name, undefined=undefined)
