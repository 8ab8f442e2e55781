"""The README's ``tracker.queue``: what is queued, what it waits for, and how fast it goes."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from scramblebench.core.canonical import canonical_json
from scramblebench.core.errors import UsageError
from scramblebench.core.money import microusd, usd
from scramblebench.monitoring.queue import QueueMetrics, queue_metrics
from scramblebench.queue import check_requirements
from scramblebench.storage import Database, ExperimentRecord


class ExperimentQueue:
    """The queue of one database."""

    def __init__(self, database: Database, n_slots: int) -> None:
        self._database = database
        self._n_slots = n_slots

    async def get_queue_metrics(self) -> QueueMetrics:
        """Return the queue in numbers."""
        return await asyncio.to_thread(queue_metrics, self._database, self._n_slots)


def enqueue(
    database: Database,
    reference: str,
    priority: int | None,
    depends_on: Sequence[str] | None,
    requirements: Mapping[str, Any] | None,
) -> None:
    """Queue an experiment; a cost limit among its requirements becomes its own.

    Raises UsageError for one that is higher than the limit there is: that needs a reason.
    """
    find = database.experiments.find
    record = find(reference)
    dependencies = None if depends_on is None else [find(other).id for other in depends_on]
    stated_json = None
    if requirements is not None:
        checked = check_requirements(requirements)
        stated = {name: value for name, value in asdict(checked).items() if value is not None}
        stated_json = canonical_json(stated)
        if checked.cost_limit is not None:  # before a runner can have it
            _lower_limit(database, record, checked.cost_limit)
    database.queue.enqueue(record.id, priority, dependencies, stated_json)


def _lower_limit(database: Database, record: ExperimentRecord, wanted_usd: float) -> None:
    wanted, limit = microusd(wanted_usd), record.limits.cost_limit_microusd
    if limit is not None and wanted > limit:
        raise UsageError(
            f"its cost limit is ${usd(limit):g}; to raise it, give a reason: "
            f'set {record.id[:8]} cost_limit={wanted_usd:g} --reason "..."'
        )
    limits = replace(record.limits, cost_limit_microusd=wanted)
    database.experiments.change_limits(record.id, limits, reason="required when queued")
