"""Two experiments compared: paired where the questions are the same, as independent samples elsewhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import nan

import numpy as np

from scramblebench.analysis.comparisons import model_comparisons
from scramblebench.analysis.cube import Floats, Integers, ScoreCube
from scramblebench.analysis.families import adjusted
from scramblebench.analysis.matching import CurvePair, ModelPair, match_curves, match_models
from scramblebench.analysis.options import AnalysisOptions
from scramblebench.analysis.paired import Paired
from scramblebench.analysis.panels import Panel
from scramblebench.analysis.preregistration import Standing
from scramblebench.analysis.provenance import Provenance
from scramblebench.analysis.rows import ComparisonRow
from scramblebench.analysis.unpaired import compare_unpaired, dependency_unpaired, rows_of
from scramblebench.core.canonical import content_hash
from scramblebench.evaluation import Registered
from scramblebench.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two experiments: what was planned, what came of it, who judged it, what was preregistered."""

    id: str
    name: str
    plan: Plan
    cube: ScoreCube
    provenance: Provenance
    registered: Registered | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcrossReport:
    """Comparisons of models of two experiments, A minus B; names carry (A) or (B).

    ``pairs`` are the names of the models that were held against each other.
    """

    first: Side
    second: Side
    pairs: tuple[tuple[str, str], ...]
    curves: tuple[CurvePair, ...]
    options: AnalysisOptions
    seed: int
    rows: tuple[ComparisonRow, ...]

    @property
    def standing(self) -> Standing:
        """What all rows are: a preregistration is of one experiment, and compares it with no other."""
        return "exploratory" if self.first.registered or self.second.registered else ""


def compare_experiments(
    first: Side, second: Side, options: AnalysisOptions, by_hand: Sequence[str] = ()
) -> AcrossReport:
    """Compare what two experiments have in common; the same scores and options give the same numbers.

    Where either may end early, its answers decided when to stop: no p-value of a fixed number of questions
    is given. Raises UsageError where no model, benchmark or level is in both.
    """
    pairs = match_models(first.cube.models, second.cube.models, by_hand)
    found = match_curves(first.cube, second.cube)
    seed = int(content_hash([first.cube.inputs_sha256, second.cube.inputs_sha256])[:8], 16)
    rows: list[ComparisonRow] = []
    seen: set[str] = set()
    for curve in found:
        compare = _paired if curve.n_shared else _unpaired
        rows += compare(curve, pairs, options, seed, is_first=curve.benchmark not in seen)
        seen.add(curve.benchmark)
    tested = adjusted(rows, options)
    if may_end_early(first.plan) or may_end_early(second.plan):
        tested = [replace(row, p_value=nan, p_adjusted=nan, equivalence_p=nan) for row in tested]
    return AcrossReport(
        first=first,
        second=second,
        pairs=tuple((first.cube.models[p.first], second.cube.models[p.second]) for p in pairs),
        curves=found,
        options=options,
        seed=seed,
        rows=tuple(tested),
    )


def may_end_early(plan: Plan) -> bool:
    """Whether the answers of an experiment decide when it ends."""
    return plan.spec.statistical_analysis.early_stopping is not None


def _paired(
    curve: CurvePair,
    pairs: tuple[ModelPair, ...],
    options: AnalysisOptions,
    seed: int,
    *,
    is_first: bool,
) -> Iterator[ComparisonRow]:
    """Yield the comparisons of the shared questions, by one panel with the models of both experiments."""
    n = len(pairs)
    yield from model_comparisons(
        joint_panel(curve, pairs),
        options,
        seed,
        [(position, n + position) for position in range(n)],
        has_baseline_elsewhere=not is_first,
    )


def joint_panel(curve: CurvePair, pairs: tuple[ModelPair, ...]) -> Panel:
    """Return the shared questions at the shared levels: A's models, then B's, in the order of the pairs."""
    asked = curve.first_questions
    one = _cells(curve.first, [p.first for p in pairs], asked, curve.first_at)
    two = _cells(curve.second, [p.second for p in pairs], curve.second_questions, curve.second_at)
    scores = np.concatenate([one, two])
    known = (~np.isnan(scores)).sum(axis=1, dtype=np.int64)
    labels = None if curve.first.clusters is None else curve.first.clusters[asked]
    names = _labels(curve, pairs)
    return Panel(
        benchmark=curve.benchmark,
        domain=None,
        method=curve.method,
        models=(*(a for a, _ in names), *(b for _, b in names)),
        simulated=(
            *(curve.first.simulated[p.first] for p in pairs),
            *(curve.second.simulated[p.second] for p in pairs),
        ),
        levels_pct=curve.levels_pct,
        scores=scores,
        guess_rate=curve.first.guess_rate[asked],
        clusters=labels,
        n_answered=known,
        n_no_answer=np.zeros_like(known),
        n_planned=np.full(len(curve.levels_pct), len(asked), dtype=np.int64),
    )


def _cells(panel: Panel, models: list[int], asked: Integers, levels: tuple[int, ...]) -> Floats:
    return panel.scores[models][:, asked][:, :, list(levels)]


def _labels(curve: CurvePair, pairs: tuple[ModelPair, ...]) -> list[tuple[str, str]]:
    return [
        (f"{curve.first.models[p.first]} (A)", f"{curve.second.models[p.second]} (B)")
        for p in pairs
    ]


def _unpaired(
    curve: CurvePair,
    pairs: tuple[ModelPair, ...],
    options: AnalysisOptions,
    seed: int,
    *,
    is_first: bool,
) -> Iterator[ComparisonRow]:
    """Yield the comparisons of different questions; nothing is drawn, so that the seed has no part."""
    del seed
    for pair, names in zip(pairs, _labels(curve, pairs), strict=True):
        one = curve.first.scores[pair.first][:, list(curve.first_at)]
        two = curve.second.scores[pair.second][:, list(curve.second_at)]
        is_simulated = curve.first.simulated[pair.first] or curve.second.simulated[pair.second]
        yield from rows_of(
            list(_results(curve, one, two, options, is_first=is_first)),
            names,
            curve.benchmark,
            curve.method,
            is_simulated=is_simulated,
        )


def _results(
    curve: CurvePair, one: Floats, two: Floats, options: AnalysisOptions, *, is_first: bool
) -> Iterator[tuple[str, float | None, Paired]]:
    labels = (curve.first.clusters, curve.second.clusters)
    for at, level_pct in enumerate(curve.levels_pct):
        if is_first or level_pct > 0:
            found = compare_unpaired(one[:, at], two[:, at], *labels, options)
            yield "accuracy", level_pct, found
    if len(curve.levels_pct) < 2:
        return
    means = compare_unpaired(one.mean(axis=1), two.mean(axis=1), *labels, options)
    yield "mean_accuracy", None, means
    if options.has_dependency:
        levels = np.array(curve.levels_pct) / 100
        guesses = (curve.first.guess_rate, curve.second.guess_rate)
        yield "dependency", None, dependency_unpaired(levels, one, two, guesses, labels, options)
