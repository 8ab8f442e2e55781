"""Pause, resume, cancel."""

from typing import Annotated, Any

import typer

from scramblebench.cli.following import command, say_next
from scramblebench.cli.options import DatabaseUrl, Experiment, Json
from scramblebench.cli.output import say, say_json

Reason = Annotated[str | None, typer.Option("--reason", help="Kept in the history.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(pause)
    app.command()(resume)
    app.command()(cancel)


def pause(
    experiment: Experiment,
    reason: Reason = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Pause an experiment; requests in flight are finished first."""
    _change("pause", experiment, reason, database_url, as_json)
    say_next(command("resume", experiment))


def resume(
    experiment: Experiment,
    reason: Reason = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Queue a paused experiment again."""
    _change("resume", experiment, reason, database_url, as_json)
    say_next(command("run"))


def cancel(
    experiment: Experiment,
    reason: Reason = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Cancel an experiment for good; its responses are kept."""
    _change("cancel", experiment, reason, database_url, as_json)


def _change(
    verb: str, experiment: str, reason: str | None, database_url: str | None, as_json: bool
) -> None:
    from scramblebench.experiment_tracking import ExperimentTracker

    sync = ExperimentTracker(database_url).sync
    getattr(sync, f"{verb}_experiment")(experiment, reason)
    values: dict[str, Any] = sync.get_experiment_status(experiment)
    if as_json:
        say_json(values)
    else:
        say(f"{values['name']}: {values['status']}")
