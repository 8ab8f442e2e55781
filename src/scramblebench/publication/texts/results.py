"""The results in careful words: the sentences of the analysis, and the numbers of its tests."""

from collections.abc import Iterator

from scramblebench.analysis.summary import summary
from scramblebench.analysis.wording import threshold_words
from scramblebench.publication.families import FamilyCount, family_counts
from scramblebench.publication.numbers import correction_name, count
from scramblebench.publication.source import Publication
from scramblebench.publication.standings import registration
from scramblebench.publication.texts.prose import Block, Bullets, Heading, paragraph

_KINDS = {
    "level": "comparisons of a level with the baseline",
    "dependency": "comparisons of dependency coefficients",
    "mean_accuracy": "comparisons of accuracy over all levels",
    "accuracy": "exploratory comparisons of accuracy at single levels",
}


def results_blocks(publication: Publication) -> Iterator[Block]:
    """Yield the results section; every claim of a difference is that of an adjusted test."""
    report = publication.report
    yield Heading("Results", 1)
    if publication.has_simulated:
        yield paragraph("Simulated models were asked nothing: these numbers are no measurements.")
    yield paragraph(
        f"In brackets: {report.options.confidence_level * 100:g} % intervals. Differences are level minus baseline, or first "
        "minus second. Where a difference was neither shown nor excluded, the data allow both."
    )
    yield Bullets(tuple(summary(report, registration(publication))))
    known = [row for row in family_counts(report) if row.n_tests]
    if known:
        yield Heading("Tests")
        yield Bullets(tuple(map(_family, known)))
    if report.thresholds:
        yield Heading("Thresholds")
        yield paragraph(
            "Levels at which accuracy is down to the target, by the isotonic fit; > is not reached. Those of the "
            "Weibull curve are in the table."
        )
        yield Bullets(tuple(_thresholds(publication)))


def _family(row: FamilyCount) -> str:
    where = f"on {row.benchmark}, {row.method}"
    if not row.n_defined:
        return f"None of {count(row.n_tests)} {_KINDS[row.kind]} {where} is defined: {row.why_undefined}."
    rest = row.n_defined - row.n_clear - row.n_equivalent
    undefined = row.n_tests - row.n_defined
    return (
        f"Of {count(row.n_defined)} {_KINDS[row.kind]} {where}, {count(row.n_clear)} show a difference "
        f"({correction_name(row.correction)}), {count(row.n_equivalent)} show equivalence within the margin, and "
        f"{count(rest)} neither of the two"
        + (
            f"; {count(undefined)} more are not defined ({row.why_undefined})."
            if undefined
            else "."
        )
    )


def _thresholds(publication: Publication) -> Iterator[str]:
    rows = publication.report.thresholds
    for model, benchmark, method in dict.fromkeys((r.model, r.benchmark, r.method) for r in rows):
        own = [r for r in rows if (r.model, r.benchmark, r.method) == (model, benchmark, method)]
        shown = f"{model} (simulated)" if own[0].is_simulated else model
        fitted = [r for r in own if r.estimator == "isotonic"]
        parts = [f"{r.definition}: {threshold_words(r)}" for r in fitted]
        yield f"{shown} on {benchmark}, {method}. {'; '.join(parts)}."
