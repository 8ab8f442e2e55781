"""Where an experiment stands and why it waits, in words."""

from collections.abc import Sequence
from datetime import datetime

from scramblebench.core.states import ExperimentState
from scramblebench.queue import Place, Standing
from scramblebench.storage import EventRecord, ExperimentRecord

_INTERRUPTED = "interrupted: its runner is gone; run again to continue"


def stage_of(experiment: ExperimentRecord, place: Place | None) -> str:
    """Return the stage of an experiment that no runner is at work on."""
    is_blocked = place is not None and place.standing is Standing.BLOCKED
    return "blocked" if is_blocked else str(experiment.state)


def is_interrupted(experiment: ExperimentRecord, place: Place | None) -> bool:
    """Whether it counts as running while no runner has it."""
    is_live = place is not None and place.standing is Standing.RUNNING
    return experiment.state is ExperimentState.RUNNING and not is_live


def waiting_reason(experiment: ExperimentRecord, place: Place | None) -> str | None:
    """Return what an experiment waits for, or why it stopped; None where nothing holds it."""
    match experiment.state:
        case ExperimentState.PLANNED:
            return "not queued yet"
        case ExperimentState.RUNNING:
            return _INTERRUPTED if is_interrupted(experiment, place) else None
        case ExperimentState.QUEUED | ExperimentState.FAILED if place is not None:
            parts = [experiment.reason, place.reason, _position_words(place)]
            return "; ".join(part for part in parts if part)
        case _:
            return experiment.reason


def _position_words(place: Place) -> str | None:
    is_first = place.position is None or place.position == 1
    return None if is_first else f"number {place.position} in the queue"


def running_s(events: Sequence[EventRecord], now: datetime) -> float:
    """Return how many seconds the experiment has been running, over all its claims."""
    total = 0.0
    since: datetime | None = None
    for event in events:
        if event.before is event.after:
            continue  # a change of limits
        if since is not None:
            total += (event.at - since).total_seconds()
        since = event.at if event.after is ExperimentState.RUNNING else None
    if since is not None:
        total += (now - since).total_seconds()
    return max(0.0, total)
