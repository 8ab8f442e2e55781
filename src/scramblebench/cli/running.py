"""A run in the foreground: live progress, signals, and how it ended in words."""

import asyncio

from scramblebench.cli.following import command, say_next
from scramblebench.cli.live import LiveView
from scramblebench.cli.output import note, say, say_json, short
from scramblebench.cli.signals import StopSignals
from scramblebench.core.states import ExperimentState
from scramblebench.evaluation import RunOutcome, RunProgress
from scramblebench.experiment_tracking import ExperimentTracker
from scramblebench.storage import Claim


def run_until_stopped(
    tracker: ExperimentTracker,
    *,
    is_continuous: bool,
    only: str | None = None,
    as_json: bool = False,
) -> int:
    """Run the queue with live progress; return the exit code."""
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
    tracker: ExperimentTracker, is_continuous: bool, only: str | None
) -> tuple[list[tuple[str, RunOutcome]], int | None]:
    view, signals = LiveView(), StopSignals()

    def started(claim: Claim, progress: RunProgress) -> None:
        view.add(claim.experiment_id, progress)

    def ended(claim: Claim, _: RunOutcome) -> None:
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


def _outcome_values(experiment_id: str, outcome: RunOutcome) -> dict[str, object]:
    return {
        "experiment_id": experiment_id,
        "n_answered": outcome.n_answered,
        "n_planned": outcome.n_trials,
        "n_missing": outcome.n_missing,
        "is_interrupted": outcome.is_interrupted,
        "reasons": list(outcome.reasons),
    }


def _say_outcomes(tracker: ExperimentTracker, outcomes: list[tuple[str, RunOutcome]]) -> None:
    if not outcomes:
        say("nothing to run; queue an experiment first")
        say_next(command("queue", "EXPERIMENT"))
    for experiment_id, outcome in outcomes:
        record = tracker.database.experiments.get(experiment_id)
        say(
            f"{short(experiment_id)} {record.name}: {record.state},"
            f" {outcome.n_answered:,} of {outcome.n_trials:,} trials answered"
        )
        for reason in outcome.reasons:
            note(f"  {reason}")
        _say_what_follows(short(experiment_id), record.state)


def _say_what_follows(name: str, state: ExperimentState) -> None:
    match state:
        case ExperimentState.COMPLETED:
            say_next(command("analyze", name))
        case ExperimentState.PAUSED:
            say_next(command("resume", name))
        case ExperimentState.FAILED:
            again = f"{command('queue', name)} && {command('run')}"
            say_next(f"{again}    (asks the missing trials again)")
        case ExperimentState.QUEUED:
            say_next(f"{command('run')}    (continues; nothing is asked twice)")
        case _:
            say_next(command("status", name))
