"""The results in sentences: what was asked, what came out, and what that does not show."""

from collections.abc import Iterator, Sequence
from math import isnan

from scramblebench.analysis.preregistration import AnyRow, standing
from scramblebench.analysis.report import Report
from scramblebench.analysis.rows import AccuracyRow, ComparisonRow, DependencyRow
from scramblebench.analysis.wording import (
    comparison_sentence,
    dependency_words,
    p_equation,
    points,
    points_interval,
)
from scramblebench.evaluation import Registered

_MOST_PAIRS = 10


def summary(report: Report, registered: Registered | None = None) -> Iterator[str]:
    """Yield the sentences of a results section; every claim of a difference rests on its test.

    Where something was preregistered, what is exploratory is called so.
    """
    yield from _what(report)
    for curve in _curves(report.accuracy):
        coefficient = _coefficient(report, curve[0], registered)
        yield f"{_fall(curve)}{coefficient}{_levels(report, curve[0], registered)}."
    yield from _pairs(report, registered)
    yield from _declared(report)


def _mark(report: Report, registered: Registered | None, row: AnyRow) -> str:
    is_exploratory = standing(registered, report.options, row) == "exploratory"
    return ", exploratory" if is_exploratory else ""


def _what(report: Report) -> Iterator[str]:
    rows = report.accuracy
    models = list(dict.fromkeys(row.shown_model for row in rows))
    for benchmark in dict.fromkeys(row.benchmark for row in rows):
        own = [row for row in rows if row.benchmark == benchmark]
        levels = sorted({row.level_pct for row in own})
        n = max((row.n_questions for row in own), default=0)
        clusters = next((row.n_clusters for row in own if row.n_clusters), None)
        about = f" about {clusters:,} passages" if clusters else ""
        yield (
            f"{benchmark}: {n:,} questions{about}, {len(models)} {'model' if len(models) == 1 else 'models'}, levels "
            f"{', '.join(f'{level:g}' for level in levels)}; chance is {own[0].chance:.3f}."
        )


def _curves(rows: Sequence[AccuracyRow]) -> list[list[AccuracyRow]]:
    curves: dict[tuple[str, str, str], list[AccuracyRow]] = {}
    for row in rows:
        curves.setdefault((row.model, row.benchmark, row.method), []).append(row)
    return list(curves.values())


def _fall(curve: list[AccuracyRow]) -> str:
    who = f"{curve[0].shown_model} on {curve[0].benchmark}, {curve[0].method}"
    answered = [point for point in curve if not isnan(point.accuracy)]
    if not answered:
        return f"{who}: nothing was answered"
    first, last = answered[0], answered[-1]
    silent = [f"{point.level_pct:g}" for point in curve if isnan(point.accuracy)]
    none = f" (none at {', '.join(silent)})" if silent else ""
    if first is last:
        return f"{who}: {_percent(first)} at level {first.level_pct:g}{none}"
    return (
        f"{who}: {_percent(first)} at level {first.level_pct:g}, {_percent(last)} at level "
        f"{last.level_pct:g}{none}"
    )


def _percent(row: AccuracyRow) -> str:
    limits = "" if isnan(row.low) else f" [{row.low * 100:.1f}, {row.high * 100:.1f}]"
    return f"{row.accuracy * 100:.1f} %{limits}"


def _coefficient(report: Report, curve: AccuracyRow, registered: Registered | None) -> str:
    for row in report.dependency:
        if _is_same(row, curve) and not isnan(row.estimate):
            return f"; dependency {dependency_words(row)}{_mark(report, registered, row)}"
    return ""


def _is_same(row: DependencyRow, curve: AccuracyRow) -> bool:
    return (row.model, row.benchmark, row.method) == (curve.model, curve.benchmark, curve.method)


def _levels(report: Report, curve: AccuracyRow, registered: Registered | None) -> str:
    """Say from which level on a model differs from its baseline."""
    key = (curve.model, curve.benchmark, curve.method)
    own = [
        r
        for r in report.comparisons
        if r.kind == "level" and (r.first, r.benchmark, r.method) == key and not isnan(r.p_adjusted)
    ]
    if not own:
        return ""
    marks = [_mark(report, registered, row) for row in own]
    return f"{_tested(own, report.options.alpha)}{max(marks)}"


def _tested(own: Sequence[ComparisonRow], alpha: float) -> str:
    kind = f"{'un' * (own[0].correction == 'none')}adjusted"
    lower = [r for r in own if r.estimate < 0 and r.p_adjusted < alpha]
    above = [f"{r.level_pct:g}" for r in own if r.estimate > 0 and r.p_adjusted < alpha]
    if above:
        below = f"; below it at {', '.join(f'{r.level_pct:g}' for r in lower)}" if lower else ""
        return f"; above the baseline at level {', '.join(above)}{below} ({kind} p < {alpha:.2g})"
    if not lower:
        return (
            f"; a difference from the baseline was neither shown nor excluded{_equal(own, alpha)}"
        )
    if len(own) == 1:
        return f"; below the baseline, {p_equation(lower[0].p_adjusted)} {kind}"
    first = lower[0].level_pct or 0
    missed = [f"{r.level_pct:g}" for r in own if r not in lower and (r.level_pct or 0) > first]
    but = f", but not at {', '.join(missed)}" if missed else ""
    where = f"at level {first:g}" if lower[0] is own[-1] else f"from level {first:g} on"
    return f"; below the baseline {where}{but} ({kind} p < {alpha:.2g})"


def _equal(rows: Sequence[ComparisonRow], alpha: float) -> str:
    equal = [r for r in rows if r.equivalence_p < alpha]
    if not equal:
        return ""
    levels = ", ".join(f"{r.level_pct:g}" for r in equal)
    margin = f"{equal[0].equivalence_margin * 100:g}"
    return f", save that it is equivalent within {margin} points at level {levels}"


def _pairs(report: Report, registered: Registered | None) -> Iterator[str]:
    rows = [row for row in report.comparisons if row.kind == "dependency"]
    known = [row for row in rows if not isnan(row.p_value)]
    for row in known[:_MOST_PAIRS]:
        sentence = comparison_sentence(row, report.options.confidence_level)
        yield f"{sentence}{_mark(report, registered, row)}."
    if len(known) > _MOST_PAIRS:
        n = sum(row.p_adjusted < report.options.alpha for row in known)
        yield f"Of {len(known):,} pairs of models, {n:,} differ in dependency after correction."


def _declared(report: Report) -> Iterator[str]:
    row = report.declared
    if row is None:
        return
    is_settled = row.answer not in ("undecided", "exhausted")
    saved = f"; {row.n_saved:,} calls were not needed" if is_settled else ""
    yield (
        f"Declared beforehand: {row.question}: {points(row.estimate)} points "
        f"{points_interval(row.low, row.high)} after {row.n_questions:,} questions "
        f"({row.confidence_level:.0%} at every look), {row.answer.replace('_', ' ')}{saved}."
    )
