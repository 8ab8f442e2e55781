"""The engine as events: workers, the one interpreter, the writer's groups, the database's locks and log.

A worker's trial is: reserve (a commit), send, wait, read and score, then settle together with the next
reservation. The writer takes what has queued up, at most ``batch_size``, and acknowledges after the commit. Batches of one experiment take turns (its row is locked), those of one SQLite file do so, too.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.scale_model.events import Action, Clock, Cores, Disk, Interpreter, Lock
from scramblebench.evaluation.concurrency import Concurrency

_SENDING_SHARE = 0.45
"""Of a request's work in the event loop: making ready and sending; the rest is reading and scoring."""


@dataclass(frozen=True, slots=True)
class EngineCosts:
    """What one runner's process takes: seconds of CPU; ``main_s`` is the event loop's, per request."""

    start_s: float
    main_s: float
    batch_size: int


@dataclass(frozen=True, slots=True)
class DatabaseCosts:
    """What one transaction takes: seconds of CPU, fixed and per trial, on the client and on the server.

    ``interpreter_share`` of the client's work holds the interpreter's lock. ``round_trip_s`` is what a
    statement waits for the network.
    """

    client_fixed_s: float
    client_each_s: float
    server_fixed_s: float
    server_each_s: float
    interpreter_share: float
    n_statements: int
    sync_s: float
    round_trip_s: float = 0.0


class Database:
    """A database on a machine of its own, or on the runners' (``cores``)."""

    def __init__(self, clock: Clock, cores: Cores, costs: DatabaseCosts) -> None:
        self.costs = costs
        self.clock = clock
        self.cores = cores
        self.disk = Disk(clock, costs.sync_s)
        self.n_transactions = 0
        self._locks: dict[int, Lock] = {}

    def lock(self, experiment: int) -> Lock:
        """Return the lock that batches of an experiment take."""
        return self._locks.setdefault(experiment, Lock(self.clock))

    @property
    def most_held_s(self) -> float:
        """How long the lock that was held longest was held."""
        return max((lock.held_s for lock in self._locks.values()), default=0.0)


class Provider:
    """Answers each request ``latency_s`` after it came, and after a burst of its own CPU if it is here."""

    def __init__(
        self, clock: Clock, latency_s: float, own: Interpreter | None, cpu_s: float
    ) -> None:
        self.n_asked = 0
        self._clock = clock
        self._latency_s = latency_s
        self._own = own
        self._cpu_s = cpu_s

    def ask(self, answered: Action) -> None:
        """Call back with the answer."""
        self.n_asked += 1
        if self._own is None:
            self._clock.after(self._latency_s, answered)
        else:
            self._own.run(self._cpu_s, lambda: self._clock.after(self._latency_s, answered))


class RateLine:
    """Places in a line that all runners share, taken a second's worth at a time."""

    def __init__(self, clock: Clock, per_s: float) -> None:
        self._clock = clock
        self._per_s = per_s
        self._free_at_s = 0.0

    @property
    def chunk(self) -> int:
        """How many places a runner takes at once."""
        return max(1, int(self._per_s))

    def take(self, n_places: int) -> float:
        """Return when the first of the places is due."""
        due_s = max(self._free_at_s, self._clock.now_s)
        self._free_at_s = due_s + n_places / self._per_s
        return due_s


@dataclass(slots=True)
class Trials:
    """Who was asked and what is stored; every trial is to be stored once."""

    n_trials: int
    n_begun: int = 0
    n_stored: int = 0
    stored: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self.stored = bytearray(self.n_trials)

    def begin(self) -> int | None:
        """Return the next trial; None when none is left."""
        if self.n_begun == self.n_trials:
            return None
        self.n_begun += 1
        return self.n_begun - 1

    def store(self, trial: int) -> None:
        """Count an answer; raises ValueError for a second one."""
        if self.stored[trial]:
            raise ValueError(f"trial {trial} is stored twice")
        self.stored[trial] = 1
        self.n_stored += 1


@dataclass(frozen=True, slots=True)
class Item:
    """What goes to the writer: a trial to settle, if any, and who goes on after the commit.

    ``size`` is how many it counts for: a settlement and a reservation are one each.
    """

    settled: int | None
    then: Action
    size: int


