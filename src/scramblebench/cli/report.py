"""A report on the terminal: curves, then one table per question, then sentences and cautions."""

from collections.abc import Callable, Iterable, Sequence
from math import isnan
from typing import TypeVar

from scramblebench.analysis import (
    AccuracyRow,
    ComparisonRow,
    DependencyRow,
    Report,
    ThresholdRow,
    TrendRow,
    standing,
)
from scramblebench.analysis.preregistration import AnyRow
from scramblebench.analysis.registration import registration_cautions, registration_words
from scramblebench.analysis.summary import summary
from scramblebench.analysis.wording import (
    dependency_words,
    interval,
    p_words,
    points,
    points_interval,
    reason,
    threshold_words,
)
from scramblebench.cli.curve import drawn, scale, width_for
from scramblebench.cli.output import console, say, say_table, share
from scramblebench.evaluation import Registered

_MOST_ROWS = 40
_MOST_CURVES = 24
Cells = list[str]
Mark = Callable[[AnyRow], str]
"""Says of a row whether it is confirmatory or exploratory, "" where nothing was preregistered."""
Placed = TypeVar("Placed", DependencyRow, ThresholdRow, ComparisonRow)


def say_report(
    report: Report,
    registered: Registered | None = None,
    *,
    is_full: bool,
) -> None:
    """Print a report; without ``is_full`` no table is longer than 40 rows.

    Where something was preregistered, tables or their rows are called confirmatory or exploratory.
    """
    confidence = report.options.confidence_level

    def mark(row: AnyRow) -> str:
        return standing(registered, report.options, row)

    _say_curves(report.accuracy, mark, confidence, is_full)
    _say_domains(report.domains, mark, confidence, is_full)
    _say_dependency(report.dependency, report.trends, mark, confidence, is_full)
    _say_thresholds(report.thresholds, mark, confidence, is_full)
    _say_comparisons(report, mark, is_full)
    _say_contrasts(report, mark, is_full)
    say("in words")
    for sentence in summary(report, registered):
        say(f"  {sentence}")
    _say_list("preregistration", registration_words(registered))
    _say_list("cautions", (*registration_cautions(registered, report.options), *report.cautions))


def _say_list(title: str, sentences: Iterable[str]) -> None:
    """Print sentences under a title, nothing where there is none."""
    for position, sentence in enumerate(sentences):
        if position == 0:
            say()
            say(title)
        say(f"  {sentence}")


def _say_curves(rows: Sequence[AccuracyRow], mark: Mark, confidence: float, is_full: bool) -> None:
    width = width_for(console().width)
    curves: dict[tuple[str, str, str], list[AccuracyRow]] = {}
    for row in rows:
        curves.setdefault((row.shown_model, row.benchmark, row.method), []).append(row)
    heading = f">{confidence * 100:g} % int."
    shown = list(curves.items()) if is_full else list(curves.items())[:_MOST_CURVES]
    for (model, benchmark, method), found in shown:
        cells = [
            [
                f"{p.level_pct:g}",
                drawn(p.low, p.accuracy, p.high, width),
                share(p.accuracy),
                "–" if isnan(p.low) else f"{share(p.low)}–{share(p.high)}",
                f"{p.n_answered:,}/{p.n_planned:,}",
                f"{p.n_no_answer:,}",
            ]
            for p in found
        ]
        heads = [">level", scale(width), ">accuracy", heading, ">answered", ">no answer"]
        title = f"{model} · {benchmark} · {method}"
        _say(heads, cells, title, is_full=True, marks=[mark(p) for p in found])
    if len(shown) < len(curves):
        say(f"... and {len(curves) - len(shown)} more curves: --full, --json or --output-dir")


def _say_domains(rows: Sequence[AccuracyRow], mark: Mark, confidence: float, is_full: bool) -> None:
    cells = [
        [
            r.domain or "(none)",
            r.shown_model,
            r.method,
            f"{r.level_pct:g}",
            share(r.accuracy),
            interval(r.low, r.high),
            f"{r.n_answered:,}/{r.n_planned:,}",
        ]
        for r in rows
    ]
    heads = ["domain", "model", "method", ">level", ">accuracy", _limits(confidence), ">answered"]
    _say(heads, cells, "by domain", is_full, marks=[mark(r) for r in rows])


def _say_dependency(
    rows: Sequence[DependencyRow],
    trends: Sequence[TrendRow],
    mark: Mark,
    confidence: float,
    is_full: bool,
) -> None:
    slopes = {(t.model, t.benchmark, t.method): t for t in trends}
    for place, found in _by_place(rows).items():
        if all(isnan(row.estimate) for row in found):
            continue
        cells = [
            [
                _labelled(r.model, r.is_simulated),
                dependency_words(r),
                share(r.baseline_accuracy),
                points(-r.drop),
                points(slopes[r.model, r.benchmark, r.method].slope),
                p_words(slopes[r.model, r.benchmark, r.method].p_value),
                f"{r.n_questions:,}",
            ]
            for r in found
        ]
        slope = next((f"slope ({word})" for t in trends if (word := mark(t))), "slope")
        heads = [
            "model", f">dependency {_limits(confidence)[1:]}", ">baseline", ">points at the end",
            f">{slope}", ">p of slope", ">n",
        ]  # fmt: skip
        title = (
            f"{place} · dependency: 0 none, 1 all above chance is lost at the slightest scramble"
        )
        _say(heads, cells, title, is_full, marks=[mark(r) for r in found])


