"""Thresholds: the level at which accuracy has fallen to a stated share, with what the data allow."""

from collections.abc import Iterator
from dataclasses import replace
from math import inf, isfinite, isnan, nan
from typing import Any

import numpy as np

from scramblebench.analysis.cube import Floats, ScoreCube
from scramblebench.analysis.definitions import Reference, ThresholdDefinition
from scramblebench.analysis.dependency import dependency_rows
from scramblebench.analysis.options import AnalysisOptions
from scramblebench.analysis.panels import Panel, by_answered_levels, panels
from scramblebench.analysis.plain import plain
from scramblebench.analysis.resampling import Replicates, replicates
from scramblebench.analysis.rows import ThresholdRow
from scramblebench.analysis.trends import trend_rows
from scramblebench.statistics import Estimate, Status
from scramblebench.statistics.curves.dose_response import fit_dose_response, fit_many
from scramblebench.statistics.curves.dose_thresholds import (
    Point,
    curve_threshold,
    thresholds_of_many,
)
from scramblebench.statistics.curves.isotonic import (
    crossings,
    fit_isotonic,
    fit_isotonic_many,
    isotonic_threshold,
    target_above_chance,
    target_of_baseline,
)
from scramblebench.statistics.resampling.bootstrap_limits import percentile_limits

_POINTS = {
    Reference.ABOVE_CHANCE: Point.ABOVE_CHANCE,
    Reference.BASELINE: Point.BASELINE,
    Reference.ACCURACY: Point.ACCURACY,
}


_HALF = 0.5
_FEWEST_LEVELS = 3


def threshold_rows(
    panel: Panel, options: AnalysisOptions, resampled: Replicates | None
) -> Iterator[ThresholdRow]:
    """Yield the thresholds of each model: by the isotonic fit and by the Weibull curve.

    Nothing below three levels: a straight line between two points is no curve.
    """
    if (
        not options.has_thresholds
        or not panel.has_baseline
        or len(panel.levels_pct) < _FEWEST_LEVELS
    ):
        return
    for model in range(len(panel.models)):
        known = ~np.isnan(panel.scores[model])
        weights = known.sum(axis=0).astype(np.float64)
        if not weights.all() or _chance(panel) >= 1:
            status = Status.NO_DATA if _chance(panel) < 1 else Status.BASELINE_NOT_ABOVE_CHANCE
            yield from _refused(panel, model, options, status)
            continue
        sums = np.where(known, panel.scores[model], 0).sum(axis=0)
        yield from _isotonic(panel, model, sums, weights, options, resampled)
        yield from _weibull(panel, model, sums, weights, options, resampled)


def _refused(
    panel: Panel, model: int, options: AnalysisOptions, status: Status
) -> Iterator[ThresholdRow]:
    """Yield rows without a threshold; ``status`` says why."""
    for definition in options.thresholds:
        for estimator in ("isotonic", "weibull"):
            none = Estimate(method=estimator, estimate=nan, status=status)
            yield _row(panel, model, definition, estimator, none, (nan, nan), nan, nan)


def _chance(panel: Panel) -> float:
    return float(panel.guess_rate.mean())


def _isotonic(
    panel: Panel,
    model: int,
    sums: Floats,
    weights: Floats,
    options: AnalysisOptions,
    resampled: Replicates | None,
) -> Iterator[ThresholdRow]:
    levels, chance = panel.levels, _chance(panel)
    fit = fit_isotonic(levels, sums / weights, weights)
    many = None
    if resampled is not None:
        _, answers = resampled.counts(model)
        many = fit_isotonic_many(resampled.means(model), answers)
    for definition in options.thresholds:
        target = float(_targets(definition, fit.fitted[:1], chance)[0])
        found = isotonic_threshold(fit, target, chance)
        limits = (nan, nan)
        if many is not None and resampled is not None:
            goals = _targets(definition, many[:, 0], chance)
            reached = crossings(levels, many, goals)
            reached[goals <= chance * (chance > 0)] = inf
            limits = _percentiles(reached, resampled, options)
        found = _noted(found, resampled)
        yield _row(
            panel, model, definition, "isotonic", found, limits, target, float(fit.fitted[0])
        )


def _targets(definition: ThresholdDefinition, baseline: Floats, chance: float) -> Floats:
    if definition.reference is Reference.ABOVE_CHANCE:
        return target_above_chance(baseline, chance, definition.share)
    if definition.reference is Reference.BASELINE:
        return target_of_baseline(baseline, definition.share)
    return np.full(len(baseline), definition.share)


def _weibull(
    panel: Panel,
    model: int,
    sums: Floats,
    weights: Floats,
    options: AnalysisOptions,
    resampled: Replicates | None,
) -> Iterator[ThresholdRow]:
    levels, chance = panel.levels, _chance(panel)
    fit = fit_dose_response(levels, sums, weights, chance)
    many = None
    if resampled is not None and fit.status is Status.OK:
        many = fit_many(fit, levels, *resampled.counts(model))
    for definition in options.thresholds:
        point = _POINTS[definition.reference]
        limits = (nan, nan)
        if many is not None and resampled is not None:
            reached = thresholds_of_many(many, fit, definition.share, point)
            limits = _percentiles(reached, resampled, options)
        found = curve_threshold(
            fit, definition.share, point, limits, options.confidence_level, "percentile"
        )
        found, target = _noted(found, resampled), definition.target(fit.baseline, chance)
        yield _row(panel, model, definition, "weibull", found, limits, target, fit.baseline)


