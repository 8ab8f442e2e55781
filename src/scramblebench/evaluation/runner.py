"""Run a configuration without any queue or lasting database."""

import asyncio
import os
from collections.abc import Callable

from scramblebench.core.clock import SystemClock
from scramblebench.evaluation.config import EvaluationConfig
from scramblebench.evaluation.engine import RunOutcome, Surroundings
from scramblebench.evaluation.experiment import Description, run_experiment, store_experiment
from scramblebench.evaluation.progress import RunProgress
from scramblebench.plan import make_plan
from scramblebench.storage import Database, new_runner_id, open_database

LEASE_S = 365 * 86_400.0
"""Nobody else runs what is in this process's memory."""


class EvaluationRunner:
    """Runs one configuration into a database in memory, or into one that is given."""

    def __init__(self, config: EvaluationConfig, database: Database | None = None) -> None:
        self.config = config
        self.database = database or open_database("sqlite://")
        self.experiment_id: str | None = None

    async def run(self, on_start: Callable[[RunProgress], None] = lambda _: None) -> RunOutcome:
        """Ask every trial once; the responses are in ``database`` under ``experiment_id``.

        Raises ConfigError or BenchmarkFileError before anything is sent.
        """
        source = self.config.source
        self.database.migrate()
        plan = make_plan(source)
        self.experiment_id = store_experiment(self.database, plan, source.text, Description())
        self.database.queue.enqueue(self.experiment_id, priority=1)
        claim = self.database.queue.claim(new_runner_id(), LEASE_S, self.experiment_id)
        if claim is None:
            raise AssertionError("an experiment that was just queued can be claimed")
        return await run_experiment(
            self.database,
            claim,
            surroundings=Surroundings(SystemClock(), os.environ),
            stop=asyncio.Event(),
            on_start=on_start,
        )
