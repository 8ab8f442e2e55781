"""The README's tracker: create, queue, run, look."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from scramblebench.core.clock import SystemClock
from scramblebench.core.errors import ScrambleBenchError
from scramblebench.core.people import user_name
from scramblebench.core.states import ExperimentState, check_transition
from scramblebench.evaluation import (
    SHARD_LEASE_S,
    Description,
    EvaluationConfig,
    RunOutcome,
    RunProgress,
    Surroundings,
    WorkerTerms,
    run_experiment,
    run_worker,
    store_experiment,
)
from scramblebench.evaluation import preregister as freeze
from scramblebench.executors import Placing
from scramblebench.experiment_tracking.completion import write_outputs
from scramblebench.experiment_tracking.database import DatabaseManager
from scramblebench.experiment_tracking.limits import change_limits
from scramblebench.experiment_tracking.queue import ExperimentQueue, enqueue
from scramblebench.experiment_tracking.synchronous import Synchronous
from scramblebench.monitoring.queue import free_memory_gb
from scramblebench.monitoring.run_watch import RunWatch
from scramblebench.monitoring.status import status_of, summaries
from scramblebench.notify import open_targets
from scramblebench.plan import make_plan
from scramblebench.plan.preregistration import check_primary
from scramblebench.queue import LEASE_S, Capacity, Lease, OnError, Terms, run_queue
from scramblebench.storage import Claim, Database

OnStart = Callable[[Claim, RunProgress], None]
"""Called when an experiment starts to run, with its live progress (tracker -> cli)."""
OnEnd = Callable[[Claim, RunOutcome], None]
"""Called when an experiment's run has ended (tracker -> cli)."""
OnWritten = Callable[[str, Path], None]
"""Called with the folder of what was written of a completed experiment (tracker -> cli)."""


