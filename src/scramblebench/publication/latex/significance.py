"""The table of tests: every declared family that a page can hold, and what became of the others."""

from collections.abc import Iterator, Sequence
from math import isnan

from scramblebench.analysis import ComparisonRow
from scramblebench.analysis.wording import reason
from scramblebench.publication.latex import notes
from scramblebench.publication.latex.cells import Cell, Marks, dash, marked, p_cell, words
from scramblebench.publication.latex.contrasts import contrast_tables
from scramblebench.publication.latex.escaping import escape_tex
from scramblebench.publication.latex.layout import NAME_WIDTH, interval_cell, shown_names
from scramblebench.publication.latex.significance_notes import KINDS, family_table, pair_notes
from scramblebench.publication.latex.table import Column, Line, Table
from scramblebench.publication.numbers import correction_name, decimal, level_key, number_id
from scramblebench.publication.source import Publication
from scramblebench.publication.standings import standing_sentences, why_exploratory

MOST_PAIRS = 45
MOST_EXPLORED = 15
"""Larger families of pairs of models, at all levels and at single levels, are not printed test by test."""
_STOPPED = "the number of questions was not fixed beforehand"


def significance_tables(publication: Publication) -> Iterator[Table]:
    """Yield levels against the baseline, pairs of models, contrasts, and a line for each family of pairs."""
    tables = [
        *_level_tables(publication),
        *_pair_tables(publication),
        *contrast_tables(publication),
    ]
    families = family_table(publication, MOST_PAIRS, MOST_EXPLORED)
    tables += [] if families is None else [families]
    for number, table in enumerate(tables, 1):
        ending = f"-{number}" if number > 1 else ""
        yield Table(
            label=f"tab:significance_tests{ending}",
            caption=table.caption + notes.simulated_caption(publication),
            heads=table.heads,
            head_widths=table.head_widths,
            columns=table.columns,
            lines=table.lines,
            notes=table.notes,
        )


def _level_tables(publication: Publication) -> Iterator[Table]:
    rows = [row for row in publication.report.comparisons if row.kind == "level"]
    for benchmark in dict.fromkeys(row.benchmark for row in rows):
        own = [row for row in rows if row.benchmark == benchmark]
        marks, lines = Marks(), list[Line]()
        is_counted = any(row.n_first_only is not None for row in own)
        for method in dict.fromkeys(row.method for row in own):
            lines.append(Line((method,)))
            lines += _level_lines(
                publication, [r for r in own if r.method == method], marks, is_counted
            )
        columns = [Column("Level"), Column("Difference"), Column("Interval", is_text=True)]
        columns += [Column("Won"), Column("Lost")] if is_counted else []
        yield Table(
            label="",
            caption=rf"Levels of scrambling against the baseline on {escape_tex(benchmark)}: difference of "
            r"accuracy in percentage points, level minus baseline.",
            heads=("Model",),
            head_widths=(NAME_WIDTH,),
            columns=(*columns, *_p_columns()),
            lines=tuple(lines),
            notes=(*marks.notes(), *map(escape_tex, _level_notes(publication, own, is_counted))),
        )


def _p_columns() -> tuple[Column, ...]:
    return (Column("$p$"), Column("adjusted"), Column("equiv."))


def _level_lines(
    publication: Publication, rows: Sequence[ComparisonRow], marks: Marks, is_counted: bool
) -> Iterator[Line]:
    names, before = shown_names(publication), ""
    is_mixed = _is_mixed(
        publication, [r for r in publication.report.comparisons if r.kind == "level"]
    )
    for row in rows:
        counts = (_count(row, "n_first_only", marks), _count(row, "n_second_only", marks))
        cells = (
            Cell(level_key(row.level_pct or 0)),
            *_difference(row, 100, 1, marks),
            *(counts if is_counted else ()),
            *_p_cells(publication, row, marks, is_mixed=is_mixed),
        )
        yield Line((names.get(row.first, row.first) if row.first != before else "",), cells)
        before = row.first


def _difference(row: ComparisonRow, scale: float, digits: int, marks: Marks) -> tuple[Cell, Cell]:
    if isnan(row.estimate):
        return dash(reason(row.status), marks, number_id(row)), words("")
    return (
        Cell(decimal(row.estimate * scale, digits), ids=(number_id(row),)),
        interval_cell(row, scale, digits),
    )


def _count(row: ComparisonRow, field: str, marks: Marks) -> Cell:
    n = row.n_first_only if field == "n_first_only" else row.n_second_only
    if n is None:
        return dash("scores are not right or wrong", marks, number_id(row, field))
    return Cell(str(n), ids=(number_id(row, field),))


def _is_mixed(publication: Publication, rows: Sequence[ComparisonRow]) -> bool:
    """Whether some of the rows are exploratory and some not, so that the lines must say which."""
    return len({bool(why_exploratory(publication, row)) for row in rows}) > 1


