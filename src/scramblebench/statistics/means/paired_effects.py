"""Bootstrap limits of the paired effect sizes that have no closed form: d_av and d_rm."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from scramblebench.statistics.means.effect_sizes import d_av, d_rm
from scramblebench.statistics.means.samples import FloatArray, complete_pairs, magnitude
from scramblebench.statistics.resampling.bootstrap import (
    DEFAULT_RESAMPLES,
    replicate_sums,
    unit_sums,
)
from scramblebench.statistics.resampling.bootstrap_limits import BootstrapLimits, bca_limits
from scramblebench.statistics.results import DEFAULT_CONFIDENCE, Estimate, Status

_NEGLIGIBLE = 1e-13  # a variance of scaled scores that cancellation leaves behind
_UNDEFINED_SHARE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedEffects:
    """d_av and d_rm of the same items, with limits from the same resamples."""

    d_av: Estimate
    d_rm: Estimate


def bootstrap_paired_effects(
    baseline: npt.ArrayLike,
    treatment: npt.ArrayLike,
    rng: np.random.Generator,
    clusters: npt.ArrayLike | None = None,
    *,
    n_resamples: int = DEFAULT_RESAMPLES,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> PairedEffects:
    """Return ``d_av`` and ``d_rm`` of items (n,) with BCa limits over items, or over their clusters.

    Estimates, missing values and statuses are those of ``effect_sizes``. Where the resamples give no
    limits (fewer than ten units, or all alike) they are NaN and a warning says so; so do resamples in
    which a variance is 0, which count as undefined. Raises ValueError on arrays that do not pair. R:
    ``boot::boot.ci(type = "bca")`` on items.
    """
    before, after, _ = complete_pairs(baseline, treatment)
    effects = d_av(baseline, treatment), d_rm(baseline, treatment)
    if all(effect.status is not Status.OK for effect in effects):
        return PairedEffects(d_av=effects[0], d_rm=effects[1])
    scale = magnitude(before, after)
    x, y = (before - np.mean(before)) / scale, (after - np.mean(before)) / scale
    labels = None if clusters is None else _complete_labels(clusters, baseline, treatment)
    units = unit_sums(np.column_stack([x, y, x * x, y * y, x * y]), labels)
    totals = units.sums.sum(axis=0), units.weights.sum(axis=0)
    limits = bca_limits(
        _effects(*replicate_sums(units, rng, n_resamples)),
        [effect.estimate for effect in effects],
        _effects(totals[0] - units.sums, totals[1] - units.weights),
        confidence_level,
    )
    found = [
        _with_limits(effect, limits, j, None if clusters is None else units.n_units)
        for j, effect in enumerate(effects)
    ]
    return PairedEffects(d_av=found[0], d_rm=found[1])


def _with_limits(
    effect: Estimate, limits: BootstrapLimits, j: int, n_clusters: int | None
) -> Estimate:
    if effect.status is not Status.OK:
        return effect
    status, undefined = limits.statuses[j], float(limits.undefined[j])
    doubts: tuple[str, ...] = ()
    if status is not Status.OK:
        doubts = (f"no bootstrap limits: {status.value}",)
    elif undefined > _UNDEFINED_SHARE:
        doubts = (f"{undefined:.1%} of the resamples are undefined",)
    return replace(
        effect, low=float(limits.low[j]), high=float(limits.high[j]),
        standard_error=float(limits.standard_error[j]), n_clusters=n_clusters,
        confidence_level=limits.confidence_level, interval_method=limits.interval_method,
        warnings=effect.warnings + doubts,
    )  # fmt: skip


def _effects(sums: FloatArray, weights: FloatArray) -> FloatArray:
    """Return d_av and d_rm, shape (n, 2), of sums of x, y, x^2, y^2 and xy, NaN without variance."""
    n = weights[:, 0]
    x, y, xx, yy, xy = (sums / np.where(weights > 0, weights, np.nan)).T
    correction = n / np.maximum(n - 1, 1)
    var_x, var_y = (xx - x * x) * correction, (yy - y * y) * correction
    covariance = (xy - x * y) * correction
    of_difference = var_x + var_y - 2 * covariance
    spreads = np.stack([(var_x + var_y) / 2, var_x, var_y, of_difference])
    roots = np.sqrt(np.where(spreads > _NEGLIGIBLE, spreads, np.nan))
    correlation = np.minimum(1.0, covariance / (roots[1] * roots[2]))
    average = (y - x) / roots[0]
    repeated = (y - x) / roots[3] * np.sqrt(2 * (1 - correlation))
    return np.column_stack([average, repeated])


def _complete_labels(
    clusters: npt.ArrayLike, baseline: npt.ArrayLike, treatment: npt.ArrayLike
) -> npt.NDArray[np.generic]:
    pair = np.asarray(baseline, dtype=np.float64) + np.asarray(treatment, dtype=np.float64)
    return np.asarray(clusters)[~np.isnan(pair)]
