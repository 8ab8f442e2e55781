"""The methods that are put to the test, each a function of one simulated experiment.

Those that the report uses are called through the report's own functions where it has some.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from scramblebench.analysis.families import shared_baseline_warning
from scramblebench.analysis.options import AnalysisOptions, Correction
from scramblebench.analysis.paired import Paired, compare
from scramblebench.statistics.clustering.cell import cell_accuracy
from scramblebench.statistics.clustering.clusters import cluster_mean
from scramblebench.statistics.clustering.strata import stratified_mean
from scramblebench.statistics.curves.dependency import dependency_coefficient
from scramblebench.statistics.curves.dependency_comparison import (
    dependency_difference,
    dependency_swap_test,
)
from scramblebench.statistics.curves.recovery import (
    difference_in_differences,
    mean_performance_drop_rate,
    relative_performance_gain,
)
from scramblebench.statistics.levels import trapezoid_weights
from scramblebench.statistics.means.multiplicity import adjust
from scramblebench.statistics.means.rank_tests import mann_whitney, wilcoxon_signed_rank
from scramblebench.statistics.means.t_tests import paired_t, two_sample_t
from scramblebench.statistics.models.trend import item_slopes, level_trend
from scramblebench.statistics.proportions.equivalence import tost_paired_binary, tost_t
from scramblebench.statistics.proportions.independent_proportions import (
    chi_squared_test,
    fisher_exact_test,
    risk_difference,
)
from scramblebench.statistics.proportions.paired_counts import McNemarVariant, PairedCounts, mcnemar
from scramblebench.statistics.proportions.paired_difference import (
    DifferenceInterval,
    paired_difference,
    retention_ratio,
)
from scramblebench.statistics.proportions.repeated_binary import cochran_q
from scramblebench.statistics.proportions.shares import clopper_pearson
from scramblebench.statistics.resampling.max_t import max_t
from scramblebench.statistics.resampling.sign_flip import sign_flip, sign_flip_clustered
from scramblebench.statistics.results import Estimate, HypothesisTest
from tests.calibration.designs import Floats, Sample
from tests.calibration.measures import REFUSAL, Reading, covers, rejects

Method = Callable[[Sample, np.random.Generator], Reading]

_OPTIONS = AnalysisOptions()
_FLIPS = 1_999


def of_estimate(found: Estimate | HypothesisTest, truth: float) -> Reading:
    """Return whether an estimate's limits hold the truth."""
    return covers(found.low, found.high, truth, is_warned=bool(found.warnings))


def of_test(found: HypothesisTest) -> Reading:
    """Return whether a test rejects."""
    return rejects(found.p_value, is_warned=bool(found.warnings))


def _accuracy(sample: Sample, rng: np.random.Generator) -> Reading:
    return of_estimate(
        cell_accuracy(sample.scores[0, :, 0], sample.clusters), sample.truth.table[0, 0]
    )


def _clopper_pearson(sample: Sample, rng: np.random.Generator) -> Reading:
    scores = sample.scores[0, :, 0]
    found = clopper_pearson(int(scores.sum()), len(scores))
    return of_estimate(found, sample.truth.table[0, 0])


def _strata(sample: Sample, rng: np.random.Generator) -> Reading:
    """Return the macro mean of two benchmarks, one of them a quarter of the items."""
    scores, edge = sample.scores[0], _edge(sample)
    values = np.concatenate([scores[:edge, 0], scores[edge:, 1]])
    strata = np.repeat([0, 1], [edge, len(scores) - edge])
    found = stratified_mean(values, strata, sample.clusters).macro
    return of_estimate(found, float(sample.truth.table[0, :2].mean()))


def _compare(sample: Sample, rng: np.random.Generator) -> Paired:
    scores = sample.scores[0]
    return compare(scores[:, 1], scores[:, 0], sample.clusters, _OPTIONS, rng)


def _drop_interval(sample: Sample, rng: np.random.Generator) -> Reading:
    found = _compare(sample, rng)
    return covers(found.low, found.high, _drop(sample), is_warned=bool(found.warnings))


