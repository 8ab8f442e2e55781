"""Pause, resume, cancel."""

from typing import Annotated

import typer

from scramblebench.cli.following import command, say_next
from scramblebench.cli.options import DatabaseUrl, Experiment
from scramblebench.cli.output import say

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
) -> None:
    """Pause an experiment; requests in flight are finished first."""
    from scramblebench.experiment_tracking import ExperimentTracker

    say(ExperimentTracker(database_url).sync.pause_experiment(experiment, reason))


def resume(
    experiment: Experiment,
    reason: Reason = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Queue a paused experiment again."""
    from scramblebench.experiment_tracking import ExperimentTracker

    say(ExperimentTracker(database_url).sync.resume_experiment(experiment, reason))
    say_next(command("run"))


def cancel(
    experiment: Experiment,
    reason: Reason = None,
    database_url: DatabaseUrl = None,
) -> None:
    """Cancel an experiment for good; its responses are kept."""
    from scramblebench.experiment_tracking import ExperimentTracker

    say(ExperimentTracker(database_url).sync.cancel_experiment(experiment, reason))
