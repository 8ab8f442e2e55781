"""What stands below every table: how much was asked, how limits came about, where it all comes from."""

from collections.abc import Iterable, Iterator, Sequence

from scramblebench.analysis import AccuracyRow, ComparisonRow, DependencyRow
from scramblebench.publication.numbers import count
from scramblebench.publication.source import Publication


def sizes(publication: Publication, rows: Sequence[AccuracyRow | DependencyRow]) -> Iterator[str]:
    """Yield how many questions and passages there were, and how often each was asked."""
    questions = sorted({row.n_questions for row in rows})
    clusters = next((row.n_clusters for row in rows if row.n_clusters), None)
    about = f" about {count(clusters)} passages, which are the unit" if clusters else ""
    n = "–".join(dict.fromkeys(map(count, (questions[0], questions[-1])))) if questions else "0"
    repeats = publication.record.n_repeats
    times = "once" if repeats == 1 else f"{count(repeats)} times, and the repeats averaged"
    yield f"n = {n} questions{about}, each asked {times} under each condition."


def coverage(rows: Sequence[AccuracyRow]) -> Iterator[str]:
    """Yield what is missing, and what holds no answer."""
    planned = sum(row.n_planned for row in rows)
    missing = sum(row.n_missing for row in rows)
    silent = sum(row.n_no_answer for row in rows)
    yield (
        f"{count(planned)} trials planned, {count(missing)} without a response (missing, not wrong); "
        f"{count(silent)} responses hold no answer and score 0."
    )


def intervals(rows: Iterable[AccuracyRow | DependencyRow | ComparisonRow], level: float) -> str:
    """Return what the limits in brackets are."""
    methods = sorted({row.interval_method for row in rows if row.interval_method})
    return f"In brackets: {level * 100:g} % intervals ({', '.join(methods) or 'none defined'})."


def source(publication: Publication) -> Iterator[str]:
    """Yield what identifies the numbers: experiment, code, inputs, seed; and what they are not."""
    report = publication.report
    simulated = [facts.spec.shown_name for facts in publication.models if facts.is_simulated]
    if simulated:
        yield f"Simulated, and no measurements: {', '.join(simulated)}."
    yield (
        f"Experiment {publication.record.id}, scramblebench {report.versions['scramblebench']}, scores "
        f"{report.inputs_sha256[:12]}, seed of the analysis {report.seed}."
    )


def simulated_caption(publication: Publication) -> str:
    """Return what a caption adds where any model is simulated, as LaTeX."""
    return r" \textbf{Simulated models are no measurements.}" * publication.has_simulated
