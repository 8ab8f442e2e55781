"""Dependency coefficients with intervals, and the other published definitions by name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import nan

import numpy as np

from scramblebench.analysis.cube import Floats, ScoreCube
from scramblebench.analysis.options import AnalysisOptions
from scramblebench.analysis.panels import Panel, panels
from scramblebench.analysis.resampling import Replicates
from scramblebench.analysis.rows import DependencyRow
from scramblebench.core.errors import UsageError
from scramblebench.scrambling import resolve_method
from scramblebench.statistics import Status
from scramblebench.statistics.curves.dependency import (
    Dependency,
    combined_dependency,
    dependency_coefficient,
)
from scramblebench.statistics.curves.dependency_variants import (
    ldc_end,
    ldc_legacy_mean,
    ldc_rate,
    ldc_two_point,
)
from scramblebench.statistics.proportions.paired_counts import PairedCounts
from scramblebench.statistics.resampling.bootstrap_limits import bca_limits

_HALF = 0.5


def dependency_rows(
    panel: Panel, options: AnalysisOptions, resampled: Replicates | None
) -> Iterator[DependencyRow]:
    """Yield each model's dependency coefficient; nothing where it is not asked for or no level is."""
    if not options.has_dependency or len(panel.levels_pct) < 2:
        return
    for model, name in enumerate(panel.models):
        found = dependency_coefficient(
            panel.levels, panel.scores[model], panel.guess_rate, panel.clusters,
            options.confidence_level,
        )  # fmt: skip
        estimate = found.estimate
        bca_low, bca_high = _bca(found, model, options, resampled)
        yield DependencyRow(
            model=name,
            benchmark=panel.benchmark,
            method=panel.method,
            is_simulated=panel.simulated[model],
            definition=estimate.method,
            estimate=estimate.estimate,
            low=estimate.low,
            high=estimate.high,
            interval_method=estimate.interval_method,
            bca_low=bca_low,
            bca_high=bca_high,
            baseline_accuracy=float(found.accuracy[0]),
            drop=-found.drop,
            n_questions=estimate.n,
            n_clusters=None if panel.clusters is None else estimate.n_clusters,
            n_missing=found.n_missing,
            status=estimate.status,
            warnings=estimate.warnings,
            others=_others(panel, model, options),
        )


def _bca(
    found: Dependency, model: int, options: AnalysisOptions, resampled: Replicates | None
) -> tuple[float, float]:
    if resampled is None or np.isnan(found.estimate.estimate):
        return nan, nan
    limits = bca_limits(
        resampled.dependency(model)[:, np.newaxis],
        [found.estimate.estimate],
        resampled.dependency_without_one(model)[:, np.newaxis],
        options.confidence_level,
    )
    return float(limits.low[0]), float(limits.high[0])


def _others(panel: Panel, model: int, options: AnalysisOptions) -> Mapping[str, float]:
    """Return the other definitions by name; what is undefined is NaN."""
    if not panel.has_baseline:
        return {}
    levels, scores, clusters = panel.levels, panel.scores[model], panel.clusters
    known = ~np.isnan(scores)
    successes, weights = np.where(known, scores, 0).sum(axis=0), known.sum(axis=0).astype(float)
    confidence = options.confidence_level
    chance = float(panel.guess_rate.mean())
    found = [
        ldc_end(levels, scores, panel.guess_rate, clusters, confidence),
        ldc_legacy_mean(levels, scores, clusters, confidence),
    ]
    if chance < 1:
        found.append(ldc_rate(levels, successes, weights, chance, confidence))
    values = {each.method: each.estimate for each in found}
    return {**values, "ldc_two_point": _two_point(levels, scores, confidence)}


def _two_point(levels: Floats, scores: Floats, confidence: float) -> float:
    """Return the coefficient of level 0 and one half; NaN where one half was not asked."""
    at = np.flatnonzero(levels == _HALF)
    pair = scores[:, [0, at[0]]] if len(at) else np.empty((0, 2))
    pair = pair[~np.isnan(pair).any(axis=1)]
    if not len(pair) or not np.isin(pair, (0, 1)).all():
        return nan
    counts = PairedCounts.from_scores(pair[:, 0], pair[:, 1])
    found = ldc_two_point(counts, _HALF, confidence)
    return found.estimate if found.status is Status.OK else nan


@dataclass(frozen=True, slots=True, kw_only=True)
class DependencyCoefficient:
    """A coefficient with its interval and definition; ``float()`` gives the value, NaN where undefined."""

    value: float
    low: float
    high: float
    definition: str
    interval_method: str
    confidence_level: float
    n_questions: int
    status: str
    warnings: tuple[str, ...] = ()

    def __float__(self) -> float:
        return self.value


def coefficient_of(
    cube: ScoreCube, model: str, method: str, options: AnalysisOptions
) -> DependencyCoefficient:
    """Return a model's coefficient by a method, over all benchmarks; raises UsageError for no such method.

    ``method`` is a name or an alias; parameters may be left out where one curve alone has that name.
    """
    wanted = resolve_method(method).name
    own = [p for p in panels(cube) if p.method == method or p.method.partition("(")[0] == wanted]
    names = list(dict.fromkeys(panel.method for panel in own))
    if len(names) != 1:
        known = ", ".join(dict.fromkeys(panel.method for panel in panels(cube)))
        raise UsageError(
            f"{method!r} is {len(names) or 'none'} of the curves that were asked: {known}"
        )
    found = [
        dependency_coefficient(
            panel.levels, panel.scores[cube.models.index(model)], panel.guess_rate, panel.clusters,
            options.confidence_level,
        )
        for panel in own
    ]  # fmt: skip
    one = (
        found[0].estimate
        if len(found) == 1
        else combined_dependency(found, options.confidence_level)
    )
    return DependencyCoefficient(
        value=one.estimate,
        low=one.low,
        high=one.high,
        definition=one.method,
        interval_method=one.interval_method,
        confidence_level=options.confidence_level,
        n_questions=one.n,
        status=str(one.status),
        warnings=one.warnings,
    )
