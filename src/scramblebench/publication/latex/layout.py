"""How results are laid out in tables: by benchmark, method and level, and what fits side by side."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import isnan

from scramblebench.analysis import AccuracyRow, ComparisonRow, ContrastRow
from scramblebench.publication.latex.cells import Cell, Marks, bare, dash, limits, words
from scramblebench.publication.latex.table import NAME_LENGTH, Column, Line
from scramblebench.publication.numbers import number_id, percent
from scramblebench.publication.source import Publication

Spot = tuple[str, float]
"""A method and a level: what a column of accuracies is of; the method is "" at the baseline."""
NAME_WIDTH = 0.22
"""Share of the width of the text that names of models take."""
_LIMITS_LETTER_PT = 3.55
_NAME_LETTER_PT = 4.2
_MOST_PT = 320


def spot(row: AccuracyRow) -> Spot:
    """Return the column of an accuracy; the baseline was asked once for all methods."""
    return ("" if row.level_pct == 0 else row.method, row.level_pct)


def by_spot(rows: Iterable[AccuracyRow]) -> dict[Spot, AccuracyRow]:
    """Return accuracies by column, the baseline as the first method has it."""
    found: dict[Spot, AccuracyRow] = {}
    for row in rows:
        found.setdefault(spot(row), row)
    return found


def side_by_side(rows: Sequence[AccuracyRow]) -> Iterator[list[Spot]]:
    """Yield the columns that fit beside each other; the baseline begins each such part."""
    widths: dict[Spot, float] = {}
    for row in rows:
        shown = f"[{percent(row.low)}, {percent(row.high)}]"
        width = _LIMITS_LETTER_PT * max(len(shown), 6)
        widths[spot(row)] = max(widths.get(spot(row), 0), width)
    spots = list(widths)
    baseline = [found for found in spots if found[1] == 0]
    part: list[Spot] = []
    for method in dict.fromkeys(name for name, level in spots if level):
        for found in (s for s in spots if s[0] == method and s[1]):
            if part and _width([*baseline, *part, found], widths) > _MOST_PT:
                yield [*baseline, *part]
                part = []
            part.append(found)
    yield [*baseline, *part]


def _width(spots: Sequence[Spot], widths: Mapping[Spot, float]) -> float:
    """Return about how wide columns are with their headings, in points."""
    total = 0.0
    for method in dict.fromkeys(name for name, _ in spots):
        own = [found for found in spots if found[0] == method]
        heading = min(len(method), NAME_LENGTH * len(own)) * _NAME_LETTER_PT
        total += max(sum(widths[found] for found in own), heading)
    return total


def without_dashes(
    columns: Sequence[Column], lines: Sequence[Line]
) -> tuple[tuple[Column, ...], tuple[Line, ...], list[str]]:
    """Return the columns that hold a number, the lines without the others, and what is left out and why."""
    cells = [line.cells for line in lines if line.cells]
    reasons = [
        list(dict.fromkeys(c.why_none for c in column)) for column in zip(*cells, strict=True)
    ]
    kept = [position for position, why in enumerate(reasons) if len(why) > 1 or not why[0]]
    left_out: dict[str, list[str]] = {}
    for position, why in enumerate(reasons):
        if position not in kept:
            left_out.setdefault(why[0], []).append(columns[position].name)
    return (
        tuple(columns[position] for position in kept),
        tuple(Line(x.heads, tuple(x.cells[p] for p in kept)) if x.cells else x for x in lines),
        [f"No {', '.join(names)} for any model: {why}." for why, names in left_out.items()],
    )


def accuracy_cell(row: AccuracyRow | None, marks: Marks, *, is_bold: bool = False) -> Cell:
    """Return an accuracy in percent over its limits."""
    if row is None:
        return dash("not asked", marks)
    if isnan(row.accuracy):
        return dash("nothing was answered", marks, number_id(row))
    return Cell(
        r"\bfseries " * is_bold + percent(row.accuracy),
        limits(row.low, row.high, 1, 100),
        (number_id(row), number_id(row, "low"), number_id(row, "high")),
    )


def shown_names(publication: Publication) -> dict[str, str]:
    """Return the models' names as tables have them, those of simulated ones labelled."""
    return {facts.spec.shown_name: facts.name for facts in publication.models}


def interval_cell(row: ComparisonRow | ContrastRow, scale: float, digits: int) -> Cell:
    """Return limits beside an estimate; empty where there are none."""
    if isnan(row.low) or isnan(row.high):
        return words("")
    low, high = (bare(value * scale, digits) for value in (row.low, row.high))
    return Cell(rf"{{[{low},\,{high}]}}", ids=(number_id(row, "low"), number_id(row, "high")))


def leader(
    names: Sequence[str], pairs: Sequence[ComparisonRow], alpha: float, *, is_high_best: bool
) -> str | None:
    """Return the model that is better than every other by an adjusted test; None where none is."""
    better: dict[str, set[str]] = {name: set() for name in names}
    for row in pairs:
        if row.p_adjusted < alpha:
            is_first = (row.estimate > 0) == is_high_best
            best, other = (row.first, row.second) if is_first else (row.second, row.first)
            better.setdefault(best, set()).add(other)
    others = len(names) - 1
    return next((name for name in names if others and len(better[name]) == others), None)
