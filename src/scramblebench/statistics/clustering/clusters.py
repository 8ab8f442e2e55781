"""Means of items that share a source: their standard errors, intervals, and what clustering costs.

A cluster is one of many exchangeable groups (a passage, a template). Few, chosen benchmarks are
strata instead: see ``strata``. Cluster labels must be unique over benchmarks.
"""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy import special

from scramblebench.statistics.limit_warnings import (
    few_different_warning,
    unequal_clusters_warning,
)
from scramblebench.statistics.proportions.shares import wilson_limits
from scramblebench.statistics.results import (
    DEFAULT_CONFIDENCE,
    Estimate,
    Status,
    check_confidence,
)

FEW = 10
"""Below this many clusters a result carries a warning."""

_ROUNDING = 1e-12  # a standard error this small beside the values is none


@dataclass(frozen=True, slots=True)
class ClusterSums:
    """Values by cluster: ``sums`` of deviations from the mean and ``sizes``, shape (n_clusters,).

    ``values`` and ``index`` (the number of the cluster), shape (n,), are of those that are not missing;
    ``n_missing`` were NaN.
    """

    values: npt.NDArray[np.float64]
    index: npt.NDArray[np.int64]
    mean: float
    sums: npt.NDArray[np.float64]
    sizes: npt.NDArray[np.int64]
    n_missing: int

    @classmethod
    def of(cls, values: npt.ArrayLike, clusters: npt.ArrayLike) -> Self:
        """Group values of shape (n,) by labels of the same shape, leaving out values that are NaN.

        Raises ValueError on different lengths and on a missing label.
        """
        numbers = np.asarray(values, dtype=np.float64)
        index = cluster_index(clusters, numbers.shape)
        used = ~np.isnan(numbers)
        numbers, index = numbers[used], index[used]
        _, index = np.unique(index, return_inverse=True)
        mean = float(numbers.mean()) if len(numbers) else math.nan
        sizes = np.bincount(index)
        sums = np.bincount(index, weights=numbers - mean).astype(np.float64)
        scale = np.abs(numbers).max(initial=0.0)
        sums[np.abs(sums) <= _ROUNDING * scale * sizes] = 0.0
        return cls(numbers, index, mean, sums, sizes, n_missing=int((~used).sum()))

    @property
    def n(self) -> int:
        """Return the number of values."""
        return len(self.values)

    @property
    def n_clusters(self) -> int:
        """Return the number of clusters that have a value."""
        return len(self.sizes)

    @property
    def status(self) -> Status:
        """Return whether there is more than one value, and more than one cluster."""
        if self.n < 2:
            return Status.N_LT_2 if self.n else Status.NO_DATA
        return Status.OK if self.n_clusters > 1 else Status.FEW_CLUSTERS


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusteredMean:
    """A mean with its standard errors by cluster, and the t interval of the one called CR2.

    ``standard_error_iid`` ignores the clusters. ``df`` are Satterthwaite's of CR2.
    ``design_effect`` is the CR1 variance over the one that ignores clusters. NaN is undefined, and
    ``status`` says why.
    """

    mean: float
    standard_error_iid: float = math.nan
    standard_error_cr0: float = math.nan
    standard_error_cr1: float = math.nan
    standard_error_cr2: float = math.nan
    standard_error_cr3: float = math.nan
    df: float = math.nan
    low: float = math.nan
    high: float = math.nan
    confidence_level: float
    design_effect: float = math.nan
    n: int
    n_clusters: int
    n_missing: int
    status: Status = Status.OK
    warnings: tuple[str, ...] = ()


