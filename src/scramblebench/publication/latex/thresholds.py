"""The table of thresholds: each definition by both estimators, with what it is a threshold of."""

from collections.abc import Iterator
from math import isinf, isnan

from scramblebench.analysis import ThresholdRow
from scramblebench.analysis.wording import reason
from scramblebench.publication.latex import notes
from scramblebench.publication.latex.cells import Cell, Marks, dash
from scramblebench.publication.latex.escaping import escape_tex
from scramblebench.publication.latex.layout import NAME_WIDTH
from scramblebench.publication.latex.table import Column, Line, Table
from scramblebench.publication.numbers import count, decimal, level_key, number_id, percent
from scramblebench.publication.source import Publication
from scramblebench.publication.standings import standing_sentences

_DEFINITIONS_IN_ONE = 2
_NAMES = {"isotonic": "Isotonic", "weibull": "Weibull"}


def threshold_tables(publication: Publication) -> Iterator[Table]:
    """Yield a table for each benchmark and method, more where there are many definitions."""
    rows, number = publication.report.thresholds, 0
    for curve in dict.fromkeys((row.benchmark, row.method) for row in rows):
        own = [row for row in rows if (row.benchmark, row.method) == curve]
        definitions = list(dict.fromkeys(row.definition for row in own))
        for start in range(0, len(definitions), _DEFINITIONS_IN_ONE):
            number += 1
            wanted = definitions[start : start + _DEFINITIONS_IN_ONE]
            ending = f"-{number}" if number > 1 else ""
            yield _table(publication, [r for r in own if r.definition in wanted], ending)


def threshold_cell(row: ThresholdRow | None, marks: Marks) -> Cell:
    """Return a level in percent over its limits; ``> 100`` where no level that was asked reached it."""
    if row is None:
        return dash("fewer than three levels, or not asked for", marks)
    if isnan(row.level_pct):
        return dash(reason(row.status), marks, number_id(row))
    ids = (number_id(row), number_id(row, "low_pct"), number_id(row, "high_pct"))
    shown = [_level(value, row.highest_level_pct) for value in (row.low_pct, row.high_pct)]
    is_limited = not (isnan(row.low_pct) or isnan(row.high_pct) or isinf(row.low_pct))
    limits = rf"[{shown[0]},\,{shown[1]}]" if is_limited else ""
    level = _level(row.level_pct, row.highest_level_pct)
    return Cell(f"{{{level}}}" if isinf(row.level_pct) else level, limits, ids)


def _level(value: float, highest: float) -> str:
    return rf"\textgreater{{}}\,{level_key(highest)}" if isinf(value) else decimal(value, 1)


def _table(publication: Publication, rows: list[ThresholdRow], ending: str) -> Table:
    marks = Marks()
    definitions = list(dict.fromkeys(row.definition for row in rows))
    estimators = list(dict.fromkeys(row.estimator for row in rows))
    columns: list[Column] = []
    for definition in definitions:
        columns.append(Column("Target", definition))
        columns += [Column(_NAMES.get(name, escape_tex(name)), definition) for name in estimators]
    found = {(r.model, r.definition, r.estimator): r for r in rows}
    lines: list[Line] = []
    for model, is_simulated in dict.fromkeys((row.model, row.is_simulated) for row in rows):
        cells: list[Cell] = []
        for definition in definitions:
            own = [found.get((model, definition, name)) for name in estimators]
            cells.append(_target(own[0], marks))
            cells += [threshold_cell(row, marks) for row in own]
        shown = f"{model} (simulated)" if is_simulated else model
        lines.append(Line((shown,), tuple(cells)))
    benchmark, method = rows[0].benchmark, rows[0].method
    return Table(
        label=f"tab:thresholds{ending}",
        caption=rf"Thresholds on {escape_tex(benchmark)}, {escape_tex(method)}: the level of scrambling (\%) at "
        rf"which accuracy has fallen to the target.{notes.simulated_caption(publication)}",
        heads=("Model",),
        head_widths=(NAME_WIDTH,),
        columns=tuple(columns),
        lines=tuple(lines),
        notes=(*marks.notes(), *map(escape_tex, _notes(publication, rows))),
    )


def _target(row: ThresholdRow | None, marks: Marks) -> Cell:
    if row is None or isnan(row.target):
        return dash("the target is not defined", marks)
    return Cell(percent(row.target), ids=(number_id(row, "target"),))


def _notes(publication: Publication, rows: list[ThresholdRow]) -> Iterator[str]:
    options = publication.report.options
    yield (
        "Target: accuracy in percent, of the isotonic fit. Isotonic: no shape assumed but that accuracy falls; Weibull: a fitted "
        "curve. Both are fitted to the same answers; where they differ much, the curve does not fit."
    )
    if any(isinf(value) for row in rows for value in (row.level_pct, row.low_pct, row.high_pct)):
        yield "> is not reached at any level that was asked: nothing is extrapolated."
    sizes = sorted({row.n_questions for row in rows})
    yield (
        f"n = {'–'.join(dict.fromkeys(map(count, (sizes[0], sizes[-1]))))} questions. In brackets: "
        f"{options.confidence_level * 100:g} % intervals, percentiles of {count(options.n_resamples)} resamples of "
        "the whole fit, approximate."
    )
    yield from standing_sentences(publication, rows)
    yield from notes.source(publication)
