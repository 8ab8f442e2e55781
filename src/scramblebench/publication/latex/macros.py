"""Macros for numbers in running text: one for each, named after its id and nothing else."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from math import isinf, isnan
from urllib.parse import unquote

from scramblebench.analysis import (
    AccuracyRow,
    ComparisonRow,
    ContrastRow,
    DependencyRow,
    ThresholdRow,
    TrendRow,
)
from scramblebench.publication.latex.cells import bare
from scramblebench.publication.latex.cells import limits as interval
from scramblebench.publication.numbers import (
    ReportRow,
    Row,
    count,
    level_key,
    number_id,
    report_rows,
    usd,
)
from scramblebench.publication.source import ModelFacts, Publication

_DIGITS = ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
_DASH = r"\textendash{}"
_HEAD = r"""% Numbers for running text. Each macro is named after the id in its comment: the same number keeps
% its name. \SBAccuracy... is percent, \SBComparison... of accuracies percentage points; ...Interval has
% the limits in brackets, ...PAdjusted a whole equation. Comparisons of models at single levels, which are
% exploratory, have none. A number that is not defined is a dash.
"""
Macro = tuple[str, str]
"""An id, or one of a row with ``#interval`` for its limits, and what stands for it in LaTeX."""
_INTERVAL = "interval"


def macros_tex(publication: Publication) -> str:
    """Return the file of macros; the text of a macro is a number as it is printed, without its unit."""
    found = list(_macros(publication))
    names = _names([name for name, _ in found])
    pairs = _limits(publication)
    lines = [
        rf"\newcommand{{\{names[name]}}}{{{text or _DASH}}}% {pairs.get(name, name)}"
        for name, text in found
    ]
    return _HEAD + "\n".join(lines) + "\n"


def _limits(publication: Publication) -> dict[str, str]:
    """Return the ids of both limits for each interval."""
    return {
        number_id(row, _INTERVAL): f"{number_id(row, low)} {number_id(row, high)}"
        for row in report_rows(publication.report)
        for low, high in [
            ("low_pct", "high_pct") if isinstance(row, ThresholdRow) else ("low", "high")
        ]
    }


def _names(ids: list[str]) -> dict[str, str]:
    """Return letters for ids; where two would be the same, letters of their hashes tell them apart."""
    plain = {name: _plain(name) for name in ids}
    times = Counter(plain.values())
    return {
        name: letters if times[letters] == 1 else f"{letters}X{_hash_letters(name)}"
        for name, letters in plain.items()
    }


def _plain(name: str) -> str:
    words = re.findall(r"[A-Za-z]+|[0-9]|\.(?=[0-9])", unquote(name))
    return "SB" + "".join(
        "Point"
        if word == "."
        else _DIGITS[int(word)]
        if word.isdigit()
        else word[0].upper() + word[1:]
        for word in words
    )


def _hash_letters(name: str) -> str:
    number = int(hashlib.sha256(name.encode()).hexdigest()[:12], 16)
    return "".join(chr(ord("a") + number // 26**place % 26) for place in range(8))


def _macros(publication: Publication) -> Iterator[Macro]:
    yield from _of_experiment(publication)
    for facts in publication.models:
        yield from _of_model(facts)
    for row in report_rows(publication.report):
        yield from _of_row(row)


def _of_experiment(publication: Publication) -> Iterator[Macro]:
    counts = {
        "n_trials": publication.record.n_trials,
        "n_answered": publication.record.n_answered,
        "n_models": len(publication.models),
        "n_questions": len(publication.plan.questions),
        "n_conditions": len(publication.plan.conditions),
    }
    for field, value in counts.items():
        yield number_id(publication, field), count(value)


def _of_model(facts: ModelFacts) -> Iterator[Macro]:
    yield number_id(facts), count(facts.n_answered)
    yield number_id(facts, "n_missing"), count(facts.n_missing)
    yield number_id(facts, "n_no_answer"), count(facts.n_no_answer)
    is_known = facts.n_cost_unknown < facts.n_answered
    yield number_id(facts, "cost_microusd"), usd(facts.cost_microusd) if is_known else ""


def _of_row(row: ReportRow) -> Iterator[Macro]:
    match row:
        case AccuracyRow():
            yield from _estimate(row, row.accuracy, row.low, row.high, 100, 1)
        case DependencyRow():
            yield from _estimate(row, row.estimate, row.low, row.high, 1, 3)
        case ThresholdRow():
            beyond = rf"\textgreater{{}}\,{level_key(row.highest_level_pct)}"
            shown = [
                beyond if isinf(value) else bare(value, 1)
                for value in (row.level_pct, row.low_pct, row.high_pct)
            ]
            yield number_id(row), shown[0]
            is_limited = not (isnan(row.low_pct) or isnan(row.high_pct))
            yield number_id(row, _INTERVAL), rf"[{shown[1]},\,{shown[2]}]" * is_limited
        case TrendRow():
            yield from _estimate(row, row.slope, row.low, row.high, 1, 3)
            yield number_id(row, "p_value"), _p(row.p_value)
        case ComparisonRow() if row.kind != "accuracy":
            scale, digits = (1, 3) if row.kind == "dependency" else (100, 1)
            yield from _estimate(row, row.estimate, row.low, row.high, scale, digits)
            yield number_id(row, "p_adjusted"), _p(row.p_adjusted)
        case ContrastRow():
            yield from _estimate(row, row.estimate, row.low, row.high, 1, 3)
        case _:
            return


def _estimate(
    row: Row, value: float, low: float, high: float, scale: float, digits: int
) -> Iterator[Macro]:
    yield number_id(row), bare(value * scale, digits)
    yield number_id(row, _INTERVAL), interval(low, high, digits, scale)


def _p(value: float) -> str:
    if isnan(value):
        return ""
    return r"\ensuremath{p < 0.001}" if value < 0.001 else rf"\ensuremath{{p = {value:.3f}}}"
