"""What an experiment looks like right now, in the words that the README promises."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from scramblebench.core.clock import Clock
from scramblebench.core.money import usd
from scramblebench.core.states import ExperimentState
from scramblebench.monitoring.eta import Eta
from scramblebench.monitoring.progress import (
    ExperimentProgress,
    ModelProgress,
    experiment_progress,
)
from scramblebench.monitoring.queue import read_places
from scramblebench.monitoring.standing import is_interrupted, waiting_reason
from scramblebench.monitoring.tallies import Tally
from scramblebench.queue import Place
from scramblebench.storage import Database, ExperimentLimits, ExperimentRecord


def status_of(database: Database, experiment: ExperimentRecord, clock: Clock) -> dict[str, Any]:
    """Return the status as the README promises it; rates are NaN before the first attempt."""
    return status_values(experiment_progress(database, experiment, clock))


def status_values(progress: ExperimentProgress) -> dict[str, Any]:
    """Return progress by the names of the README."""
    record, tally, times = progress.record, progress.tally, progress.response_times
    return {
        **_identity(record),
        "progress": tally.progress,
        "n_answered": tally.n_answered,
        "n_planned": tally.n_planned,
        "n_no_answer": tally.n_no_answer,
        "n_in_flight": progress.n_in_flight,
        "n_cached": tally.n_cached,
        "n_outcome_unknown": progress.n_outcome_unknown,
        "current_stage": progress.stage,
        "waiting_reason": progress.waiting_reason,
        "queue_position": progress.place.position if progress.place else None,
        **_eta_values(progress.eta),
        "elapsed_time": progress.elapsed_s,
        "api_calls": tally.n_calls,
        **_money_values(progress),
        "success_rate": tally.success_rate,
        "error_rate": tally.error_rate,
        "avg_response_time": tally.mean_latency_s,
        "response_times": {"p50": times.p50_s, "p95": times.p95_s, "p99": times.p99_s},
        "answers_per_minute": progress.per_minute,
        "tokens_per_second": progress.tokens_per_s,
        "tokens": {"prompt": tally.prompt_tokens, "completion": tally.completion_tokens},
        "is_simulated": progress.has_simulated,
        "models": [_model_values(model) for model in progress.models],
        **_times(record),
    }


def _model_values(model: ModelProgress) -> dict[str, Any]:
    times = model.response_times
    return {
        "label": model.label,
        "name": model.name,
        "provider": model.provider,
        **_tally_values(model.tally),
        "answers_per_minute": model.per_minute,
        "tokens_per_second": model.tokens_per_s,
        "response_times": {"p50": times.p50_s, "p95": times.p95_s, "p99": times.p99_s},
        "total_cost": usd(model.tally.cost_microusd),
        "n_cost_unknown": model.tally.n_cost_unknown,
        "errors": [
            {"kind": f.kind, "count": f.count, "last_message": f.last_message}
            for f in model.failures
        ],
        "conditions": [
            {
                "method": part.condition.method,
                "level": part.condition.level_pct,
                **_tally_values(part.tally),
                **_score_values(part.tally),
            }
            for part in model.conditions
        ],
    }


def _tally_values(tally: Tally) -> dict[str, Any]:
    return {
        "n_planned": tally.n_planned,
        "n_answered": tally.n_answered,
        "n_no_answer": tally.n_no_answer,
        "n_failures": tally.n_failures,
        "success_rate": tally.success_rate,
    }


def _score_values(tally: Tally) -> dict[str, Any]:
    score = tally.score
    return {"score": score.estimate, "score_low": score.low, "score_high": score.high}


def summary_of(experiment: ExperimentRecord, place: Place | None) -> dict[str, Any]:
    """Return one line of a list; ``place`` is where the experiment stands in the queue, if it does."""
    return {
        **_identity(experiment),
        "progress": experiment.n_answered / experiment.n_trials if experiment.n_trials else 0.0,
        "n_answered": experiment.n_answered,
        "n_planned": experiment.n_trials,
        "is_interrupted": is_interrupted(experiment, place),
        "waiting_reason": waiting_reason(experiment, place),
        "researcher_name": experiment.researcher_name,
        "tags": list(experiment.tags),
        **_times(experiment),
    }


def summaries(
    database: Database, state: ExperimentState | None, researcher: str | None, limit: int
) -> list[dict[str, Any]]:
    """Return the lines of a list, newest first."""
    places = {entry.experiment_id: place for entry, place in read_places(database)}
    found: Sequence[ExperimentRecord] = database.experiments.list(state, researcher, limit)
    return [summary_of(experiment, places.get(experiment.id)) for experiment in found]


def limits_by_name(limits: ExperimentLimits) -> dict[str, float | None]:
    """Return limits by the names that people use: costs in US dollars, None where there is no limit."""
    return {
        "cost_limit": _usd(limits.cost_limit_microusd),
        "cost_limit_per_day": _usd(limits.daily_cost_limit_microusd),
        "max_concurrent_requests": limits.max_concurrent_requests,
    }


def _identity(record: ExperimentRecord) -> dict[str, Any]:
    return {"experiment_id": record.id, "name": record.name, "status": str(record.state)}


def _times(record: ExperimentRecord) -> dict[str, Any]:
    return {
        "created_at": _iso(record.created_at),
        "started_at": _iso(record.started_at),
        "completed_at": _iso(record.completed_at),
    }


def _money_values(progress: ExperimentProgress) -> dict[str, Any]:
    spending = progress.spending
    return {
        "total_cost": usd(spending.spent_microusd),
        "n_cost_unknown": spending.n_unknown,
        "cost_reserved": usd(spending.reserved_microusd),
        "cost_unconfirmed": usd(spending.unconfirmed_microusd),
        "cost_today": usd(spending.today_microusd),
        "cost_projected": _usd(spending.projected_microusd),
        **limits_by_name(progress.record.limits),
    }


def _eta_values(eta: Eta | None) -> dict[str, Any]:
    if eta is None:
        return {"eta": None, "eta_range": None}
    middle, low, high = (at.isoformat(timespec="seconds") for at in (eta.middle, eta.low, eta.high))
    return {"eta": middle, "eta_range": (low, high)}


def _usd(amount_microusd: int | None) -> float | None:
    return None if amount_microusd is None else usd(amount_microusd)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