def _drop_test(sample: Sample, rng: np.random.Generator) -> Reading:
    found = _compare(sample, rng)
    return rejects(found.p_value, is_warned=bool(found.warnings))


def _drop(sample: Sample) -> float:
    return float(sample.truth.table[0, 1] - sample.truth.table[0, 0])


def _counts(sample: Sample) -> PairedCounts:
    return PairedCounts.from_scores(sample.scores[0, :, 0], sample.scores[0, :, 1])


def _mcnemar_exact(sample: Sample, rng: np.random.Generator) -> Reading:
    return of_test(mcnemar(_counts(sample), McNemarVariant.EXACT))


def _tango(sample: Sample, rng: np.random.Generator) -> Reading:
    return of_estimate(paired_difference(_counts(sample), DifferenceInterval.TANGO), _drop(sample))


def _retention(sample: Sample, rng: np.random.Generator) -> Reading:
    truth = sample.truth.table[0]
    return of_estimate(retention_ratio(_counts(sample)), float(truth[1] / truth[0]))


def _drop_rate(sample: Sample, rng: np.random.Generator) -> Reading:
    truth = sample.truth.table[0]
    found = mean_performance_drop_rate(
        sample.scores[0, :, 0], sample.scores[0, :, 1], sample.clusters
    )
    return of_estimate(found, float(1 - truth[1] / truth[0]))


def _paired_t_interval(sample: Sample, rng: np.random.Generator) -> Reading:
    found = paired_t(sample.scores[0, :, 0], sample.scores[0, :, 1])
    return of_estimate(found.test, _drop(sample))


def _paired_t(sample: Sample, rng: np.random.Generator) -> Reading:
    return of_test(paired_t(sample.scores[0, :, 0], sample.scores[0, :, 1]).test)


def _wilcoxon(sample: Sample, rng: np.random.Generator) -> Reading:
    scores = sample.scores[0]
    return of_test(wilcoxon_signed_rank(scores[:, 0], scores[:, 1], zeros="pratt").test)


def _differences(sample: Sample) -> Floats:
    return sample.scores[0, :, 1] - sample.scores[0, :, 0]


def _sign_flip(sample: Sample, rng: np.random.Generator) -> Reading:
    values = _differences(sample)
    if sample.clusters is None:
        found = sign_flip(values, rng, _FLIPS)
    else:
        found = sign_flip_clustered(values, sample.clusters, rng, _FLIPS)
    return rejects(found.p_value, is_warned=bool(found.warnings))


def _sign_flip_studentized(sample: Sample, rng: np.random.Generator) -> Reading:
    labels = np.arange(len(sample.scores[0])) if sample.clusters is None else sample.clusters
    found = sign_flip_clustered(_differences(sample), labels, rng, _FLIPS, studentized=True)
    return rejects(found.p_value, is_warned=bool(found.warnings))


def _tost(sample: Sample, rng: np.random.Generator) -> Reading:
    """Return whether equivalence is stated where the difference is exactly the margin."""
    if sample.clusters is None:
        found = tost_paired_binary(_counts(sample), -_drop(sample))
        return rejects(found.p_value, is_warned=bool(found.warnings))
    mean, margin = cluster_mean(_differences(sample), sample.clusters), -_drop(sample)
    p_value = tost_t(mean.mean, mean.standard_error_cr2, mean.df, -margin, margin)
    return rejects(p_value, is_warned=bool(mean.warnings))


def _edge(sample: Sample) -> int:
    """Return where the items are cut in two sets, the first a quarter; no cluster is cut."""
    edge = sample.scores.shape[1] // 4
    if sample.clusters is None:
        return edge
    return int(np.searchsorted(sample.clusters, sample.clusters[edge]))


def _halves(sample: Sample) -> tuple[Floats, Floats]:
    """Return disjoint item sets: the first quarter in column 0, the others in column 1."""
    scores, edge = sample.scores[0], _edge(sample)
    return scores[:edge, 0], scores[edge:, 1]


