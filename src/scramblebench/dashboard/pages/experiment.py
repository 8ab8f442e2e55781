"""Experiment: how far, how fast, how good so far, at what cost, and what happened."""

from typing import Any

from scramblebench.core.states import TRANSITIONS, ExperimentState
from scramblebench.dashboard.curves import method_curves
from scramblebench.dashboard.live import LiveView, Query
from scramblebench.dashboard.sources import Sources
from scramblebench.monitoring.progress import ExperimentProgress, experiment_progress
from scramblebench.storage import Database

_S = ExperimentState
_N_EVENTS = 50


def read(sources: Sources, query: Query) -> dict[str, Any]:
    """Return what the page shows of the experiment whose full id is in the query."""
    database = sources.reading
    record = database.experiments.get(query.get("id", ""))
    progress = experiment_progress(database, record, sources.clock)
    return {
        "experiment": record,
        "progress": progress,
        "state": _state(progress),
        "is_simulated": progress.has_simulated,
        "methods": method_curves(progress),
        "failures": [(model, failure) for model in progress.models for failure in model.failures],
        "history": list(reversed(database.experiments.events(record.id)))[:_N_EVENTS],
        "notes": [note for note in database.monitor.notes(record.id) if note.question is None],
        "alerts": database.monitor.alerts(record.id, is_open=True, limit=20),
        "actions": actions_of(progress),
        "priority": _priority(database, record.id),
        "benchmarks": database.experiments.benchmarks(record.id),
        "is_finished": record.state in (_S.COMPLETED, _S.CANCELLED),
    }


def _state(progress: ExperimentProgress) -> str:
    if progress.record.state is _S.RUNNING and not progress.is_live:
        return "interrupted"
    return str(progress.record.state)


def _priority(database: Database, experiment_id: str) -> int | None:
    """Return the priority in the queue, None where the experiment is not in it."""
    entries = database.queue.entries()
    return next((e.priority for e in entries if e.experiment_id == experiment_id), None)


def actions_of(progress: ExperimentProgress) -> list[str]:
    """Return what may be done with the experiment now, in the order of the buttons."""
    state = progress.record.state
    allowed = TRANSITIONS[state]
    found = ["pause"] if _S.PAUSED in allowed else []
    if _S.QUEUED in allowed and state is not _S.RUNNING:
        found.append("resume" if state is _S.PAUSED else "queue")
    if _S.CANCELLED in allowed:
        found.append("cancel")
    return found


EXPERIMENT = LiveView(
    "experiment",
    {
        "summary": "parts/summary.html",
        "models": "parts/models.html",
        "curves": "parts/curves.html",
        "history": "parts/history.html",
        "buttons": "parts/buttons.html",
    },
    read,
)
