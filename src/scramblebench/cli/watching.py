"""Watch: one experiment as it goes on, from any shell, until it ends."""

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from scramblebench.cli.following import command, say_next
from scramblebench.cli.options import DatabaseUrl, Json
from scramblebench.cli.output import console, note, say, say_json, short
from scramblebench.core.clock import SystemClock
from scramblebench.core.states import ExperimentState

if TYPE_CHECKING:
    from scramblebench.cli.watch_view import Look
    from scramblebench.storage import Database

_EXAMPLES = """\
Examples:

  watch

  watch "My study" --every 10

  watch @last --once --json
"""
_LINES_EVERY_S = 10.0


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(epilog=_EXAMPLES)(watch)


def watch(
    experiment: Annotated[str, typer.Argument(help="Id, name or @last.")] = "@last",
    every_s: Annotated[
        float | None,
        typer.Option(
            "--every", min=0.2, max=3600, help="Seconds between looks.", show_default="1, or 10"
        ),
    ] = None,
    is_once: Annotated[bool, typer.Option("--once", help="Look once.")] = False,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Watch an experiment until it ends; exit code 0 when it is completed, 3 or 4 as `run`.

    On a terminal bars per model and level; elsewhere plain lines. It reads only, and may be ended at any time.
    """  # fmt: skip
    from scramblebench.storage import open_database

    database = open_database(database_url)
    experiment_id = database.experiments.find(experiment).id
    if as_json:
        _say_json(database, experiment_id)
        return
    if is_once:
        _say_lines(_look(database, experiment_id))
        return
    try:
        is_terminal = sys.stdout.isatty()
        follow = _draw if is_terminal else _print
        last = follow(database, experiment_id, every_s or (1.0 if is_terminal else _LINES_EVERY_S))
    except KeyboardInterrupt:
        note("it goes on")
        raise typer.Exit(130) from None
    raise typer.Exit(_say_end(last, experiment))


def _look(database: "Database", experiment_id: str) -> "Look":
    from scramblebench.cli.watch_view import take_look

    return take_look(database, experiment_id, SystemClock())


def _draw(database: "Database", experiment_id: str, every_s: float) -> "Look":
    from rich.live import Live

    from scramblebench.cli.watch_view import screen

    look = _look(database, experiment_id)
    with Live(screen(look), console=console(), auto_refresh=False) as live:
        while not look.is_over:
            time.sleep(every_s)
            look = _look(database, experiment_id)
            live.update(screen(look), refresh=True)
    return look


def _print(database: "Database", experiment_id: str, every_s: float) -> "Look":
    while True:
        look = _look(database, experiment_id)
        _say_lines(look)
        if look.is_over:
            return look
        time.sleep(every_s)


def _say_lines(look: "Look") -> None:
    from scramblebench.cli.watch_view import lines

    for line in lines(look):
        say(line)


def _say_json(database: "Database", experiment_id: str) -> None:
    from scramblebench.monitoring.status import status_values

    look = _look(database, experiment_id)
    alerts = [
        {
            "no": a.no,
            "severity": a.severity,
            "message": a.message,
            "is_seen": bool(a.acknowledged_at),
        }
        for a in look.alerts
    ]
    machines = [{"runner": m.runner_id, **m.values} for m in look.machines]
    say_json({**status_values(look.progress), "open_alerts": alerts, "machines": machines})


def _say_end(look: "Look", reference: str) -> int:
    """Say how it ended and what may be typed next; return the exit code."""
    record = look.progress.record
    reason = f": {record.reason}" if record.reason else ""
    note(f"{short(record.id)} {record.name}: {record.state}{reason}")
    match record.state:
        case ExperimentState.COMPLETED:
            say_next(command("analyze", reference))
            return 0
        case ExperimentState.PAUSED if (record.reason or "").startswith("budget"):
            say_next(f'{command("resume", reference, "--cost-limit")} DOLLARS --reason "..."')
            return 4
        case ExperimentState.PAUSED:
            say_next(command("resume", reference))
        case ExperimentState.PLANNED | ExperimentState.FAILED:
            say_next(command("queue", reference))
        case _:
            say_next(command("status", reference))
    return 3
