"""A comparison of two experiments on the terminal: levels, coefficients, sentences, cautions."""

from collections.abc import Sequence
from math import isnan

from scramblebench.analysis import ComparisonRow
from scramblebench.analysis.across import AcrossReport, Side
from scramblebench.analysis.wording import (
    comparison_sentence,
    interval,
    number,
    p_words,
    points,
    points_interval,
    reason,
)
from scramblebench.cli.output import say, say_table, share, short

_MOST_ROWS = 60


def say_comparison(report: AcrossReport, cautions: Sequence[str]) -> None:
    """Print a comparison; differences are A minus B."""
    say(f"A  {_side(report.first)}")
    say(f"B  {_side(report.second)}")
    say()
    for curve in report.curves:
        rows = [
            row
            for row in report.rows
            if (row.benchmark, row.method) == (curve.benchmark, curve.method)
        ]
        kind = f"{curve.n_shared:,} questions in both" if curve.n_shared else "no question in both"
        standing = f" · {report.standing}" if report.standing else ""
        say(f"{curve.benchmark} · {curve.method}: {kind}{standing}")
        say()
        _say_accuracy(rows, report)
        _say_dependency(rows, report)
    say("in words")
    for row in report.rows:
        if row.kind == "dependency" or (row.kind == "mean_accuracy" and not isnan(row.estimate)):
            say(f"  {comparison_sentence(row, report.options.confidence_level)}.")
    if all(row.kind == "accuracy" for row in report.rows):
        for row in report.rows:
            say(f"  {comparison_sentence(row, report.options.confidence_level)}.")
    if cautions:
        say()
        say("cautions")
        for caution in cautions:
            say(f"  {caution}")


def _side(side: Side) -> str:
    n, planned = int(side.cube.n_answered.sum()), len(side.plan)
    return f"{side.name} ({short(side.id)}), {n:,} of {planned:,} trials answered"


def _say_accuracy(rows: Sequence[ComparisonRow], report: AcrossReport) -> None:
    found = [row for row in rows if row.kind != "dependency"]
    if not found:
        return
    confidence = f"{report.options.confidence_level * 100:g} % int., uncorrected"
    models = list(dict.fromkeys((row.first, row.second) for row in found))
    for first, second in models:
        own = [row for row in found if (row.first, row.second) == (first, second)]
        say_table(
            [">level", ">A", ">B", ">A - B", f">{confidence}", ">p", ">adjusted p", ">only A/B", ">n",
             ">missing"],
            [_cells(row) for row in own[:_MOST_ROWS]],
            title=f"{first} minus {second}, accuracy in points ({_tests(own)})",
        )  # fmt: skip
        if len(own) > _MOST_ROWS:
            say(f"... and {len(own) - _MOST_ROWS} more rows: --json or --output-dir")


def _cells(row: ComparisonRow) -> list[str]:
    only = "–" if row.n_first_only is None else f"{row.n_first_only:,}/{row.n_second_only:,}"
    return [
        "all" if row.level_pct is None else f"{row.level_pct:g}",
        share(row.first_mean),
        share(row.second_mean),
        reason(row.status) if isnan(row.estimate) else points(row.estimate),
        points_interval(row.low, row.high),
        p_words(row.p_value),
        p_words(row.p_adjusted),
        only,
        f"{row.n_questions:,}",
        f"{row.n_missing:,}",
    ]


def _say_dependency(rows: Sequence[ComparisonRow], report: AcrossReport) -> None:
    found = [row for row in rows if row.kind == "dependency"]
    if not found:
        return
    confidence = f"{report.options.confidence_level * 100:g} % int., uncorrected"
    say_table(
        ["models", ">A", ">B", ">A - B", f">{confidence}", ">p", ">adjusted p", ">n"],
        [
            [
                f"{row.first} and {row.second}",
                number(row.first_mean),
                number(row.second_mean),
                reason(row.status) if isnan(row.estimate) else f"{row.estimate:+.3f}",
                interval(row.low, row.high),
                p_words(row.p_value),
                p_words(row.p_adjusted),
                f"{row.n_questions:,}",
            ]
            for row in found
        ],
        title=f"dependency coefficients ({_tests(found)})",
    )  # fmt: skip


def _tests(rows: Sequence[ComparisonRow]) -> str:
    tests = ", ".join(dict.fromkeys(row.test for row in rows if row.test != "none"))
    words = dict.fromkeys(f"{row.correction} of {row.family_size}" for row in rows)
    return f"{tests or 'no test'}; adjusted: {', '.join(words)}"
