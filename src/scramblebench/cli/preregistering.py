"""Preregister: freeze what is planned before the first response, and keep it as a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scramblebench.cli.following import command, say_next
from scramblebench.cli.options import DatabaseUrl, Experiment, Json
from scramblebench.cli.output import note, say, say_json, short

if TYPE_CHECKING:
    from scramblebench.storage import DocumentRecord

_EXAMPLES = """\
Examples:

  create "Study one" study.yaml --preregister

  preregister @last -o preregistration.json

Then keep the file, or its sha256, where others can see when it came: a registry, a commit, an e-mail.
"""


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog=_EXAMPLES)(preregister)


def preregister(
    experiment: Experiment,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write what was frozen to this file, word for word."),
    ] = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Freeze the plan of an experiment that nobody was asked anything of yet.

    Hypotheses, primary analyses, models, levels, questions, tests, corrections, margins and exclusions are
    stored as one text with its sha256, which is never changed. What `analyze` does outside of it is then
    called exploratory. The same again changes nothing, and writes the file.
    """
    from scramblebench import evaluation
    from scramblebench.core.clock import SystemClock
    from scramblebench.core.people import user_name
    from scramblebench.storage import open_database

    database = open_database(database_url)
    record = database.experiments.find(experiment)
    kept = evaluation.preregister(database, record.id, SystemClock(), by=user_name())
    if output is not None:
        output.write_bytes(kept.text.encode("utf-8", "surrogatepass"))
        note(f"wrote {output}")
    if as_json:
        say_json({"experiment_id": record.id, "preregistration": document_values(kept)})
        return
    say_preregistered(kept)
    if output is None:
        say_next(file_command(record.id))


def document_values(kept: "DocumentRecord") -> dict[str, Any]:
    """Return the hash of what is kept, and since when."""
    return {"sha256": kept.sha256, "frozen_at": kept.at.isoformat()}


def say_preregistered(kept: "DocumentRecord") -> None:
    """Print what is kept, with its hash."""
    say(f"preregistered {kept.at:%Y-%m-%d %H:%M} UTC")
    say(f"  sha256 {kept.sha256}")


def file_command(experiment_id: str) -> str:
    """Return the command that writes what was frozen to a file to keep."""
    return command("preregister", short(experiment_id), "-o", "preregistration.json")
