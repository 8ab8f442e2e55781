"""A snapshot of where a run runs, stored beside it and never in its way."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import cache
from typing import Any

from scramblebench.core.canonical import canonical_json
from scramblebench.core.clock import Clock
from scramblebench.core.errors import StorageError
from scramblebench.evaluation.patience import patiently
from scramblebench.plan import Plan
from scramblebench.storage import Database, DocumentKind

_END_S = 5.0
"""How long the end of a run waits for its snapshot."""


@asynccontextmanager
async def recorded_environment(
    plan: Plan, database: Database, experiment_id: str, clock: Clock, has_sent: asyncio.Event
) -> AsyncGenerator[None]:
    """Store a snapshot while the block runs, once ``has_sent`` is set, unless the configuration says no.

    What cannot be captured is a note of the experiment, never an error.
    """
    if not plan.spec.reproducibility.capture_environment_snapshot:
        yield
        return
    task = asyncio.create_task(_record(plan, database, experiment_id, clock, has_sent))
    try:
        yield
        if has_sent.is_set():
            await asyncio.wait({task}, timeout=_END_S)
    finally:
        task.cancel()


async def _record(
    plan: Plan, database: Database, experiment_id: str, clock: Clock, has_sent: asyncio.Event
) -> None:
    await has_sent.wait()
    try:
        text = await asyncio.to_thread(_snapshot, plan, database)
        await patiently(
            clock, database.documents.add, experiment_id, DocumentKind.ENVIRONMENT, text
        )
    except Exception as error:  # noqa: BLE001 - what is measured matters more than where
        words = f"the environment of this run was not recorded: {type(error).__name__}"
        with suppress(StorageError, RuntimeError):  # no thread can be started: no note either
            await asyncio.to_thread(database.monitor.add_note, experiment_id, "runner", words)


def _snapshot(plan: Plan, database: Database) -> str:
    # psutil and the metadata of all packages: a tenth of a CPU second that only running needs
    from scramblebench.snapshot import completed

    files = dict(file for benchmark in plan.benchmarks for file in benchmark.files)
    return canonical_json(completed(_of_process(), database.engine(), files))


@cache
def _of_process() -> Mapping[str, Any]:
    """Return what is the same for all runs of a process: what it has loaded is what was there first."""
    from scramblebench.snapshot import capture_environment

    return capture_environment()
