"""Who runs: runners, when they were last heard of, and what they have."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from scramblebench.storage import Database


@dataclass(frozen=True, slots=True)
class RunnerProgress:
    """A runner and the experiments it has; ``is_alive`` by the lease's clock, ``host`` names one boot."""

    id: str
    host: str
    pid: int
    started_at: datetime
    heartbeat_at: datetime
    is_alive: bool
    experiment_ids: tuple[str, ...]


def read_runners(database: Database) -> Sequence[RunnerProgress]:
    """Return the runners that were heard of within a day, the latest first."""
    held: dict[str, list[str]] = {}
    for entry in database.queue.entries():
        if entry.runner_id and entry.is_lease_live:
            held.setdefault(entry.runner_id, []).append(entry.experiment_id)
    return [
        RunnerProgress(
            runner.id,
            runner.host,
            runner.pid,
            runner.started_at,
            runner.heartbeat_at,
            runner.is_alive,
            tuple(held.get(runner.id, ())),
        )
        for runner in database.queue.runners()
    ]
