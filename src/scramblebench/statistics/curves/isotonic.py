"""The isotonic curve: the falling fit without a model, its thresholds and its area."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize

from scramblebench.statistics.levels import checked_levels, trapezoid_weights
from scramblebench.statistics.results import Estimate, Status

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class IsotonicFit:
    """The falling curve nearest to the accuracies, and how far they were from falling.

    ``levels`` and ``fitted`` are ``(n_levels,)``, of the levels that have answers. ``n_rises`` counts
    steps up from one level to the next, ``largest_rise`` is the largest in accuracy (0 without one),
    ``misfit`` the weighted mean squared distance from the accuracies. ``area`` is the normalised area
    under the fit. ``status`` is ``no_data`` or ``too_few_levels`` where fewer than two levels have
    answers.
    """

    levels: FloatArray
    fitted: FloatArray
    n_rises: int
    largest_rise: float
    misfit: float
    area: float
    status: Status = Status.OK

    @property
    def is_monotone(self) -> bool:
        """Whether the accuracies fell of themselves."""
        return self.n_rises == 0


def fit_isotonic(
    levels: npt.ArrayLike, accuracy: npt.ArrayLike, weights: npt.ArrayLike | None = None
) -> IsotonicFit:
    """Return the weighted least-squares fit that does not rise, by pooling adjacent violators.

    ``accuracy`` (n_levels,) with ``weights`` of answers by level (R: ``Iso::pava(y, w, decreasing =
    TRUE)``). Levels with a NaN accuracy or no weight are left out. Barlow et al. 1972; Robertson,
    Wright & Dykstra 1988. Raises ValueError on shapes that do not match and negative weights.
    """
    shares, y, w = _checked_curve(levels, accuracy, weights)
    if len(shares) < 2:
        status = Status.TOO_FEW_LEVELS if len(shares) else Status.NO_DATA
        return IsotonicFit(
            levels=shares, fitted=y, n_rises=0, largest_rise=math.nan, misfit=math.nan,
            area=math.nan, status=status,
        )  # fmt: skip
    fitted = np.asarray(
        optimize.isotonic_regression(y, weights=w, increasing=False).x, dtype=np.float64
    )
    rises = np.diff(y)
    return IsotonicFit(
        levels=shares, fitted=fitted, n_rises=int((rises > 0).sum()),
        largest_rise=max(float(rises.max()), 0.0),
        misfit=float(np.average((y - fitted) ** 2, weights=w)),
        area=normalized_area(shares, fitted),
    )  # fmt: skip


def fit_isotonic_many(accuracy: npt.ArrayLike, weights: npt.ArrayLike) -> FloatArray:
    """Return the falling fit of many curves, ``(n_curves, n_levels)``: for the bootstrap.

    By the max-min formula: at each level the least over starts, of the largest over ends, of the mean
    of a block from start to end. A weight of 0 leaves a level out: its fit lies between its
    neighbours'. Its accuracy may be NaN; other NaN spread over their curve. Without any weight the fit
    is NaN. Robertson, Wright & Dykstra 1988, theorem 1.4.4. Raises ValueError on shapes that do not
    match.
    """
    y, w = np.asarray(accuracy, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    if y.ndim != 2 or y.shape != w.shape:
        raise ValueError(f"accuracies of shape {y.shape} with weights of shape {w.shape}")
    products = np.where(w > 0, y, 0.0) * w
    fitted = np.full(y.shape, np.inf)
    for start in range(y.shape[1]):
        total, weight = products[:, start:].cumsum(axis=1), w[:, start:].cumsum(axis=1)
        means = np.divide(total, weight, out=np.full_like(total, -np.inf), where=weight > 0)
        largest = np.maximum.accumulate(means[:, ::-1], axis=1)[:, ::-1]
        largest[np.isneginf(largest)] = np.inf  # a block without weight binds nothing
        fitted[:, start:] = np.minimum(fitted[:, start:], largest)
    fitted[np.isinf(fitted)] = np.nan
    return fitted


def normalized_area(levels: npt.ArrayLike, values: npt.ArrayLike) -> float:
    """Return the trapezoid area over the range of the levels, divided by that range: a mean accuracy.

    NaN values give NaN. Raises ValueError on fewer than two levels or different lengths.
    """
    return float(trapezoid_weights(levels) @ np.asarray(values, dtype=np.float64))


def crossings(levels: npt.ArrayLike, fitted: npt.ArrayLike, targets: npt.ArrayLike) -> FloatArray:
    """Return the first level where each falling curve reaches its target, by linear interpolation.

    ``fitted`` is ``(n_curves, n_levels)``, ``targets`` ``(n_curves,)``. inf where the curve stays above
    its target, NaN where curve or target is NaN; the first level where the curve begins at or below it.
    """
    shares = checked_levels(levels)
    curves = np.asarray(fitted, dtype=np.float64)
    goals = np.broadcast_to(np.asarray(targets, dtype=np.float64), (len(curves),))
    is_below = curves <= goals[:, None]
    is_crossed = is_below.any(axis=1)
    after = np.where(is_crossed, is_below.argmax(axis=1), 0)
    before = np.maximum(after - 1, 0)
    rows = np.arange(len(curves))
    high, low = curves[rows, before], curves[rows, after]
    part = np.divide(high - goals, high - low, out=np.zeros(len(curves)), where=high > low)
    level = shares[before] + part * (shares[after] - shares[before])
    level = np.where(is_crossed, level, math.inf)
    return np.where(np.isnan(curves).any(axis=1) | np.isnan(goals), math.nan, level)


def target_above_chance(baseline: npt.ArrayLike, guess: float, share: float = 0.5) -> FloatArray:
    """Return the accuracy that keeps a share of the fitted baseline's performance above chance.

    NaN where the baseline is not above chance.
    """
    start = np.asarray(baseline, dtype=np.float64)
    return np.where(start > guess, guess + share * (start - guess), math.nan)


def target_of_baseline(baseline: npt.ArrayLike, share: float = 0.5) -> FloatArray:
    """Return a share of the fitted baseline; NaN where the baseline is 0."""
    start = np.asarray(baseline, dtype=np.float64)
    return np.where(start > 0, share * start, math.nan)


def isotonic_threshold(fit: IsotonicFit, target: float, guess: float = 0.0) -> Estimate:
    """Return the level where the fit first falls to a target accuracy, by linear interpolation.

    Take the target from ``fit.fitted[0]`` by ``target_above_chance`` or ``target_of_baseline``, or give
    an accuracy. NaN with ``not_reached`` where the fit stays above it up to the highest level, or where
    the target is at or below a ``guess`` rate above 0 (half of a baseline that is less than twice
    chance does not exist; R's interpolation knows no floor: guess 0). A NaN target gives
    ``baseline_not_above_chance``; a fit without two levels its status. Limits come from a bootstrap of
    items with ``fit_isotonic_many`` and ``crossings``.
    """
    method = "level of the isotonic fit"
    if fit.status is not Status.OK:
        return Estimate(method=method, estimate=math.nan, status=fit.status)
    if math.isnan(target):
        status = Status.BASELINE_NOT_ABOVE_CHANCE
        return Estimate(method=method, estimate=math.nan, status=status)
    level = float(crossings(fit.levels, fit.fitted[None, :], target)[0])
    if math.isinf(level) or 0 < guess >= target:
        return Estimate(method=method, estimate=math.nan, status=Status.NOT_REACHED)
    return Estimate(method=method, estimate=level)


def _checked_curve(
    levels: npt.ArrayLike, accuracy: npt.ArrayLike, weights: npt.ArrayLike | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    shares, y = checked_levels(levels), np.asarray(accuracy, dtype=np.float64)
    w = np.ones_like(y) if weights is None else np.asarray(weights, dtype=np.float64)
    if y.shape != shares.shape or w.shape != shares.shape:
        raise ValueError(f"accuracies {y.shape} and weights {w.shape} for {len(shares)} levels")
    if (w < 0).any():
        raise ValueError("a weight is negative")
    is_used = ~np.isnan(y) & (w > 0)
    return shares[is_used], y[is_used], w[is_used]
