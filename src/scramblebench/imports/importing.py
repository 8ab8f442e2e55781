"""An import from its files to its experiment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from scramblebench.core.clock import Clock, SystemClock
from scramblebench.evaluation import Description
from scramblebench.imports.formats import READERS, FormatName, find_format
from scramblebench.imports.planning import make_import_plan
from scramblebench.imports.record import ImportOptions
from scramblebench.imports.sources import SourceFile
from scramblebench.imports.storing import ImportOutcome, store_responses
from scramblebench.imports.survey import survey_files
from scramblebench.plan import Plan
from scramblebench.storage import Database

OnProgress = Callable[[str, int, int], None]
"""Called with the stage ("reading", "storing"), responses done and their number, 0 while unknown."""


@dataclass(frozen=True, slots=True)
class Imported:
    """An experiment that was imported, and what its files held beside it.

    ``n_equal`` responses stand in the files twice, word for word, and were taken once; ``n_unanswered``
    trials are in the files without a response.
    """

    outcome: ImportOutcome
    plan: Plan
    formats: tuple[FormatName, ...]
    n_equal: int
    n_unanswered: int


def import_responses(
    database: Database,
    sources: Sequence[SourceFile],
    options: ImportOptions = ImportOptions(),  # noqa: B008 - frozen
    about: Description = Description(),  # noqa: B008 - frozen
    *,
    file_format: FormatName | None = None,
    clock: Clock | None = None,
    on_progress: OnProgress = lambda _stage, _done, _all: None,
) -> Imported:
    """Read files of responses and store them as one completed experiment.

    The files are read twice: nothing is stored unless all of them can be read and agree. Raises
    ImportFileError with the line where they do not.
    """
    formats = [file_format or find_format(source) for source in sources]
    readings = [(source, READERS[found]) for source, found in zip(sources, formats, strict=True)]
    survey = survey_files(readings, options, lambda done: on_progress("reading", done, 0))
    named = replace(about, name=about.name or _name(sorted(survey.files)))
    imported = make_import_plan(survey, sources, options, named.name)
    n_responses, n_equal, n_unanswered = survey.n_responses, survey.n_equal, survey.n_unanswered
    del survey
    outcome = store_responses(
        database,
        imported,
        readings,
        options,
        named,
        clock or SystemClock(),
        lambda done: on_progress("storing", done, n_responses),
    )
    kinds = tuple(dict.fromkeys(formats))
    return Imported(outcome, imported.plan, kinds, n_equal, n_unanswered)


def _name(benchmarks: Sequence[str]) -> str:
    """Return a name for an experiment that was given none."""
    return f"{', '.join(benchmarks)} (imported)"
