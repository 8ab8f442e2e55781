"""Metrics of the literature on scrambled text: recovery rate, performance gain and drop, pass@k.

Nothing is clipped: rates below 0 and gains above 1 are possible, and mean what they say.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import Levenshtein
from scipy import special

from scramblebench.statistics.clustering.clusters import (
    ClusteredMean,
    cluster_mean,
    few_clusters_warning,
)
from scramblebench.statistics.clustering.ratios import (
    divided,
    mean_pair,
    ratio_estimate,
    ratio_of_means,
    t_quantile,
    used_labels,
)
from scramblebench.statistics.proportions.paired_counts import PairedCounts, mcnemar
from scramblebench.statistics.proportions.paired_difference import paired_difference
from scramblebench.statistics.results import (
    DEFAULT_CONFIDENCE,
    Estimate,
    HypothesisTest,
    Status,
    check_confidence,
)

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryRate:
    """How much of the scrambling a model undid, in edit distance.

    ``corpus`` is the ratio of mean distances, ``mean_of_items`` the mean of the items' own rates, over
    the items whose scrambled text differs; ``n_unchanged`` items do not. Distances are per item,
    ``(n_items,)``, in characters.
    """

    corpus: Estimate
    mean_of_items: Estimate
    n_unchanged: int
    distances_scrambled: FloatArray
    distances_recovered: FloatArray


def edit_distances(texts: Sequence[str], originals: Sequence[str]) -> FloatArray:
    """Return the Levenshtein distance in characters of each text from its original, ``(n_items,)``.

    Insertions, deletions and substitutions cost 1 (R: ``utils::adist``). Levenshtein 1966. Raises
    ValueError on different numbers of texts.
    """
    pairs = zip(texts, originals, strict=True)
    return np.array([Levenshtein.distance(a, b) for a, b in pairs], dtype=np.float64)


def recovery_rate(
    originals: Sequence[str],
    scrambled: Sequence[str],
    recovered: Sequence[str],
    clusters: npt.ArrayLike | None = None,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> RecoveryRate:
    """Return the recovery rate: (ED(scrambled) - ED(recovered)) / ED(scrambled), EDs to the original.

    ``corpus`` takes the means first, over all items; its limits are t limits on the linearised error
    of a ratio of means, by clusters if given (R: ``survey::svyratio``). ``mean_of_items`` has CR2 t
    limits. No text changed: NaN, ``division_by_zero``; one item: no limits, ``n_lt_2``; every item
    recovered alike: no limits, ``zero_variance``. Cao et al. 2023, arXiv:2311.18805.
    Raises ValueError on different numbers of texts, or none.
    """
    before, after = edit_distances(scrambled, originals), edit_distances(recovered, originals)
    labels = np.arange(len(before)) if clusters is None else np.asarray(clusters)
    is_changed = before > 0
    rates = 1 - after[is_changed] / before[is_changed]
    return RecoveryRate(
        corpus=_corpus_rate(before, after, labels, confidence_level),
        mean_of_items=_mean_rate(rates, labels[is_changed], confidence_level),
        n_unchanged=int((~is_changed).sum()),
        distances_scrambled=before, distances_recovered=after,
    )  # fmt: skip


def gain_of_means(original: float, scrambled: float, substituted: float) -> float:
    """Return (scrambled - substituted) / (original - substituted) of three accuracies.

    The relative performance gain without items to take an interval from; NaN where original and
    substituted are equal.
    """
    return divided(scrambled - substituted, original - substituted)


def relative_performance_gain(
    original: npt.ArrayLike,
    scrambled: npt.ArrayLike,
    substituted: npt.ArrayLike,
    clusters: npt.ArrayLike | None = None,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> Estimate:
    """Return the relative performance gain (RPG) of the same items, with Fieller limits.

    mean(scrambled - substituted) / mean(original - substituted), scores ``(n_items,)``: what is kept of
    the performance that rests on the text, 1 all of it and 0 none. The recovery by a dictionary is the
    same ratio: (baseline, with dictionary, scrambled). A NaN leaves its item out. Status
    ``division_by_zero`` and NaN where the denominator is not above 0 beyond its error; otherwise as
    ``ratios.ratio_estimate``. Cao et al. 2023, arXiv:2311.18805. Raises ValueError on
    different lengths.
    """
    table, labels = _complete([original, scrambled, substituted], clusters)
    above, below = table[:, 1] - table[:, 2], table[:, 0] - table[:, 2]
    return _ratio("relative performance gain", above, below, labels, confidence_level)


def mean_performance_drop_rate(
    clean: npt.ArrayLike,
    perturbed: npt.ArrayLike,
    clusters: npt.ArrayLike | None = None,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> Estimate:
    """Return the performance drop rate 1 - sum(perturbed) / sum(clean), with Fieller limits.

    For partial credit, repetitions and clusters; for independent binary items see
    ``paired_difference.performance_drop_rate``. Scores ``(n_items,)`` of the same items; a NaN leaves
    its item out. Nothing right when clean: NaN, ``division_by_zero``. Zhu et al. 2023, arXiv 2306.04528.
    Raises ValueError on different lengths.
    """
    table, labels = _complete([clean, perturbed], clusters)
    lost = table[:, 0] - table[:, 1]
    return _ratio("performance drop rate", lost, table[:, 0], labels, confidence_level)


def perturbation_drop(
    original: npt.ArrayLike,
    perturbed: npt.ArrayLike,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> HypothesisTest:
    """Return the C-BOD drop, accuracy on original less on perturbed items, with McNemar's mid-p.

    0/1 scores ``(n_items,)``; a NaN leaves its item out. ``estimate`` is original - perturbed, positive
    where the model leans on the wording; adjust the p-values over models. Limits: those of
    ``paired_difference``, with the sign turned. No discordant pair: p = 1, ``no_discordant_pairs``.
    Cohen-Inger et al. 2025, arXiv 2502.07445. Raises ValueError on other scores.
    """
    counts = PairedCounts.from_scores(original, perturbed)
    test, gain = mcnemar(counts), paired_difference(counts, confidence_level=confidence_level)
    return HypothesisTest(
        method="C-BOD drop, McNemar mid-p", p_value=test.p_value, statistic=test.statistic,
        estimate=-gain.estimate, low=-gain.high, high=-gain.low, n=counts.n, status=test.status,
        confidence_level=confidence_level, interval_method=gain.interval_method,
    )  # fmt: skip


def pass_at_k(n_samples: npt.ArrayLike, n_correct: npt.ArrayLike, k: int) -> FloatArray:
    """Return the unbiased chance that one of k of an item's samples is right, per item.

    1 - C(n - c, k) / C(n, k), arrays that broadcast; NaN where an item has fewer than k samples. Chen
    et al. 2021, arXiv 2107.03374. R: ``1 - choose(n - c, k) / choose(n, k)``. Raises ValueError on k
    below 1 and on c out of 0 to n.
    """
    n, c = np.broadcast_arrays(
        np.asarray(n_samples, dtype=np.float64), np.asarray(n_correct, dtype=np.float64)
    )
    if k < 1:
        raise ValueError(f"k of {k} samples is below 1")
    if not ((c >= 0) & (c <= n)).all():
        raise ValueError("right samples are not between 0 and the samples of an item")
    drawn = np.arange(k)
    left = np.maximum(n[..., None] - c[..., None] - drawn, 0.0)
    all_wrong = np.prod(left / np.maximum(n[..., None] - drawn, 1.0), axis=-1)
    return np.where(n >= k, 1 - all_wrong, math.nan)


def difference_in_differences(
    drops: npt.ArrayLike,
    control_drops: npt.ArrayLike,
    clusters: npt.ArrayLike | None = None,
    control_clusters: npt.ArrayLike | None = None,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> HypothesisTest:
    """Test whether accuracy drops more on a benchmark than on a control benchmark.

    ``drops`` ``(n_items,)`` and ``control_drops`` ``(n_control_items,)`` are original - scrambled of
    each item; the item sets are independent. ``estimate`` is mean(drops) - mean(control_drops), SE the
    root of the summed CR2 variances, df Welch's from Satterthwaite's of each (R: ``t.test(x, y)``
    without clusters). NaN drops are left out. Status ``n_lt_2`` or ``few_clusters`` where a set has one
    unit, ``no_data`` where it has none, ``zero_variance`` where neither varies; p and limits are then
    NaN. Raises ValueError on clusters of other lengths.
    """
    sides = [
        _clustered(values, labels, confidence_level)
        for values, labels in ((drops, clusters), (control_drops, control_clusters))
    ]
    estimate = sides[0].mean - sides[1].mean
    variances = [side.standard_error_cr2**2 for side in sides]
    total = sum(variances)
    weighted = sum(v**2 / side.df for v, side in zip(variances, sides, strict=True))
    df = divided(total**2, weighted)
    error = math.sqrt(total)
    statistic = divided(estimate, error)
    half = t_quantile(df, confidence_level) * error
    return HypothesisTest(
        method="difference in differences, Welch",
        p_value=2 * float(special.stdtr(df, -abs(statistic))), statistic=statistic, df=df,
        estimate=estimate, low=estimate - half, high=estimate + half,
        confidence_level=confidence_level, interval_method="t, CR2", standard_error=error,
        n=sides[0].n + sides[1].n, n_clusters=sides[0].n_clusters + sides[1].n_clusters,
        status=_joint_status(sides), warnings=tuple(w for side in sides for w in side.warnings),
    )  # fmt: skip


def _clustered(
    values: npt.ArrayLike, clusters: npt.ArrayLike | None, confidence_level: float
) -> ClusteredMean:
    numbers = np.asarray(values, dtype=np.float64)
    labels = np.arange(len(numbers)) if clusters is None else clusters
    return cluster_mean(numbers, labels, confidence_level)


def _joint_status(sides: list[ClusteredMean]) -> Status:
    statuses = [side.status for side in sides]
    for status in statuses:
        if status not in (Status.OK, Status.ZERO_VARIANCE):
            return status
    return Status.OK if Status.OK in statuses else Status.ZERO_VARIANCE


def _corpus_rate(
    before: FloatArray, after: FloatArray, labels: npt.NDArray[np.generic], confidence_level: float
) -> Estimate:
    pair = mean_pair(before - after, before, labels)
    ratio = ratio_of_means(pair, confidence_level)
    status = Status.OK
    if math.isnan(ratio.value):
        status = Status.DIVISION_BY_ZERO
    elif pair.df < 1:
        status = Status.N_LT_2
    elif ratio.has_no_spread:
        status = Status.ZERO_VARIANCE
    is_ok = status is Status.OK
    return Estimate(
        method="recovery rate, corpus", estimate=ratio.value,
        low=ratio.linear_low if is_ok else math.nan, high=ratio.linear_high if is_ok else math.nan,
        confidence_level=confidence_level, interval_method="t, linearised ratio",
        standard_error=ratio.standard_error, df=pair.df, n=pair.n, n_clusters=pair.n_clusters,
        status=status, warnings=few_clusters_warning(pair.n_clusters) + pair.warnings,
    )  # fmt: skip


def _mean_rate(
    rates: FloatArray, labels: npt.NDArray[np.generic], confidence_level: float
) -> Estimate:
    found = cluster_mean(rates, labels, confidence_level)
    is_empty = found.status is Status.NO_DATA
    return Estimate(
        method="recovery rate, mean of items", estimate=found.mean, low=found.low, high=found.high,
        confidence_level=confidence_level, interval_method="t, CR2",
        standard_error=found.standard_error_cr2, df=found.df, n=found.n,
        n_clusters=found.n_clusters, warnings=found.warnings,
        status=Status.DIVISION_BY_ZERO if is_empty else found.status,
    )  # fmt: skip


def _complete(
    columns: Sequence[npt.ArrayLike], clusters: npt.ArrayLike | None
) -> tuple[FloatArray, npt.NDArray[np.generic] | None]:
    """Return the items without NaN, ``(n_used, n_columns)``, and their labels."""
    arrays = [np.asarray(column, dtype=np.float64) for column in columns]
    if any(array.ndim != 1 or array.shape != arrays[0].shape for array in arrays):
        raise ValueError(f"scores of shapes {[array.shape for array in arrays]} are not paired")
    table = np.column_stack(arrays)
    used = ~np.isnan(table.sum(axis=1))
    return table[used], used_labels(clusters, used)


def _ratio(
    method: str,
    above: FloatArray,
    below: FloatArray,
    labels: npt.NDArray[np.generic] | None,
    confidence_level: float,
) -> Estimate:
    check_confidence(confidence_level)
    if not len(above):
        status = Status.NO_COMPLETE_ITEMS
        return Estimate(method=method, estimate=math.nan, status=status)
    pair = mean_pair(above, below, labels)
    return ratio_estimate(pair, confidence_level, method=method, undefined=Status.DIVISION_BY_ZERO)
