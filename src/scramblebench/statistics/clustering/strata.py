"""Means over fixed strata: a few chosen benchmarks or domains, whose differences are no error."""

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import special

from scramblebench.statistics.clustering.clusters import (
    cluster_index,
    cluster_mean,
)
from scramblebench.statistics.limit_warnings import few_different_warning, unequal_clusters_warning
from scramblebench.statistics.proportions.shares import wilson_limits
from scramblebench.statistics.results import (
    DEFAULT_CONFIDENCE,
    Estimate,
    Status,
    check_confidence,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StratifiedMean:
    """The means of strata and the two ways to combine them, which are never the same number's name.

    ``micro`` weighs every item alike (a stratum by its number of items), ``macro`` every stratum
    alike. ``means`` and ``standard_errors``, shape (n_strata,), are in the order of ``labels``.
    """

    labels: tuple[str, ...]
    counts: tuple[int, ...]
    means: tuple[float, ...]
    standard_errors: tuple[float, ...]
    micro: Estimate
    macro: Estimate
    n_missing: int


@dataclass(frozen=True, slots=True)
class _Strata:
    """What the strata contribute: shape (n_strata,) each."""

    sizes: npt.NDArray[np.int64]
    means: npt.NDArray[np.float64]
    standard_errors: npt.NDArray[np.float64]
    df: npt.NDArray[np.float64]
    n_clusters: npt.NDArray[np.int64]
    warnings: tuple[str, ...]


def stratified_mean(
    values: npt.ArrayLike,
    strata: npt.ArrayLike,
    clusters: npt.ArrayLike | None = None,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> StratifiedMean:
    """Return the micro and the macro mean of values over fixed strata, with t intervals.

    The standard error is sqrt(sum W^2 s^2 / n), with W the stratum's weight, s its standard deviation
    and n its size. df: the number of items minus that of strata. R: ``survey::svymean`` with
    ``svydesign(ids = ~1, strata = ~stratum)``, for the micro mean. With ``clusters`` the CR2 standard
    errors within strata are used, and df by Welch and Satterthwaite; labels need be unique within a
    stratum only. NaN values are left out and counted. A stratum of one item (one cluster): no standard
    error, ``n_lt_2`` (``few_clusters``). No variance in any stratum: ``zero_variance``, with limits
    only where all values are 0 or all are 1: Wilson's, on the effective number of items (clusters).
    Warnings tell of a stratum without variance, or almost, where t limits are too narrow.
    Raises ValueError on different lengths, on a missing label, and on a confidence level out of (0, 1).
    """
    check_confidence(confidence_level)
    numbers = np.asarray(values, dtype=np.float64)
    index = cluster_index(strata, numbers.shape)
    units = np.arange(len(numbers)) if clusters is None else cluster_index(clusters, numbers.shape)
    used = ~np.isnan(numbers)
    kept, codes = np.unique(index[used], return_inverse=True)
    parts = _parts(numbers[used], codes, units[used], len(kept))
    n_strata, n = len(kept), int(parts.sizes.sum())
    names = np.unique(np.asarray(strata))[kept]

    def combine(name: str, weights: npt.NDArray[np.float64]) -> Estimate:
        return _combine(name, parts, weights, confidence_level, clusters is not None)

    return StratifiedMean(
        labels=tuple(str(name) for name in names),
        counts=tuple(parts.sizes.tolist()),
        means=tuple(parts.means.tolist()),
        standard_errors=tuple(parts.standard_errors.tolist()),
        micro=combine("micro mean", parts.sizes / max(n, 1)),
        macro=combine("macro mean", np.full(n_strata, 1 / max(n_strata, 1))),
        n_missing=int((~used).sum()),
    )


def _parts(
    values: npt.NDArray[np.float64],
    codes: npt.NDArray[np.int64],
    units: npt.NDArray[np.int64],
    n_strata: int,
) -> _Strata:
    found = [cluster_mean(values[codes == code], units[codes == code]) for code in range(n_strata)]
    return _Strata(
        sizes=np.array([part.n for part in found], dtype=np.int64),
        means=np.array([part.mean for part in found], dtype=np.float64),
        standard_errors=np.array([part.standard_error_cr2 for part in found], dtype=np.float64),
        df=np.array([part.df for part in found], dtype=np.float64),
        n_clusters=np.array([part.n_clusters for part in found], dtype=np.int64),
        warnings=_notes(values, codes, units, n_strata),
    )


def _notes(
    values: npt.NDArray[np.float64],
    codes: npt.NDArray[np.int64],
    units: npt.NDArray[np.int64],
    n_strata: int,
) -> tuple[str, ...]:
    """Return what makes limits approximate: in any stratum few values that differ, or unequal clusters."""
    found: list[str] = []
    for code in range(n_strata):
        own = values[codes == code]
        _, index, sizes = np.unique(units[codes == code], return_inverse=True, return_counts=True)
        if len(own) and not np.ptp(own):
            found.append("a stratum has no variance: limits may be too narrow")
        found += [*unequal_clusters_warning(sizes), *few_different_warning(own, index)]
    return tuple(dict.fromkeys(found))


def _combine(
    name: str,
    parts: _Strata,
    weights: npt.NDArray[np.float64],
    confidence_level: float,
    is_clustered: bool,
) -> Estimate:
    n = int(parts.sizes.sum())
    contributions = (weights * parts.standard_errors) ** 2
    standard_error = math.sqrt(float(contributions.sum())) if n else math.nan
    found = Estimate(
        method=name,
        estimate=float(weights @ parts.means) if n else math.nan,
        confidence_level=confidence_level,
        standard_error=standard_error,
        n=n,
        n_clusters=int(parts.n_clusters.sum()) if is_clustered else None,
        status=_status(parts, standard_error, is_clustered),
        warnings=parts.warnings,
    )
    if found.status is Status.ZERO_VARIANCE:
        return _wilson(found, parts, weights)
    if found.status is not Status.OK:
        return found
    df = float(n - len(parts.sizes))
    if is_clustered:
        df = standard_error**4 / float((contributions**2 / parts.df).sum())
    half = float(special.stdtrit(df, (1 + confidence_level) / 2)) * standard_error
    return replace(
        found,
        low=found.estimate - half,
        high=found.estimate + half,
        df=df,
        interval_method="t, CR2" if is_clustered else "t",
    )


def _wilson(found: Estimate, parts: _Strata, weights: npt.NDArray[np.float64]) -> Estimate:
    """Return the estimate with Wilson's limits if every value is 0, or every one is 1."""
    share = float(parts.means[0])
    if share not in (0.0, 1.0) or np.ptp(parts.means):
        return found
    n_effective = float(1 / (weights**2 / parts.n_clusters).sum())
    quantile = -float(special.ndtri((1 - found.confidence_level) / 2))
    low, high = wilson_limits(share, n_effective, quantile)
    return replace(found, estimate=share, low=low, high=high, interval_method="Wilson")


def _status(parts: _Strata, standard_error: float, is_clustered: bool) -> Status:
    if len(parts.sizes) == 0:
        return Status.NO_DATA
    if int(parts.n_clusters.min()) < 2:
        return Status.FEW_CLUSTERS if is_clustered else Status.N_LT_2
    return Status.ZERO_VARIANCE if standard_error == 0 else Status.OK
