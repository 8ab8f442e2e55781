"""Limits from bootstrap replicates: percentile, BCa, and a band around a whole curve.

Arrays are ``(n_resamples, n_statistics)``. A replicate that lies beyond every number (a threshold that
is not reached) is inf or -inf and keeps its side; NaN is a replicate without a side. Limits are order
statistics, never interpolated: the inverse of the empirical distribution (R: ``quantile(type = 1)``).
A bootstrap distribution is centred on the estimate: it gives no p-value.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from scramblebench.statistics.clustering.clusters import FEW
from scramblebench.statistics.results import DEFAULT_CONFIDENCE, Status, check_confidence

FloatArray = npt.NDArray[np.float64]

_TIE = 1e-12  # replicates nearer than this to the estimate, relative to it, equal it
_ORDER = 1e-9  # slack of a rank: 0.025 x 1000 is 25, not 25.000000000000004
_WARN_ABOVE, _REFUSE_ABOVE = 0.05, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapLimits:
    """Limits of several statistics, each ``(n_statistics,)``, NaN where ``statuses`` is not ``ok``.

    ``undefined`` is the share of replicates that are not finite. ``bias`` (z0), ``acceleration`` and
    the levels ``low_level`` and ``high_level`` at which the replicates were read belong to BCa; for
    percentile limits the first two are NaN.
    """

    low: FloatArray
    high: FloatArray
    standard_error: FloatArray
    undefined: FloatArray
    bias: FloatArray
    acceleration: FloatArray
    low_level: FloatArray
    high_level: FloatArray
    statuses: tuple[Status, ...]
    warnings: tuple[str, ...]
    confidence_level: float
    interval_method: str


def percentile_limits(
    replicates: npt.ArrayLike, n_units: int, confidence_level: float = DEFAULT_CONFIDENCE
) -> BootstrapLimits:
    """Return percentile limits of each statistic.

    Not R's ``boot.ci(type = "perc")`` to the digit: that interpolates order statistics of rank (B + 1)
    alpha on the normal scale, these are replicates themselves; they differ by a rank or so.
    Status ``few_clusters`` for all below ten units, ``zero_variance`` where all replicates are equal
    (the caller takes analytic limits), and where more than half are not finite ``not_reached`` if most
    of those are inf, else ``not_converged``; each with NaN limits. More than 5 % that are not finite
    give a warning. Replicates that are NaN have no side and are left out. Raises ValueError on another
    shape.
    """
    check_confidence(confidence_level)
    table = _checked(replicates)
    nothing = np.full(table.shape[1], math.nan)
    levels = np.stack([nothing, nothing])
    levels[0], levels[1] = (1 - confidence_level) / 2, (1 + confidence_level) / 2
    return _limits(table, n_units, levels, nothing, nothing, confidence_level, "percentile")


def bca_limits(
    replicates: npt.ArrayLike,
    estimates: npt.ArrayLike,
    jackknife: npt.ArrayLike,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> BootstrapLimits:
    """Return bias-corrected and accelerated limits.

    ``estimates`` is ``(n_statistics,)``, ``jackknife`` ``(n_units, n_statistics)`` each statistic
    without each unit in turn, over all the units that are resampled. z0 = Phi^-1 of the share of
    replicates below the estimate, ties at half; a = sum u^3 / (6 (sum u^2)^1.5), u = mean - t_(i).
    Not R's ``boot.ci(type = "bca")`` to the digit: that counts no ties, takes a from regression unless
    told, and interpolates. Statuses as ``percentile_limits``, and ``not_converged`` where z0 or a is not finite (every
    replicate on one side, an infinite estimate). With strata the jackknife is over units as they are.
    Efron 1987, doi:10.1080/01621459.1987.10478410. Raises ValueError on shapes that do not match.
    """
    check_confidence(confidence_level)
    table, points = _checked(replicates), np.asarray(estimates, dtype=np.float64)
    without = np.asarray(jackknife, dtype=np.float64)
    if points.shape != table.shape[1:] or without.ndim != 2 or without.shape[1:] != points.shape:
        raise ValueError(f"{points.shape} estimates, {without.shape} jackknife, {table.shape}")
    bias, acceleration = bias_correction(table, points), jackknife_acceleration(without)
    levels = bca_levels(bias, acceleration, confidence_level)
    return _limits(table, len(without), levels, bias, acceleration, confidence_level, "BCa")


def bias_correction(replicates: npt.ArrayLike, estimates: npt.ArrayLike) -> FloatArray:
    """Return z0 of each statistic: Phi^-1 of the share below the estimate, ties counted half."""
    table, points = _checked(replicates), np.asarray(estimates, dtype=np.float64)
    slack = _TIE * np.maximum(np.abs(points), 1.0)
    known = np.maximum((~np.isnan(table)).sum(axis=0), 1)
    below = (table < points - slack).sum(axis=0)
    not_above = (table <= points + slack).sum(axis=0)
    return special.ndtri((below + not_above) / 2 / known)


def jackknife_acceleration(jackknife: npt.ArrayLike) -> FloatArray:
    """Return a of each statistic from its values without each unit in turn, ``(n_units, n)``.

    NaN where these values are all equal, or one of them is not finite.
    """
    values = np.asarray(jackknife, dtype=np.float64)
    values = np.where(np.isfinite(values), values, math.nan)
    influence = values.mean(axis=0) - values
    squares = (influence**2).sum(axis=0)
    spread = 6 * squares**1.5
    tiny = len(values) * (_TIE * np.abs(values).max(axis=0, initial=0.0)) ** 2
    return np.divide(
        (influence**3).sum(axis=0), spread, out=np.full_like(squares, math.nan), where=squares > tiny
    )  # fmt: skip


def bca_levels(
    bias: FloatArray, acceleration: FloatArray, confidence_level: float = DEFAULT_CONFIDENCE
) -> FloatArray:
    """Return the levels Phi(z0 + (z0 + z)/(1 - a (z0 + z))) at which BCa reads, ``(2, n)``.

    NaN where z0 or a is not finite or 1 - a (z0 + z) is not above 0.
    """
    z = special.ndtri(np.array([[(1 - confidence_level) / 2], [(1 + confidence_level) / 2]]))
    centre = np.where(np.isfinite(bias), bias, math.nan)
    shifted = centre + z
    divisor = 1 - acceleration * shifted
    divisor = np.where(divisor > 0, divisor, math.nan)
    return special.ndtr(centre + shifted / divisor)


def order_statistics(replicates: npt.ArrayLike, levels: FloatArray) -> FloatArray:
    """Return the replicates of each statistic at levels ``(n_levels, n_statistics)``.

    The smallest replicate below or at which a share of at least the level lies; NaN replicates are left
    out, and NaN levels, or no replicates, give NaN.
    """
    table = np.sort(_checked(replicates), axis=0)  # NaN goes last
    known = (~np.isnan(table)).sum(axis=0)
    is_defined = ~np.isnan(levels) & (known > 0)
    rank = np.ceil(np.where(is_defined, levels, 0.5) * known - _ORDER).astype(np.intp) - 1
    rank = np.clip(rank, 0, np.maximum(known - 1, 0))
    return np.where(is_defined, np.take_along_axis(table, rank, axis=0), math.nan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A simultaneous band: with the stated confidence the whole curve lies within it.

    ``low`` and ``high`` are ``(n_levels,)``, NaN at levels without variance (``statuses``);
    ``critical_value`` takes the place of 1.96.
    """

    low: FloatArray
    high: FloatArray
    critical_value: float
    statuses: tuple[Status, ...]
    warnings: tuple[str, ...]
    confidence_level: float


