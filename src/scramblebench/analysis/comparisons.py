"""Comparisons by families declared beforehand: levels with the baseline, models with each other."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import combinations
from math import nan

import numpy as np

from scramblebench.analysis.cube import Floats
from scramblebench.analysis.options import AnalysisOptions, Correction
from scramblebench.analysis.paired import Paired, compare, of_t_test
from scramblebench.analysis.panels import Panel
from scramblebench.analysis.randomness import generator
from scramblebench.analysis.rows import ComparisonRow
from scramblebench.statistics.curves.dependency_comparison import dependency_difference
from scramblebench.statistics.resampling.max_t import max_t

Pair = tuple[int, int]


def level_comparisons(panel: Panel, options: AnalysisOptions, seed: int) -> Iterator[ComparisonRow]:
    """Yield each level against the baseline, level minus baseline, for each model."""
    if not panel.has_baseline:
        return
    for model, name in enumerate(panel.models):
        scores = panel.scores[model]
        family = "levels" if options.is_family_whole else f"levels of {_place(panel, name)}"
        adjusted = _max_t(scores, panel, options, seed)
        for position, level_pct in enumerate(panel.levels_pct[1:], 1):
            rng = generator(seed, "level", panel.benchmark, panel.method, name, f"{level_pct:g}")
            found = compare(scores[:, position], scores[:, 0], panel.clusters, options, rng)
            yield _row(
                found, panel, "level", name, "baseline", level_pct, family,
                is_simulated=panel.simulated[model],
                p_adjusted=float(np.maximum(adjusted[position - 1], found.p_value)),
            )  # fmt: skip


def model_comparisons(
    panel: Panel,
    options: AnalysisOptions,
    seed: int,
    pairs: Sequence[Pair] | None = None,
    *,
    has_baseline_elsewhere: bool = False,
) -> Iterator[ComparisonRow]:
    """Yield pairs of models, first minus second: by level, over all levels, and their coefficients.

    The baseline was asked once for all methods: ``has_baseline_elsewhere`` leaves it out.
    """
    wanted = list(combinations(range(len(panel.models)), 2)) if pairs is None else list(pairs)
    place = f"{panel.benchmark}, {panel.method}"
    for first, second in wanted:
        one, two = panel.models[first], panel.models[second]
        is_simulated = panel.simulated[first] or panel.simulated[second]
        for position, level_pct in enumerate(panel.levels_pct):
            if has_baseline_elsewhere and level_pct == 0:
                continue
            rng = generator(seed, "accuracy", place, one, two, f"{level_pct:g}")
            found = compare(
                panel.scores[first, :, position], panel.scores[second, :, position],
                panel.clusters, options, rng,
            )  # fmt: skip
            family = f"models at single levels on {place}"
            yield _row(found, panel, "accuracy", one, two, level_pct, family, is_simulated)
        if len(panel.levels_pct) > 1:
            rng = generator(seed, "mean", place, one, two)
            found = compare(
                _mean_over_levels(panel.scores[first]), _mean_over_levels(panel.scores[second]),
                panel.clusters, options, rng,
            )  # fmt: skip
            family = f"models over all levels on {place}"
            yield _row(found, panel, "mean_accuracy", one, two, None, family, is_simulated)
        if options.has_dependency and len(panel.levels_pct) > 1:
            found = _compare_coefficients(first, second, panel, options)
            family = f"dependency of models on {place}"
            yield _row(found, panel, "dependency", one, two, None, family, is_simulated)


def _place(panel: Panel, model: str) -> str:
    return f"{model} on {panel.benchmark}, {panel.method}"


def _mean_over_levels(scores: Floats) -> Floats:
    """Return the mean of each question over the levels, NaN unless it was answered at all of them."""
    return scores.mean(axis=1)


def _max_t(scores: Floats, panel: Panel, options: AnalysisOptions, seed: int) -> Sequence[float]:
    """Return the step-down max-T p-values of the levels, NaN where they are not asked for.

    Over models it is not defined: they need not miss the same questions. Where it is drawn, or the
    test of the level is another, it can come out below that test's own p-value, which is then taken.
    """
    n_levels = len(panel.levels_pct) - 1
    complete = ~np.isnan(scores).any(axis=1)
    is_wanted = options.correction is Correction.MAX_T and not options.is_family_whole
    if not is_wanted or complete.sum() < 2:
        return [np.nan] * n_levels
    differences = (scores[complete, 1:] - scores[complete, :1]).T
    clusters = None if panel.clusters is None else panel.clusters[complete]
    rng = generator(seed, "max_t", panel.benchmark, panel.method)
    return max_t(differences, rng, clusters).p_adjusted


def _compare_coefficients(
    first: int, second: int, panel: Panel, options: AnalysisOptions
) -> Paired:
    both = dependency_difference(
        panel.levels, panel.scores[first], panel.scores[second], panel.guess_rate, panel.clusters,
        options.confidence_level,
    )  # fmt: skip
    found = of_t_test(both.test, options.dependency_margin)
    return replace(
        found,
        n_clusters=None if panel.clusters is None else found.n_clusters,
        n_missing=both.n_missing,
        first_mean=both.first.estimate.estimate,
        second_mean=both.second.estimate.estimate,
    )


def _row(
    found: Paired,
    panel: Panel,
    kind: str,
    first: str,
    second: str,
    level_pct: float | None,
    family: str,
    is_simulated: bool,
    p_adjusted: float = nan,
) -> ComparisonRow:
    return ComparisonRow(
        kind=kind,
        first=first,
        second=second,
        benchmark=panel.benchmark,
        method=panel.method,
        level_pct=level_pct,
        family=family,
        p_adjusted=p_adjusted,
        is_simulated=is_simulated,
        **asdict(found),
    )
