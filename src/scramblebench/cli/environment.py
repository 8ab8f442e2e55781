"""Validate-environment: is this machine what an experiment ran on?"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scramblebench.cli.following import command, say_next
from scramblebench.cli.options import DatabaseUrl, Json
from scramblebench.cli.output import note, say, say_json, say_table, share
from scramblebench.core.errors import UsageError

if TYPE_CHECKING:
    from scramblebench.experiment_tracking import DatabaseManager

_COMMIT = re.compile(r"[0-9a-f]{40,64}")
_EXAMPLES = """\
Examples:

  validate-environment @last

  validate-environment @last --tolerance strict --data-dir data

  validate-environment --save here.json, and elsewhere: validate-environment here.json
"""


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command(name="validate-environment", epilog=_EXAMPLES)(validate_environment)


def validate_environment(
    subject: Annotated[
        str | None,
        typer.Argument(
            metavar="EXPERIMENT|SNAPSHOT.json",
            help="Id, name or @last, whose latest run is compared with; or a file of --save.",
            show_default=False,
        ),
    ] = None,
    tolerance: Annotated[
        str | None,
        typer.Option(
            "--tolerance",
            "-t",
            help="strict, moderate or loose; default: the experiment's own, else moderate.",
            show_default=False,
        ),
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option("--data-dir", help="Look for the input files here and compare checksums."),
    ] = None,
    save: Annotated[
        Path | None, typer.Option("--save", help="Write a snapshot of this machine.")
    ] = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Compare this machine with what an experiment ran on; exit 1 where results may not be the same."""
    if save is not None:
        _save(save)
    if subject is None and save is not None:
        return
    values = _validated(subject or "@last", tolerance, data_dir, database_url)
    if as_json:
        say_json(values)
    else:
        _say(values)
    if not values["is_reproducible"]:
        raise typer.Exit(1)


def _save(path: Path) -> None:
    from scramblebench.snapshot import capture_environment

    try:
        with path.open("x", encoding="utf-8") as file:
            json.dump(capture_environment(), file, indent=2, sort_keys=True)
            file.write("\n")
    except FileExistsError:
        raise UsageError(f"{path} is there already; name another file") from None
    note(f"wrote {path}")
    say_next(command("validate-environment", path.name))


def _validated(
    subject: str, tolerance: str | None, data_dir: Path | None, database_url: str | None
) -> dict[str, Any]:
    import asyncio

    from scramblebench.experiment_tracking import DatabaseManager, ReproducibilityValidator

    if subject.endswith(".json") or Path(subject).is_file():
        validator, original = ReproducibilityValidator(), Path(subject)
    else:
        db = DatabaseManager(database_url)
        original, usual = _stored(db, subject)
        validator, tolerance = ReproducibilityValidator(db), tolerance or usual
    checking = validator.validate_reproducibility(original, tolerance or "moderate", data_dir)
    return asyncio.run(checking)


def _stored(db: "DatabaseManager", reference: str) -> tuple[str, str]:
    """Return the latest snapshot of an experiment, and the tolerance of its configuration."""
    from scramblebench.settings import ExperimentSpec
    from scramblebench.storage import DocumentKind

    record = db.database.experiments.find(reference)
    found = db.database.documents.list(record.id, DocumentKind.ENVIRONMENT)
    if not found:
        raise UsageError(
            f"{record.name}: no environment was recorded: it has not run, was imported, or "
            "reproducibility.capture_environment_snapshot is false"
        )
    if len(found) > 1:
        note(f"{len(found)} environments were recorded; this compares with the latest")
    spec = ExperimentSpec.from_json(record.spec_json)
    return found[-1].text, spec.reproducibility.validation_tolerance


def _say(values: Mapping[str, Any]) -> None:
    verdict = "reproducible" if values["is_reproducible"] else "not reproducible"
    differences: list[Mapping[str, Any]] = values["details"]["differences"]
    counts = {
        standing: sum(found["standing"] == standing for found in differences)
        for standing in ("issue", "warning", "ignored")
    }
    words = (
        f"issues {counts['issue']:,}, warnings {counts['warning']:,}, ignored {counts['ignored']:,}"
    )
    say(f"{verdict} at tolerance {values['tolerance']}: {words}")
    rows = [
        (found["standing"], found["what"], *_then_and_now(found))
        for standing in ("issue", "warning")
        for found in differences
        if found["standing"] == standing
    ]
    if rows:
        say_table(["", "what", "then", "now"], rows)
    say(f"agreement: {share(values['confidence'])} of the checks, weighted")
    if unknown := values["details"]["not_checked"]:
        say("not checked: " + "; ".join(unknown))


def _then_and_now(found: Mapping[str, Any]) -> tuple[str, str]:
    return _shown(found["original"]), _shown(found["current"])


def _shown(value: Any) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value)) or "none"
        case _:
            text = str(value)
            return text[:12] if _COMMIT.fullmatch(text) else text
