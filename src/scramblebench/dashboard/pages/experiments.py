"""Experiments: what there is, newest first, one sentence each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scramblebench.core.errors import DatabaseMissing
from scramblebench.core.states import ExperimentState
from scramblebench.dashboard.live import LiveView, Query
from scramblebench.dashboard.sources import PAGE_ROWS, Sources, open_alerts
from scramblebench.dashboard.words import (
    clock_time,
    count,
    duration,
    is_simulated,
    money_text,
    percent,
)
from scramblebench.monitoring.progress import experiment_progress
from scramblebench.monitoring.queue import read_places
from scramblebench.monitoring.standing import is_interrupted, waiting_reason
from scramblebench.queue import Place, Standing
from scramblebench.storage import AlertRecord, ExperimentRecord

_MOST_LIVE = 12
"""Running experiments whose rates are read for a list; of others, what is stored with them."""


@dataclass(frozen=True, slots=True)
class Line:
    """One experiment of the list."""

    record: ExperimentRecord
    state: str
    progress: float
    sentence: str
    is_simulated: bool
    n_alerts: int


def read(sources: Sources, query: Query) -> dict[str, Any]:
    """Return what the page shows; empty where there is no database yet."""
    state = _state(query.get("state", ""))
    empty: dict[str, Any] = {
        "lines": [], "next_id": None, "state": state, "has_any": False, "states": list(ExperimentState)
    }  # fmt: skip
    try:
        found = sources.reading.experiments.list(
            state,
            limit=PAGE_ROWS + 1,
            before_id=query.get("before") or None,
            search=query.get("search", "").strip()[:200],
        )
    except DatabaseMissing:
        return empty
    shown = found[:PAGE_ROWS]
    next_id = shown[-1].id if len(found) > PAGE_ROWS else None
    has_any = bool(shown) or bool(sources.reading.experiments.list(limit=1))
    return {**empty, "lines": _lines(sources, shown), "next_id": next_id, "has_any": has_any}


def _state(text: str) -> ExperimentState | None:
    return next((state for state in ExperimentState if state.value == text), None)


def _lines(sources: Sources, records: Sequence[ExperimentRecord]) -> list[Line]:
    places = {entry.experiment_id: place for entry, place in read_places(sources.reading)}
    alerts = open_alerts(sources.reading)
    live = [r.id for r in records if _is_live(places.get(r.id))][:_MOST_LIVE]
    return [
        _line(sources, record, places, alerts.get(record.id, []), is_live=record.id in live)
        for record in records
    ]


def _is_live(place: Place | None) -> bool:
    return place is not None and place.standing is Standing.RUNNING


def _line(
    sources: Sources,
    record: ExperimentRecord,
    places: Mapping[str, Place],
    alerts: Sequence[AlertRecord],
    *,
    is_live: bool,
) -> Line:
    place = places.get(record.id)
    progress = record.n_answered / record.n_trials if record.n_trials else 0.0
    parts = _live_parts(sources, record) if is_live else _stored_parts(sources, record, place)
    if alerts:
        parts.append(f"{count(len(alerts))} open {'alert' if len(alerts) == 1 else 'alerts'}")
    return Line(
        record=record,
        state="interrupted" if is_interrupted(record, place) else str(record.state),
        progress=progress,
        sentence=", ".join(parts),
        is_simulated=is_simulated(record),
        n_alerts=len(alerts),
    )


def _live_parts(sources: Sources, record: ExperimentRecord) -> list[str]:
    found = experiment_progress(sources.reading, record, sources.clock)
    parts: list[str] = []
    if found.eta is not None:
        low, high = (clock_time(end, found.at) for end in (found.eta.low, found.eta.high))
        parts.append(f"done {low}–{high} UTC" if low != high else f"done about {low} UTC")
    parts.append(_cost(found.spending.spent_microusd, found.spending.limit_microusd))
    parts.append(f"error rate {percent(found.tally.error_rate)}")
    if found.waiting_reason:
        parts.append(f"waiting: {found.waiting_reason}")
    return parts


def _stored_parts(sources: Sources, record: ExperimentRecord, place: Place | None) -> list[str]:
    parts: list[str] = []
    if record.state is ExperimentState.COMPLETED and record.completed_at and record.started_at:
        parts.append(f"took {duration((record.completed_at - record.started_at).total_seconds())}")
    if reason := waiting_reason(record, place):
        parts.append(reason)
    spent = sources.reading.trials.ledger(record.id).settled_microusd if record.n_answered else 0
    parts.append(_cost(spent, record.limits.cost_limit_microusd))
    return parts


def _cost(spent_microusd: int, limit_microusd: int | None) -> str:
    spent = money_text(spent_microusd)
    return spent if limit_microusd is None else f"{spent} of {money_text(limit_microusd)}"


EXPERIMENTS = LiveView("experiments", {"rows": "parts/experiments.html"}, read)
