"""The methods that resample, fit models or look after every batch: fewer runs, as they take longer."""

import math
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from scramblebench.analysis.accuracy import accuracy_rows
from scramblebench.analysis.options import AnalysisOptions
from scramblebench.analysis.panels import Panel
from scramblebench.analysis.resampling import replicates
from scramblebench.analysis.rows import ThresholdRow
from scramblebench.analysis.thresholds import threshold_rows
from scramblebench.statistics.curves.dependency import dependency_coefficient
from scramblebench.statistics.curves.isotonic import crossings
from scramblebench.statistics.models.conditional_logistic import conditional_logistic, long_table
from scramblebench.statistics.models.logistic_gee import MarginalFit, logistic_gee
from scramblebench.statistics.models.marginal_probability import coefficient, probability_difference
from scramblebench.statistics.models.mixed_logistic import likelihood_ratio_test, mixed_logistic
from scramblebench.statistics.resampling.bootstrap_limits import bca_limits
from scramblebench.statistics.results import Interval, Status
from scramblebench.statistics.sequential.betting_sequence import (
    BettingSequence,
    candidate_differences,
)
from scramblebench.statistics.sequential.paired_sequence import PairedSequence
from tests.calibration.designs import SCALE, SHAPE, Floats, Sample
from tests.calibration.measures import REFUSAL, Reading, covers, rejects
from tests.calibration.methods import Method, lost_share, of_estimate, of_test

_OPTIONS = AnalysisOptions(n_resamples=1_999)
_LOOK_EVERY = 20
_NODES = 9


def panel_of(sample: Sample) -> Panel:
    """Return a sample as the report sees it."""
    n_models, n_items, n_levels = sample.scores.shape
    known = (~np.isnan(sample.scores)).sum(axis=1)
    return Panel(
        benchmark="simulated", domain=None, method="scrambled",
        models=tuple(f"model {at}" for at in range(n_models)), simulated=(True,) * n_models,
        levels_pct=tuple(100 * level for level in sample.truth.levels), scores=sample.scores,
        guess_rate=np.full(n_items, sample.truth.guess), clusters=sample.clusters,
        n_answered=known, n_no_answer=np.zeros_like(known),
        n_planned=np.full(n_levels, n_items),
    )  # fmt: skip


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))


def _thresholds(sample: Sample, rng: np.random.Generator, estimator: str) -> ThresholdRow | None:
    """Return the report's threshold of half the performance above chance."""
    panel = panel_of(sample)
    resampled = replicates(panel, _OPTIONS, _seed(rng))
    rows = threshold_rows(panel, _OPTIONS, resampled)
    return next((row for row in rows if row.estimator == estimator), None)


def _of_threshold(row: ThresholdRow | None, truth: float) -> Reading:
    if row is None:
        return REFUSAL
    low, high = row.low_pct / 100, row.high_pct / 100
    return covers(low, high, truth, is_warned=bool(row.warnings))


def _isotonic(sample: Sample, rng: np.random.Generator) -> Reading:
    """The truth is the level at which straight lines between the true accuracies cross."""
    accuracy = sample.truth.table
    target = (accuracy[0, 0] + sample.truth.guess) / 2
    truth = float(crossings(sample.truth.levels, accuracy, target)[0])
    return _of_threshold(_thresholds(sample, rng, "isotonic"), truth)


def _weibull(sample: Sample, rng: np.random.Generator) -> Reading:
    truth = SCALE * math.log(2) ** (1 / SHAPE)
    return _of_threshold(_thresholds(sample, rng, "weibull"), truth)


def _bca(sample: Sample, rng: np.random.Generator) -> Reading:
    truth = sample.truth
    resampled = replicates(panel_of(sample), _OPTIONS, _seed(rng))
    found = dependency_coefficient(truth.levels, sample.scores[0], truth.guess, sample.clusters)
    if resampled is None or math.isnan(found.estimate.estimate):
        return REFUSAL
    limits = bca_limits(
        resampled.dependency(0)[:, np.newaxis], [found.estimate.estimate],
        resampled.dependency_without_one(0)[:, np.newaxis],
    )  # fmt: skip
    low, high = float(limits.low[0]), float(limits.high[0])
    is_warned = bool(limits.warnings or found.estimate.warnings)
    return covers(low, high, lost_share(truth.table[0], sample), is_warned=is_warned)


def _band(sample: Sample, rng: np.random.Generator) -> Reading:
    """Return whether the band holds the accuracy at all levels that have limits."""
    panel = panel_of(sample)
    resampled = replicates(panel, _OPTIONS, _seed(rng))
    rows = list(accuracy_rows(panel, _OPTIONS, resampled))
    low, high = (
        np.array([getattr(row, side) for row in rows]) for side in ("band_low", "band_high")
    )
    if np.isnan(low).all():
        return REFUSAL
    truth = sample.truth.table[0]
    is_out = (truth < low - 1e-12) | (truth > high + 1e-12)  # NaN is not out
    is_warned = any(row.warnings for row in rows)
    return Reading(float(not is_out.any()), float(np.nanmean(high - low)), is_warned)


