"""What clustering costs, for planning: the intraclass correlation and the design effect."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scramblebench.statistics.clustering.clusters import ClusterSums
from scramblebench.statistics.results import Status

_ROUNDING = 1e-12  # a range this small beside the values is none


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterDesign:
    """How alike the items of a cluster are (``icc``), and what that does to a mean's precision.

    ``n0`` and ``mean_cluster_size`` (weighted by size) are the sizes that the estimator of the ICC and
    the design effect use. ``n_effective`` is the number of independent items that say as much.
    """

    icc: float
    n0: float
    mean_cluster_size: float
    design_effect: float
    n_effective: float
    n: int
    n_clusters: int
    n_missing: int
    status: Status = Status.OK


def cluster_design(values: npt.ArrayLike, clusters: npt.ArrayLike) -> ClusterDesign:
    """Return the intraclass correlation, the design effect of a mean and the effective n: to plan.

    With the mean squares of R's ``aov(v ~ cluster)``, sizes m and n0 = (N - sum m^2 / N) / (G - 1):
    ICC = (MSB - MSW) / (MSB + (n0 - 1) MSW), which may be negative; design effect 1 + (sum m^2 / N
    - 1) ICC; effective n = N / design effect. NaN values are left out and counted. A design
    effect of 0 or below, which a negative ICC can give, has no effective n (``division_by_zero``).
    Clusters of one item: ICC NaN, design effect 1, ``n_lt_2``. One cluster: NaN, ``few_clusters``; no
    variance: NaN, ``zero_variance``. Donner & Koval 1980, doi:10.2307/2530491. Raises ValueError as
    ``ClusterSums.of``.
    """
    groups = ClusterSums.of(values, clusters)
    n, n_clusters, sizes = groups.n, groups.n_clusters, groups.sizes
    weighted_size = float((sizes**2).sum() / n) if n else math.nan
    n0 = (n - weighted_size) / (n_clusters - 1) if n_clusters > 1 else math.nan
    icc, status = _intraclass_correlation(groups, n0)
    effect = 1.0 if n_clusters == n > 1 else 1 + (weighted_size - 1) * icc
    if effect <= _ROUNDING:
        status = Status.DIVISION_BY_ZERO
    return ClusterDesign(
        icc=icc,
        n0=n0,
        mean_cluster_size=weighted_size,
        design_effect=effect,
        n_effective=n / effect if effect > _ROUNDING else math.nan,
        n=n,
        n_clusters=n_clusters,
        n_missing=groups.n_missing,
        status=status,
    )


def _intraclass_correlation(groups: ClusterSums, n0: float) -> tuple[float, Status]:
    n, n_clusters = groups.n, groups.n_clusters
    status = groups.status
    if status is not Status.OK:
        return math.nan, status
    if n_clusters == n:
        return math.nan, Status.N_LT_2
    between = float((groups.sums**2 / groups.sizes).sum())
    total = float(((groups.values - groups.mean) ** 2).sum())
    if np.ptp(groups.values) <= _ROUNDING * float(np.abs(groups.values).max()):
        return math.nan, Status.ZERO_VARIANCE
    mean_between = between / (n_clusters - 1)
    mean_within = max(total - between, 0.0) / (n - n_clusters)
    denominator = mean_between + (n0 - 1) * mean_within
    return (mean_between - mean_within) / denominator, status
