"""What an experiment looks like right now, from stored counters only."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import sqrt
from typing import Any

from scramblebench.core.money import usd
from scramblebench.core.states import ExperimentState
from scramblebench.storage import CounterRecord, Database, ExperimentRecord

_WAITING = {
    ExperimentState.PLANNED: "not queued yet",
    ExperimentState.QUEUED: "waiting for a runner",
}


def status_of(database: Database, experiment: ExperimentRecord) -> dict[str, Any]:
    """Return the status as the README promises it; rates are None before the first attempt."""
    counters = database.trials.counters(experiment.id)
    n_answered = sum(counter.n_answered for counter in counters)
    n_failures = sum(counter.n_failures for counter in counters)
    n_calls = n_answered + n_failures
    eta, eta_range = _eta(experiment, n_answered)
    return {
        "experiment_id": experiment.id,
        "name": experiment.name,
        "status": str(experiment.state),
        "progress": n_answered / experiment.n_trials if experiment.n_trials else 0.0,
        "n_answered": n_answered,
        "n_planned": experiment.n_trials,
        "n_no_answer": sum(counter.n_no_answer for counter in counters),
        "n_outcome_unknown": database.trials.unsettled(experiment.id),
        "current_stage": _stage(experiment.state),
        "waiting_reason": experiment.reason or _WAITING.get(experiment.state),
        "eta": eta,
        "eta_range": eta_range,
        "elapsed_time": _elapsed_s(experiment),
        "api_calls": n_calls,
        "total_cost": usd(sum(counter.cost_microusd for counter in counters)),
        "n_cost_unknown": sum(counter.n_cost_unknown for counter in counters),
        "success_rate": n_answered / n_calls if n_calls else None,
        "error_rate": n_failures / n_calls if n_calls else None,
        "avg_response_time": _mean_latency_s(counters, n_answered),
        "tokens": {
            "prompt": sum(counter.prompt_tokens for counter in counters),
            "completion": sum(counter.completion_tokens for counter in counters),
        },
        "created_at": experiment.created_at.isoformat(),
        "started_at": _iso(experiment.started_at),
        "completed_at": _iso(experiment.completed_at),
    }


def summary_of(experiment: ExperimentRecord) -> dict[str, Any]:
    """Return one line of a list."""
    return {
        "experiment_id": experiment.id,
        "name": experiment.name,
        "status": str(experiment.state),
        "progress": experiment.n_answered / experiment.n_trials if experiment.n_trials else 0.0,
        "n_answered": experiment.n_answered,
        "n_planned": experiment.n_trials,
        "waiting_reason": experiment.reason,
        "researcher_name": experiment.researcher_name,
        "tags": list(experiment.tags),
        "created_at": experiment.created_at.isoformat(),
        "started_at": _iso(experiment.started_at),
        "completed_at": _iso(experiment.completed_at),
    }


def _stage(state: ExperimentState) -> str:
    return "asking" if state is ExperimentState.RUNNING else str(state)


def _elapsed_s(experiment: ExperimentRecord) -> float | None:
    if experiment.started_at is None:
        return None
    end = experiment.completed_at or experiment.updated_at
    return max(0.0, (end - experiment.started_at).total_seconds())


def _mean_latency_s(counters: Sequence[CounterRecord], n_answered: int) -> float | None:
    return sum(c.latency_sum_s for c in counters) / n_answered if n_answered else None


def _eta(
    experiment: ExperimentRecord, n_answered: int
) -> tuple[str | None, tuple[str, str] | None]:
    """Extrapolate the mean rate since the start; the range widens with few answers."""
    if (
        experiment.state is not ExperimentState.RUNNING
        or not experiment.started_at
        or n_answered < 3
    ):
        return None, None
    elapsed = max(1e-3, (experiment.updated_at - experiment.started_at).total_seconds())
    left_s = (experiment.n_trials - n_answered) * elapsed / n_answered
    spread = 2 / sqrt(n_answered)
    ends = [
        experiment.updated_at + timedelta(seconds=left_s * f)
        for f in (1, 1 / (1 + spread), 1 + spread)
    ]
    middle, low, high = (end.astimezone(UTC).isoformat(timespec="seconds") for end in ends)
    return middle, (low, high)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