def _p_cells(
    publication: Publication, row: ComparisonRow, marks: Marks, *, is_mixed: bool
) -> tuple[Cell, ...]:
    is_stopped = publication.report.declared is not None
    why = _STOPPED if is_stopped else reason(row.status)
    is_clear = row.p_adjusted < publication.report.options.alpha
    adjusted = p_cell(row.p_adjusted, why, marks, number_id(row, "p_adjusted"), is_bold=is_clear)
    explored = why_exploratory(publication, row)
    if is_mixed and explored:
        adjusted = marked(adjusted, f"exploratory: {explored}", marks)
    return (
        p_cell(row.p_value, why, marks, number_id(row, "p_value")),
        adjusted,
        p_cell(
            row.equivalence_p, _STOPPED if is_stopped else "no equivalence test", marks,
            number_id(row, "equivalence_p"),
        ),
    )  # fmt: skip


def _level_notes(
    publication: Publication, rows: Sequence[ComparisonRow], is_counted: bool
) -> Iterator[str]:
    options = publication.report.options
    if is_counted:
        yield "Won, lost: questions that are right only at the level, only at the baseline."
    tests = sorted({row.test for row in rows if not isnan(row.p_value)})
    limited = sorted({row.interval_method for row in rows if row.interval_method})
    yield (
        f"Tests: {', '.join(tests) or 'none defined'}, two-sided. Intervals: "
        f"{options.confidence_level * 100:g} % ({', '.join(limited) or 'none defined'}), not adjusted."
    )
    corrections = sorted({correction_name(row.correction) for row in rows})
    sizes = sorted({row.family_size for row in rows})
    family = "all models together" if options.is_family_whole else "each model and method"
    yield (
        f"Adjusted: {', '.join(corrections)}, levels of {family} as one family of "
        f"{'–'.join(dict.fromkeys(map(str, (sizes[0], sizes[-1]))))} tests. Bold: adjusted p < {options.alpha:.2g}."
    )
    yield (
        f"Equiv.: two one-sided tests that the difference is within ±{options.accuracy_margin * 100:g} points."
    )
    yield from pair_notes(rows)
    yield from standing_sentences(publication, rows)
    yield from notes.source(publication)


def _pair_tables(publication: Publication) -> Iterator[Table]:
    rows = publication.report.comparisons
    for family in dict.fromkeys(row.family for row in rows if row.kind in KINDS):
        own = [row for row in rows if row.family == family]
        most = MOST_EXPLORED if own[0].kind == "accuracy" else MOST_PAIRS
        if len(own) <= most and not all(isnan(row.p_value) for row in own):
            yield _pairs(publication, family, own)


def _pairs(publication: Publication, family: str, rows: Sequence[ComparisonRow]) -> Table:
    options, marks = publication.report.options, Marks()
    is_share = rows[0].kind == "dependency"
    scale, digits = (1, 3) if is_share else (100, 1)
    names, is_mixed = shown_names(publication), _is_mixed(publication, rows)
    heads = [(row.first, row.second) for row in rows]
    lines = [
        Line(
            ("", "") if pair == before else tuple(names.get(name, name) for name in pair),
            (
                *((Cell(level_key(row.level_pct)),) if row.level_pct is not None else ()),
                *_difference(row, scale, digits, marks),
                *_p_cells(publication, row, marks, is_mixed=is_mixed),
            ),
        )
        for row, pair, before in zip(rows, heads, [None, *heads[:-1]], strict=True)
    ]
    level = [Column("Level")] if rows[0].level_pct is not None else []
    unit = "" if is_share else " in percentage points"
    margin = (
        f"±{options.dependency_margin:g}"
        if is_share
        else f"±{options.accuracy_margin * 100:g} points"
    )
    tests = sorted({row.test for row in rows if not isnan(row.p_value)})
    explored = ", exploratory" if rows[0].kind == "accuracy" else ""
    texts = [
        f"Tests: {', '.join(tests)}, two-sided. {notes.intervals(rows, options.confidence_level)}",
        f"Adjusted: {correction_name(rows[0].correction)}, a family of {rows[0].family_size} tests. Bold: adjusted p < "
        f"{options.alpha:.2g}. Equiv.: two one-sided tests that the difference is within {margin}.",
        *pair_notes(rows),
        *standing_sentences(publication, rows),
        *notes.source(publication),
    ]
    return Table(
        label="",
        caption=rf"{escape_tex(family[:1].upper() + family[1:])}: first minus second{unit}{explored}.",
        heads=("First", "Second"),
        head_widths=(0.2, 0.2),
        columns=(
            *level, Column("Difference"), Column("Interval", is_text=True), *_p_columns(),
        ),
        lines=tuple(lines),
        notes=(*marks.notes(), *map(escape_tex, texts)),
    )  # fmt: skip
