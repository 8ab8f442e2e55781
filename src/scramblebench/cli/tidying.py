"""Tidy: what the database takes, and giving back what nobody needs."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from scramblebench.cli.following import command, say_next
from scramblebench.cli.options import DatabaseUrl, Json
from scramblebench.cli.output import note, say, say_json, say_table

if TYPE_CHECKING:
    from scramblebench.storage import StoredSize

_MB = 1_000_000
_KEEP_DAYS = 90.0
_EXAMPLES = """\
Examples:

  tidy --dry-run

  tidy --samples-older-than 30 --compact
"""


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command(epilog=_EXAMPLES)(tidy)


def tidy(
    keep_days: Annotated[
        float,
        typer.Option(
            "--samples-older-than",
            metavar="DAYS",
            min=0,
            max=36_500,
            help="Delete samples of what was monitored that are older.",
        ),
    ] = _KEEP_DAYS,
    is_compacting: Annotated[
        bool,
        typer.Option(
            "--compact",
            help="Give the freed room back. A SQLite file is written anew: it needs as much room again "
            "meanwhile, and nothing else may write.",
        ),
    ] = False,
    is_trial: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be deleted, and what takes room.")
    ] = False,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Thin out the samples of monitoring and show what takes room; results are never touched.

    Of samples, one a minute is kept after an hour and one in ten minutes after a day: charts look the same.
    """
    from scramblebench.storage import open_database

    database = open_database(database_url)
    try:
        n_deleted = database.monitor.thin_samples(keep_days, is_trial=is_trial)
        before = database.size().n_bytes
        if is_compacting and not is_trial:
            note("compacting ...")
            database.compact()
        size = database.size()
    finally:
        database.close()
    values = {"samples_deleted": n_deleted, "is_trial": is_trial, "bytes_before": before}
    if as_json:
        say_json(values | _values(size))
        return
    say(f"{n_deleted:,} samples {'would be ' if is_trial else ''}deleted")
    _say_size(size)
    if before != size.n_bytes:
        say(f"given back: {(before - size.n_bytes) / _MB:,.1f} MB")
    if n_deleted and not is_compacting:
        say_next(command("tidy", "--compact"))


def _values(size: "StoredSize") -> dict[str, Any]:
    return {"bytes": size.n_bytes, "tables": dict(size.tables), "n_responses": size.n_responses}


def _say_size(size: "StoredSize") -> None:
    say(f"{size.n_bytes / _MB:,.1f} MB for {size.n_responses:,} responses")
    rows = [
        (name, f"{taken / _MB:,.1f}", f"{taken / max(1, size.n_responses):,.0f}")
        for name, taken in size.tables.items()
        if taken * 100 >= size.n_bytes
    ]
    if rows:
        say_table(("Table with its indexes", "MB", "bytes a response"), rows)
