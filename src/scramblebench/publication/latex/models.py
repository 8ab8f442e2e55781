"""The table that compares models: baseline, change, dependency coefficient and threshold beside each other."""

from collections.abc import Iterator, Mapping, Sequence
from math import isinf, isnan

from scramblebench.analysis import AccuracyRow, ComparisonRow, DependencyRow, ThresholdRow
from scramblebench.analysis.wording import reason
from scramblebench.publication.latex import notes
from scramblebench.publication.latex.cells import Cell, Marks, dash, limits
from scramblebench.publication.latex.escaping import escape_tex
from scramblebench.publication.latex.layout import NAME_WIDTH, accuracy_cell, leader, without_dashes
from scramblebench.publication.latex.table import Column, Line, Table
from scramblebench.publication.latex.thresholds import threshold_cell
from scramblebench.publication.numbers import count, decimal, level_key, number_id
from scramblebench.publication.source import Publication
from scramblebench.publication.standings import standing_sentences

Curve = tuple[str, str]
"""A benchmark and a method."""


def comparison_tables(publication: Publication) -> Iterator[Table]:
    """Yield a table for each benchmark and method."""
    curves = dict.fromkeys((row.benchmark, row.method) for row in publication.report.accuracy)
    for number, curve in enumerate(curves, 1):
        yield _table(publication, curve, f"-{number}" if number > 1 else "")


def _table(publication: Publication, curve: Curve, ending: str) -> Table:
    report, marks = publication.report, Marks()
    rows: dict[str, list[AccuracyRow]] = {}
    for row in report.accuracy:
        if (row.benchmark, row.method) == curve:
            rows.setdefault(row.model, []).append(row)
    coefficients = {r.model: r for r in report.dependency if (r.benchmark, r.method) == curve}
    pairs = [
        r for r in report.comparisons
        if r.kind == "dependency" and (r.benchmark, r.method) == curve
    ]  # fmt: skip
    best = leader(list(rows), pairs, report.options.alpha, is_high_best=False)
    top = max(row.level_pct for own in rows.values() for row in own)
    changes = _changes(publication, curve, top)
    thresholds = _thresholds(publication, curve)
    lines = [
        Line(
            (own[0].shown_model,),
            (
                accuracy_cell(next((r for r in own if r.level_pct == 0), None), marks),
                _change_cell(changes.get(model), marks),
                _coefficient(coefficients.get(model), marks, is_bold=model == best),
                threshold_cell(thresholds.get(model), marks),
                _counts(coefficients.get(model)),
                Cell(
                    str(sum(row.n_missing for row in own)),
                    ids=tuple(
                        number_id(row, field)
                        for row in own
                        for field in ("n_planned", "n_answered")
                    ),
                ),
            ),
        )
        for model, own in rows.items()
    ]
    columns, kept, left_out = without_dashes(
        (
            Column(r"Baseline (\%)", name="baseline accuracy"),
            Column(rf"Change at {level_key(top)}", name="change"),
            Column("Dependency", name="dependency coefficient"),
            Column(r"Threshold (\%)", name="threshold"),
            Column("$n$"),
            Column("Missing"),
        ),
        lines,
    )
    texts = [*left_out, *_notes(publication, rows, coefficients, thresholds, changes, best)]
    has_marks = any(c.why_none for line in kept for c in line.cells)
    shown = " and ".join(column.name for column in columns if column.name)
    return Table(
        label=f"tab:model_comparison{ending}",
        caption=rf"Models on {escape_tex(curve[0])}, {escape_tex(curve[1])}: {shown}."
        rf"{notes.simulated_caption(publication)}",
        heads=("Model",),
        head_widths=(NAME_WIDTH,),
        columns=columns,
        lines=kept,
        notes=(*(marks.notes() if has_marks else ()), *map(escape_tex, texts)),
    )


def _changes(publication: Publication, curve: Curve, level_pct: float) -> dict[str, ComparisonRow]:
    return {
        row.first: row
        for row in publication.report.comparisons
        if row.kind == "level"
        and (row.benchmark, row.method) == curve
        and row.level_pct == level_pct
    }


def _thresholds(publication: Publication, curve: Curve) -> dict[str, ThresholdRow]:
    """Return the isotonic thresholds by the first definition of the configuration."""
    own = [r for r in publication.report.thresholds if (r.benchmark, r.method) == curve]
    return {
        row.model: row
        for row in own
        if row.estimator == "isotonic" and row.definition == own[0].definition
    }


def _change_cell(row: ComparisonRow | None, marks: Marks) -> Cell:
    if row is None:
        return dash("level 0 was not asked, or nothing else", marks)
    if isnan(row.estimate):
        return dash(reason(row.status), marks, number_id(row))
    ids = (number_id(row), number_id(row, "low"), number_id(row, "high"))
    return Cell(decimal(row.estimate * 100, 1), limits(row.low, row.high, 1, 100), ids)


def _coefficient(row: DependencyRow | None, marks: Marks, *, is_bold: bool) -> Cell:
    if row is None:
        return dash("not computed", marks)
    if isnan(row.estimate):
        return dash(reason(row.status), marks, number_id(row))
    ids = (number_id(row), number_id(row, "low"), number_id(row, "high"))
    bold = r"\bfseries " * is_bold
    return Cell(f"{bold}{decimal(row.estimate, 3)}", limits(row.low, row.high, 3), ids)


def _counts(row: DependencyRow | None) -> Cell:
    return Cell(str(row.n_questions), ids=(number_id(row, "n_questions"),)) if row else Cell("")


def _notes(
    publication: Publication,
    rows: Mapping[str, list[AccuracyRow]],
    coefficients: Mapping[str, DependencyRow],
    thresholds: Mapping[str, ThresholdRow],
    changes: Mapping[str, ComparisonRow],
    best: str | None,
) -> Iterator[str]:
    report = publication.report
    own = [row for found in rows.values() for row in found]
    defined = [row for row in coefficients.values() if not isnan(row.estimate)]
    level = report.options.confidence_level
    if changes:
        yield "Change: level minus baseline, in percentage points, of the same questions."
    if defined:
        yield (
            "Dependency: share of the accuracy above chance that is lost, averaged over the levels; 0 none, "
            "1 all of it at the slightest scramble."
        )
    if coefficients:
        yield "Column n: questions answered at all levels."
    if any(not isnan(row.level_pct) for row in thresholds.values()):
        first = next(iter(thresholds.values()))
        yield (
            f"Threshold: level at which accuracy is down to {first.definition} (isotonic fit)"
            + (
                "; > is not reached."
                if any(isinf(r.level_pct) for r in thresholds.values())
                else "."
            )
        )
    yield from notes.sizes(publication, own)
    yield from notes.coverage(own)
    kinds = {
        "accuracy": _methods(own),
        "change": _methods(list(changes.values())),
        "dependency": _methods(defined),
        "threshold": f"percentiles of {count(report.options.n_resamples)} resamples"
        * bool(thresholds),
    }
    found = "; ".join(f"{name}, {how}" for name, how in kinds.items() if how)
    yield f"In brackets: {level * 100:g} % intervals ({found})."
    if best is not None:
        yield "Bold: a lower coefficient than every other model after correction."
    tested = [*changes.values(), *coefficients.values(), *thresholds.values()]
    yield from standing_sentences(publication, tested)
    yield from notes.source(publication)


def _methods(rows: Sequence[AccuracyRow | DependencyRow | ComparisonRow]) -> str:
    return ", ".join(sorted({row.interval_method for row in rows if row.interval_method}))