class ExperimentTracker:
    """Experiments in one database: created, queued, run and watched.

    Methods are coroutines; ``tracker.sync`` has the same ones without await. Experiments are named by
    full id, unique id prefix, name or ``@last``; unknown ones raise ExperimentNotFound.
    """

    def __init__(
        self,
        database_url: str | None = None,
        data_dir: Path | None = None,
        max_concurrent_experiments: int = 3,
    ) -> None:
        if database_url is None and data_dir is not None:
            database_url = f"sqlite:///{Path(data_dir).resolve() / 'experiments.db'}"
        self.db = DatabaseManager(database_url)
        self.max_concurrent_experiments = max_concurrent_experiments
        self._output_dir = Path() if data_dir is None else Path(data_dir)

    @property
    def database(self) -> Database:
        """The database behind the tracker."""
        return self.db.database

    @property
    def queue(self) -> ExperimentQueue:
        """What is queued, and how fast it goes."""
        return ExperimentQueue(self.database, self.max_concurrent_experiments)

    @property
    def sync(self) -> Synchronous:
        """The same methods without await."""
        return Synchronous(self)

    async def __aenter__(self) -> "ExperimentTracker":
        await self.db.initialize_database()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.db.close()

    async def create_experiment(
        self,
        name: str,
        config: Path | str | Mapping[str, Any] | EvaluationConfig,
        description: str = "",
        research_question: str = "",
        researcher_name: str = "",
        hypothesis: str | None = None,
        institution: str | None = None,
        tags: Sequence[str] | None = None,
        preregister: bool = False,
    ) -> str:
        """Check a configuration, load its questions and store the experiment; return its id.

        ``preregister`` freezes what is planned before anything is asked. Raises ConfigError or
        BenchmarkFileError with place and remedy; nothing is stored then.
        """
        about = Description(
            name=name,
            description=description,
            research_question=research_question,
            hypothesis=hypothesis,
            researcher_name=researcher_name,
            institution=institution,
            tags=tuple(tags or ()),
        )
        return await asyncio.to_thread(self._create, config, about, preregister)

    def _create(
        self,
        config: Path | str | Mapping[str, Any] | EvaluationConfig,
        about: Description,
        is_preregistered: bool,
    ) -> str:
        source = _as_config(config).source
        plan = make_plan(source)
        open_targets(source.spec.monitoring, os.environ)
        if is_preregistered:
            check_primary(plan)
        self.database.migrate()
        experiment_id = store_experiment(self.database, plan, source.text, about)
        if is_preregistered:
            freeze(self.database, experiment_id, SystemClock(), by=user_name())
        return experiment_id

    async def queue_experiment(
        self,
        experiment_id: str,
        priority: int | None = None,
        depends_on: Sequence[str] | None = None,
        resource_requirements: Mapping[str, float] | None = None,
    ) -> None:
        """Queue an experiment; a higher priority runs first, equal ones in order of arrival.

        None keeps what was said when it was queued before: at first priority 1, and nothing else.
        ``resource_requirements`` may name api_calls_per_hour, memory_gb, max_concurrent_requests (it
        starts when so much is left) and cost_limit (US dollars: it spends no more). Raises
        ExperimentNotFound or StateError for a dependency that is unknown, cyclic or failed.
        """
        await asyncio.to_thread(
            enqueue,
            self.database,
            experiment_id,
            priority,
            depends_on,
            resource_requirements,
        )

    async def run_experiments(
        self,
        continuous: bool = False,
        *,
        only: str | None = None,
        stop: asyncio.Event | None = None,
        on_start: OnStart = lambda _claim, _progress: None,
        on_end: OnEnd = lambda _claim, _outcome: None,
        on_error: OnError = lambda _id, _error: None,
        on_written: OnWritten = lambda _id, _folder: None,
        lease_s: float = LEASE_S,
        capacity: Capacity | None = None,
        executor: str | None = None,
        n_processes: int | None = None,
    ) -> list[tuple[str, RunOutcome]]:
        """Run what is ready until the queue is empty, or for ever; return (id, last outcome) of each.

        Packages and tables that a configuration asks for are written into ``data_dir``, else the current
        folder, when its experiment is completed.

        Setting ``stop`` finishes the requests in flight and queues what is left again. ``lease_s`` is how
        long others wait before they take over from this runner when it is not heard of; ``capacity`` what
        it has for experiments that require something, the memory that is free where it is None.

        ``executor`` ("local", "processes", "ray", "dask") and ``n_processes`` stand above what
        configurations say: whether this process asks, or so many workers do (0: those that ``work``).
        """
        outcomes: dict[str, RunOutcome] = {}
        surroundings = Surroundings(SystemClock(), os.environ)

        watch = RunWatch(
            self.database, surroundings.clock, os.environ, lambda error: on_error("", error)
        )

        async def run(lease: Lease) -> None:
            experiment_id = lease.claim.experiment_id

            def started(progress: RunProgress) -> None:
                watch.begin(experiment_id, progress)
                on_start(lease.claim, progress)

            try:
                outcome = await run_experiment(
                    self.database,
                    lease,
                    surroundings=surroundings,
                    on_start=started,
                    place=placing.place,
                )
            except BaseException:
                watch.end(experiment_id, None)
                raise
            watch.end(experiment_id, outcome)
            outcomes[experiment_id] = outcome
            try:
                on_end(lease.claim, outcome)
                written = await asyncio.to_thread(
                    write_outputs, self.database, experiment_id, self._output_dir
                )
            except (
                ScrambleBenchError,
                OSError,
            ) as error:  # what was answered is stored all the same
                on_error(experiment_id, error)
            else:
                if written is not None:
                    on_written(experiment_id, written)

        only_id = self.database.experiments.find(only).id if only else None
        terms = Terms(
            self.max_concurrent_experiments,
            continuous,
            only_id,
            lease_s,
            capacity or Capacity(memory_gb=free_memory_gb()),
        )
        stop = stop or asyncio.Event()
        placing = Placing(
            self.db.shared_url,
            surroundings.clock,
            executor,
            n_processes,
            min(lease_s, SHARD_LEASE_S),
        )
        async with watch, placing:
            await run_queue(self.database.queue, run, terms, stop, surroundings.clock, on_error)
        return list(outcomes.items())

    async def work(
        self,
        patience_s: float | None = None,
        *,
        stop: asyncio.Event | None = None,
        lease_s: float = SHARD_LEASE_S,
    ) -> int:
        """Take shards of whatever others run, until there are none for ``patience_s``; return how many.

        None waits for ever. Setting ``stop`` finishes the requests in flight and gives the shards back.
        """
        surroundings = Surroundings(SystemClock(), os.environ)
        terms = WorkerTerms(lease_s, patience_s)
        return await run_worker(self.database, terms, stop or asyncio.Event(), surroundings)

    async def get_experiment_status(self, experiment_id: str) -> dict[str, Any]:
        """Return where an experiment stands; see the README for the keys."""
        return await asyncio.to_thread(
            lambda: status_of(
                self.database, self.database.experiments.find(experiment_id), SystemClock()
            )
        )

    async def list_experiments(
        self, status: str | None = None, researcher: str | None = None, limit: int = 100
    ) -> list[dict[str, Any]]:
        """Return experiments, newest first; raises ValueError for an unknown status."""
        state = ExperimentState(status) if status else None
        return await asyncio.to_thread(summaries, self.database, state, researcher, limit)

    async def pause_experiment(self, experiment_id: str, reason: str | None = None) -> str:
        """Pause a running or queued experiment; requests in flight are finished. Return the new status."""
        return await self._change(experiment_id, ExperimentState.PAUSED, reason)

    async def resume_experiment(
        self,
        experiment_id: str,
        reason: str | None = None,
        limits: Mapping[str, Any] | None = None,
    ) -> str:
        """Queue a paused experiment again, with other limits (see ``set_limits``); return the new status."""
        if limits:
            record = await asyncio.to_thread(self.database.experiments.find, experiment_id)
            check_transition(record.state, ExperimentState.QUEUED)  # else nothing is changed
            await self.set_limits(experiment_id, limits, reason)
        return await self._change(experiment_id, ExperimentState.QUEUED, reason)

    async def cancel_experiment(self, experiment_id: str, reason: str | None = None) -> str:
        """Cancel an experiment for good; its responses are kept. Return the new status."""
        return await self._change(experiment_id, ExperimentState.CANCELLED, reason)

    async def set_limits(
        self, experiment_id: str, values: Mapping[str, Any], reason: str | None = None
    ) -> dict[str, float | None]:
        """Change limits by name; a run that is under way heeds them within seconds.

        Names are cost_limit and cost_limit_per_day (US dollars; raising them needs a reason) and
        max_concurrent_requests (per model); "none" or None takes a limit away. Returns all limits. Raises
        UsageError for names and values that are none.
        """
        return await asyncio.to_thread(
            change_limits, self.database, experiment_id, values, reason, _user()
        )

    async def _change(self, reference: str, after: ExperimentState, reason: str | None) -> str:
        experiments = self.database.experiments
        record = await asyncio.to_thread(
            lambda: experiments.change_state(
                experiments.find(reference).id, after, reason=reason, actor=_user()
            )
        )
        return str(record.state)


def _as_config(config: Path | str | Mapping[str, Any] | EvaluationConfig) -> EvaluationConfig:
    if isinstance(config, EvaluationConfig):
        return config
    if isinstance(config, Mapping):
        return EvaluationConfig.from_dict(config)
    return EvaluationConfig.load_from_file(config)


def _user() -> str:
    """Return who changes a state: the user's name, for the history."""
    return user_name()
