"""A run in the foreground: live progress, signals, and how it ended in words."""

import asyncio

from scramblebench.cli.following import command, say_next
from scramblebench.cli.live import LiveView
from scramblebench.cli.output import note, say, say_json, short
from scramblebench.cli.signals import StopSignals
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
    again = command("run")
    for experiment_id, outcome in outcomes:
        record = tracker.database.experiments.get(experiment_id)
        say(
            f"{short(experiment_id)} {record.name}: {record.state},"
            f" {outcome.n_answered:,} of {outcome.n_trials:,} trials answered"
        )
        for reason in outcome.reasons:
            note(f"  {reason}")
        if outcome.is_interrupted:
            say_next(f"{again}    (continues; nothing is asked twice)")
        elif outcome.n_missing:
            queue_it = command("queue", short(experiment_id))
            say_next(f"{queue_it} && {again}    (asks the missing trials again)")
        else:
            say_next(command("analyze", short(experiment_id)))
