"""The one writer of a process: everything to be stored passes here and is committed in groups."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from queue import Empty, SimpleQueue
from threading import Event, Thread

from scramblebench.core.errors import StorageError
from scramblebench.storage.connection import StorageUnavailable
from scramblebench.storage.protocols import TrialStore
from scramblebench.storage.records import Refusal, Reservation, Settlement

MAX_BATCH = 512
PATIENCE_S = 600.0
"""How long answers that were paid for are held while the database cannot be had."""
LINGER_S = 0.002
"""How long a batch waits for more, where the last was of many: each commit takes a millisecond of CPU."""
_MANY = 8
_FIRST_WAIT_S = 0.05
_LONGEST_WAIT_S = 0.5

Item = Reservation | Settlement
Result = Refusal | StorageError | None
"""What became of items: all stored, the reservation among them refused, or none stored."""
Acknowledge = Callable[[Result], object]
Waiting = tuple[tuple[Item, ...], Acknowledge]
Outcome = tuple[Acknowledge, Result]


class Writer:
    """Takes all that has queued up, commits it as one transaction, and only then acknowledges.

    While one batch is being committed, the next one gathers, and a little longer where there are many. Made and used in one
    event loop; the writing is done by a thread. What waits is bounded by those who wait: each of them
    has put a few items and goes on when they are stored.

    While the database cannot be had, the batch is kept and tried again, on a new connection; the keys
    make it safe. Nobody who waits for a reservation sends anything meanwhile. ``trouble`` says why.
    Should the thread end by a defect, whoever waits, and whoever comes after, has its StorageError.
    """

    def __init__(
        self, store: TrialStore, *, max_batch: int = MAX_BATCH, patience_s: float = PATIENCE_S
    ) -> None:
        """Items of one transaction are at most ``max_batch``, give or take those of one call."""
        self.trouble: str | None = None
        self._store = store
        self._loop = asyncio.get_running_loop()
        self._max_batch = max_batch
        self._patience_s = patience_s
        self._gathered: list[Waiting] = []
        self._queue: SimpleQueue[list[Waiting] | None] = SimpleQueue()
        self._fetched: deque[Waiting] = deque()
        self._batch: list[Waiting] = []
        self._defect: StorageError | None = None
        self._is_closed = False
        self._is_busy = False
        self._closing = Event()
        self._pause = Event()  # never set; time.sleep fails while the wall clock is meddled with
        self._thread = Thread(target=self._run, name="scramblebench-writer", daemon=True)
        self._thread.start()

    async def put(self, *items: Item) -> Refusal | None:
        """Return once the items are committed; at most one of them is a reservation, and comes last.

        Returns why the reservation was refused: the others are stored all the same. Raises StorageError
        when they could not be stored. Items are written even if the caller stops waiting for them.
        """
        done: asyncio.Future[Refusal | None] = self._loop.create_future()
        self.hand(items, partial(_tell, done))
        return await done

    def hand(self, items: tuple[Item, ...], acknowledge: Acknowledge) -> None:
        """Have items committed as by ``put``; ``acknowledge`` is called in the loop when they are."""
        if self._is_closed:
            raise StorageError("the writer is closed")
        if self._defect is not None:
            raise self._defect
        if not self._gathered:
            self._loop.call_soon(self._hand_over)
        self._gathered.append((items, acknowledge))

    def _hand_over(self) -> None:
        """Give the thread what one turn of the loop has put: waking it is what costs."""
        if self._gathered:
            self._queue.put(self._gathered)
            self._gathered = []

    async def close(self, patience_s: float = PATIENCE_S) -> None:
        """Commit all that was put and end the thread, waiting for the database so long; idempotent."""
        if not self._is_closed:
            self._is_closed = True
            self._closing.set()
            self._hand_over()
            self._queue.put(None)
        self._patience_s = min(self._patience_s, patience_s)
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        try:
            while self._take():
                self._loop.call_soon_threadsafe(_acknowledge, self._write(self._batch))
        except BaseException as error:  # noqa: BLE001 - nobody else would tell those who wait
            self._loop.call_soon_threadsafe(self._fail, _storage_error(error))

    def _fail(self, defect: StorageError) -> None:
        self._defect = defect
        waiting = [*self._batch, *self._fetched, *self._gathered]
        while not self._queue.empty():
            waiting += self._queue.get() or []
        self._gathered = []
        _acknowledge([(acknowledge, defect) for _, acknowledge in waiting])

    def _take(self) -> bool:
        """Wait for one entry and take all that are there with it; False when the writer was closed."""
        self._batch = []
        n_items = self._add_to(0)
        if self._is_busy and 0 < n_items < self._max_batch:
            self._closing.wait(LINGER_S)
            n_items = self._add_to(n_items)
        self._is_busy = n_items >= _MANY
        return bool(self._batch)

    def _add_to(self, n_items: int) -> int:
        while n_items < self._max_batch and self._fetch(is_waiting=not self._batch):
            self._batch.append(self._fetched.popleft())
            n_items += len(self._batch[-1][0])
        return n_items

    def _fetch(self, *, is_waiting: bool) -> bool:
        """Have an entry to take, False where there is none, or none will come any more."""
        if self._fetched:
            return True
        try:
            entries = self._queue.get(block=is_waiting)
        except Empty:
            return False
        if entries is None:
            self._queue.put(None)  # for the next look
            return False
        self._fetched.extend(entries)
        return True

    def _write(self, batch: Sequence[Waiting]) -> list[Outcome]:
        try:
            return self._stored(batch)
        except StorageUnavailable as error:
            return [(acknowledge, error) for _, acknowledge in batch]
        except Exception as error:  # noqa: BLE001 - whatever it is, the waiters must hear of it
            if (
                len(batch) > 1
            ):  # one bad item must not lose the others, which may have been paid for
                return [outcome for entry in batch for outcome in self._write([entry])]
            return [(batch[0][1], _storage_error(error))]

    def _stored(self, batch: Sequence[Waiting]) -> list[Outcome]:
        items = [item for own, _ in batch for item in own]
        refused = self._write_patiently(items)
        outcomes: list[Outcome] = []
        end = 0
        for own, acknowledge in batch:
            end += len(own)
            outcomes.append((acknowledge, refused.get(end - 1)))
        return outcomes

    def _write_patiently(self, items: Sequence[Item]) -> dict[int, Refusal]:
        began_s, wait_s = time.monotonic(), _FIRST_WAIT_S
        while True:
            try:
                refused = self._store.write(items)
            except StorageUnavailable as error:
                self.trouble = str(error)
                if time.monotonic() - began_s + wait_s > self._patience_s:
                    self._patience_s = 0.0  # what comes after need not wait as long again
                    raise
            else:
                self.trouble = None
                return refused
            self._pause.wait(wait_s)
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)


def _storage_error(error: BaseException) -> StorageError:
    if isinstance(error, StorageError):
        return error
    failure = StorageError(f"could not be stored: {type(error).__name__}: {error}")
    failure.__cause__ = error
    return failure


def _acknowledge(outcomes: Sequence[Outcome]) -> None:
    for acknowledge, result in outcomes:
        acknowledge(result)


def _tell(done: asyncio.Future[Refusal | None], result: Result) -> None:
    if done.cancelled():
        return
    if isinstance(result, StorageError):
        done.set_exception(result)
    else:
        done.set_result(result)
