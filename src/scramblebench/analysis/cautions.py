"""What a reader must know before believing a number: one sentence each."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import isnan
from statistics import median

import numpy as np

from scramblebench.analysis.options import AnalysisOptions, Correction
from scramblebench.analysis.rows import AccuracyRow, ComparisonRow, DependencyRow
from scramblebench.statistics import Status
from scramblebench.statistics.clustering.clusters import FEW
from scramblebench.statistics.planning.mcnemar_power import mcnemar_detectable_difference

_POWER = 0.8
_FEW_QUESTIONS = 30
_NO_ANSWER_GAP = 0.05
_SENTENCES = {
    Status.BASELINE_NOT_ABOVE_CHANCE: "baseline at the floor: no dependency is measurable",
    Status.NO_BASELINE: "level 0 was not asked: no dependency and no comparison with it",
    Status.TOO_FEW_LEVELS: "fewer than four levels: no dependency coefficient",
    Status.NO_COMPLETE_ITEMS: "no question was answered at every level: no dependency coefficient",
    Status.N_LT_2: "fewer than two questions, or passages, at every level: no dependency coefficient",
}


def cautions(
    accuracy: Sequence[AccuracyRow],
    dependency: Sequence[DependencyRow],
    comparisons: Sequence[ComparisonRow],
    options: AnalysisOptions,
    *,
    is_stopped_early: bool,
) -> Iterator[str]:
    """Yield the cautions of an analysis, the gravest first."""
    if any(row.is_simulated for row in accuracy):
        yield "simulated models are a dry run: their numbers are not measurements"
    n_missing = sum(
        {
            (r.model, r.benchmark, r.level_pct and r.method, r.level_pct): r.n_missing
            for r in accuracy
        }.values()
    )
    if n_missing:
        yield f"{n_missing:,} planned trials have no response; they are missing, not wrong"
    if is_stopped_early:
        yield (
            "a question was declared that may end the experiment early: tests for a fixed number of "
            "questions have no p-value here, and intervals hold only as if it could not have ended"
        )
    yield from _undefined(dependency)
    if options.correction is Correction.MAX_T and any(
        r.kind == "level" and r.correction == Correction.HOLM for r in comparisons
    ):
        yield "max-T is not computed for levels of several models together: Holm took its place"
    yield from _rises(comparisons, accuracy, options.alpha)
    yield from _silences(accuracy)
    yield from _small_samples(accuracy, comparisons, options)


def _undefined(dependency: Sequence[DependencyRow]) -> Iterator[str]:
    """Say once per curve, or for the models that it concerns, why there is no coefficient."""
    rows: dict[tuple[str, str, Status], list[str]] = {}
    sizes: dict[tuple[str, str], int] = {}
    for row in dependency:
        sizes[row.benchmark, row.method] = sizes.get((row.benchmark, row.method), 0) + 1
        if row.status in _SENTENCES:
            rows.setdefault((row.benchmark, row.method, row.status), []).append(row.model)
    for (benchmark, method, status), models in rows.items():
        who = "" if len(models) == sizes[benchmark, method] else f"{', '.join(models)} on "
        yield f"{who}{benchmark}, {method}: {_SENTENCES[status]}"


def _curve(row: DependencyRow | AccuracyRow) -> str:
    return f"{row.model} on {row.benchmark}, {row.method}"


def _rises(
    comparisons: Sequence[ComparisonRow], accuracy: Sequence[AccuracyRow], alpha: float
) -> Iterator[str]:
    """Say where accuracy rises with the level by more than its intervals allow."""
    points: dict[tuple[str, str, str], list[AccuracyRow]] = {}
    for row in accuracy:
        points.setdefault((row.model, row.benchmark, row.method), []).append(row)
    for curve in points.values():
        for before, after in pairwise(curve):
            if after.low > before.high:
                yield (
                    f"{_curve(after)}: accuracy is not monotone: it rises from {before.accuracy:.3f} "
                    f"at {before.level_pct:g} to {after.accuracy:.3f} at {after.level_pct:g}"
                )
    for row in comparisons:
        if row.kind == "level" and row.low > 0 and row.p_adjusted < alpha:
            yield (
                f"{row.first} on {row.benchmark}, {row.method}: more is right at {row.level_pct:g} than "
                "at the baseline"
            )


def _silences(accuracy: Sequence[AccuracyRow]) -> Iterator[str]:
    """Say where responses without an answer, which score 0, grow with the level."""
    shares: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    for row in accuracy:
        if row.n_answered:
            share = row.n_no_answer / row.n_answered
            shares.setdefault((row.model, row.benchmark, row.method), []).append(
                (row.level_pct, share)
            )
    for (model, benchmark, method), found in shares.items():
        (low_level, least), (high_level, most) = min(found, key=_share), max(found, key=_share)
        if most - least > _NO_ANSWER_GAP and low_level < high_level:
            yield (
                f"{model} on {benchmark}, {method}: responses without an answer, which score 0, are "
                f"{least:.0%} at {low_level:g} and {most:.0%} at {high_level:g}: part of the drop is not "
                "wrong answers"
            )


def _share(point: tuple[float, float]) -> float:
    return point[1]


def _small_samples(
    accuracy: Sequence[AccuracyRow], comparisons: Sequence[ComparisonRow], options: AnalysisOptions
) -> Iterator[str]:
    """Say what the number of questions, and of passages, can show."""
    for benchmark in dict.fromkeys(row.benchmark for row in accuracy):
        own = [row for row in accuracy if row.benchmark == benchmark and row.n_questions]
        tests = [r for r in comparisons if r.kind == "level" and r.benchmark == benchmark]
        counted = [r for r in tests if r.n_first_only is not None and r.n_questions]
        if counted:
            yield from _detectable(benchmark, counted, options)
        n = round(median(row.n_questions for row in own)) if own else _FEW_QUESTIONS
        if n < _FEW_QUESTIONS:
            yield f"{benchmark}: {n} questions: intervals are wide, and hold only approximately"
        clusters = max((row.n_clusters or 0 for row in own), default=0)
        if 0 < clusters < FEW:
            yield (
                f"{benchmark}: {clusters} passages: tests flip whole passages, and no p-value of them can "
                f"be below {min(1.0, 2 / 2**clusters):.2g}"
            )


def _detectable(
    benchmark: str, counted: Sequence[ComparisonRow], options: AnalysisOptions
) -> Iterator[str]:
    """Say what drop can be found at the lowest level that was scrambled, at the discordance seen there.

    Higher levels differ in more answers, and what they can show says nothing of a small drop.
    """
    lowest = min(r.level_pct or 0 for r in counted)
    at = [r for r in counted if r.level_pct == lowest]
    n = round(median(r.n_questions for r in at))
    discordant = np.array(
        [((r.n_first_only or 0) + (r.n_second_only or 0)) / r.n_questions for r in at]
    )
    share = float(np.median(discordant))
    if share == 0:
        return
    least = mcnemar_detectable_difference(n, share, alpha=options.alpha, power=_POWER).effect
    if isnan(least):
        yield (
            f"{benchmark}: at level {lowest:g} so few answers change ({share:.1%}) that {n} questions cannot "
            f"show a drop with {_POWER:.0%} power"
        )
    elif least > 2 * options.accuracy_margin:
        yield (
            f"{benchmark}: {n} questions are too few to detect drops of less than {least * 100:.0f} points at "
            f"level {lowest:g} with {_POWER:.0%} power (before correction, where {share:.0%} of answers change)"
        )
