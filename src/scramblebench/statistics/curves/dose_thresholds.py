"""The level at which a dose-response curve has fallen to a given point, and its likelihood limits.

Beyond the highest level that was tested a threshold is not reached, never extrapolated. The interval
to report is a bootstrap of items of the whole fit; the profile likelihood is its companion.
"""

import math
from collections.abc import Callable
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy import stats

from scramblebench.statistics.curves.dose_response import (
    DoseFit,
    Family,
    ManyFits,
    checked_counts,
    curves_of,
)
from scramblebench.statistics.curves.dose_scoring import BOUNDS, log_likelihood, score
from scramblebench.statistics.levels import checked_levels
from scramblebench.statistics.results import (
    DEFAULT_CONFIDENCE,
    Estimate,
    Status,
    check_confidence,
)
from scramblebench.statistics.roots import bracketed_root

FloatArray = npt.NDArray[np.float64]

_TIGHT = 1e-11  # of log-likelihood, at one point of the profile
_LEAST_LEAD = 1e-6  # of the share above chance: below it the baseline is at chance
_FIRST_STEP = 0.05  # in ln s, doubled until the profile is crossed


class Point(StrEnum):
    """What a threshold is a share of."""

    ABOVE_CHANCE = "above_chance"  # A - g, the performance above chance
    BASELINE = "baseline"  # A itself
    ACCURACY = "accuracy"  # 1: the share is an accuracy


def curve_level(
    fit: DoseFit | ManyFits, family: Family, guess: float, share: float, point: Point
) -> FloatArray:
    """Return the level where the curve has fallen to a share of a point, wherever that is.

    S = share above chance, (share A - g)/(A - g) of the baseline, (share - g)/(A - g) as an accuracy;
    the level is a (-ln S)^(1/b), or a (1/S - 1)^(1/b) for the log-logistic. S <= 0, which no level
    reaches (half of a baseline that is less than twice chance), gives inf, S >= 1 gives 0, and a
    baseline at chance or a NaN parameter NaN. Shape () or ``(n_fits,)``. Raises ValueError on a share
    out of (0, 1).
    """
    if not 0 < share < 1:
        raise ValueError(f"share {share} is not between 0 and 1")
    baseline, scale, shape = (np.asarray(v) for v in (fit.baseline, fit.scale, fit.shape))
    lead = np.where(baseline - guess > _LEAST_LEAD * (1 - guess), baseline - guess, math.nan)
    survival = {
        Point.ABOVE_CHANCE: np.where(np.isnan(lead), math.nan, share),
        Point.BASELINE: (share * baseline - guess) / lead,
        Point.ACCURACY: (share - guess) / lead,
    }[point]
    inside = np.clip(survival, 1e-300, 1.0)
    fallen = 1 / inside - 1 if family is Family.LOGLOGISTIC else -np.log(inside)
    with np.errstate(over="ignore"):  # a curve that hardly falls: inf is the level
        level = scale * fallen ** (1 / shape)
    return np.where(survival <= 0, math.inf, level)


def curve_threshold(
    fit: DoseFit,
    share: float = 0.5,
    point: Point = Point.ABOVE_CHANCE,
    limits: tuple[float, float] = (math.nan, math.nan),
    confidence_level: float = DEFAULT_CONFIDENCE,
    interval_method: str = "",
) -> Estimate:
    """Return the threshold of a fitted curve as it may be reported, with limits from elsewhere.

    ``curve_level`` where it is within the levels tested. Beyond them the estimate is NaN,
    ``not_reached``: the limits then say what is known, [low, inf). Limits beyond the highest level
    become inf (high) or that level (low). A fit that is not ``ok`` gives NaN and its status, save that
    a curve that does not fall is ``not_reached``. Raises ValueError as ``curve_level``.
    """
    check_confidence(confidence_level)
    level = float(curve_level(fit, fit.family, fit.guess, share, point))
    status = _threshold_status(fit, level)
    is_known = status in (Status.OK, Status.NOT_REACHED)
    low, high = limits if is_known else (math.nan, math.nan)
    return Estimate(
        method=f"level of {share:g} of {point}, {fit.family}",
        estimate=level if status is Status.OK else math.nan,
        low=min(low, fit.last_level) if low == low else math.nan,
        high=math.inf if high > fit.last_level else high,
        confidence_level=confidence_level, interval_method=interval_method,
        status=status, warnings=fit.warnings,
    )  # fmt: skip


