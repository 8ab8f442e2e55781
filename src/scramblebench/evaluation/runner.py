"""Run a configuration without any queue or lasting database."""

import asyncio
import os
from collections.abc import Callable

from scramblebench.core.clock import SystemClock
from scramblebench.evaluation.config import EvaluationConfig
from scramblebench.evaluation.experiment import Description, run_experiment, store_experiment
from scramblebench.evaluation.opening import Surroundings
from scramblebench.evaluation.outcomes import RunOutcome
from scramblebench.evaluation.progress import RunProgress
from scramblebench.plan import make_plan
from scramblebench.queue import Lease, Terms, run_queue
from scramblebench.storage import Database, open_database


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
        return await run_stored(self.database, self.experiment_id, on_start)


async def run_stored(
    database: Database, experiment_id: str, on_start: Callable[[RunProgress], None] = lambda _: None
) -> RunOutcome:
    """Queue one stored experiment and run it alone, to its end or where its budget is reached."""
    database.queue.enqueue(experiment_id, priority=1)
    outcomes: list[RunOutcome] = []
    surroundings = Surroundings(SystemClock(), os.environ)

    async def run(lease: Lease) -> None:
        outcomes.append(
            await run_experiment(database, lease, surroundings=surroundings, on_start=on_start)
        )

    terms = Terms(only=experiment_id)
    await run_queue(database.queue, run, terms, asyncio.Event(), surroundings.clock)
    (outcome,) = outcomes
    return outcome
