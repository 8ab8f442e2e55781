"""Statistics in the methods section: units, intervals, tests, corrections, margins, seeds."""

from collections.abc import Iterator
from math import isnan

from scramblebench.analysis import ComparisonRow
from scramblebench.publication.families import FamilyCount, family_counts
from scramblebench.publication.numbers import correction_name, count
from scramblebench.publication.source import Publication
from scramblebench.publication.texts.prose import Block, Bullets, listed, paragraph

_KINDS = {
    "level": "each level against the baseline",
    "dependency": "dependency coefficients of pairs of models",
    "mean_accuracy": "accuracies of pairs of models over all levels",
    "accuracy": "accuracies of pairs of models at single levels",
}


def statistics_blocks(publication: Publication) -> Iterator[Block]:
    """Yield the section; only what was computed is in it."""
    report = publication.report
    options = report.options
    yield paragraph(*_units(publication))
    yield paragraph(*_estimates(publication))
    families = family_counts(report)
    if families:
        yield paragraph(
            f"Tests are two-sided, at {options.alpha:.2g}, and compare the same questions. Families of tests:"
        )
        yield Bullets(tuple(_family(kind, publication) for kind in _KINDS if _has(families, kind)))
        yield paragraph(
            f"Equivalence was tested by two one-sided tests within {options.accuracy_margin * 100:g} points of accuracy "
            f"and {options.dependency_margin:g} of the dependency coefficient, the margins of the configuration.",
            "Intervals are not adjusted for the number of tests.",
        )
    if report.declared is not None:
        yield paragraph(
            f"One question was declared that could end the experiment: {report.declared.question}. Its interval holds "
            "at every look; tests for a fixed number of questions have no p-value here."
        )
    yield paragraph(
        f"All that is drawn at random has the seed {report.seed}, which follows from the scores (sha256 of the inputs "
        f"{report.inputs_sha256}): the same scores give the same numbers."
    )


def _units(publication: Publication) -> Iterator[str]:
    rows, options = publication.report.accuracy, publication.report.options
    clusters = max((row.n_clusters or 0 for row in rows), default=0)
    yield (
        "The unit is the question; repeats of a question are averaged first."
        if (publication.record.n_repeats > 1)
        else "The unit is the question."
    )
    if clusters:
        yield f"Questions about the same passage count as one cluster ({count(clusters)} passages)."
    yield "Paired tests use the questions answered on both sides, coefficients those answered at all levels."
    methods = sorted({row.interval_method for row in rows if row.interval_method})
    if methods:
        yield f"Intervals of accuracy are {options.confidence_level * 100:g} % intervals ({', '.join(methods)})."


def _estimates(publication: Publication) -> Iterator[str]:
    report, options = publication.report, publication.report.options
    defined = [row for row in report.dependency if not isnan(row.estimate)]
    if defined:
        methods = ", ".join(sorted({row.interval_method for row in defined if row.interval_method}))
        yield (
            "The dependency coefficient of a model is 1 − Σ w(s) (A(s) − g) / (A(0) − g), the sum over the levels s, with A "
            "the accuracy, g chance, and w the weights of the trapezoidal rule: the share of the accuracy above chance "
            f"that is lost, averaged over the levels ({methods} intervals; those of a bootstrap stand beside them in "
            "the results)."
        )
    if report.thresholds:
        definitions = list(dict.fromkeys(row.definition for row in report.thresholds))
        yield (
            f"A threshold is the level at which accuracy is down to {listed(definitions)}, from an isotonic fit and from "
            f"a Weibull curve; limits are percentiles of {count(options.n_resamples)} bootstrap resamples of the whole "
            "fit. A threshold beyond the highest level is not reached, and nothing is extrapolated."
        )
    if report.trends:
        yield "Trends are means of the slopes of the questions, tested by t and by sign flips; they are not adjusted."
    if report.contrasts:
        yield "Contrasts set a drop beside the drop on a control; their p-values are not adjusted."


def _has(families: list[FamilyCount], kind: str) -> bool:
    return any(row.kind == kind for row in families)


def _family(kind: str, publication: Publication) -> str:
    rows = [row for row in publication.report.comparisons if row.kind == kind]
    defined = [row for row in rows if not isnan(row.p_value)]
    tests = ", ".join(sorted({row.test for row in defined})) or "none defined"
    corrections = listed(sorted({correction_name(row.correction) for row in rows}))
    return (
        f"{_KINDS[kind]}: {count(len(rows))} tests, {count(len(defined))} of them defined ({tests}); "
        f"{corrections}, {_together(kind, rows, publication)}."
    )


def _together(kind: str, rows: list[ComparisonRow], publication: Publication) -> str:
    sizes = sorted({row.family_size for row in rows})
    n = f"{sizes[0]}" if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
    if kind != "level":
        return f"within each benchmark and method ({n} tests a family)"
    whole = publication.report.options.is_family_whole
    return f"{'all together' if whole else 'within each model, benchmark and method'} ({n} tests a family)"