def thresholds_of_many(
    fits: ManyFits, like: DoseFit, share: float = 0.5, point: Point = Point.ABOVE_CHANCE
) -> FloatArray:
    """Return the thresholds of many fits, ``(n_fits,)``, for a percentile interval.

    Not reached within the levels of the fit they were started from is inf; a fit that did not converge
    or has no baseline above chance is NaN. Raises ValueError as ``curve_level``.
    """
    level = curve_level(fits, like.family, like.guess, share, point)
    level = np.where(level > like.last_level, math.inf, level)
    return np.where(fits.is_converged, level, math.nan)


def profile_limits(
    fit: DoseFit,
    levels: npt.ArrayLike,
    successes: npt.ArrayLike,
    weights: npt.ArrayLike,
    share: float = 0.5,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> tuple[float, float]:
    """Return profile-likelihood limits of the level where above-chance performance is ``share``.

    Where twice the loss of log-likelihood, with baseline and shape refitted, is the chi-square
    quantile of 1 df (R: ``uniroot`` on ``optim``). Approximate, and a companion only: it takes levels
    as independent samples, though they share items. Not bounded by the levels tested; 0 or inf where
    the likelihood never falls so far. A fit that is not ``ok`` has NaN limits. Venzon & Moolgavkar
    1988, doi:10.2307/2347496. Raises ValueError as ``fit_dose_response`` and ``curve_level``.
    """
    check_confidence(confidence_level)
    if fit.status is not Status.OK:
        return math.nan, math.nan
    shares = checked_levels(levels)
    k, n = checked_counts(shares, successes, weights)
    level = float(curve_level(fit, fit.family, fit.guess, share, Point.ABOVE_CHANCE))
    fallen = 1 / share - 1 if fit.family is Family.LOGLOGISTIC else -math.log(share)
    curves = curves_of(fit.family, shares, fit.guess, math.log(fallen), is_free=False)
    allowed = float(stats.chi2.ppf(confidence_level, 1)) / 2
    best = fit.log_likelihood

    def excess(log_level: float) -> float:
        start = np.repeat(fit.coordinates[:, None], 5, axis=1)
        start[1] = log_level
        if curves.free[2]:
            start[2] = np.clip(start[2] + np.arange(-2, 3), *BOUNDS[2])
        tables = [np.repeat(column[:, None], 5, axis=1) for column in (k, n)]
        ends, _ = score(curves, start, tables[0], tables[1], _TIGHT, 200)
        return best - allowed - float(log_likelihood(curves, ends, tables[0], tables[1]).max())

    low, high = (_crossing(excess, math.log(level), sign) for sign in (-1.0, 1.0))
    return math.exp(low), math.exp(high)


def _crossing(excess: Callable[[float], float], start: float, sign: float) -> float:
    """Return where excess rises through 0 on one side of the start, or -inf or inf."""
    inner, step = start, _FIRST_STEP
    while BOUNDS[1, 0] < start + sign * step < BOUNDS[1, 1]:
        outer = start + sign * step
        if excess(outer) > 0:
            return bracketed_root(excess, min(inner, outer), max(inner, outer), 1e-9)
        inner, step = outer, 2 * step
    return sign * math.inf


def _threshold_status(fit: DoseFit, level: float) -> Status:
    if fit.status is Status.NOT_CONVERGED and level > fit.last_level:
        return Status.NOT_REACHED
    if fit.status is not Status.OK:
        return fit.status
    return Status.NOT_REACHED if level > fit.last_level else Status.OK
