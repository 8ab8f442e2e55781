"""Ratios of two means over the same units: linearised error, Fieller limits, influence values.

The one implementation that the dependency coefficient, the performance drop rate and the recovery
metrics share. Arrays are ``(n,)``, one value per item; items of one cluster are added up first.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from scramblebench.statistics.clustering.clusters import (
    cluster_index,
    few_clusters_warning,
)
from scramblebench.statistics.limit_warnings import few_different_warning, unequal_clusters_warning
from scramblebench.statistics.results import (
    DEFAULT_CONFIDENCE,
    Estimate,
    Interval,
    Status,
    check_confidence,
)

FloatArray = npt.NDArray[np.float64]
_NO_LIMITS = Interval(math.nan, math.nan, math.nan)
_ROUNDING = 1e-13  # share of its terms below which a variance is rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanPair:
    """Two means over the same units and the covariance matrix of these means.

    ``df`` is the number of units (clusters, else items) less the number of strata; variances are NaN
    where it is 0. ``n`` counts items; ``warnings`` tell of very unequal clusters and of values that
    hardly differ.
    """

    numerator: float
    denominator: float
    variance_numerator: float
    variance_denominator: float
    covariance: float
    df: float
    n: int
    n_clusters: int
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A ratio of means with the numbers behind its limits; NaN where undefined.

    ``fieller_g`` is t^2 var(denominator) / denominator^2: from 1 on the denominator cannot be told from
    0, and the Fieller limits are -inf and inf. ``denominator_t`` is the denominator over its standard
    error. A ``standard_error`` of 0 means that no unit departs from the ratio: the limits are then of
    no width, and the caller has to find others.
    """

    value: float
    standard_error: float
    linear_low: float
    linear_high: float
    fieller_low: float
    fieller_high: float
    fieller_g: float
    denominator_t: float
    df: float
    confidence_level: float

    @property
    def is_denominator_positive(self) -> bool:
        """Whether the denominator is above 0 beyond its error."""
        return self.denominator_t > 0 and self.fieller_g < 1

    @property
    def has_no_spread(self) -> bool:
        """Whether no unit departs from the ratio."""
        return self.standard_error == 0


def mean_pair(
    numerator: npt.ArrayLike, denominator: npt.ArrayLike, clusters: npt.ArrayLike | None = None
) -> MeanPair:
    """Return the means of two values per item and the covariance matrix of these means.

    V = G/(G-1) sum over clusters of the outer product of the cluster's summed deviations, over n^2:
    the linearised covariance of a sample of clusters (R: ``vcov(svymean(~N + D, svydesign(ids =
    ~cluster)))``); without clusters each item is one, and V is cov(N, D)/n. Raises ValueError on no
    items, on unequal lengths, on values that are not finite and on missing labels.
    """
    values = np.column_stack([_finite_vector(numerator), _finite_vector(denominator)])
    n = len(values)
    index = np.arange(n) if clusters is None else cluster_index(clusters, (n,))
    n_clusters = int(index.max()) + 1
    means = values.mean(axis=0)
    sums = np.zeros((n_clusters, 2))
    np.add.at(sums, index, values - means)
    factor = n_clusters / (n_clusters - 1) if n_clusters > 1 else math.nan
    covariance = factor * (sums.T @ sums) / n**2
    return MeanPair(
        numerator=float(means[0]), denominator=float(means[1]),
        variance_numerator=float(covariance[0, 0]), variance_denominator=float(covariance[1, 1]),
        covariance=float(covariance[0, 1]), df=n_clusters - 1, n=n, n_clusters=n_clusters,
        warnings=(
            *unequal_clusters_warning(np.bincount(index)), *few_different_warning(values, index),
        ),
    )  # fmt: skip


