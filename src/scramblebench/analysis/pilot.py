"""Planning values from the stored answers of an experiment: what was asked before plans what is asked next."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

import numpy as np

from scramblebench.analysis.cube import Floats, ScoreCube
from scramblebench.analysis.panels import Panel, panels
from scramblebench.analysis.planned_panels import PlannedPanel
from scramblebench.analysis.planning_values import (
    ASSUMED_ICC,
    PlanningValues,
    Spread,
    published_values,
)
from scramblebench.core.errors import UsageError
from scramblebench.statistics.clustering.cluster_design import cluster_design
from scramblebench.statistics.planning.item_populations import PilotItems
from scramblebench.statistics.proportions.intervals import wilson

_CONFIDENCE = 0.8
"""Low and high are the 10 and 90 % limits of the pilot's own error, like the published percentiles."""
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class Pilot:
    """The cube of the experiment that plans another, and its name."""

    name: str
    cube: ScoreCube


@dataclass(frozen=True, slots=True)
class _Changes:
    """Squared differences of pairs of cells by level, each with its number of questions."""

    shares: Mapping[float, Sequence[tuple[float, int]]]
    correlations: Sequence[float]


def pilot_panel(pilot: Pilot, planned: PlannedPanel) -> tuple[Panel, tuple[str, ...]]:
    """Return the panel of a pilot that is nearest to a planned one, and what taking it assumes.

    Raises UsageError where the pilot has no level beside the baseline.
    """
    found = [p for p in panels(pilot.cube) if p.has_baseline and len(p.levels_pct) > 1]
    if not found:
        raise UsageError(
            f"--pilot: {pilot.name} was not asked at level 0 and another: nothing changes"
        )
    chosen = max(
        found,
        key=lambda p: (
            p.method == planned.method,
            p.benchmark == planned.benchmark,
            len(p.levels_pct),
        ),
    )
    words = []
    if chosen.method != planned.method:
        words.append(f"{planned.method} changes answers as often as {chosen.method} did")
    if chosen.benchmark != planned.benchmark:
        words.append(f"{planned.benchmark} behaves as {chosen.benchmark} did")
    if chosen.levels_pct[-1] < planned.levels_pct[-1]:
        words.append(
            f"levels above {chosen.levels_pct[-1]:g} change answers no more often than it did"
        )
    return chosen, tuple(words)


def pilot_values(pilot: Pilot, planned: PlannedPanel) -> PlanningValues:
    """Return the planning values of a pilot's answers for one planned panel.

    The middle is the median over the pilot's models (or pairs), low and high the widest of their 80 %
    Wilson limits. Raises UsageError where there are too few answers.
    """
    panel, words = pilot_panel(pilot, planned)
    within = _within_reduction(pilot.cube.n_repeats, planned.n_repeats)
    levels = _changes(panel, _level_cells(panel), within)
    if not levels.shares:
        raise UsageError(f"--pilot: {pilot.name} has fewer than {_FEWEST} complete questions")
    pairs = _changes(panel, _pair_cells(panel), within)
    known = [*levels.correlations, *pairs.correlations]
    icc = min(1.0, max(0.0, median(known))) if known else ASSUMED_ICC
    models = _spreads(pairs) or published_values().models
    assumptions = [
        f"answers change as often as in {pilot.name} ({panel.n_questions:,} questions, "
        f"{len(panel.models)} models): the middle is the median of its models, low and high the widest "
        "of their 80 % limits",
        *words,
    ]
    if not pairs.shares:
        assumptions.append(published_values().assumptions[1])
    if planned.n_repeats > 1 and pilot.cube.n_repeats > 1:
        assumptions.append("repeats of one question vary as they did in the pilot")
    return PlanningValues(
        levels={0.0: Spread(0.0, 0.0, 0.0), **_spreads(levels)},
        models=models,
        icc=icc,
        assumptions=tuple(assumptions),
        n_pilot=panel.n_questions,
    )


def pilot_items(pilot: Pilot, planned: PlannedPanel) -> PilotItems | None:
    """Return the pilot's complete questions as a population; None where scores are not right or wrong."""
    panel, _ = pilot_panel(pilot, planned)
    complete = ~np.isnan(panel.scores).any(axis=(0, 2))
    if not panel.is_binary or complete.sum() < _FEWEST:
        return None
    return PilotItems(
        levels=panel.levels,
        answers=panel.scores[:, complete].transpose(0, 2, 1),
        guess_rate=float(panel.guess_rate[complete].mean()),
    )


Cells = Iterator[tuple[float, Floats, Floats]]


def _level_cells(panel: Panel) -> Cells:
    for scores in panel.scores:
        for position, level in enumerate(panel.levels_pct[1:], 1):
            yield level, scores[:, 0], scores[:, position]


def _pair_cells(panel: Panel) -> Cells:
    for first, second in combinations(panel.scores, 2):
        for position, level in enumerate(panel.levels_pct):
            yield level, first[:, position], second[:, position]


def _changes(panel: Panel, cells: Cells, within: Callable[[Floats], float]) -> _Changes:
    shares: dict[float, list[tuple[float, int]]] = {}
    correlations: list[float] = []
    for level, first, second in cells:
        differences = second - first
        is_there = ~np.isnan(differences)
        if is_there.sum() < _FEWEST:
            continue
        squared = float((differences[is_there] ** 2).mean()) + within(first) + within(second)
        shares.setdefault(level, []).append((min(1.0, max(0.0, squared)), int(is_there.sum())))
        if panel.clusters is not None:
            correlations.append(cluster_design(differences, panel.clusters).icc)
    return _Changes(shares, [icc for icc in correlations if icc == icc])


def _within_reduction(n_pilot: int, n_planned: int) -> Callable[[Floats], float]:
    """Return what another number of repeats adds to a squared difference, by the scores of one side.

    The variance of one right-or-wrong answer within its question is p (1 - p) R / (R - 1), p the mean of R
    repeats. One repeat tells nothing of it: 0.
    """

    def change(scores: Floats) -> float:
        if n_pilot < 2:
            return 0.0
        known = scores[~np.isnan(scores)]
        variance = float((known * (1 - known)).mean()) * n_pilot / (n_pilot - 1)
        return variance / n_planned - variance / n_pilot

    return change


def _spreads(changes: _Changes) -> dict[float, Spread]:
    return {level: _spread(found) for level, found in sorted(changes.shares.items())}


def _spread(found: Sequence[tuple[float, int]]) -> Spread:
    limits = [wilson(round(share * n), n, _CONFIDENCE) for share, n in found]
    return Spread(
        min(each.low for each in limits),
        median(share for share, _ in found),
        max(each.high for each in limits),
    )