def _welch_interval(sample: Sample, rng: np.random.Generator) -> Reading:
    return of_estimate(two_sample_t(*_halves(sample)), _drop(sample))


def _welch(sample: Sample, rng: np.random.Generator) -> Reading:
    return of_test(two_sample_t(*_halves(sample)))


def _mann_whitney(sample: Sample, rng: np.random.Generator) -> Reading:
    return of_test(mann_whitney(*_halves(sample)))


def _shares(sample: Sample) -> tuple[int, int, int, int]:
    first, second = _halves(sample)
    return int(first.sum()), len(first), int(second.sum()), len(second)


def _risk_difference(sample: Sample, rng: np.random.Generator) -> Reading:
    return of_estimate(risk_difference(*_shares(sample)), _drop(sample))


def _chi_squared(sample: Sample, rng: np.random.Generator) -> Reading:
    return of_test(chi_squared_test(*_shares(sample)))


def _fisher(sample: Sample, rng: np.random.Generator) -> Reading:
    return of_test(fisher_exact_test(*_shares(sample)))


def _cochran(sample: Sample, rng: np.random.Generator) -> Reading:
    found = cochran_q(sample.scores[0])
    return rejects(found.p_value, is_warned=bool(found.warnings))


def _trend_interval(sample: Sample, rng: np.random.Generator) -> Reading:
    levels = sample.truth.levels
    found = level_trend(levels, sample.scores[0], rng, clusters=sample.clusters, n_resamples=1)
    return of_estimate(found.slope, float(item_slopes(levels, sample.truth.table)[0]))


def _trend_t(sample: Sample, rng: np.random.Generator) -> Reading:
    levels = sample.truth.levels
    found = level_trend(levels, sample.scores[0], rng, clusters=sample.clusters, n_resamples=1)
    return of_test(found.slope)


def _trend_sign_flip(sample: Sample, rng: np.random.Generator) -> Reading:
    levels = sample.truth.levels
    found = level_trend(levels, sample.scores[0], rng, clusters=sample.clusters, n_resamples=_FLIPS)
    return rejects(found.sign_flip.p_value, is_warned=bool(found.sign_flip.warnings))


def _max_t(sample: Sample, rng: np.random.Generator) -> Reading:
    """Return whether any level is said to differ from the baseline, as the report adjusts."""
    scores = sample.scores[0]
    complete = ~np.isnan(scores).any(axis=1)
    clusters = None if sample.clusters is None else sample.clusters[complete]
    found = max_t((scores[complete, 1:] - scores[complete, :1]).T, rng, clusters, _FLIPS)
    return rejects(float(np.nanmin(found.p_adjusted)), is_warned=bool(found.warnings))


def _holm(sample: Sample, rng: np.random.Generator) -> Reading:
    """Return whether any level is said to differ from the baseline: the report's default."""
    scores = sample.scores[0]
    found = [
        compare(scores[:, at], scores[:, 0], sample.clusters, _OPTIONS, rng)
        for at in range(1, scores.shape[1])
    ]
    adjusted = adjust([each.p_value for each in found], "holm")
    if np.isnan(adjusted).all():
        return REFUSAL
    notes = shared_baseline_warning(Correction.HOLM, int((~np.isnan(adjusted)).sum()))
    is_warned = bool(notes) or any(each.warnings for each in found)
    return rejects(float(np.nanmin(adjusted)), is_warned=is_warned)


def lost_share(accuracy: Floats, sample: Sample) -> float:
    """Return the true dependency coefficient of accuracies by level."""
    lead = accuracy[0] - sample.truth.guess
    return float((accuracy[0] - trapezoid_weights(sample.truth.levels) @ accuracy) / lead)


def _dependency(sample: Sample, rng: np.random.Generator) -> Reading:
    truth = sample.truth
    found = dependency_coefficient(truth.levels, sample.scores[0], truth.guess, sample.clusters)
    return of_estimate(found.estimate, lost_share(truth.table[0], sample))


