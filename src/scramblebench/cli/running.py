"""A run in the foreground: live progress, signals, and how it ended in words."""

import asyncio
import gc
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from scramblebench.cli.following import command, say_next
from scramblebench.cli.live import LiveView
from scramblebench.cli.output import note, say, say_json, short
from scramblebench.cli.signals import StopSignals
from scramblebench.core.states import ExperimentState
from scramblebench.evaluation import RunOutcome, RunProgress
from scramblebench.experiment_tracking import ExperimentTracker
from scramblebench.queue import LEASE_S, Capacity
from scramblebench.storage import Claim, StorageUnavailable


def run_until_stopped(
    tracker: ExperimentTracker,
    *,
    is_continuous: bool,
    only: str | None = None,
    as_json: bool = False,
    capacity: Capacity | None = None,
    lease_s: float = LEASE_S,
    executor: str | None = None,
    n_processes: int | None = None,
) -> int:
    """Run the queue with live progress, saying how each experiment ended; return the exit code."""
    signals = StopSignals()
    try:
        work = partial(
            tracker.run_experiments,
            is_continuous,
            only=only,
            stop=signals.event,
            capacity=capacity,
            lease_s=lease_s,
            executor=executor,
            n_processes=n_processes,
            on_error=_say_error_of,
        )
        gc.freeze()  # what is imported by now stays
        with asyncio.Runner(loop_factory=event_loop) as runner:
            outcomes = runner.run(_run(tracker, signals, work, is_continuous, as_json))
    except asyncio.CancelledError:
        note("what is answered is kept")
        say_next(f"{command('run')}    (asks again what was abandoned)")
        return signals.exit_code or 130
    if as_json:
        say_json([_outcome_values(key, outcome) for key, outcome in outcomes])
    if signals.exit_code is not None:
        return signals.exit_code
    if not outcomes:
        return _say_nothing_ran(tracker, only)
    if only is None and not as_json:
        try:
            _say_waiting(tracker)
        except StorageUnavailable as error:  # what was to be run has been run
            note(f"what is left in the queue is not known: {error}")
    return _exit_code([outcome for _, outcome in outcomes])


async def _run(
    tracker: ExperimentTracker,
    signals: StopSignals,
    run_experiments: Callable[..., Coroutine[Any, Any, list[tuple[str, RunOutcome]]]],
    is_continuous: bool,
    as_json: bool,
) -> list[tuple[str, RunOutcome]]:
    view = LiveView()

    def started(claim: Claim, progress: RunProgress) -> None:
        view.add(claim.experiment_id, progress)

    def ended(claim: Claim, outcome: RunOutcome) -> None:
        view.remove(claim.experiment_id)
        if not as_json:
            _say_outcome(tracker, claim.experiment_id, outcome)

    await tracker.db.initialize_database()
    if is_continuous:
        note("running what is queued, and waiting for more; Ctrl-C ends")
    work = asyncio.ensure_future(
        run_experiments(on_start=started, on_end=ended, on_written=_say_written)
    )
    signals.watch(work)
    drawing = asyncio.create_task(view.show())
    try:
        return await work
    finally:
        drawing.cancel()
        await drawing


def event_loop() -> asyncio.AbstractEventLoop:
    """Return uvloop's, which takes a tenth less of the CPU per request, where it is installed."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def _say_written(experiment_id: str, folder: Path) -> None:
    note(f"{short(experiment_id)}: wrote {folder}")


def _say_error_of(experiment_id: str, error: BaseException) -> None:
    whose = f"{short(experiment_id)}: " if experiment_id else ""
    note(f"{whose}{error}; going on")


def _exit_code(outcomes: list[RunOutcome]) -> int:
    """Return 4 where money stopped a run, 3 where trials are missing for other reasons, else 0."""
    if any(outcome.n_missing and outcome.is_over_budget for outcome in outcomes):
        return 4
    is_missing = any(outcome.n_missing and not outcome.settled_early for outcome in outcomes)
    return 3 if is_missing else 0


def _say_nothing_ran(tracker: ExperimentTracker, only: str | None) -> int:
    """Say why nothing ran; return the exit code: 3 where an experiment was asked for by name."""
    if only is not None:
        status = tracker.sync.get_experiment_status(only)
        state = ExperimentState(status["status"])
        usual = "another runner has it" if state is ExperimentState.RUNNING else "nothing to run"
        note(f"{status['name']} is {state}: {status['waiting_reason'] or usual}")
        if status["waiting_reason"] and state is not ExperimentState.COMPLETED:
            say_next(command("queue-status"))
        else:
            _say_what_follows(only, state)
        return 0 if state is ExperimentState.COMPLETED else 3
    if not _say_waiting(tracker):
        note("the queue is empty")
        say_next(command("queue", "EXPERIMENT"))
    return 0


def _say_waiting(tracker: ExperimentTracker) -> bool:
    """Say that experiments are left which wait for something; return whether there are any."""
    states = (ExperimentState.QUEUED, ExperimentState.FAILED)
    waiting = [entry for entry in tracker.database.queue.entries() if entry.state in states]
    if waiting:
        note(f"{len(waiting):,} in the queue are not ready to run")
        say_next(f"{command('queue-status')}    (says what they wait for)")
    return bool(waiting)


def _outcome_values(experiment_id: str, outcome: RunOutcome) -> dict[str, object]:
    return {
        "experiment_id": experiment_id,
        "n_answered": outcome.n_answered,
        "n_planned": outcome.n_trials,
        "n_missing": outcome.n_missing,
        "is_interrupted": outcome.is_interrupted,
        "is_over_budget": outcome.is_over_budget,
        "reasons": list(outcome.reasons),
        "settled_early": outcome.settled_early,
    }


def _say_outcome(tracker: ExperimentTracker, experiment_id: str, outcome: RunOutcome) -> None:
    record = tracker.database.experiments.get(experiment_id)
    say(
        f"{short(experiment_id)} {record.name}: {record.state},"
        f" {outcome.n_answered:,} of {outcome.n_trials:,} trials answered"
    )
    if outcome.settled_early:
        say(f"  {outcome.settled_early}")
    for reason in outcome.reasons:
        note(f"  {reason}")
    _say_what_follows(short(experiment_id), record.state, outcome)


def _say_what_follows(name: str, state: ExperimentState, outcome: RunOutcome | None = None) -> None:
    match state:
        case ExperimentState.COMPLETED:
            say_next(command("analyze", name))
        case ExperimentState.PLANNED:
            say_next(command("queue", name))
        case ExperimentState.PAUSED if outcome is not None and outcome.is_over_daily_budget:
            say_next(
                f'{command("resume", name, "--cost-limit-per-day")} DOLLARS --reason "..."'
                f"    (or, after midnight UTC: {command('resume', name)})"
            )
        case ExperimentState.PAUSED if outcome is not None and outcome.is_over_budget:
            say_next(f'{command("resume", name, "--cost-limit")} DOLLARS --reason "..."')
        case ExperimentState.PAUSED:
            say_next(command("resume", name))
        case ExperimentState.FAILED:
            again = f"{command('queue', name)} && {command('run')}"
            say_next(f"{again}    (asks the missing trials again)")
        case ExperimentState.QUEUED:
            say_next(f"{command('run')}    (continues; nothing is asked twice)")
        case _:
            say_next(command("status", name))
