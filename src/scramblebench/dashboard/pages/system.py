"""System: the machines that runners work on, by their samples."""

from datetime import timedelta
from typing import Any

from scramblebench.core.errors import DatabaseMissing
from scramblebench.dashboard.live import LiveView, Query
from scramblebench.dashboard.pages.queue import runner_lines
from scramblebench.dashboard.sources import Sources
from scramblebench.monitoring.history import MachineHistory, latest_machines, machine_history

HOURS = (1, 6, 24, 168)


def read(sources: Sources, query: Query) -> dict[str, Any]:
    """Return what the page shows."""
    hours = chosen_hours(query)
    try:
        machines = [
            (sample.runner_id.partition(":")[0], sample)
            for sample in latest_machines(sources.reading, sources.clock)
        ]
        runners = runner_lines(sources)
    except DatabaseMissing:
        machines, runners = [], []
    return {"machines": machines, "runners": runners, "hours": hours, "choices": HOURS}


def chosen_hours(query: Query) -> int:
    """Return how far back the graphs go."""
    text = query.get("hours", "")
    return int(text) if text in map(str, HOURS) else HOURS[0]


def histories(sources: Sources, hours: int) -> list[MachineHistory]:
    """Return how each machine fared in the last hours."""
    since = sources.clock.now() - timedelta(hours=hours)
    return machine_history(sources.reading, since)


SYSTEM = LiveView("system", {"machines": "parts/machines.html"}, read)
