"""What a table of tests says of its tests, and the table of families that are too large to print."""

from collections.abc import Iterator, Sequence

from scramblebench.analysis import ComparisonRow
from scramblebench.publication.families import FamilyCount, family_counts
from scramblebench.publication.latex import notes
from scramblebench.publication.latex.cells import Cell, Marks, words
from scramblebench.publication.latex.escaping import escape_tex
from scramblebench.publication.latex.table import Column, Line, Table
from scramblebench.publication.numbers import correction_name, number_id
from scramblebench.publication.source import Publication

KINDS = {
    "dependency": "dependency coefficients",
    "mean_accuracy": "accuracy over all levels",
    "accuracy": "accuracy at single levels (exploratory)",
}
"""Comparisons of pairs of models."""


def pair_notes(rows: Sequence[ComparisonRow]) -> Iterator[str]:
    """Yield how many questions were compared, and what was missing."""
    sizes = sorted({row.n_questions for row in rows})
    missing = sum(row.n_missing for row in rows)
    n = "–".join(dict.fromkeys((f"{sizes[0]:,}", f"{sizes[-1]:,}")))
    clusters = max((row.n_clusters or 0 for row in rows), default=0)
    about = f" about {clusters:,} passages" if clusters else ""
    yield f"n = {n} questions{about}, paired; {missing:,} left out for want of a response on one side."


def family_table(publication: Publication, most_pairs: int, most_explored: int) -> Table | None:
    """Return a line for each family of pairs of models; None where all of them are printed."""
    options = publication.report.options
    counts = [row for row in family_counts(publication.report) if row.kind in KINDS]
    limits = {"accuracy": most_explored}
    if all(r.n_tests <= limits.get(r.kind, most_pairs) and r.n_defined for r in counts):
        return None
    marks = Marks()
    texts = (
        f"Families of more than {most_pairs} tests, at single levels {most_explored}, are not printed one by one; all of their tests, with raw and "
        "adjusted p, intervals and numbers of questions, are in the results.",
        f"Clear: adjusted p < {options.alpha:.2g}. Equivalent: no clear difference, and two one-sided tests show it "
        f"within ±{options.accuracy_margin * 100:g} points, or ±{options.dependency_margin:g} of the coefficient. "
        "The others are neither shown to differ nor to be equivalent.",
        *notes.source(publication),
    )
    return Table(
        label="",
        caption="Families of comparisons between models, and how many of their tests came out.",
        heads=("Compared",),
        head_widths=(0.36,),
        columns=(
            Column("Correction", is_text=True), Column("Tests"), Column("Defined"), Column("Clear"),
            Column("Equivalent"),
        ),
        lines=tuple(_family_lines(counts, marks)),
        notes=(*marks.notes(), *map(escape_tex, texts)),
    )  # fmt: skip


def _family_lines(counts: Sequence[FamilyCount], marks: Marks) -> Iterator[Line]:
    for place in dict.fromkeys((row.benchmark, row.method) for row in counts):
        yield Line((", ".join(place),))
        for row in counts:
            if (row.benchmark, row.method) == place:
                yield _family_line(row, marks)


def _family_line(row: FamilyCount, marks: Marks) -> Line:
    why = row.why_undefined
    cells = (
        Cell(str(row.n_tests), ids=(number_id(row),)),
        Cell(str(row.n_defined), ids=(number_id(row, "n_defined"),))
        if row.n_defined or not why
        else Cell(f"{{0{marks.mark(why)}}}", ids=(number_id(row, "n_defined"),)),
        Cell(str(row.n_clear), ids=(number_id(row, "n_clear"),)),
        Cell(str(row.n_equivalent), ids=(number_id(row, "n_equivalent"),)),
    )
    name = escape_tex(correction_name(row.correction))
    return Line((KINDS[row.kind],), (words(name), *cells))
