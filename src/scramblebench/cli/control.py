"""Pause, resume, cancel, set: an experiment changed from any shell, running or not."""

from typing import Annotated, Any

import typer

from scramblebench.cli.following import command, say_next
from scramblebench.cli.options import DatabaseUrl, Experiment, Json
from scramblebench.cli.output import say, say_json
from scramblebench.core.errors import UsageError

Reason = Annotated[str | None, typer.Option("--reason", help="Kept in the history.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(pause)
    app.command()(resume)
    app.command()(cancel)
    app.command(name="set")(set_limits)


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
    cost_limit: Annotated[
        float | None,
        typer.Option("--cost-limit", min=0, help="New limit in US dollars; needs --reason."),
    ] = None,
    cost_limit_per_day: Annotated[
        float | None,
        typer.Option("--cost-limit-per-day", min=0, help="The same for each day (UTC)."),
    ] = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Queue a paused experiment again."""
    given = {"cost_limit": cost_limit, "cost_limit_per_day": cost_limit_per_day}
    limits = {name: str(value) for name, value in given.items() if value is not None}
    _change("resume", experiment, reason, database_url, as_json, limits=limits)
    say_next(command("run"))


def cancel(
    experiment: Experiment,
    reason: Reason = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Cancel an experiment for good; its responses are kept."""
    _change("cancel", experiment, reason, database_url, as_json)


def set_limits(
    experiment: Experiment,
    changes: Annotated[
        list[str],
        typer.Argument(
            help="max_concurrent_requests=16, cost_limit=65, cost_limit_per_day=none.",
            metavar="NAME=VALUE...",
            show_default=False,
        ),
    ],
    reason: Reason = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Change the limits of an experiment; a run that is under way heeds them within seconds."""
    from scramblebench.experiment_tracking import ExperimentTracker

    values = dict(_pair(change) for change in changes)
    changed = ExperimentTracker(database_url).sync.set_limits(experiment, values, reason)
    if as_json:
        say_json(changed)
        return
    for name, value in changed.items():
        say(f"{name}: {'none' if value is None else f'{value:g}'}")


def _pair(change: str) -> tuple[str, str]:
    name, equals, value = change.partition("=")
    if not equals or not value:
        raise UsageError(f"{change!r} is not NAME=VALUE; write max_concurrent_requests=16")
    return name.strip(), value.strip()


def _change(
    verb: str,
    experiment: str,
    reason: str | None,
    database_url: str | None,
    as_json: bool,
    **more: Any,
) -> None:
    from scramblebench.experiment_tracking import ExperimentTracker

    sync = ExperimentTracker(database_url).sync
    getattr(sync, f"{verb}_experiment")(experiment, reason, **more)
    values: dict[str, Any] = sync.get_experiment_status(experiment)
    if as_json:
        say_json(values)
    else:
        say(f"{values['name']}: {values['status']}")