def cluster_index(clusters: npt.ArrayLike, shape: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """Return each item's cluster as a number from 0, in order of the labels.

    Raises ValueError unless there is one label per item, and on a missing label (None, NaN).
    """
    labels = np.asarray(clusters)
    if len(shape) != 1 or labels.shape != shape:
        raise ValueError(f"cluster labels of shape {labels.shape} for values of shape {shape}")
    if any(label is None or label != label for label in labels.tolist()):
        raise ValueError("an item has no cluster label")
    _, index = np.unique(labels, return_inverse=True)
    return index.astype(np.int64)


def cluster_mean(
    values: npt.ArrayLike,
    clusters: npt.ArrayLike,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> ClusteredMean:
    """Return the mean of values with cluster standard errors and the CR2 t interval.

    With S the sums of deviations and m the sizes of G clusters, n values in all: CR0 = sqrt(sum S^2)
    / n; CR1 = CR0 sqrt(G / (G - 1)); CR2 divides each S^2 by 1 - m / n, CR3 by its square. The limits
    are mean +- t(df) CR2, not clipped. R: ``clubSandwich::vcovCR(lm(v ~ 1), cluster, type)`` and
    ``coef_test(..., vcov = "CR2")$df``. For a difference, pass the paired differences. With clusters
    of one item CR1 and CR2 are sd / sqrt(n) and df n - 1. NaN values are left out and counted. One
    cluster: no standard error, ``few_clusters``; below 10 a warning. Cluster sums that do not vary:
    standard errors 0 and no limits, ``zero_variance``. Bell & McCaffrey 2002; Pustejovsky & Tipton 2018,
    doi:10.1080/07350015.2016.1247004; Miller 2024, arXiv:2411.00640. ``warnings`` also tell of very
    unequal clusters and of values that hardly differ. Raises ValueError as ``ClusterSums.of``, and on
    a confidence level out of (0, 1).
    """
    check_confidence(confidence_level)
    groups = ClusterSums.of(values, clusters)
    cr0, cr1, cr2, cr3 = _standard_errors(groups)
    df = satterthwaite_df(groups.sizes)
    iid = math.nan
    if groups.n > 1:
        iid = (
            float(groups.values.std(ddof=1)) / math.sqrt(groups.n) if np.ptp(groups.values) else 0.0
        )
    status = Status.ZERO_VARIANCE if cr2 == 0 else groups.status
    half = float(special.stdtrit(df, (1 + confidence_level) / 2)) * cr2
    if status is not Status.OK:
        half = math.nan
    return ClusteredMean(
        mean=groups.mean,
        standard_error_iid=iid,
        standard_error_cr0=cr0,
        standard_error_cr1=cr1,
        standard_error_cr2=cr2,
        standard_error_cr3=cr3,
        df=df,
        low=groups.mean - half,
        high=groups.mean + half,
        confidence_level=confidence_level,
        design_effect=(cr1 / iid) ** 2 if iid > 0 else math.nan,
        n=groups.n,
        n_clusters=groups.n_clusters,
        n_missing=groups.n_missing,
        status=status,
        warnings=(
            *few_clusters_warning(groups.n_clusters),
            *unequal_clusters_warning(groups.sizes),
            *few_different_warning(groups.values, groups.index),
        ),
    )


def satterthwaite_df(sizes: npt.NDArray[np.int64]) -> float:
    """Return the degrees of freedom of the CR2 variance of a mean, from the cluster sizes.

    With a^2 = 1 / (n^2 (1 - m / n)): (sum m / n^2)^2 / [sum (m / n^2)^2 + sum over pairs c != d of
    a_c^2 a_d^2 m_c^2 m_d^2 / n^2]. G equal clusters give G - 1. R: ``clubSandwich::coef_test(...,
    vcov = "CR2", test = "Satterthwaite")$df``. Fewer than two clusters give NaN.
    """
    if len(sizes) < 2:
        return math.nan
    n = int(sizes.sum())
    share = sizes / n**2
    weight = share * sizes / (1 - sizes / n)
    pairs = float(weight.sum() ** 2 - (weight**2).sum()) / n**2
    return float(share.sum() ** 2) / (float((share**2).sum()) + pairs)


def wilson_clustered(
    scores: npt.ArrayLike,
    clusters: npt.ArrayLike,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> Estimate:
    """Return the share of right answers with its Wilson interval for clustered items.

    Wilson's limits on ``effective_items``, with the quantile of t at Satterthwaite's df: the closed
    form on R's ``clubSandwich`` CR2. NaN scores are left out. One cluster: no limits,
    ``few_clusters``; no scores: NaN, ``no_data``. Dean & Pagano 2015, doi:10.1093/jssam/smv024.
    Raises ValueError on scores other than 0 and 1, and as ``cluster_mean``.
    """
    found = cluster_mean(scores, clusters, confidence_level)
    numbers = np.asarray(scores, dtype=np.float64)
    if not bool((np.isin(numbers, (0.0, 1.0)) | np.isnan(numbers)).all()):
        raise ValueError("Wilson's interval needs scores of 0 and 1")
    low = high = math.nan
    if found.n_clusters > 1:
        quantile = float(special.stdtrit(found.df, (1 + confidence_level) / 2))
        low, high = wilson_limits(found.mean, effective_items(found), quantile)
    return Estimate(
        method="share of right answers",
        estimate=found.mean,
        low=low,
        high=high,
        confidence_level=confidence_level,
        interval_method="Wilson, clustered (CR2)",
        standard_error=found.standard_error_cr2,
        df=found.df,
        n=found.n,
        n_clusters=found.n_clusters,
        status=Status.OK if found.n_clusters > 1 else found.status,
        warnings=few_clusters_warning(found.n_clusters),
    )


def effective_items(share: ClusteredMean) -> float:
    """Return how many independent items give a share of right answers the same CR2 standard error.

    p (1 - p) / CR2^2; where CR2 is 0 (all right, all wrong, clusters alike) the number of clusters,
    so that an interval is too wide rather than without width. NaN with fewer than two clusters.
    """
    if share.n_clusters < 2:
        return math.nan
    if share.status is Status.ZERO_VARIANCE:
        return float(share.n_clusters)
    return share.mean * (1 - share.mean) / share.standard_error_cr2**2


def few_clusters_warning(n_clusters: int) -> tuple[str, ...]:
    """Return the warning of a result from 2 to 9 clusters, if it is one."""
    if 1 < n_clusters < FEW:
        return (f"only {n_clusters} clusters",)
    return ()


def _standard_errors(groups: ClusterSums) -> tuple[float, float, float, float]:
    """Return CR0, CR1, CR2 and CR3, NaN with fewer than two clusters."""
    if groups.n_clusters < 2:
        return math.nan, math.nan, math.nan, math.nan
    squares, leverage = groups.sums**2, groups.sizes / groups.n
    cr0 = math.sqrt(float(squares.sum())) / groups.n
    return (
        cr0,
        cr0 * math.sqrt(groups.n_clusters / (groups.n_clusters - 1)),
        math.sqrt(float((squares / (1 - leverage)).sum())) / groups.n,
        math.sqrt(float((squares / (1 - leverage) ** 2).sum())) / groups.n,
    )