def _noted(found: Estimate, resampled: Replicates | None) -> Estimate:
    """Return the threshold with what makes its limits approximate."""
    notes = () if resampled is None else resampled.warnings
    return replace(found, warnings=found.warnings + notes)


def _percentiles(
    reached: Floats, resampled: Replicates, options: AnalysisOptions
) -> tuple[float, float]:
    """Return percentile limits; a limit may be infinite where the rest of the interval is not."""
    table = reached[:, np.newaxis]
    limits = percentile_limits(table, resampled.units.n_units, options.confidence_level)
    if isnan(limits.low[0]) and np.isinf(reached).mean() > _HALF:
        known = np.sort(reached[~np.isnan(reached)])
        low = known[int(np.floor(options.alpha / 2 * len(known)))] if len(known) else nan
        return float(low), inf
    return float(limits.low[0]), float(limits.high[0])


def _row(
    panel: Panel,
    model: int,
    definition: ThresholdDefinition,
    estimator: str,
    found: Estimate,
    limits: tuple[float, float],
    target: float,
    baseline: float,
) -> ThresholdRow:
    is_beyond = found.status is Status.NOT_REACHED
    low, high = limits if found.status in (Status.OK, Status.NOT_REACHED) else (nan, nan)
    return ThresholdRow(
        model=panel.models[model],
        benchmark=panel.benchmark,
        method=panel.method,
        is_simulated=panel.simulated[model],
        definition=definition.text,
        estimator=estimator,
        level_pct=inf if is_beyond else found.estimate * 100,
        low_pct=low * 100,
        high_pct=high * 100,
        target=target,
        baseline_accuracy=baseline,
        highest_level_pct=panel.levels_pct[-1],
        n_questions=panel.n_questions,
        status=found.status,
        warnings=found.warnings,
    )


def thresholds_by_curve(cube: ScoreCube, options: AnalysisOptions) -> dict[str, dict[str, Any]]:
    """Return the isotonic threshold of each curve beside its dependency and trend, as plain values.

    Keys are ``<model>_<benchmark>``, with ``_<method>`` where several methods were used. The correlation
    is that of score with level over all questions, its p-value that of the questions' slopes. Both are
    computed whether or not the configuration asks for them; a curve without a threshold is there too.
    """
    options = replace(options, has_dependency=True, has_thresholds=True)
    all_panels = list(panels(cube))
    is_single = len({panel.method for panel in all_panels}) == 1
    found: dict[str, dict[str, Any]] = {}
    for panel in (part for each in all_panels for part in by_answered_levels(each)):
        if len(panel.levels_pct) < 2:
            continue
        resampled = replicates(panel, options, cube.seed)
        dependency = {r.model: r for r in dependency_rows(panel, options, resampled)}
        trends = {r.model: r for r in trend_rows(panel, options, cube.seed)}
        for row in [*threshold_rows(panel, options, resampled)] or _without_curve(panel, options):
            if row.estimator != "isotonic":
                continue
            key = f"{row.model}_{row.benchmark}" + ("" if is_single else f"_{row.method}")
            beside, trend = dependency[row.model], trends[row.model]
            scores = panel.scores[panel.models.index(row.model)]
            found[key] = plain(
                {
                    "model": row.model,
                    "benchmark_id": row.benchmark,
                    "method": row.method,
                    "threshold_definition": row.definition,
                    "threshold_value": row.level_pct if isfinite(row.level_pct) else None,
                    "threshold_interval": [row.low_pct, row.high_pct],
                    "threshold_status": row.status,
                    "highest_level": row.highest_level_pct,
                    "baseline_accuracy": beside.baseline_accuracy,
                    "dependency_coefficient": beside.estimate,
                    "dependency_interval": [beside.low, beside.high],
                    "dependency_definition": beside.definition,
                    "correlation_coefficient": _correlation(panel.levels, scores),
                    "correlation_p_value": trend.p_value,
                    "is_significant": trend.p_value < options.alpha,
                    "n_questions": row.n_questions,
                }
            )
    return found


def _without_curve(panel: Panel, options: AnalysisOptions) -> Iterator[ThresholdRow]:
    status = Status.TOO_FEW_LEVELS if panel.has_baseline else Status.NO_BASELINE
    for model in range(len(panel.models)):
        yield from _refused(panel, model, options, status)


def _correlation(levels: Floats, scores: Floats) -> float:
    """Return Pearson's correlation of score with level over complete questions, NaN where undefined."""
    complete = scores[~np.isnan(scores).any(axis=1)]
    repeated = np.tile(levels, len(complete))
    spread = float(complete.std()) * float(repeated.std()) if len(complete) else 0.0
    if spread == 0:
        return nan
    covariance = float(((repeated - repeated.mean()) * (complete.ravel() - complete.mean())).mean())
    return covariance / spread
