"""Export: the data and the results of an experiment as files, or as one page."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scramblebench.cli.following import command, say_next
from scramblebench.cli.options import DatabaseUrl, Json
from scramblebench.cli.output import note, say, say_json, say_table, short
from scramblebench.core.errors import MissingDependency, UsageError

if TYPE_CHECKING:
    from scramblebench.storage import Database, ExperimentRecord

_LONG = 50_000
"""Trials from which on progress is said."""


class ExportFormat(StrEnum):
    """The formats of an export; the values are those of the configuration."""

    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    EXCEL = "excel"
    PARQUET = "parquet"


_EXAMPLES = """\
Examples:

  export @last -o data

  export @last --format parquet --format csv --table responses --table questions --compress

  export "My study" --format excel --table accuracy --table comparisons

  export @last --html experiment.html
"""


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog=_EXAMPLES)(export)


def export(
    experiment: Annotated[str, typer.Argument(help="Id, name or @last.")] = "@last",
    output_dir: Annotated[
        Path | None,
        typer.Option("--output-dir", "-o", help="Default: export_<id>.", show_default=False),
    ] = None,
    formats: Annotated[
        list[ExportFormat] | None,
        typer.Option(
            "--format", "-f", help="Repeatable; default: what the configuration says.",
            show_default=False,
        ),
    ] = None,
    tables: Annotated[
        list[str] | None,
        typer.Option(
            "--table", "-t", show_default=False,
            help="Repeatable; questions, scrambled_questions, responses, scores, missing, accuracy, "
            "domains, dependency, thresholds, trends, comparisons, contrasts; default: all.",
        ),
    ] = None,
    include_prompts: Annotated[
        bool,
        typer.Option("--include-prompts", help="Write question and prompt into each response."),
    ] = False,
    is_compressed: Annotated[
        bool, typer.Option("--compress", help="Pack csv, json and jsonl with gzip.")
    ] = False,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html", metavar="FILE", show_default=False,
            help="Instead of all that, one page that opens from disk, without network.",
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--force", help="Replace files that are there and differ.")
    ] = False,
    allow_simulated: Annotated[
        bool, typer.Option("--allow-simulated", help="Export a dry run, labelled as one.")
    ] = False,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Write data and results as tables that spreadsheets, R and Python read, with a data dictionary."""
    from scramblebench.storage import open_database

    if html is not None:
        if output_dir or formats or tables or include_prompts or is_compressed:
            raise UsageError("--html writes a page alone; export the data by a command of its own")
        _write_page(open_database(database_url, read_only=True), experiment, html, replace, as_json)
        return
    from scramblebench.publication.collecting import ExperimentTables
    from scramblebench.publication.exports import export_data, find_tables

    find_tables(tables)  # a wrong name is said before anything is computed
    database = open_database(database_url, read_only=True)
    record = database.experiments.find(experiment)
    advance = note if record.n_trials >= _LONG else _say_nothing
    source = ExperimentTables(database, record, allow_simulated=allow_simulated, advance=advance)
    written = export_data(
        source,
        output_dir or Path(f"export_{short(record.id)}"),
        [str(name) for name in formats or source.plan.spec.export.formats],
        tables=tables,
        is_compressed=is_compressed,
        include_prompts=include_prompts,
        replace=replace,
        advance=advance,
        warn=note,
    )
    if as_json:
        files = [{"path": str(path), "bytes": path.stat().st_size} for path in written]
        say_json({"experiment_id": record.id, "files": files})
        return
    _say_files(written, source.has_simulated)
    _say_interim(record)
    say_next(command("replicate", short(record.id)))


def _write_page(
    database: "Database", experiment: str, html: Path, replace: bool, as_json: bool
) -> None:
    from scramblebench.core.clock import SystemClock

    try:
        from scramblebench.dashboard.static_page import write_static_page
    except ModuleNotFoundError as error:
        raise MissingDependency(
            f'the page needs {error.name}; install it with: pip install "scramblebench[dashboard]"'
        ) from None
    record = database.experiments.find(experiment)
    path = write_static_page(database, record, html, SystemClock(), is_overwriting=replace)
    if as_json:
        say_json({"experiment_id": record.id, "path": str(path), "bytes": path.stat().st_size})
        return
    say(f"wrote {path}")
    _say_interim(record)
    say_next(command("analyze", short(record.id)))


def _say_interim(record: "ExperimentRecord") -> None:
    if record.n_answered < record.n_trials:
        note(f"interim: {record.n_answered:,} of {record.n_trials:,} trials are answered")


def _say_files(written: Sequence[Path], has_simulated: bool) -> None:
    say_table(
        ("file", ">size"), [(str(path), _size_words(path.stat().st_size)) for path in written]
    )
    say(f"what each column is: {written[-1]}")
    if has_simulated:
        note("simulated models are among them: is_simulated marks their rows, no measurements")


def _size_words(n_bytes: int) -> str:
    size = float(n_bytes)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if size >= 10 or unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _say_nothing(_words: str) -> None:
    """Say nothing: the export takes no time to speak of."""