def _say_thresholds(
    rows: Sequence[ThresholdRow], mark: Mark, confidence: float, is_full: bool
) -> None:
    for place, found in _by_place(rows).items():
        pairs: dict[tuple[str, str], dict[str, ThresholdRow]] = {}
        for r in found:
            falls_to = r.definition.replace(" of above-chance baseline", " above chance")
            key = (_labelled(r.model, r.is_simulated), falls_to)
            pairs.setdefault(key, {})[r.estimator] = r
        cells = [[*key, *_both(pair)] for key, pair in pairs.items()]
        limits = _limits(confidence)[1:]
        heads = ["model", "accuracy falls to", f">isotonic {limits}", f">Weibull {limits}"]
        _say(
            heads,
            cells,
            f"{place} · thresholds in percent of scrambling (>: not reached up to there)",
            is_full,
            marks=[mark(next(iter(pair.values()))) for pair in pairs.values()],
        )


def _both(pair: dict[str, ThresholdRow]) -> Cells:
    return [
        threshold_words(pair[name]) if name in pair else "–" for name in ("isotonic", "weibull")
    ]


_TITLES = {
    "level": "levels minus baseline, in points",
    "dependency": "dependency of models, first minus second",
    "mean_accuracy": "models over all levels, first minus second, in points",
    "accuracy": "models at single levels, first minus second, in points",
}


def _say_comparisons(report: Report, mark: Mark, is_full: bool) -> None:
    for kind, title in _TITLES.items():
        rows = [row for row in report.comparisons if row.kind == kind and not isnan(row.estimate)]
        if kind == "accuracy" and not is_full:
            if rows:
                say(f"{len(rows):,} comparisons of models at single levels: --full or --json")
                say()
            continue
        for place, found in _by_place(rows).items():
            words = ", ".join(dict.fromkeys(f"{r.correction} of {r.family_size}" for r in found))
            tests = ", ".join(dict.fromkeys(r.test for r in found))
            heads, cells = _compared(found, kind, report.options.confidence_level)
            heading = f"{place} · {title} ({tests}; adjusted: {words})"
            _say(heads, cells, heading, is_full, marks=[mark(row) for row in found])


def _compared(
    rows: Sequence[ComparisonRow], kind: str, confidence: float
) -> tuple[Sequence[str], list[Cells]]:
    is_share, has_level = kind != "dependency", kind in ("level", "accuracy")
    has_counts = any(row.n_first_only is not None for row in rows)
    names = ["model"] if kind == "level" else ["first", "second"]
    heads = [
        *names, *([">level"] if has_level else []), ">difference", f"{_limits(confidence)}, uncorrected",
        ">p", ">adjusted p", *([">gained/lost" if kind == "level" else ">only one"] if has_counts else []),
        ">n",
    ]  # fmt: skip
    cells: list[Cells] = []
    for row in rows:
        estimate = points(row.estimate) if is_share else f"{row.estimate:+.3f}"
        limits = points_interval(row.low, row.high) if is_share else interval(row.low, row.high)
        only = "–" if row.n_first_only is None else f"{row.n_first_only:,}/{row.n_second_only:,}"
        cells.append(
            [
                row.first,
                *([] if kind == "level" else [row.second]),
                *([f"{row.level_pct:g}"] if has_level else []),
                estimate,
                limits,
                p_words(row.p_value),
                p_words(row.p_adjusted),
                *([only] if has_counts else []),
                f"{row.n_questions:,}",
            ]
        )
    return heads, cells


def _by_place(rows: Sequence[Placed]) -> dict[str, list[Placed]]:
    """Return rows by benchmark and method, in order."""
    found: dict[str, list[Placed]] = {}
    for row in rows:
        found.setdefault(f"{row.benchmark} · {row.method}", []).append(row)
    return found


def _say_contrasts(report: Report, mark: Mark, is_full: bool) -> None:
    titles = {
        "difference_in_differences": "drop beyond the drop on {}, in points",
        "relative_performance_gain": "relative performance gain above {}",
    }
    for kind, title in titles.items():
        rows = [row for row in report.contrasts if row.kind == kind]
        if not rows:
            continue
        is_share = kind == "difference_in_differences"
        cells = [
            [
                r.model,
                f"{r.benchmark} · {r.method}",
                f"{r.level_pct:g}",
                reason(r.status)
                if isnan(r.estimate)
                else points(r.estimate)
                if is_share
                else share(r.estimate),
                points_interval(r.low, r.high) if is_share else interval(r.low, r.high),
                p_words(r.p_value),
                f"{r.n_questions:,}",
            ]
            for r in rows
        ]
        heads = ["model", "curve", ">level", ">estimate", _limits(report.options.confidence_level)]
        heading, marks = title.format(rows[0].control), [mark(row) for row in rows]
        _say([*heads, ">p", ">n"], cells, heading, is_full, marks=marks)


def _limits(confidence: float) -> str:
    return f">{confidence * 100:g} % int."


def _labelled(model: str, is_simulated: bool) -> str:
    return f"{model} (simulated)" if is_simulated else model


def _say(
    headings: Sequence[str],
    rows: Iterable[Cells],
    title: str,
    is_full: bool,
    *,
    marks: Sequence[str],
) -> None:
    """Print a table; ``marks`` stand in the title where they are all the same, else in a column."""
    found = list(rows)
    if not found:
        return
    if len(set(marks)) > 1:
        headings = [*headings, "standing"]
        found = [[*cells, mark] for cells, mark in zip(found, marks, strict=True)]
    elif marks[0]:
        title = f"{title} · {marks[0]}"
    shown = found if is_full else found[:_MOST_ROWS]
    say_table(headings, shown, title=title)
    if len(shown) < len(found):
        say(f"... and {len(found) - len(shown):,} more rows: --full, --json or --output-dir")
        say()
