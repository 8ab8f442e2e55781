"""The trend over levels: one slope for each item, so that items, not level means, are the sample."""

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr

from scramblebench.statistics.clustering.clusters import ClusteredMean, cluster_mean
from scramblebench.statistics.levels import checked_levels
from scramblebench.statistics.limit_warnings import few_different_warning
from scramblebench.statistics.resampling.sign_flip import (
    DEFAULT_RESAMPLES,
    SignFlipTest,
    sign_flip,
    sign_flip_clustered,
)
from scramblebench.statistics.results import DEFAULT_CONFIDENCE, HypothesisTest, Status

_ROUNDING = 1e-12  # beside the largest slope a score can make

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelTrend:
    """The mean slope of items, in score per unit of level (from 0 to 1), negative for a fall.

    ``slope`` is the t test (CR2 where clusters are given), ``sign_flip`` the permutation test.
    ``n_items`` were complete on all levels, of ``n_total``.
    """

    slope: HypothesisTest
    sign_flip: SignFlipTest
    n_items: int
    n_total: int
    status: Status = Status.OK
    warnings: tuple[str, ...] = ()


def item_slopes(levels: npt.ArrayLike, scores: npt.ArrayLike) -> Vector:
    """Return each item's least-squares slope over levels: (n_items,).

    ``levels`` (n_levels,) rise within 0 to 1, ``scores`` (n_items, n_levels) is any number. The slope
    is sum (s - mean s) y / sum (s - mean s)^2; NaN where the item misses a level. Slopes that are only
    rounding are exactly 0. Raises ValueError on fewer than two levels, and on shapes.
    """
    places = checked_levels(levels)
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] != len(places):
        raise ValueError(f"scores {values.shape} and levels {places.shape} do not fit together")
    if len(places) < 2:
        raise ValueError("one level has no slope")
    offset = places - places.mean()
    weights = offset / (offset @ offset)
    slopes = values @ weights
    largest = np.abs(values).max(axis=1, initial=0.0) * np.abs(weights).sum()
    slopes[np.abs(slopes) <= _ROUNDING * largest] = 0.0
    return slopes


def level_trend(
    levels: npt.ArrayLike,
    scores: npt.ArrayLike,
    generator: np.random.Generator,
    *,
    clusters: npt.ArrayLike | None = None,
    confidence_level: float = DEFAULT_CONFIDENCE,
    n_resamples: int = DEFAULT_RESAMPLES,
) -> LevelTrend:
    """Test whether scores rise or fall with the level, over items that were asked at all levels.

    ``levels`` and ``scores`` as in ``item_slopes``; items with a NaN are left out and counted;
    ``clusters`` (n_items,) names what items share. The mean slope has a t interval on n - 1 degrees of
    freedom, with clusters CR2 and Satterthwaite's; the sign-flip test flips items (clusters) and is
    exact up to 20 that are not 0, so it holds for few items too. A floor flattens the far end of a
    curve and with it the slope.

    No complete item: NaN, status no_complete_items. One item or cluster: no interval nor t test,
    n_lt_2 or few_clusters. Slopes all alike: the same, zero_variance, or all_zero where they are 0 (the
    sign-flip p is then 1). R: ``t.test(slopes)``; ``clubSandwich::coef_test(lm(slopes ~ 1), vcov =
    "CR2")``. Raises ValueError as ``item_slopes``.
    """
    slopes = item_slopes(levels, scores)
    labels = np.arange(len(slopes)) if clusters is None else clusters
    mean = cluster_mean(slopes, labels, confidence_level)
    if clusters is None:
        mean = replace(mean, warnings=few_different_warning(slopes[~np.isnan(slopes)]))
    if clusters is None:
        flipped = sign_flip(slopes, generator, n_resamples)
    else:
        flipped = sign_flip_clustered(slopes, clusters, generator, n_resamples)
    status = _status(mean)
    return LevelTrend(
        slope=_t_test(mean, status, has_clusters=clusters is not None),
        sign_flip=flipped,
        n_items=mean.n,
        n_total=len(slopes),
        status=status,
        warnings=mean.warnings,
    )


def _status(mean: ClusteredMean) -> Status:
    if mean.n == 0:
        return Status.NO_COMPLETE_ITEMS
    if mean.status is Status.ZERO_VARIANCE and mean.mean == 0:
        return Status.ALL_ZERO
    return mean.status


def _t_test(mean: ClusteredMean, status: Status, *, has_clusters: bool) -> HypothesisTest:
    statistic = math.nan
    if status is Status.OK:
        statistic = mean.mean / mean.standard_error_cr2
    return HypothesisTest(
        method="mean item slope", p_value=float(2 * stdtr(mean.df, -abs(statistic))),
        statistic=statistic, df=mean.df, estimate=mean.mean, low=mean.low, high=mean.high,
        confidence_level=mean.confidence_level, interval_method="t, CR2" if has_clusters else "t",
        standard_error=mean.standard_error_cr2, n=mean.n,
        n_clusters=mean.n_clusters if has_clusters else None, status=status,
        warnings=mean.warnings,
    )  # fmt: skip
