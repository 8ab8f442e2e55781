"""Create, queue, run: the commands that make an experiment happen."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scramblebench.cli.options import DatabaseUrl, Experiment, Json
from scramblebench.cli.output import note, say, say_json, short

if TYPE_CHECKING:
    from scramblebench.evaluation import RunOutcome, RunProgress
    from scramblebench.experiment_tracking import ExperimentTracker
    from scramblebench.storage import Claim


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(create)
    app.command()(queue)
    app.command()(run)


def create(
    name: Annotated[str, typer.Argument(help="Name of the experiment.", show_default=False)],
    config: Annotated[
        Path, typer.Argument(help="YAML file; `init` writes one.", show_default=False)
    ],
    description: Annotated[str, typer.Option("--description", "-d")] = "",
    research_question: Annotated[str, typer.Option("--research-question", "-q")] = "",
    researcher: Annotated[str, typer.Option("--researcher", "-r")] = "",
    hypothesis: Annotated[str | None, typer.Option("--hypothesis", "-h")] = None,
    institution: Annotated[str | None, typer.Option("--institution", "-i")] = None,
    tags: Annotated[str, typer.Option("--tags", help="Words, separated by commas.")] = "",
    is_run: Annotated[bool, typer.Option("--run", help="Queue it and run it now.")] = False,
    priority: Annotated[
        int | None, typer.Option("--priority", "-p", help="Queue it too; higher runs first.")
    ] = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Check a configuration, load its questions and store the experiment."""
    from scramblebench.experiment_tracking import ExperimentTracker

    tracker = ExperimentTracker(database_url)
    experiment_id = tracker.sync.create_experiment(
        name=name,
        config=config,
        description=description,
        research_question=research_question,
        researcher_name=researcher,
        hypothesis=hypothesis,
        institution=institution,
        tags=[tag.strip() for tag in tags.split(",") if tag.strip()],
    )
    _say_created(tracker, experiment_id, as_json)
    if is_run or priority is not None:
        tracker.sync.queue_experiment(experiment_id, priority=priority or 1)
    if is_run:
        raise typer.Exit(_run_until_stopped(tracker, is_continuous=False, only=experiment_id))
    if not as_json:
        following = "run" if priority is not None else f"queue {short(experiment_id)}"
        say(f"next: scramblebench-experiment {following}")


def queue(
    experiment: Experiment,
    priority: Annotated[int, typer.Option("--priority", "-p", help="Higher runs first.")] = 1,
    depends_on: Annotated[
        list[str] | None,
        typer.Option("--depends-on", help="Run after this experiment is completed; repeatable."),
    ] = None,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Put an experiment into the queue."""
    from scramblebench.experiment_tracking import ExperimentTracker

    tracker = ExperimentTracker(database_url)
    tracker.sync.queue_experiment(experiment, priority=priority, depends_on=depends_on)
    if as_json:
        say_json(tracker.sync.get_experiment_status(experiment))
        return
    say(f"queued with priority {priority}")
    say("next: scramblebench-experiment run")


def run(
    experiment: Annotated[
        str | None, typer.Argument(help="Only this experiment.", show_default=False)
    ] = None,
    is_continuous: Annotated[
        bool, typer.Option("--continuous", "-c", help="Wait for more when the queue is empty.")
    ] = False,
    max_concurrent: Annotated[
        int, typer.Option("--max-concurrent", "-m", min=1, help="Experiments at once.")
    ] = 3,
    database_url: DatabaseUrl = None,
    as_json: Json = False,
) -> None:
    """Run what is queued. Trials that are answered are never asked again: run again to continue."""
    from scramblebench.experiment_tracking import ExperimentTracker

    tracker = ExperimentTracker(database_url, max_concurrent_experiments=max_concurrent)
    raise typer.Exit(
        _run_until_stopped(tracker, is_continuous=is_continuous, only=experiment, as_json=as_json)
    )


def _say_created(tracker: "ExperimentTracker", experiment_id: str, as_json: bool) -> None:
    from scramblebench.cli.plans import say_notes, size_words
    from scramblebench.evaluation import restore_plan

    plan = restore_plan(tracker.database, experiment_id)
    if as_json:
        say_json({"experiment_id": experiment_id, "n_trials": len(plan)})
        return
    say(f"created {experiment_id}")
    say(f"  {size_words(plan)}")
    say_notes(plan)


def _run_until_stopped(
    tracker: "ExperimentTracker",
    *,
    is_continuous: bool,
    only: str | None = None,
    as_json: bool = False,
) -> int:
    """Run the queue with live progress; return the exit code."""
    import asyncio

    try:
        outcomes, signalled = asyncio.run(_run(tracker, is_continuous, only))
    except asyncio.CancelledError:
        return 130
    if as_json:
        say_json([_outcome_values(key, outcome) for key, outcome in outcomes])
    else:
        _say_outcomes(tracker, outcomes)
    if signalled is not None:
        return signalled
    return 3 if any(outcome.n_missing for _, outcome in outcomes) else 0


async def _run(
    tracker: "ExperimentTracker", is_continuous: bool, only: str | None
) -> tuple[list[tuple[str, "RunOutcome"]], int | None]:
    import asyncio

    from scramblebench.cli.live import LiveView
    from scramblebench.cli.signals import StopSignals

    view, signals = LiveView(), StopSignals()

    def started(claim: "Claim", progress: "RunProgress") -> None:
        view.add(claim.experiment_id, progress)

    def ended(claim: "Claim", _: "RunOutcome") -> None:
        view.remove(claim.experiment_id)

    await tracker.db.initialize_database()
    work = asyncio.ensure_future(
        tracker.run_experiments(
            is_continuous, only=only, stop=signals.event, on_start=started, on_end=ended
        )
    )
    signals.watch(work)
    drawing = asyncio.create_task(view.show())
    try:
        outcomes = await work
    finally:
        drawing.cancel()
        await drawing
    return outcomes, signals.exit_code


def _outcome_values(experiment_id: str, outcome: "RunOutcome") -> dict[str, object]:
    return {
        "experiment_id": experiment_id,
        "n_answered": outcome.n_answered,
        "n_planned": outcome.n_trials,
        "n_missing": outcome.n_missing,
        "is_interrupted": outcome.is_interrupted,
        "reasons": list(outcome.reasons),
    }


def _say_outcomes(tracker: "ExperimentTracker", outcomes: list[tuple[str, "RunOutcome"]]) -> None:
    if not outcomes:
        say("nothing to run; `scramblebench-experiment queue EXPERIMENT` queues one")
    for experiment_id, outcome in outcomes:
        record = tracker.database.experiments.get(experiment_id)
        say(
            f"{short(experiment_id)} {record.name}: {record.state},"
            f" {outcome.n_answered:,} of {outcome.n_trials:,} trials answered"
        )
        for reason in outcome.reasons:
            note(f"  {reason}")
        if outcome.is_interrupted:
            say("next: scramblebench-experiment run    (continues; nothing is asked twice)")
        elif outcome.n_missing:
            say(
                f"next: scramblebench-experiment queue {short(experiment_id)} && "
                "scramblebench-experiment run    (asks the missing trials again)"
            )
        else:
            say(f"next: scramblebench-experiment analyze {short(experiment_id)}")