def _difference(sample: Sample) -> HypothesisTest:
    truth = sample.truth
    return dependency_difference(
        truth.levels, sample.scores[0], sample.scores[1], truth.guess, sample.clusters
    ).test


def _dependency_difference(sample: Sample, rng: np.random.Generator) -> Reading:
    first, second = (lost_share(row, sample) for row in sample.truth.table)
    return of_estimate(_difference(sample), first - second)


def _dependency_test(sample: Sample, rng: np.random.Generator) -> Reading:
    return of_test(_difference(sample))


def _dependency_swap(sample: Sample, rng: np.random.Generator) -> Reading:
    truth = sample.truth
    found = dependency_difference(
        truth.levels, sample.scores[0], sample.scores[1], truth.guess, sample.clusters
    )
    return of_test(dependency_swap_test(found, rng, sample.clusters, _FLIPS))


def _gain(sample: Sample, rng: np.random.Generator) -> Reading:
    """Return the relative performance gain of level 0.4, with the last level as the floor."""
    scores, truth = sample.scores[0], sample.truth.table[0]
    found = relative_performance_gain(scores[:, 0], scores[:, 2], scores[:, -1], sample.clusters)
    return of_estimate(found, float((truth[2] - truth[-1]) / (truth[0] - truth[-1])))


def _drops_apart(sample: Sample, at: int) -> HypothesisTest:
    scores, edge = sample.scores[0], _edge(sample)
    drops = scores[:, 0] - scores[:, at]
    parts = (None, None)
    if sample.clusters is not None:
        parts = sample.clusters[:edge], sample.clusters[edge:]
    return difference_in_differences(drops[:edge], drops[edge:], *parts)


def _drops_interval(sample: Sample, rng: np.random.Generator) -> Reading:
    return of_estimate(_drops_apart(sample, 1), 0.0)


def _drops_test(sample: Sample, rng: np.random.Generator) -> Reading:
    return of_test(_drops_apart(sample, 1))


METHODS: Mapping[str, Method] = MappingProxyType({
    "accuracy of a cell": _accuracy,
    "accuracy, Clopper-Pearson": _clopper_pearson,
    "macro mean of two benchmarks": _strata,
    "drop, as reported": _drop_interval,
    "drop, test as reported": _drop_test,
    "drop, McNemar exact": _mcnemar_exact,
    "drop, Tango interval": _tango,
    "drop, paired t interval": _paired_t_interval,
    "drop, paired t": _paired_t,
    "drop, Wilcoxon signed rank": _wilcoxon,
    "drop, sign-flip": _sign_flip,
    "drop, sign-flip studentised": _sign_flip_studentized,
    "retention ratio, Bonett-Price": _retention,
    "drop rate, Fieller": _drop_rate,
    "equivalence at the margin": _tost,
    "disjoint sets, Welch interval": _welch_interval,
    "disjoint sets, Welch t": _welch,
    "disjoint sets, Mann-Whitney": _mann_whitney,
    "disjoint sets, Newcombe interval": _risk_difference,
    "disjoint sets, chi-squared": _chi_squared,
    "disjoint sets, Fisher": _fisher,
    "levels, Cochran's Q": _cochran,
    "levels, slope interval": _trend_interval,
    "levels, slope t": _trend_t,
    "levels, slope sign-flip": _trend_sign_flip,
    "levels with the baseline, Holm": _holm,
    "levels with the baseline, max-T": _max_t,
    "dependency, Fieller": _dependency,
    "dependency of two models": _dependency_difference,
    "dependency of two models, test": _dependency_test,
    "dependency of two models, swap test": _dependency_swap,
    "performance gain, Fieller": _gain,
    "drops of two benchmarks": _drops_interval,
    "drops of two benchmarks, test": _drops_test,
})  # fmt: skip
"""By the name in the table; those that resample, and models, are in ``slow_methods``."""