def _two_levels(sample: Sample) -> tuple[MarginalFit, Floats]:
    """Return the marginal fit of the first two levels, and the two rows of its design."""
    response, level, item = long_table(np.array([0.0, 1.0]), sample.scores[0][:, :2])
    design = np.column_stack([np.ones_like(level), level])
    return logistic_gee(response, design, item, _clusters(sample, item)), np.array(
        [[1.0, 0.0], [1.0, 1.0]]
    )


def _clusters(sample: Sample, item: npt.NDArray[np.int64]) -> npt.NDArray[np.generic] | None:
    return None if sample.clusters is None else sample.clusters[item]


def _logit(share: float) -> float:
    return math.log(share / (1 - share))


def _gee_interval(sample: Sample, rng: np.random.Generator) -> Reading:
    first, second = sample.truth.table[0, :2]
    return of_estimate(coefficient(_two_levels(sample)[0], 1), _logit(second) - _logit(first))


def _gee_difference(sample: Sample, rng: np.random.Generator) -> Reading:
    fit, rows = _two_levels(sample)
    if fit.status is not Status.OK:
        return REFUSAL
    found = probability_difference(fit, rows[:1], rows[1:])
    return of_estimate(found, float(np.diff(sample.truth.table[0, :2])[0]))


def _gee_test(sample: Sample, rng: np.random.Generator) -> Reading:
    return of_test(coefficient(_two_levels(sample)[0], 1))


def _mixed_rows(sample: Sample) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
    levels = np.array(sample.truth.levels)
    response, level, item = long_table(levels, sample.scores[0])
    return response, np.column_stack([np.ones_like(level), level]), item


def _mixed_ratio(sample: Sample, rng: np.random.Generator) -> Reading:
    response, design, item = _mixed_rows(sample)
    full = mixed_logistic(response, design, item, _NODES, _clusters(sample, item))
    found = likelihood_ratio_test(full, mixed_logistic(response, design[:, :1], item, _NODES))
    return rejects(found.p_value, is_warned=bool(full.warnings or found.warnings))


def _conditional(sample: Sample, rng: np.random.Generator) -> Reading:
    response, level, item = long_table(np.array(sample.truth.levels), sample.scores[0])
    found = conditional_logistic(response, level[:, np.newaxis], item)
    return of_test(found.likelihood_ratio)


def _sequence(sample: Sample, rng: np.random.Generator) -> Reading:
    """Return whether the interval held the difference at every look, one after each 20 items."""
    state, truth = PairedSequence(), float(np.diff(sample.truth.table[0, :2])[0])
    is_held = True
    for batch in _batches(sample):
        state = state.update(batch)
        is_held &= _holds(state.interval, truth)
    return Reading(float(is_held), state.high - state.low, bool(state.warnings))


def _sequence_test(sample: Sample, rng: np.random.Generator) -> Reading:
    """Return whether the anytime-valid p was ever at most 0.05."""
    state = PairedSequence()
    for batch in _batches(sample):
        state = state.update(batch)
    return rejects(state.p_value, is_warned=bool(state.warnings))


def _betting(sample: Sample, rng: np.random.Generator) -> Reading:
    """Return whether the betting interval, which only narrows, holds the difference at the end."""
    state = BettingSequence.start(candidates=candidate_differences(0.01))
    state = state.update(np.concatenate(list(_batches(sample))))
    truth = float(np.diff(sample.truth.table[0, :2])[0])
    return covers(state.interval.low, state.interval.high, truth, is_warned=bool(state.warnings))


def _batches(sample: Sample) -> list[Floats]:
    differences = sample.scores[0, :, 1] - sample.scores[0, :, 0]
    return [differences[at : at + _LOOK_EVERY] for at in range(0, len(differences), _LOOK_EVERY)]


def _holds(interval: Interval, truth: float) -> bool:
    return interval.low - 1e-9 <= truth <= interval.high + 1e-9


SLOW_METHODS: Mapping[str, Method] = MappingProxyType({
    "threshold, isotonic, percentile": _isotonic,
    "threshold, Weibull, percentile": _weibull,
    "dependency, BCa": _bca,
    "band of a whole curve": _band,
    "marginal logistic (GEE), log odds": _gee_interval,
    "marginal logistic (GEE), difference": _gee_difference,
    "marginal logistic (GEE), test": _gee_test,
    "random-intercept logistic, ratio test": _mixed_ratio,
    "conditional logistic, ratio test": _conditional,
    "looks every 20 items, interval": _sequence,
    "looks every 20 items, test": _sequence_test,
    "betting sequence, interval": _betting,
})  # fmt: skip
