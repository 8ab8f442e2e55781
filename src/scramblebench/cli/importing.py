"""Import: responses that people already have as an experiment like any other."""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scramblebench.cli.following import command, say_next
from scramblebench.cli.options import DatabaseUrl, Json
from scramblebench.cli.output import console, note, say, say_json, short

if TYPE_CHECKING:
    from scramblebench.imports import Imported
    from scramblebench.imports.importing import OnProgress


class ImportFormat(StrEnum):
    """What a file of responses is; the values are those of ``imports.FormatName``."""

    SCRAMBLE = "scramble"
    LM_EVAL = "lm-eval"
    INSPECT = "inspect"


_EXAMPLES = """\
Examples:

  import responses.jsonl.gz --n-choices 4

  import aqua.jsonl --answer pred_loose --method letter_shuffle

  import 'samples_gsm8k_2025*.jsonl@level=0' 'samples_gsm8k_33*.jsonl@level=33,benchmark=gsm8k'
  --method letter_shuffle --answer flexible-extract

  import 'logs/*.eval' --answer match
"""


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(name="import", epilog=_EXAMPLES)(import_files)


def import_files(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE",
            help="Files or globs, .gz too; what a file does not say may follow its name: "
            "FILE@level=33,method=letter_shuffle,model=NAME,benchmark=NAME.",
            show_default=False,
        ),
    ],
    name: Annotated[str, typer.Option("--name", help="Default: the benchmarks' names.")] = "",
    file_format: Annotated[
        ImportFormat | None,
        typer.Option("--format", help="Default: told by the content.", show_default=False),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option("--method", help="The method of levels that the files name none for."),
    ] = None,
    answer: Annotated[
        list[str] | None,
        typer.Option(
            "--answer",
            help="Which field, filter, metric or scorer judges, where there are several; repeatable.",
        ),
    ] = None,
    n_choices: Annotated[
        int | None,
        typer.Option(
            "--n-choices",
            min=2,
            max=26,
            help="Letters as choices where the files have none, so that the guess rate is known.",
        ),
    ] = None,
    is_rescored: Annotated[
        bool, typer.Option("--rescore", help="Judge with our scorers, not as the files do.")
    ] = False,
    ignored: Annotated[
        list[str] | None,
        typer.Option("--ignore", help="A field that may stay unread; repeatable."),
    ] = None,
    description: Annotated[str, typer.Option("--description", "-d")] = "",
    research_question: Annotated[str, typer.Option("--research-question", "-q")] = "",
    researcher: Annotated[str, typer.Option("--researcher", "-r")] = "",
    hypothesis: Annotated[str | None, typer.Option("--hypothesis", "-h")] = None,
    institution: Annotated[str | None, typer.Option("--institution", "-i")] = None,
    tags: Annotated[str, typer.Option("--tags", help="Words, separated by commas.")] = "",
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Make an experiment of responses in files: JSON Lines, lm-evaluation-harness or Inspect AI logs.

    Nothing is stored unless all files can be read and agree. Stopped in the middle, the same command
    continues.
    """
    from scramblebench.evaluation import Description
    from scramblebench.imports import FormatName, ImportOptions, find_sources, import_responses
    from scramblebench.storage import open_database

    options = ImportOptions(
        method, tuple(answer or ()), n_choices, is_rescored, frozenset(ignored or ())
    )
    about = Description(
        name=name,
        description=description,
        research_question=research_question,
        hypothesis=hypothesis,
        researcher_name=researcher,
        institution=institution,
        tags=tuple(tag.strip() for tag in tags.split(",") if tag.strip()),
    )
    sources = find_sources(files)
    try:
        with _shown_progress() as on_progress:
            imported = import_responses(
                open_database(database_url),
                sources,
                options,
                about,
                file_format=FormatName(file_format) if file_format else None,
                on_progress=on_progress,
            )
    except KeyboardInterrupt:
        note("stopped; what is stored is kept, and the same command continues")
        raise typer.Exit(130) from None
    if as_json:
        say_json(_values(imported))
    else:
        _say_imported(imported)


@contextmanager
def _shown_progress() -> "Generator[OnProgress]":
    """Show a progress bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _stage, _done, _all: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,} responses"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console(to_stderr=True), transient=True) as progress:
        bar = progress.add_task("reading", total=None)

        def show(stage: str, n_done: int, n_all: int) -> None:
            progress.update(bar, description=stage, completed=n_done, total=n_all or None)

        yield show


def _values(imported: "Imported") -> dict[str, Any]:
    outcome = imported.outcome
    return {
        "experiment_id": outcome.experiment_id,
        "formats": [str(found) for found in imported.formats],
        "n_trials": outcome.n_trials,
        "n_responses": outcome.n_responses,
        "n_missing": outcome.n_missing,
        "n_stored_now": outcome.n_stored,
        "n_equal": imported.n_equal,
        "n_without_response": imported.n_unanswered,
        "is_continued": outcome.is_continued,
    }


def _say_imported(imported: "Imported") -> None:
    from scramblebench.cli.plans import say_notes, size_words

    outcome = imported.outcome
    verb = "continued" if outcome.is_continued else "imported"
    say(f"{verb} {outcome.experiment_id}")
    say(f"  {outcome.n_responses:,} responses of {size_words(imported.plan)}")
    if outcome.n_missing:
        errors = f", {imported.n_unanswered:,} of them ended in errors" * bool(
            imported.n_unanswered
        )
        say(f"  not in the files, so missing and not wrong: {outcome.n_missing:,} trials{errors}")
    if imported.n_equal:
        note(f"note: {imported.n_equal:,} responses stand in the files twice and were taken once")
    say_notes(imported.plan)
    name = short(outcome.experiment_id)
    say_next(command("analyze", name), command("show", name))
