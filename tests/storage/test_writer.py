"""The writer commits in groups, acknowledges only what is committed, and loses nothing silently."""

import asyncio
import threading
from collections.abc import Callable, Sequence

import pytest

from scramblebench.core.errors import ExperimentNotFound, StorageError
from scramblebench.storage import Refusal, Reservation, Settlement, Writer, open_database
from scramblebench.storage.connection import StorageUnavailable
from scramblebench.testing.experiments import make_answer, make_experiment, make_reservation

Item = Reservation | Settlement


class FakeStore:
    """Remembers batches; holds each until let go, and fails as told."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.errors: list[Exception] = []
        self.gate = threading.Event()
        self.entered = threading.Event()
        self.gate.set()
        self.poison: int | None = None
        self.refused: dict[int, Refusal] = {}
        self.on_write: Callable[[], object] = lambda: None

    def write(self, items: Sequence[Item]) -> dict[int, Refusal]:
        self.entered.set()
        assert self.gate.wait(10)
        self.on_write()
        self.batches.append([item.attempt.trial_index for item in items])
        if self.errors:
            raise self.errors.pop(0)
        if self.poison is not None and self.poison in self.batches[-1]:
            raise ExperimentNotFound("there is no such experiment")
        indices = [item.attempt.trial_index for item in items]
        return {n: self.refused[i] for n, i in enumerate(indices) if i in self.refused}


def test_what_gathers_during_a_commit_is_the_next_batch() -> None:
    async def run() -> list[list[int]]:
        store = FakeStore()
        store.gate.clear()
        writer = Writer(store)
        first = asyncio.create_task(writer.put(make_answer("e", 0)))
        await asyncio.to_thread(store.entered.wait, 10)
        others = [asyncio.create_task(writer.put(make_answer("e", n))) for n in range(1, 600)]
        await asyncio.sleep(0)
        assert not first.done()
        store.gate.set()
        await asyncio.gather(first, *others)
        await writer.close()
        return store.batches

    batches = asyncio.run(run())
    assert [len(batch) for batch in batches] == [1, 512, 87]
    assert [index for batch in batches for index in batch] == list(range(600))


def test_while_the_database_cannot_be_had_nothing_is_lost_and_nobody_goes_on() -> None:
    async def run() -> None:
        store = FakeStore()
        store.errors = [StorageUnavailable("gone")] * 3
        writer = Writer(store)
        troubles: list[str | None] = []
        store.on_write = lambda: troubles.append(writer.trouble)
        await asyncio.gather(writer.put(make_answer("e", 0)), writer.put(make_reservation("e", 1)))
        await writer.close()
        assert troubles == [None, "gone", "gone", "gone"]
        assert writer.trouble is None
        assert [sorted(batch) for batch in store.batches] == [[0, 1]] * 4

    asyncio.run(run())


def test_patience_ends_and_what_follows_need_not_wait_again() -> None:
    async def run() -> None:
        store = FakeStore()
        store.errors = [StorageUnavailable("gone for good")] * 2
        writer = Writer(store, patience_s=0)
        for index in (0, 1):
            with pytest.raises(StorageError, match="for good"):
                await writer.put(make_answer("e", index))
        await writer.put(make_answer("e", 2))
        await writer.close()
        assert store.batches == [[0], [1], [2]]

    asyncio.run(run())


def test_a_refused_reservation_does_not_take_the_answer_before_it_along() -> None:
    async def run() -> None:
        store = FakeStore()
        store.refused = {7: Refusal.BUDGET}
        writer = Writer(store)
        put = writer.put
        refusals = await asyncio.gather(
            put(make_answer("e", 1), make_reservation("e", 7)),
            put(make_answer("e", 2), make_reservation("e", 8)),
            put(make_answer("e", 3)),
        )
        await writer.close()
        assert refusals == [Refusal.BUDGET, None, None]
        assert sorted(index for batch in store.batches for index in batch) == [1, 2, 3, 7, 8]

    asyncio.run(run())


def test_one_bad_item_does_not_take_the_others_with_it() -> None:
    async def run() -> None:
        store = FakeStore()
        store.poison = 2
        store.gate.clear()
        writer = Writer(store)
        tasks = [asyncio.create_task(writer.put(make_answer("e", n))) for n in range(4)]
        await asyncio.to_thread(store.entered.wait, 10)
        store.gate.set()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [
            type(None),
            type(None),
            StorageError,
            type(None),
        ]
        assert isinstance(outcomes[2], StorageError)
        assert isinstance(outcomes[2].__cause__, ExperimentNotFound)
        await writer.close()

    asyncio.run(run())


def test_who_stops_waiting_is_written_all_the_same() -> None:
    async def run() -> None:
        store = FakeStore()
        store.gate.clear()
        writer = Writer(store)
        task = asyncio.create_task(writer.put(make_answer("e", 0)))
        await asyncio.to_thread(store.entered.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        store.gate.set()
        await writer.close()
        assert store.batches == [[0]]

    asyncio.run(run())


def test_closing_commits_what_was_put_and_refuses_more() -> None:
    async def run() -> None:
        store = FakeStore()
        store.gate.clear()
        writer = Writer(store)
        tasks = [asyncio.create_task(writer.put(make_answer("e", n))) for n in range(5)]
        await asyncio.to_thread(store.entered.wait, 10)
        closing = asyncio.create_task(writer.close())
        await asyncio.sleep(0)
        store.gate.set()
        await closing
        await asyncio.gather(*tasks)
        await writer.close()
        with pytest.raises(StorageError, match="closed"):
            await writer.put(make_answer("e", 9))
        assert sorted(index for batch in store.batches for index in batch) == list(range(5))

    asyncio.run(run())


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_on_a_real_database(kind: str, tmp_path: object, request: pytest.FixtureRequest) -> None:
    is_sqlite = kind == "sqlite"
    url = f"{tmp_path}/x.db" if is_sqlite else request.getfixturevalue("postgres_url")
    database = open_database(url)
    database.migrate()
    database.experiments.add(make_experiment("e1"))

    async def run() -> None:
        writer = Writer(database.trials)
        await asyncio.gather(*(writer.put(make_answer("e1", n)) for n in range(200)))
        assert len(list(database.trials.responses("e1"))) == 200
        with pytest.raises(StorageError):
            await writer.put(make_answer("nowhere", 0))
        await writer.close()

    asyncio.run(run())
    database.close()


def test_when_its_thread_ends_everybody_hears_of_it() -> None:
    async def run() -> None:
        store = FakeStore()
        store.gate.clear()
        writer = Writer(store)

        def fail() -> None:
            raise SystemExit("a defect")

        store.on_write = fail
        taken = asyncio.create_task(writer.put(make_answer("e", 0)))
        await asyncio.to_thread(store.entered.wait, 10)
        queued = asyncio.create_task(writer.put(make_answer("e", 1)))
        await asyncio.sleep(0)
        gathered = asyncio.create_task(writer.put(make_answer("e", 2)))
        store.gate.set()
        told = await asyncio.gather(taken, queued, gathered, return_exceptions=True)
        assert [str(error) for error in told] == ["could not be stored: SystemExit: a defect"] * 3
        with pytest.raises(StorageError, match="a defect"):
            await writer.put(make_answer("e", 3))
        await writer.close()

    asyncio.run(run())