def macro_mean_pair(pairs: Sequence[MeanPair]) -> MeanPair:
    """Return the pair of macro means: each stratum (benchmark) counts the same, whatever its size.

    Mean = 1/H sum of means, variance = 1/H^2 sum of variances, df = sum of the strata's df. The strata
    have to be independent item sets. Raises ValueError on no pairs.
    """
    if not pairs:
        raise ValueError("no strata to average")
    count = len(pairs)
    return MeanPair(
        numerator=math.fsum(pair.numerator for pair in pairs) / count,
        denominator=math.fsum(pair.denominator for pair in pairs) / count,
        variance_numerator=math.fsum(pair.variance_numerator for pair in pairs) / count**2,
        variance_denominator=math.fsum(pair.variance_denominator for pair in pairs) / count**2,
        covariance=math.fsum(pair.covariance for pair in pairs) / count**2,
        df=sum(pair.df for pair in pairs), n=sum(pair.n for pair in pairs),
        n_clusters=sum(pair.n_clusters for pair in pairs),
        warnings=tuple(dict.fromkeys(note for pair in pairs for note in pair.warnings)),
    )  # fmt: skip


def ratio_of_means(pair: MeanPair, confidence_level: float = DEFAULT_CONFIDENCE) -> Ratio:
    """Return numerator / denominator with its linearised error, t limits and Fieller limits.

    SE = sqrt(V11 - 2 R V12 + R^2 V22) / |denominator| (R: ``survey::svyratio``). Fieller limits, with t
    of the pair's df: [B -+ sqrt(B^2 - A C)] / A, A = D^2 - t^2 V22, B = N D - t^2 V12, C = N^2 - t^2 V11;
    -inf and inf where A <= 0. A denominator of exactly 0 gives NaN throughout and a g of inf; df 0
    (one unit) gives the ratio alone. Fieller 1954, doi:10.1111/j.2517-6161.1954.tb00159.x. Raises
    ValueError on a confidence level out of (0, 1).
    """
    check_confidence(confidence_level)
    quantile = t_quantile(pair.df, confidence_level)
    value = divided(pair.numerator, pair.denominator)
    residual = _residual_variance(pair, value)
    error = divided(math.sqrt(residual), abs(pair.denominator))
    low, high, g = _fieller(pair, quantile, residual)
    return Ratio(
        value=value, standard_error=error,
        linear_low=value - quantile * error, linear_high=value + quantile * error,
        fieller_low=low, fieller_high=high, fieller_g=g,
        denominator_t=_signal(pair.denominator, pair.variance_denominator),
        df=pair.df, confidence_level=confidence_level,
    )  # fmt: skip


def ratio_influence(numerator: npt.ArrayLike, denominator: npt.ArrayLike) -> FloatArray:
    """Return the influence of each item on the ratio of means: (N_i - R D_i) / mean(D), shape ``(n,)``.

    They sum to 0, and sd / sqrt(n) of them is the ratio's linearised error; differences of two ratios
    over the same items are tested on differences of these values. NaN where mean(D) is 0. Raises
    ValueError as ``mean_pair`` does.
    """
    above, below = _finite_vector(numerator), _finite_vector(denominator)
    mean = float(below.mean())
    if mean == 0:
        return np.full(len(below), math.nan)
    return (above - above.mean() / mean * below) / mean


def ratio_estimate(
    pair: MeanPair,
    confidence_level: float = DEFAULT_CONFIDENCE,
    *,
    method: str,
    undefined: Status,
    bound: float | None = None,
) -> Estimate:
    """Return the ratio of a pair with Fieller limits, or NaN and the reason why it has none.

    ``undefined`` is the status where the denominator is not above 0 beyond its error (Fieller's g >= 1,
    or a mean of 0 or less); fewer than two units give ``n_lt_2``. Where no unit departs from the ratio
    (``zero_variance``) the limits are the ratio -+ bound / denominator: ``bound``, by default
    ``zero_variance_bound``, is the largest share of units that could depart without one being seen.
    Fewer than ten units, and the pair's warnings, are in ``warnings``.
    """
    ratio = ratio_of_means(pair, confidence_level)
    if pair.df <= 0:
        return _estimate(method, pair, ratio, status=Status.N_LT_2)
    if not ratio.is_denominator_positive:
        return _estimate(method, pair, ratio, status=undefined)
    if ratio.has_no_spread:
        share = zero_variance_bound(pair.n_clusters, confidence_level) if bound is None else bound
        half = share / pair.denominator
        limits = Interval(ratio.value, ratio.value - half, ratio.value + half)
        return _estimate(method, pair, ratio, limits, Status.ZERO_VARIANCE, "zero-variance bound")
    limits = Interval(ratio.value, ratio.fieller_low, ratio.fieller_high)
    return _estimate(method, pair, ratio, limits, Status.OK, "Fieller")


