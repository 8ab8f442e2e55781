"""Workers are placed when an experiment asks for them, kept alive within bounds, and ended with the run."""

import asyncio
from collections.abc import Callable

import pytest

from scramblebench.core.clock import SystemClock
from scramblebench.core.errors import MissingDependency, ScrambleBenchError, UsageError
from scramblebench.executors import EXECUTORS, Order, Placing
from scramblebench.executors.processes import MOST_RESTARTS, Processes
from scramblebench.settings.sections import ExecutionSpec


class Recorded:
    """An executor that writes down what it is asked."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.ends: list[float] = []
        self.n_kept = 0
        self.error: ScrambleBenchError | None = None

    def start(self, order: Order) -> None:
        self.orders.append(order)

    def keep(self) -> None:
        self.n_kept += 1
        if self.error is not None:
            raise self.error

    def stop(self, patience_s: float) -> None:
        self.ends.append(patience_s)


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    executor = Recorded()
    monkeypatch.setitem(EXECUTORS, "processes", lambda: executor)
    return executor


def placing(executor: str | None = None, n: int | None = None, url: str = "x.db") -> Placing:
    return Placing(url, SystemClock(), executor, n, lease_s=7)


def test_nothing_is_placed_for_a_local_run(recorded: Recorded):
    async def go() -> None:
        async with placing() as place:
            assert await place.place(ExecutionSpec()) is None
        async with placing("local") as place:
            assert await place.place(ExecutionSpec(executor="processes")) is None

    asyncio.run(go())
    assert recorded.orders == recorded.ends == []


def test_workers_are_placed_once_for_all_experiments_and_ended_with_the_run(recorded: Recorded):
    async def go() -> None:
        async with placing() as place:
            asked = ExecutionSpec(executor="processes", n_processes=3)
            first = await place.place(asked)
            assert first is not None
            assert first is await place.place(asked)
            assert first.n_workers == 3
            assert recorded.ends == []

    asyncio.run(go())
    assert recorded.orders == [Order("x.db", 3, 7)]
    assert len(recorded.ends) == 1


def test_what_the_run_says_stands_above_the_configuration(recorded: Recorded):
    async def go() -> None:
        async with placing("processes", 0) as place:
            workforce = await place.place(ExecutionSpec(n_processes=3))
            assert workforce is not None
            assert workforce.n_workers == 1  # for the size of shards: somebody will come

    asyncio.run(go())
    assert [order.n_workers for order in recorded.orders] == [0]


def test_workers_that_cannot_be_kept_are_told_of(recorded: Recorded):
    recorded.error = ScrambleBenchError("they end at once")

    async def go() -> None:
        async with placing("processes", 1) as place:
            workforce = await place.place(ExecutionSpec())
            assert workforce is not None
            workforce.check()
            while True:
                await asyncio.sleep(0.01)  # until it is told of
                workforce.check()

    with pytest.raises(ScrambleBenchError, match="at once"):
        asyncio.run(asyncio.wait_for(go(), 20))
    assert recorded.n_kept == 1


def test_a_run_that_is_abandoned_waits_for_nobody(recorded: Recorded):
    async def go() -> None:
        async with placing("processes", 1) as place:
            await place.place(ExecutionSpec())
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(go())
    assert recorded.ends[0] < 1


def test_a_database_in_memory_and_an_unknown_executor_are_refused(recorded: Recorded):
    with pytest.raises(UsageError, match="known are local, processes, ray, dask"):
        placing("slurm")

    async def go() -> None:
        async with placing("processes", url="sqlite://") as place:
            await place.place(ExecutionSpec())

    with pytest.raises(UsageError, match="in memory"):
        asyncio.run(go())


@pytest.mark.parametrize("name", ["ray", "dask"])
def test_an_engine_that_is_not_installed_is_named(name: str, monkeypatch: pytest.MonkeyPatch):
    def missing(module: str) -> object:
        raise ImportError(module)

    import scramblebench.executors.dask_tasks as dask_tasks
    import scramblebench.executors.ray_actors as ray_actors

    for module in (dask_tasks, ray_actors):
        monkeypatch.setattr(module, "import_module", missing)
    with pytest.raises(MissingDependency, match=rf"scramblebench\[{name}\]"):
        EXECUTORS[name]()


class Ended:
    """A process that has ended."""

    stdin = None
    returncode = 2

    def poll(self) -> int:
        return 2

    def wait(self, timeout: float | None = None) -> int:
        return 2


def test_a_worker_that_ends_at_once_is_started_anew_only_so_often(
    monkeypatch: pytest.MonkeyPatch,
):
    started: list[Order] = []

    def start(order: Order) -> Ended:
        started.append(order)
        return Ended()

    monkeypatch.setattr("scramblebench.executors.processes._started", start)
    processes: Processes = Processes()
    processes.start(Order("x.db", 2, 7))
    keep: Callable[[], None] = processes.keep
    for _ in range(MOST_RESTARTS):
        keep()
    with pytest.raises(ScrambleBenchError, match=r"exit code 2.*run --worker"):
        keep()
    assert len(started) == 2 * (1 + MOST_RESTARTS)
    processes.stop(0)
