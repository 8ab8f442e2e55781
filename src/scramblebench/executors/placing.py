"""The workers of one run: placed when an experiment first asks for them, kept alive, ended with the run."""

import asyncio
from contextlib import suppress
from types import TracebackType

from scramblebench.core.clock import Clock
from scramblebench.core.errors import ScrambleBenchError, UsageError
from scramblebench.evaluation import SHARD_LEASE_S, Workforce
from scramblebench.executors.base import EXECUTORS, LOCAL, Executor, Order, n_cores, open_executor
from scramblebench.settings.sections import ExecutionSpec

_KEEP_S = 1.0
_DRAIN_S = 30.0
"""How long workers have for the requests in flight."""
_HURRIED_S = 0.5
_IN_MEMORY = "sqlite://"


class Crew:
    """The workers of one executor."""

    def __init__(self, executor: Executor, n_workers: int, clock: Clock) -> None:
        self._executor = executor
        self._n_workers = n_workers
        self._clock = clock
        self._error: ScrambleBenchError | None = None
        self._keeping = asyncio.create_task(self._keep())

    @property
    def n_workers(self) -> int:
        """How many workers there should be; those that others started come on top."""
        return max(1, self._n_workers)

    def check(self) -> None:
        """Raise ScrambleBenchError when the workers cannot be kept alive."""
        if self._error is not None:
            raise self._error

    async def _keep(self) -> None:
        while self._error is None:
            await self._clock.sleep(_KEEP_S)
            try:
                await asyncio.to_thread(self._executor.keep)
            except ScrambleBenchError as error:
                self._error = error

    async def stop(self, patience_s: float) -> None:
        """End the workers."""
        self._keeping.cancel()
        with suppress(asyncio.CancelledError):
            await self._keeping
        await asyncio.to_thread(self._executor.stop, patience_s)


class Placing:
    """Places workers by what each experiment's configuration says, or by what the run says for all."""

    def __init__(
        self,
        database_url: str,
        clock: Clock,
        executor: str | None = None,
        n_workers: int | None = None,
        lease_s: float = SHARD_LEASE_S,
    ) -> None:
        """``executor`` and ``n_workers`` stand above the configuration; None leaves it to that.

        Raises UsageError for an executor that there is none of.
        """
        if executor is not None and executor != LOCAL and executor not in EXECUTORS:
            known = ", ".join((LOCAL, *EXECUTORS))
            raise UsageError(f"there is no executor {executor!r}; known are {known}")
        self._database_url = database_url
        self._clock = clock
        self._executor = executor
        self._n_workers = n_workers
        self._lease_s = lease_s
        self._crews: dict[str, Crew] = {}
        self._placing = asyncio.Lock()

    async def __aenter__(self) -> "Placing":
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        patience_s = _HURRIED_S if isinstance(error, asyncio.CancelledError) else _DRAIN_S
        await asyncio.gather(*(crew.stop(patience_s) for crew in self._crews.values()))

    async def place(self, asked: ExecutionSpec) -> Workforce | None:
        """Return the workers that an experiment is to have; None where it is run in this process.

        Raises UsageError for a database in memory, MissingDependency without the executor's package.
        """
        name = self._executor or asked.executor
        if name == LOCAL:
            return None
        if self._database_url == _IN_MEMORY:
            raise UsageError("a database in memory has one process; give --database-url a file")
        async with self._placing:
            if name not in self._crews:
                n_asked = asked.n_processes if self._n_workers is None else self._n_workers
                n_workers = n_cores() if n_asked is None else n_asked
                executor = open_executor(name)
                order = Order(self._database_url, n_workers, self._lease_s)
                await asyncio.to_thread(executor.start, order)
                self._crews[name] = Crew(executor, n_workers, self._clock)
        return self._crews[name]