def zero_variance_bound(n_units: int, confidence_level: float = DEFAULT_CONFIDENCE) -> float:
    """Return 1 - (alpha/2)^(1/G): the Clopper-Pearson upper limit of a share that was 0 in G units."""
    return -math.expm1(math.log((1 - confidence_level) / 2) / n_units)


def used_labels(
    clusters: npt.ArrayLike | None, used: npt.NDArray[np.bool_]
) -> npt.NDArray[np.generic] | None:
    """Return the labels of the items used, or None without clusters.

    Raises ValueError unless there is one label per item of the mask.
    """
    if clusters is None:
        return None
    labels = np.asarray(clusters)
    if labels.shape != used.shape:
        raise ValueError(f"cluster labels of shape {labels.shape} for {len(used)} items")
    return labels[used]


def t_quantile(df: float, confidence_level: float) -> float:
    """Return the two-sided critical value of Student's t (R: ``qt((1 + level)/2, df)``), NaN at df 0."""
    return float(special.stdtrit(df, (1 + confidence_level) / 2)) if df > 0 else math.nan


def divided(numerator: float, denominator: float) -> float:
    """Return numerator / denominator, NaN where the denominator is 0."""
    return numerator / denominator if denominator != 0 else math.nan


def _finite_vector(values: npt.ArrayLike) -> FloatArray:
    vector = np.asarray(values, dtype=np.float64)
    if vector.ndim != 1 or not len(vector):
        raise ValueError(f"one value per item is needed, not an array of shape {vector.shape}")
    if not np.isfinite(vector).all():
        raise ValueError("a value is not finite; leave out items that are not complete")
    return vector


def _estimate(
    method: str,
    pair: MeanPair,
    ratio: Ratio,
    limits: Interval = _NO_LIMITS,
    status: Status = Status.OK,
    interval_method: str = "",
) -> Estimate:
    return Estimate(
        method=method, estimate=limits.estimate, low=limits.low, high=limits.high,
        confidence_level=ratio.confidence_level, interval_method=interval_method,
        standard_error=math.nan if math.isnan(limits.estimate) else ratio.standard_error,
        df=pair.df, n=pair.n, n_clusters=pair.n_clusters, status=status,
        warnings=few_clusters_warning(pair.n_clusters) + pair.warnings,
    )  # fmt: skip


def _residual_variance(pair: MeanPair, value: float) -> float:
    """Return the variance of the mean of N_i - R D_i, exactly 0 where only rounding is left."""
    above = pair.variance_numerator
    below = value**2 * pair.variance_denominator
    variance = above - 2 * value * pair.covariance + below
    return 0.0 if variance <= _ROUNDING * (above + below) else variance


def _signal(mean: float, variance: float) -> float:
    if math.isnan(variance) or mean == variance == 0:
        return math.nan
    return math.copysign(math.inf, mean) if variance == 0 else mean / math.sqrt(variance)


def _fieller(pair: MeanPair, quantile: float, residual: float) -> tuple[float, float, float]:
    """Return the lower limit, the upper limit and g.

    The root is sqrt(B^2 - A C), written with the residual variance so that it is 0 where that is.
    """
    if math.isnan(quantile):
        return math.nan, math.nan, math.nan
    if pair.denominator == 0:
        return -math.inf, math.inf, math.inf
    t2 = quantile**2
    g = t2 * pair.variance_denominator / pair.denominator**2
    if g >= 1:
        return -math.inf, math.inf, g
    a = pair.denominator**2 - t2 * pair.variance_denominator
    b = pair.numerator * pair.denominator - t2 * pair.covariance
    determinant = pair.variance_numerator * pair.variance_denominator - pair.covariance**2
    square = t2 * (pair.denominator**2 * residual - t2 * determinant)
    root = math.sqrt(max(square, 0.0)) if residual else 0.0
    return (b - root) / a, (b + root) / a, g
