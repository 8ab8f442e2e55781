"""Discrete events: a clock, cores, locks and a disk. Times are seconds; what happens at once keeps its order."""

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

Action = Callable[[], None]


class Clock:
    """Runs what is to happen, in order of time."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._coming: list[tuple[float, int, Action]] = []
        self._numbers = count()

    def after(self, delay_s: float, action: Action) -> None:
        """Let something happen later."""
        heappush(self._coming, (self.now_s + delay_s, next(self._numbers), action))

    def run(self, until_s: float = float("inf")) -> None:
        """Let everything happen that is due until then."""
        while self._coming and self._coming[0][0] <= until_s:
            self.now_s, _, action = heappop(self._coming)
            action()


class Cores:
    """Cores of one machine: each burst of work takes one to its end, first come, first served."""

    def __init__(self, clock: Clock, n_cores: int) -> None:
        self.busy_s = 0.0
        self._clock = clock
        self._n_cores = n_cores
        self._n_free = n_cores
        self._waiting: deque[tuple[float, Action]] = deque()

    def run(self, work_s: float, done: Action) -> None:
        """Work, and say when it is done."""
        if self._n_free:
            self._n_free -= 1
            self._begin(work_s, done)
        else:
            self._waiting.append((work_s, done))

    def utilisation(self) -> float:
        """Return the share of the cores' time that was worked so far."""
        return self.busy_s / (self._n_cores * self._clock.now_s) if self._clock.now_s else 0.0

    def _begin(self, work_s: float, done: Action) -> None:
        def end() -> None:
            self.busy_s += work_s
            if self._waiting:
                self._begin(*self._waiting.popleft())
            else:
                self._n_free += 1
            done()

        self._clock.after(work_s, end)


class Interpreter:
    """One process's interpreter, on the cores of its machine: the event loop, and a thread that waits for it.

    The loop keeps the interpreter while it has something to do; a thread that waits gets it when the loop
    has nothing left, or after ``switch_s``.
    """

    def __init__(self, cores: Cores, clock: Clock, switch_s: float = 0.005) -> None:
        self.busy_s = 0.0
        self._cores = cores
        self._clock = clock
        self._switch_s = switch_s
        self._loop: deque[tuple[float, Action]] = deque()
        self._thread: deque[tuple[float, Action]] = deque()
        self._thread_since_s = 0.0
        self._is_busy = False

    def run(self, work_s: float, done: Action) -> None:
        """Work in the event loop when it is this work's turn, and say when it is done."""
        self._loop.append((work_s, done))
        self._wake()

    def run_in_thread(self, work_s: float, done: Action) -> None:
        """Work in the other thread when it gets the interpreter, and say when it is done."""
        if not self._thread:
            self._thread_since_s = self._clock.now_s
        self._thread.append((work_s, done))
        self._wake()

    def _wake(self) -> None:
        if not self._is_busy:
            self._is_busy = True
            self._next()

    def _next(self) -> None:
        is_patient = self._clock.now_s - self._thread_since_s < self._switch_s
        is_loop = self._loop and (is_patient or not self._thread)
        work_s, done = (self._loop if is_loop else self._thread).popleft()

        def end() -> None:
            self.busy_s += work_s
            done()
            if self._loop or self._thread:
                self._next()
            else:
                self._is_busy = False

        self._cores.run(work_s, end)


class Lock:
    """What one at a time may hold."""

    def __init__(self, clock: Clock) -> None:
        self._held_s = 0.0
        self._clock = clock
        self._since_s = 0.0
        self._is_held = False
        self._waiting: deque[Action] = deque()

    @property
    def held_s(self) -> float:
        """How long it was held so far."""
        return self._held_s + (self._clock.now_s - self._since_s if self._is_held else 0.0)

    def take(self, have: Action) -> None:
        """Call back when it is had."""
        if self._is_held:
            self._waiting.append(have)
        else:
            self._is_held = True
            self._since_s = self._clock.now_s
            have()

    def give_back(self) -> None:
        """Let the next one have it."""
        self._held_s += self._clock.now_s - self._since_s
        if self._waiting:
            self._since_s = self._clock.now_s
            self._waiting.popleft()()
        else:
            self._is_held = False


class Disk:
    """A log that is made durable: all who wait when one sync ends share the next."""

    def __init__(self, clock: Clock, sync_s: float) -> None:
        self.n_syncs = 0
        self._clock = clock
        self._sync_s = sync_s
        self._waiting: list[Action] = []
        self._is_busy = False

    def sync(self, done: Action) -> None:
        """Say when what was written is durable."""
        self._waiting.append(done)
        if not self._is_busy:
            self._begin()

    def _begin(self) -> None:
        self._is_busy = True
        self.n_syncs += 1
        served, self._waiting = self._waiting, []

        def end() -> None:
            self._is_busy = False
            if self._waiting:
                self._begin()
            for done in served:
                done()

        self._clock.after(self._sync_s, end)
