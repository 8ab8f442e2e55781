"""The queue as it stands: who runs what, what everything else waits for, and how fast it goes."""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from scramblebench.core.states import ExperimentState
from scramblebench.queue import Capacity, Place, Standing, places
from scramblebench.storage import Database, QueueRecord

_S = ExperimentState


@dataclass(frozen=True, slots=True)
class QueueMetrics:
    """The queue in numbers: experiments by where they stand, and how fast they go.

    ``pending`` counts those that wait for others, resources or a retry, ``ready`` those a runner may take,
    ``blocked`` those that wait for one that will never be completed. Times are mean seconds (from being
    queued to running; from start to completion), NaN before there is one. ``throughput_per_hour`` counts
    the completions of the last hour; ``resource_utilization`` has the share of this tracker's slots that
    running experiments take ("slots", 0 to 1, above where other runners run some too).
    """

    total_experiments: int
    pending: int
    ready: int
    blocked: int
    running: int
    completed: int
    failed: int
    cancelled: int
    planned: int
    paused: int
    avg_wait_time: float
    avg_execution_time: float
    throughput_per_hour: float
    resource_utilization: dict[str, float]


def queue_metrics(database: Database, n_slots: int) -> QueueMetrics:
    """Return the queue in numbers; ``n_slots`` is how many experiments a runner takes at once."""
    totals = database.queue.totals()
    standings = [place.standing for _, place in read_places(database)]
    n_running = standings.count(Standing.RUNNING)
    return QueueMetrics(
        total_experiments=sum(totals.by_state.values()),
        pending=standings.count(Standing.WAITING),
        ready=standings.count(Standing.READY),
        blocked=standings.count(Standing.BLOCKED),
        running=n_running,
        completed=totals.by_state[_S.COMPLETED],
        failed=totals.by_state[_S.FAILED],
        cancelled=totals.by_state[_S.CANCELLED],
        planned=totals.by_state[_S.PLANNED],
        paused=totals.by_state[_S.PAUSED],
        avg_wait_time=_or_nan(totals.mean_wait_s),
        avg_execution_time=_or_nan(totals.mean_run_s),
        throughput_per_hour=float(totals.n_completed_last_hour),
        resource_utilization={"slots": n_running / n_slots},
    )


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value


def read_places(
    database: Database, capacity: Capacity | None = None
) -> list[tuple[QueueRecord, Place]]:
    """Return the entries of the queue in order, each with where it stands and why it does not run.

    ``capacity`` is what resources are held against: this machine's where it is None.
    """
    entries = database.queue.entries()
    named_ids = {key for entry in entries for key in (*entry.waits_for, *entry.blocked_by)}
    names = {key: database.experiments.get(key).name for key in named_ids}
    found = places(entries, capacity or Capacity(memory_gb=free_memory_gb()), names)
    return [(entry, found[entry.experiment_id]) for entry in entries]


def place_of(found: Sequence[tuple[QueueRecord, Place]], experiment_id: str) -> Place | None:
    """Return where one experiment stands among ``read_places``, None where it is not in the queue."""
    return next((place for entry, place in found if entry.experiment_id == experiment_id), None)


def free_memory_gb() -> float | None:
    """Return the memory that may be used on this machine, in 10^9 bytes; None where it does not say."""
    with suppress(OSError, ValueError):
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024 / 1e9
    with suppress(OSError, ValueError, AttributeError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return None
