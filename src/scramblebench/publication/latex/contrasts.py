"""The table of contrasts: drops beside the drop on a control."""

from collections.abc import Iterator
from math import isnan

from scramblebench.analysis import ContrastRow
from scramblebench.analysis.wording import reason
from scramblebench.publication.latex import notes
from scramblebench.publication.latex.cells import Cell, Marks, dash, p_cell
from scramblebench.publication.latex.escaping import escape_tex
from scramblebench.publication.latex.layout import interval_cell, shown_names
from scramblebench.publication.latex.table import Column, Line, Table
from scramblebench.publication.numbers import decimal, level_key, number_id
from scramblebench.publication.source import Publication
from scramblebench.publication.standings import standing_sentences

_NAME_WIDTH = 0.4


def contrast_tables(publication: Publication) -> Iterator[Table]:
    """Yield the one table of contrasts, where there are any."""
    rows, marks = publication.report.contrasts, Marks()
    if not rows:
        return
    level = publication.report.options.confidence_level
    methods = sorted({row.interval_method for row in rows if row.interval_method})
    texts = [
        f"In brackets: {level * 100:g} % intervals ({', '.join(methods) or 'none defined'}). p-values of contrasts are "
        "not adjusted.",
        *standing_sentences(publication, rows),
        *notes.source(publication),
    ]
    lines = tuple(_lines(publication, marks))
    yield Table(
        label="",
        caption="Drops beside the drop on a control, as shares.",
        heads=("Model",),
        head_widths=(_NAME_WIDTH,),
        columns=(
            Column("Level"), Column("Estimate"), Column("Interval", is_text=True), Column("$p$"),
        ),
        lines=lines,
        notes=(*marks.notes(), *map(escape_tex, texts)),
    )  # fmt: skip


def _lines(publication: Publication, marks: Marks) -> Iterator[Line]:
    names = shown_names(publication)
    places: dict[str, dict[str, list[ContrastRow]]] = {}
    for row in publication.report.contrasts:
        here = f"{row.kind.replace('_', ' ')}: {row.benchmark}, {row.method}, against {row.control}"
        places.setdefault(here, {}).setdefault(row.model, []).append(row)
    for here, models in places.items():
        yield Line((here,))
        for model, rows in models.items():
            for row in rows:
                shown = names.get(model, model) if row is rows[0] else ""
                yield Line((shown,), _cells(row, marks))


def _cells(row: ContrastRow, marks: Marks) -> tuple[Cell, ...]:
    estimate = (
        dash(reason(row.status), marks, number_id(row))
        if isnan(row.estimate)
        else Cell(decimal(row.estimate, 3), ids=(number_id(row),))
    )
    p_value = p_cell(row.p_value, "no test", marks, number_id(row, "p_value"))
    return Cell(level_key(row.level_pct)), estimate, interval_cell(row, 1, 3), p_value
