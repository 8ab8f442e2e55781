"""The table of accuracies: models by method and level, and the same by domain."""

from collections.abc import Iterator, Sequence

from scramblebench.analysis import AccuracyRow, ComparisonRow
from scramblebench.publication.latex import notes
from scramblebench.publication.latex.cells import Marks
from scramblebench.publication.latex.escaping import escape_tex
from scramblebench.publication.latex.layout import (
    NAME_WIDTH,
    Spot,
    accuracy_cell,
    by_spot,
    leader,
    side_by_side,
    spot,
)
from scramblebench.publication.latex.table import Column, Line, Table
from scramblebench.publication.numbers import level_key
from scramblebench.publication.source import Publication
from scramblebench.publication.standings import standing_sentences

Drawn = tuple[str, str, list[AccuracyRow], list[Spot]]
"""The label's ending, the benchmark, its rows, and the columns of one table."""


def summary_tables(publication: Publication) -> Iterator[Table]:
    """Yield the accuracies of all models, a table for each benchmark, more where they do not fit."""
    for ending, benchmark, rows, spots in _parts(publication.report.accuracy):
        marks, models = Marks(), dict.fromkeys((row.model, row.shown_model) for row in rows)
        best = _leaders(publication, benchmark, [name for name, _ in models], spots)
        lines: list[Line] = []
        for model, shown in models:
            own = by_spot(row for row in rows if row.model == model)
            lines.append(
                Line(
                    (shown,),
                    tuple(
                        accuracy_cell(own.get(s), marks, is_bold=best.get(s) == model)
                        for s in spots
                    ),
                )
            )
        bold = ["Bold: higher than every other model after correction."] if best else []
        yield _table(publication, f"summary{ending}", benchmark, rows, spots, lines, marks, bold)


def domain_tables(publication: Publication) -> Iterator[Table]:
    """Yield accuracies by domain, where a benchmark has several."""
    for ending, benchmark, rows, spots in _parts(publication.report.domains):
        marks, lines = Marks(), list[Line]()
        for model, shown in dict.fromkeys((row.model, row.shown_model) for row in rows):
            lines.append(Line((shown,)))
            mine = [row for row in rows if row.model == model]
            for domain in dict.fromkeys(row.domain for row in mine):
                own = by_spot(row for row in mine if row.domain == domain)
                cells = tuple(accuracy_cell(own.get(s), marks) for s in spots)
                n = max(row.n_questions for row in own.values())
                lines.append(Line((f"{domain or 'no domain'} (n = {n:,})",), cells))
        more = ["No test compares domains: intervals are of each domain alone."]
        yield _table(publication, f"domains{ending}", benchmark, rows, spots, lines, marks, more)


def _parts(rows: Sequence[AccuracyRow]) -> Iterator[Drawn]:
    number = 0
    for benchmark in dict.fromkeys(row.benchmark for row in rows):
        own = [row for row in rows if row.benchmark == benchmark]
        for spots in side_by_side(own):
            number += 1
            yield f"-{number}" if number > 1 else "", benchmark, own, spots


def _leaders(
    publication: Publication, benchmark: str, models: Sequence[str], spots: Sequence[Spot]
) -> dict[Spot, str]:
    """Return the model that leads in a column, for the columns where the tests support that one does."""
    pairs: dict[Spot, list[ComparisonRow]] = {}
    for row in publication.report.comparisons:
        if row.kind == "accuracy" and row.benchmark == benchmark and row.level_pct is not None:
            pairs.setdefault(("" if row.level_pct == 0 else row.method, row.level_pct), []).append(
                row
            )
    alpha = publication.report.options.alpha
    found = {s: leader(models, pairs.get(s, ()), alpha, is_high_best=True) for s in spots}
    return {s: model for s, model in found.items() if model is not None}


def _table(
    publication: Publication,
    name: str,
    benchmark: str,
    rows: Sequence[AccuracyRow],
    spots: Sequence[Spot],
    lines: Sequence[Line],
    marks: Marks,
    more: Sequence[str],
) -> Table:
    level = publication.report.options.confidence_level
    shown = [row for row in rows if spot(row) in spots]
    unique = list({(r.model, r.domain, *spot(r)): r for r in shown}.values())
    by_domain = " by domain" if name.startswith("domains") else ""
    texts = [
        f"Columns are levels of scrambling in percent; 0 is the text as it is. Chance: {rows[0].chance * 100:.1f} %.",
        *notes.sizes(publication, unique),
        *notes.coverage(unique),
        notes.intervals(unique, level),
        *more,
        *standing_sentences(publication, unique),
        *notes.source(publication),
    ]
    return Table(
        label=f"tab:{name}",
        caption=rf"Accuracy (\%) on {escape_tex(benchmark)}{by_domain}, by method and level of scrambling, "
        rf"with {level * 100:g}\,\% intervals.{notes.simulated_caption(publication)}",
        heads=("Model" if not by_domain else "Model, domain",),
        head_widths=(NAME_WIDTH,),
        columns=tuple(Column(level_key(pct), method) for method, pct in spots),
        lines=tuple(lines),
        notes=(*marks.notes(), *map(escape_tex, texts)),
    )
