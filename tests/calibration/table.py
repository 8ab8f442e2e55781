"""The rates as they stand in the documentation: by method, off the bar, and all of them."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import scipy

from tests.calibration.measures import Question, Rate, Verdict, is_warned_of, verdict
from tests.calibration.plan import Row
from tests.calibration.reasons import reason
from tests.calibration.simulation import SEED

BEGIN = "<!-- calibration: begin, written by `make calibration` -->"
END = "<!-- calibration: end -->"
Found = Sequence[tuple[Row, Rate]]

_HEAD = (
    "| Method | Design | Runs | Rate, % (Monte Carlo) | Width | Refused, % | Warned, % | Verdict |",
    "|---|---|---|---|---|---|---|---|",
)
_METHOD_HEAD = (
    "| Method | Rates, % | Designs | ok | conservative, warned | liberal, warned | neither, not warned |",
    "|---|---|---|---|---|---|---|",
)


def summary(found: Found) -> list[str]:
    """Return the counts, a line by method, and the rows that are not ok with their reasons."""
    methods: dict[str, list[tuple[Row, Rate]]] = {}
    for each in found:
        methods.setdefault(each[0].method, []).append(each)
    by_method = [_summary_line(method, own) for method, own in methods.items()]
    off = [each for each in found if _judged(*each) is not Verdict.OK]
    made = f"Seed {SEED}, numpy {np.__version__}, scipy {scipy.__version__}."
    return [
        f"{counts(found)} {made}",
        "",
        *_METHOD_HEAD,
        *by_method,
        "",
        "Off the bar:",
        "",
        *table(off),
    ]


def counts(found: Found) -> str:
    """Return how many rows there are of each verdict."""
    kinds = Counter(_kind(*each) for each in found)
    said = ", ".join(f"{kinds[kind]} {kind}" for kind in _KINDS if kinds[kind])
    return f"{len(found)} rows: {said}."


def table(found: Found) -> list[str]:
    """Return the table with a line for each row."""
    return [*_HEAD, *(_line(row, rate) for row, rate in found)]


def parts(row: Row, rate: Rate) -> dict[str, str]:
    """Return the words of a row: method, design, what was counted, verdict and reason."""
    judged = verdict(rate, row.question)
    return {
        "method": row.method,
        "design": row.design.name,
        "question": row.question.value,
        "verdict": _kind(row, rate),
        "reason": reason(row, judged),
    }


def replaced(text: str, lines: Sequence[str]) -> str:
    """Return a document with what is between its markers replaced; raises ValueError without them."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"there is no place for the table: {BEGIN} ... {END}")
    return before + "\n".join([begin, *lines, end]) + after


_KINDS = ("ok", "conservative, warned", "liberal, warned", "conservative", "liberal", "refused")


def _judged(row: Row, rate: Rate) -> Verdict:
    return verdict(rate, row.question)


def _kind(row: Row, rate: Rate) -> str:
    judged = _judged(row, rate)
    if judged not in (Verdict.LIBERAL, Verdict.CONSERVATIVE):
        return judged.value
    return judged.value + ", warned" * is_warned_of(rate, row.question, judged)


def _summary_line(method: str, own: Found) -> str:
    kinds = Counter(_kind(*each) for each in own)
    rates = [rate.rate for _, rate in own if not math.isnan(rate.rate)]
    is_test = own[0][0].question is Question.REJECTION
    said = f"{_percent(min(rates))} to {_percent(max(rates))}{' rejected' if is_test else ''}"
    counted = (*(kinds[kind] for kind in _KINDS[:3]), kinds["conservative"] + kinds["liberal"])
    numbers = (str(number or "") for number in counted)
    return f"| {' | '.join((method, said, str(len(own)), *numbers))} |"


def _line(row: Row, rate: Rate) -> str:
    why = reason(row, _judged(row, rate))
    cells = (
        row.method,
        row.design.name,
        f"{rate.n_runs:,}",
        f"{_percent(rate.rate)} ({_percent(rate.low)}–{_percent(rate.high)})"
        + (" rejected" if row.question is Question.REJECTION else ""),
        "" if math.isnan(rate.width) else f"{rate.width:.3f}",
        _share(rate.refused),
        _share(rate.warned),
        _kind(row, rate) + (f": {why}" if why else ""),
    )
    return f"| {' | '.join(cells)} |"


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.1f}"


def _share(share: float) -> str:
    return "" if math.isnan(share) or share == 0 else f"{100 * share:.1f}"
