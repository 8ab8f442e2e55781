"""One change point in a curve of level means: two lines that meet at a break.

For eight levels or more. The break does not exist under the null hypothesis, so chi-squared is wrong
for its test, and an interval from curvature is wrong for its place: both come from resampling.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scramblebench.statistics.results import (
    DEFAULT_CONFIDENCE,
    Estimate,
    HypothesisTest,
    Status,
    check_confidence,
)

MIN_LEVELS = 8
DEFAULT_DRAWS = 999

_FLAT = 1e-24  # of the sum of squares; residuals below are rounding

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentedFit:
    """The best break, the slopes on both sides (per unit of level), and the test against one line.

    ``break_point`` has limits only where items were given. ``test`` holds the likelihood-ratio
    statistic n log(rss_linear / rss_segmented) and its p from the parametric bootstrap.
    """

    break_point: Estimate
    slope_left: float
    slope_right: float
    rss_segmented: float
    rss_linear: float
    test: HypothesisTest
    n_levels: int
    status: Status = Status.OK
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Best:
    """Per curve: place, slopes and residual sums of squares; all (n_curves,)."""

    place: Vector
    left: Vector
    right: Vector
    rss: Vector
    rss_linear: Vector


def segmented_regression(
    levels: Vector,
    means: Vector,
    generator: np.random.Generator,
    *,
    covariance: Vector | None = None,
    draws: int = DEFAULT_DRAWS,
) -> SegmentedFit:
    """Fit two lines that meet to level means, at the break with the least residual sum of squares.

    ``levels`` (n_levels,) are distinct, in any order; ``means`` (n_levels,) has no NaN. The least sum
    is found exactly: between two neighbouring levels the best break is where the two free lines cross,
    if they cross there, and else at one of the two levels (Hudson 1966,
    doi:10.1080/01621459.1966.10482142). Breaks before the second or after the last but one level are
    excluded: there a single level would make a segment.

    p is that of the largest likelihood ratio over breaks, by ``draws`` curves made from the fitted
    straight line: (1 + number at least as large) / (draws + 1). Errors are independent and normal, or
    normal with ``covariance`` (n_levels, n_levels) of the means: give it where levels share items.

    Fewer than 8 levels: everything NaN, status too_few_levels. Means on one line: no break, NaN,
    status zero_variance. R: ``segmented::segmented`` finds the same break; its ``davies.test`` bounds
    the p that is simulated here. Raises ValueError on equal levels, NaN, shapes, or no draws.
    """
    levels, means = _checked(levels, means[None, :])
    if draws < 1:
        raise ValueError("a bootstrap of fewer than 1 draw")
    if len(levels) < MIN_LEVELS:
        return _undefined(len(levels), Status.TOO_FEW_LEVELS)
    best = _best_breaks(levels, means)
    if not best.rss_linear[0] > _FLAT * float((means**2).sum()):
        return _undefined(len(levels), Status.ZERO_VARIANCE)
    test = _test(levels, means[0], best, covariance, generator, draws)
    return _fit(len(levels), best, test)


def segmented_items(
    levels: Vector,
    scores: Vector,
    generator: np.random.Generator,
    *,
    clusters: npt.NDArray[np.generic] | None = None,
    draws: int = DEFAULT_DRAWS,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> SegmentedFit:
    """Fit ``segmented_regression`` to the means of items, with limits for the break.

    ``scores`` (n_items, n_levels) is 0 to 1; items with a NaN at any level are left out. ``clusters``
    (n_items,) names the passage of each item. Limits are percentiles of breaks refitted to items (or
    clusters) drawn with replacement, all levels of each; curves that come out straight have no break
    and are counted in a warning, and above half of them there are no limits. The test takes the
    covariance of the means from the items (or clusters). No complete item: status no_complete_items; fewer
    than 10 items (clusters): no limits, status few_clusters.
    """
    check_confidence(confidence_level)
    complete = ~np.isnan(scores).any(axis=1)
    used = scores[complete]
    if not len(used):
        return _undefined(len(levels), Status.NO_COMPLETE_ITEMS)
    units = np.arange(len(used)) if clusters is None else clusters[complete]
    _, unit = np.unique(units, return_inverse=True)
    n_units = int(unit.max()) + 1
    sums, sizes = np.zeros((n_units, len(levels))), np.bincount(unit).astype(np.float64)
    np.add.at(sums, unit, used)
    covariance = _covariance(sums, sizes) if n_units > 1 else None
    fit = segmented_regression(
        levels, used.mean(axis=0), generator, covariance=covariance, draws=draws
    )
    if fit.status is not Status.OK:
        return fit
    low, high, notes = _limits(levels, sums, sizes, generator, draws, confidence_level)
    few = n_units < 10
    place = Estimate(
        method=fit.break_point.method, estimate=fit.break_point.estimate,
        low=math.nan if few else low, high=math.nan if few else high,
        confidence_level=confidence_level, interval_method="percentile bootstrap of items",
        n=len(used), n_clusters=None if clusters is None else n_units,
        status=Status.FEW_CLUSTERS if few else Status.OK, warnings=notes,
    )  # fmt: skip
    return SegmentedFit(
        break_point=place, slope_left=fit.slope_left, slope_right=fit.slope_right,
        rss_segmented=fit.rss_segmented, rss_linear=fit.rss_linear, test=fit.test,
        n_levels=fit.n_levels, warnings=notes,
    )  # fmt: skip


def _checked(levels: Vector, curves: Vector) -> tuple[Vector, Vector]:
    """Return levels in rising order, and the curves (n_curves, n_levels) in that order."""
    if curves.shape[1:] != levels.shape or levels.ndim != 1:
        raise ValueError(f"levels {levels.shape} and means {curves.shape[1:]} do not fit together")
    if not (np.isfinite(levels).all() and np.isfinite(curves).all()):
        raise ValueError("a level or a mean is not finite")
    if len(np.unique(levels)) < len(levels):
        raise ValueError("a level is given twice")
    order = np.argsort(levels)
    return levels[order].astype(np.float64), curves[:, order].astype(np.float64)


def _line(levels: Vector, curves: Vector) -> tuple[Vector, Vector, Vector]:
    """Return intercept, slope and residual sum of squares of a straight line through each curve."""
    offset = levels - levels.mean()
    centre = curves.mean(axis=1)
    slope = (curves - centre[:, None]) @ offset / (offset @ offset)
    residual = curves - centre[:, None] - slope[:, None] * offset
    return centre - slope * levels.mean(), slope, (residual**2).sum(axis=1)


def _at_level(levels: Vector, curves: Vector, place: float) -> tuple[Vector, Vector, Vector]:
    """Return slopes on both sides and the residual sum of squares, with the break at a place."""
    design = np.column_stack([np.ones_like(levels), levels - place, np.maximum(levels - place, 0)])
    solution = np.linalg.lstsq(design, curves.T, rcond=None)[0]
    residual = curves.T - design @ solution
    return solution[1], solution[1] + solution[2], (residual**2).sum(axis=0)


def _best_breaks(levels: Vector, curves: Vector) -> _Best:
    n_curves = len(curves)
    best = _Best(
        np.full(n_curves, math.nan), np.full(n_curves, math.nan), np.full(n_curves, math.nan),
        np.full(n_curves, math.inf), _line(levels, curves)[2],
    )  # fmt: skip
    for index in range(1, len(levels) - 1):
        left, right, rss = _at_level(levels, curves, float(levels[index]))
        _keep(best, np.full(n_curves, levels[index]), left, right, rss)
    for index in range(1, len(levels) - 2):
        start, left, rss_left = _line(levels[: index + 1], curves[:, : index + 1])
        end, right, rss_right = _line(levels[index + 1 :], curves[:, index + 1 :])
        with np.errstate(divide="ignore", invalid="ignore"):
            place = (start - end) / (right - left)
        is_between = (place > levels[index]) & (place < levels[index + 1])
        rss = np.where(is_between, rss_left + rss_right, math.inf)
        _keep(best, place, left, right, rss)
    return best


def _keep(best: _Best, place: Vector, left: Vector, right: Vector, rss: Vector) -> None:
    """Write what is better than the best so far."""
    better = rss < best.rss
    for kept, new in ((best.place, place), (best.left, left), (best.right, right), (best.rss, rss)):
        kept[better] = new[better]


def _statistic(best: _Best, n_levels: int) -> Vector:
    with np.errstate(divide="ignore", invalid="ignore"):
        return n_levels * np.log(best.rss_linear / best.rss)


def _test(
    levels: Vector,
    means: Vector,
    best: _Best,
    covariance: Vector | None,
    generator: np.random.Generator,
    draws: int,
) -> HypothesisTest:
    observed = float(_statistic(best, len(levels))[0])
    intercept, slope, _ = _line(levels, means[None, :])
    errors = generator.standard_normal((draws, len(levels)))
    if covariance is not None:
        values, vectors = np.linalg.eigh(covariance)
        errors = errors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    simulated = _statistic(_best_breaks(levels, intercept + slope * levels + errors), len(levels))
    larger = int((simulated >= observed * (1 - 1e-9)).sum())
    return HypothesisTest(
        method="parametric bootstrap of the largest likelihood ratio",
        p_value=(1 + larger) / (draws + 1), statistic=observed, n=len(levels),
    )  # fmt: skip


def _covariance(sums: Vector, sizes: Vector) -> Vector:
    """Return the covariance of the level means from unit sums (n_units, n_levels)."""
    centred = sums - sizes[:, None] * (sums.sum(axis=0) / sizes.sum())
    n_units = len(sizes)
    return n_units / (n_units - 1) * (centred.T @ centred) / sizes.sum() ** 2


def _limits(
    levels: Vector,
    sums: Vector,
    sizes: Vector,
    generator: np.random.Generator,
    draws: int,
    confidence_level: float,
) -> tuple[float, float, tuple[str, ...]]:
    n_units = len(sizes)
    counts = generator.multinomial(n_units, np.full(n_units, 1 / n_units), size=draws)
    curves = counts @ sums / (counts @ sizes)[:, None]
    best = _best_breaks(*_checked(levels, curves))
    has_break = best.rss_linear > _FLAT * (curves**2).sum(axis=1)
    missing = draws - int(has_break.sum())
    notes = (f"{missing} of {draws} resampled curves were straight",) if missing else ()
    if 2 * missing > draws:
        return math.nan, math.nan, notes
    tail = (1 - confidence_level) / 2
    low, high = np.quantile(best.place[has_break], [tail, 1 - tail])
    return float(low), float(high), notes


def _fit(n_levels: int, best: _Best, test: HypothesisTest) -> SegmentedFit:
    place = Estimate(method="one break, least squares", estimate=float(best.place[0]), n=n_levels)
    return SegmentedFit(
        break_point=place, slope_left=float(best.left[0]), slope_right=float(best.right[0]),
        rss_segmented=float(best.rss[0]), rss_linear=float(best.rss_linear[0]), test=test,
        n_levels=n_levels,
    )  # fmt: skip


def _undefined(n_levels: int, status: Status) -> SegmentedFit:
    nan = math.nan
    return SegmentedFit(
        break_point=Estimate(
            method="one break, least squares", estimate=nan, n=n_levels, status=status
        ),
        slope_left=nan, slope_right=nan, rss_segmented=nan, rss_linear=nan,
        test=HypothesisTest(
            method="parametric bootstrap of the largest likelihood ratio", p_value=nan, n=n_levels,
            status=status,
        ),
        n_levels=n_levels, status=status,
    )  # fmt: skip
