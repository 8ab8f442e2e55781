"""Queue: what runs, what waits and why, and who runs."""

from dataclasses import dataclass
from math import isnan
from typing import Any

from scramblebench.core.errors import DatabaseMissing
from scramblebench.dashboard.live import LiveView, Query
from scramblebench.dashboard.sources import MOST_ROWS, Sources
from scramblebench.dashboard.words import is_simulated
from scramblebench.monitoring.queue import queue_metrics, read_places
from scramblebench.monitoring.runners import RunnerProgress, read_runners
from scramblebench.queue import Place
from scramblebench.storage import ExperimentRecord, QueueRecord

_SLOTS = 3


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One entry of the queue with its experiment."""

    entry: QueueRecord
    place: Place
    record: ExperimentRecord
    is_simulated: bool


def read(sources: Sources, _query: Query) -> dict[str, Any]:
    """Return what the page shows."""
    database = sources.reading
    try:
        found = read_places(database)[:MOST_ROWS]
    except DatabaseMissing:
        return {"lines": [], "runners": [], "metrics": None, "usual_run_s": None}
    metrics = queue_metrics(database, _SLOTS)
    return {
        "lines": [_line(sources, entry, place) for entry, place in found],
        "runners": runner_lines(sources),
        "metrics": metrics,
        "usual_run_s": None if isnan(metrics.avg_execution_time) else metrics.avg_execution_time,
    }


def _line(sources: Sources, entry: QueueRecord, place: Place) -> QueueLine:
    record = sources.reading.experiments.get(entry.experiment_id)
    return QueueLine(entry, place, record, is_simulated(record))


def runner_lines(sources: Sources) -> list[RunnerProgress]:
    """Return the runners of the last day, those alive first."""
    found = read_runners(sources.reading)
    return sorted(found, key=lambda runner: not runner.is_alive)[:100]


QUEUE = LiveView("queue", {"queue": "parts/queue.html"}, read)