def simultaneous_band(
    replicates: npt.ArrayLike,
    estimates: npt.ArrayLike,
    n_units: int,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> Band:
    """Return estimate -+ c se at every level, c the quantile of the largest |t*| over levels.

    se is the standard deviation of the replicates ``(n_resamples, n_levels)``, t* = (replicate -
    estimate) / se. Levels whose replicates are all equal bind nothing and have no limits
    (``zero_variance``); resamples that are not finite at another level are left out, with a warning
    above 5 % and no band above 50 % (``not_converged``). Below ten units ``few_clusters``. Not clipped.
    Davison & Hinkley 1997, section 4.2.4. Raises ValueError on shapes that do not match.
    """
    check_confidence(confidence_level)
    table, points = _checked(replicates), np.asarray(estimates, dtype=np.float64)
    if points.shape != table.shape[1:]:
        raise ValueError(f"{points.shape} estimates for replicates of shape {table.shape}")
    is_finite = np.isfinite(table).all(axis=1)
    lost = np.full(len(points), 1 - is_finite.mean())
    table = table[is_finite]
    statuses = _statuses(table, n_units, lost)
    is_varied = np.array([status is Status.OK for status in statuses])
    error = np.full(len(points), math.nan)
    critical = math.nan
    if is_varied.any():
        error[is_varied] = table[:, is_varied].std(axis=0, ddof=1)
        largest = (np.abs(table - points)[:, is_varied] / error[is_varied]).max(axis=1)
        critical = float(order_statistics(largest[:, None], np.array([[confidence_level]]))[0, 0])
    return Band(
        low=points - critical * error, high=points + critical * error, critical_value=critical,
        statuses=statuses, warnings=_warnings(lost), confidence_level=confidence_level,
    )  # fmt: skip


def _limits(
    table: FloatArray,
    n_units: int,
    levels: FloatArray,
    bias: FloatArray,
    acceleration: FloatArray,
    confidence_level: float,
    interval_method: str,
) -> BootstrapLimits:
    undefined = 1 - np.isfinite(table).mean(axis=0)
    low, high = order_statistics(table, levels)
    found = _statuses(table, n_units, undefined)
    is_lost = np.isnan(low) | np.isnan(high)
    statuses = tuple(
        Status.NOT_CONVERGED if status is Status.OK and lost else status
        for status, lost in zip(found, is_lost.tolist(), strict=True)
    )
    is_ok = np.array([status is Status.OK for status in statuses], dtype=bool)
    return BootstrapLimits(
        low=np.where(is_ok, low, math.nan), high=np.where(is_ok, high, math.nan),
        standard_error=_standard_deviation(table), undefined=undefined,
        bias=bias, acceleration=acceleration, low_level=levels[0], high_level=levels[1],
        statuses=statuses, warnings=_warnings(undefined), confidence_level=confidence_level,
        interval_method=interval_method,
    )  # fmt: skip


def _statuses(table: FloatArray, n_units: int, undefined: FloatArray) -> tuple[Status, ...]:
    if n_units < FEW:
        return (Status.FEW_CLUSTERS,) * table.shape[1]
    is_infinite = np.isinf(table).sum(axis=0) > undefined * len(table) / 2
    is_finite = np.isfinite(table)
    low = np.where(is_finite, table, math.inf).min(axis=0, initial=math.inf)
    high = np.where(is_finite, table, -math.inf).max(axis=0, initial=-math.inf)
    is_equal = high - low <= _TIE * np.maximum(np.abs(high), 1.0)
    return tuple(
        _status(*row)
        for row in zip(undefined.tolist(), is_infinite.tolist(), is_equal.tolist(), strict=True)
    )


def _status(undefined: float, is_infinite: bool, is_equal: bool) -> Status:
    if undefined > _REFUSE_ABOVE:
        return Status.NOT_REACHED if is_infinite else Status.NOT_CONVERGED
    return Status.ZERO_VARIANCE if is_equal else Status.OK


def _warnings(undefined: FloatArray) -> tuple[str, ...]:
    most = float(undefined.max(initial=0.0))
    if most > _WARN_ABOVE:
        return (f"up to {most:.1%} of the resamples of a statistic have no finite value",)
    return ()


def _standard_deviation(table: FloatArray) -> FloatArray:
    """Return the standard deviation of each column's finite values, NaN of fewer than two."""
    is_finite = np.isfinite(table)
    count = is_finite.sum(axis=0)
    values = np.where(is_finite, table, 0.0)
    mean = values.sum(axis=0) / np.maximum(count, 1)
    squares = (np.where(is_finite, table - mean, 0.0) ** 2).sum(axis=0)
    return np.where(count > 1, np.sqrt(squares / np.maximum(count - 1, 1)), math.nan)


def _checked(replicates: npt.ArrayLike) -> FloatArray:
    table = np.asarray(replicates, dtype=np.float64)
    if table.ndim != 2 or not len(table):
        raise ValueError(f"replicates of shape {table.shape} are not resamples by statistics")
    return table