class Runner:
    """One process that asks the trials of one experiment."""

    def __init__(
        self,
        cores: Cores,
        database: Database,
        provider: Provider,
        trials: Trials,
        costs: EngineCosts,
        *,
        concurrency: int,
        experiment: int = 0,
        line: RateLine | None = None,
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        self.interpreter = Interpreter(cores, database.clock)
        self.native_s = 0.0
        self.most_in_flight = 0
        self._clock = database.clock
        self._cores = cores
        self._database = database
        self._provider = provider
        self._trials = trials
        self._costs = costs
        self._most = concurrency
        self._lock = database.lock(experiment)
        self._line = line
        self._places: deque[float] = deque()
        self._on_end = on_end
        self._allowed = Concurrency(concurrency).allowed
        self._n_workers = 0
        self._n_in_flight = 0
        self._waiting: deque[Item] = deque()
        self._is_writing = False

    @property
    def cpu_s(self) -> float:
        """The CPU seconds that the process took."""
        return self.interpreter.busy_s + self.native_s

    def start(self) -> None:
        """Start the process."""
        self.interpreter.run(self._costs.start_s, self._hire)

    def _hire(self) -> None:
        while self._n_workers < self._allowed and self._begin_trial(None):
            self._n_workers += 1

    def _begin_trial(self, settled: int | None) -> bool:
        """Reserve the next trial, settling the one before in the same commit; False when none is left."""
        trial = self._trials.begin()
        if trial is None:
            return False
        if self._line is None:
            self._put(Item(settled, lambda: self._send(trial), 1 + (settled is not None)))
            return True
        if settled is not None:
            self._put(Item(settled, lambda: None, 1))
        wait_s = max(0.0, self._due_s(self._line) - self._clock.now_s)
        self._clock.after(wait_s, lambda: self._put(Item(None, lambda: self._send(trial), 1)))
        return True

    def _due_s(self, line: RateLine) -> float:
        if not self._places:
            first_s = line.take(line.chunk)
            self._places.extend(first_s + n / line.chunk for n in range(line.chunk))
        return self._places.popleft()

    def _send(self, trial: int) -> None:
        self._n_in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self._n_in_flight)
        work_s = self._costs.main_s * _SENDING_SHARE
        self.interpreter.run(work_s, lambda: self._provider.ask(lambda: self._came(trial)))

    def _came(self, trial: int) -> None:
        work_s = self._costs.main_s * (1 - _SENDING_SHARE)
        self.interpreter.run(work_s, lambda: self._answered(trial))

    def _answered(self, trial: int) -> None:
        self._n_in_flight -= 1
        if self._allowed < self._most:
            self._allowed += 1
            self._hire()
        if not self._begin_trial(trial):
            self._n_workers -= 1
            self._put(Item(trial, self._leave, 1))

    def _leave(self) -> None:
        if self._n_workers == 0 and not (self._waiting or self._is_writing):
            self._on_end()

    def _put(self, item: Item) -> None:
        self._waiting.append(item)
        if not self._is_writing:
            self._is_writing = True
            self._write()

    def _write(self) -> None:
        batch: list[Item] = []
        size = 0
        while self._waiting and size < self._costs.batch_size:
            batch.append(self._waiting.popleft())
            size += batch[-1].size
        self._lock.take(lambda: self._statement(batch, 0))

    def _statement(self, batch: list[Item], number: int) -> None:
        """Run one statement after the other: Python, native code or the network, the server."""
        costs = self._database.costs
        if number == costs.n_statements:
            self._database.disk.sync(lambda: self._committed(batch))
            return
        n = sum(item.size for item in batch) / 2
        client_s = (costs.client_fixed_s + costs.client_each_s * n) / costs.n_statements
        server_s = (costs.server_fixed_s + costs.server_each_s * n) / costs.n_statements
        python_s = client_s * costs.interpreter_share

        def served() -> None:
            self._statement(batch, number + 1)

        def asked() -> None:
            if costs.round_trip_s:
                self._clock.after(
                    costs.round_trip_s, lambda: self._database.cores.run(server_s, served)
                )
            elif server_s:
                self._database.cores.run(server_s, served)
            else:
                served()

        def prepared() -> None:
            native_s = client_s - python_s
            self.native_s += native_s
            self._cores.run(native_s, asked)

        self.interpreter.run_in_thread(python_s, prepared)

    def _committed(self, batch: list[Item]) -> None:
        self._database.n_transactions += 1
        self._lock.give_back()
        for item in batch:
            if item.settled is not None:
                self._trials.store(item.settled)
        self._is_writing = False
        for item in batch:
            item.then()
        if self._waiting and not self._is_writing:
            self._is_writing = True
            self._write()
