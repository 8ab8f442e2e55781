"""What an experiment looks like right now, from stored counters only."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import sqrt
from typing import Any

from scramblebench.core.clock import Clock
from scramblebench.core.money import usd
from scramblebench.core.states import ExperimentState
from scramblebench.experiment_tracking.limits import named
from scramblebench.experiment_tracking.queue import read_places
from scramblebench.queue import Place, Standing
from scramblebench.storage import (
    CounterRecord,
    Database,
    EventRecord,
    ExperimentRecord,
)

_INTERRUPTED = "interrupted: its runner is gone; run again to continue"


def status_of(database: Database, experiment: ExperimentRecord, clock: Clock) -> dict[str, Any]:
    """Return the status as the README promises it; rates are NaN before the first attempt."""
    counters = database.trials.counters(experiment.id)
    n_answered = sum(counter.n_answered for counter in counters)
    n_failures = sum(counter.n_failures for counter in counters)
    n_calls = n_answered + n_failures - sum(counter.n_cached for counter in counters)
    elapsed_s = _running_s(database.experiments.events(experiment.id), clock.now())
    place = _place_of(database, experiment)
    is_live = place is not None and place.standing is Standing.RUNNING
    money = database.trials.ledger(experiment.id)
    n_in_flight = money.n_open if is_live else 0
    in_flight_microusd = money.open_microusd if is_live else 0
    eta, eta_range = (
        _eta(experiment, n_answered, elapsed_s, clock.now()) if is_live else (None, None)
    )
    return {
        "experiment_id": experiment.id,
        "name": experiment.name,
        "status": str(experiment.state),
        "progress": n_answered / experiment.n_trials if experiment.n_trials else 0.0,
        "n_answered": n_answered,
        "n_planned": experiment.n_trials,
        "n_no_answer": sum(counter.n_no_answer for counter in counters),
        "n_in_flight": n_in_flight,
        "n_cached": sum(counter.n_cached for counter in counters),
        "n_outcome_unknown": money.n_open + money.n_unknown - n_in_flight,
        "current_stage": "asking" if is_live else _stage(experiment, place),
        "waiting_reason": waiting_reason(experiment, place),
        "queue_position": place.position if place else None,
        "eta": eta,
        "eta_range": eta_range,
        "elapsed_time": elapsed_s,
        "api_calls": n_calls,
        "total_cost": usd(money.settled_microusd),
        "n_cost_unknown": sum(counter.n_cost_unknown for counter in counters),
        "cost_reserved": usd(in_flight_microusd),
        "cost_unconfirmed": usd(money.held_microusd - money.settled_microusd - in_flight_microusd),
        "cost_today": usd(money.today_microusd),
        **named(experiment.limits),
        "success_rate": _ratio(n_calls - n_failures, n_calls),
        "error_rate": _ratio(n_failures, n_calls),
        "avg_response_time": _mean_latency_s(counters),
        "tokens": {
            "prompt": sum(counter.prompt_tokens for counter in counters),
            "completion": sum(counter.completion_tokens for counter in counters),
        },
        "created_at": experiment.created_at.isoformat(),
        "started_at": _iso(experiment.started_at),
        "completed_at": _iso(experiment.completed_at),
    }


def _stage(experiment: ExperimentRecord, place: Place | None) -> str:
    is_blocked = place is not None and place.standing is Standing.BLOCKED
    return "blocked" if is_blocked else str(experiment.state)


def _place_of(database: Database, experiment: ExperimentRecord) -> Place | None:
    if experiment.state.is_final and experiment.state is not ExperimentState.FAILED:
        return None
    found = read_places(database)
    return next((place for entry, place in found if entry.experiment_id == experiment.id), None)


def summary_of(experiment: ExperimentRecord, place: Place | None) -> dict[str, Any]:
    """Return one line of a list; ``place`` is where the experiment stands in the queue, if it does."""
    return {
        "experiment_id": experiment.id,
        "name": experiment.name,
        "status": str(experiment.state),
        "progress": experiment.n_answered / experiment.n_trials if experiment.n_trials else 0.0,
        "n_answered": experiment.n_answered,
        "n_planned": experiment.n_trials,
        "is_interrupted": experiment.state is ExperimentState.RUNNING
        and not (place and place.standing is Standing.RUNNING),
        "waiting_reason": waiting_reason(experiment, place),
        "researcher_name": experiment.researcher_name,
        "tags": list(experiment.tags),
        "created_at": experiment.created_at.isoformat(),
        "started_at": _iso(experiment.started_at),
        "completed_at": _iso(experiment.completed_at),
    }


def summaries(
    database: Database, state: ExperimentState | None, researcher: str | None, limit: int
) -> list[dict[str, Any]]:
    """Return the lines of a list, newest first."""
    places = {entry.experiment_id: place for entry, place in read_places(database)}
    found = database.experiments.list(state, researcher, limit)
    return [summary_of(experiment, places.get(experiment.id)) for experiment in found]


def waiting_reason(experiment: ExperimentRecord, place: Place | None) -> str | None:
    """Return what an experiment waits for, or why it stopped; None where nothing holds it."""
    match experiment.state:
        case ExperimentState.PLANNED:
            return "not queued yet"
        case ExperimentState.RUNNING:
            return None if place and place.standing is Standing.RUNNING else _INTERRUPTED
        case ExperimentState.QUEUED | ExperimentState.FAILED if place is not None:
            parts = [experiment.reason, place.reason, _position_words(place)]
            return "; ".join(part for part in parts if part)
        case _:
            return experiment.reason


def _position_words(place: Place) -> str | None:
    is_first = place.position is None or place.position == 1
    return None if is_first else f"number {place.position} in the queue"


def _running_s(events: Sequence[EventRecord], now: datetime) -> float:
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


def _eta(
    experiment: ExperimentRecord, n_answered: int, elapsed_s: float, now: datetime
) -> tuple[str | None, tuple[str, str] | None]:
    """Extrapolate the mean rate of all running time; the range widens with few answers."""
    if n_answered < 3 or elapsed_s <= 0:
        return None, None
    left_s = (experiment.n_trials - n_answered) * elapsed_s / n_answered
    spread = 2 / sqrt(n_answered)
    seconds = (left_s, left_s / (1 + spread), left_s * (1 + spread))
    middle, low, high = (
        (now + timedelta(seconds=s)).isoformat(timespec="seconds") for s in seconds
    )
    return middle, (low, high)


def _mean_latency_s(counters: Sequence[CounterRecord]) -> float:
    """Return the mean of the answers that were really waited for."""
    n_asked = sum(counter.n_answered - counter.n_cached for counter in counters)
    return _ratio(sum(counter.latency_sum_s for counter in counters), n_asked)


def _ratio(part: float, whole: int) -> float:
    return part / whole if whole else float("nan")


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
