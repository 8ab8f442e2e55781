"""Weeks of a run in a second: runners that pull shards, die, are replaced, freeze and wake, one experiment.

A shard's trials are asked at the rate that all working runners share evenly. Who dies leaves its shard leased
until the lease ends, and the requests it had in flight of unknown outcome: they are asked again. Who freezes
for longer than its lease loses its shard, too; the answers it had paid for come late, are stored where the
trial has none yet, and refused where its successor was faster.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from random import Random


@dataclass(frozen=True, slots=True)
class Fleet:
    """How many runners there are and what becomes of them; times are seconds.

    ``rate_per_s`` gives what so many working runners do together. A runner that dies is replaced after
    ``restart_s``; a frozen one sleeps for ``frozen_s``.
    """

    n_runners: int
    rate_per_s: Callable[[int], float]
    in_flight: int
    shard_trials: int = 5_000
    lifetime_s: float = float("inf")
    frozen_share: float = 0.0
    frozen_s: float = 120.0
    lease_s: float = 30.0
    restart_s: float = 30.0
    claim_s: float = 0.1


@dataclass(slots=True)
class Course:
    """How a run went. ``n_asked`` is ``n_answered`` + ``n_unknown`` + ``n_refused``, always."""

    n_trials: int
    wall_s: float = 0.0
    n_answered: int = 0
    n_asked: int = 0
    n_unknown: int = 0
    n_refused: int = 0
    n_deaths: int = 0
    n_freezes: int = 0
    n_claims: int = 0
    working_s: float = 0.0
    ideal_s: float = 0.0
    utilisation: float = 0.0


@dataclass(slots=True)
class _Holding:
    """What a runner works on: a shard of which ``left`` were missing when its work stood at ``since``."""

    left: int
    since: float
    number: int


@dataclass(slots=True)
class _State:
    clock_s: float = 0.0
    work: float = 0.0
    """Trials that each working runner has asked since the beginning, had it worked throughout."""
    holdings: dict[int, _Holding] = field(default_factory=dict)
    free: deque[int] = field(default_factory=deque)
    due: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    ends: list[tuple[float, int, int]] = field(default_factory=list)
    idle: set[int] = field(default_factory=set)
    claiming: dict[int, tuple[int, int]] = field(default_factory=dict)
    """By runner: the number of its claim, and how many trials the shard has left."""


class ShardRun:
    """One run from its first claim to its last answer."""

    def __init__(self, n_trials: int, fleet: Fleet, seed: int) -> None:
        self._fleet = fleet
        self._random = Random(seed)
        self._numbers = count()
        self._state = _State()
        self._course = Course(n_trials, ideal_s=n_trials / fleet.rate_per_s(fleet.n_runners))
        size = fleet.shard_trials
        self._state.free.extend(min(size, n_trials - first) for first in range(0, n_trials, size))

    def run(self) -> Course:
        """Run to the end; raises RuntimeError where it would never come."""
        for runner in range(self._fleet.n_runners):
            self._appear(runner)
        state, course = self._state, self._course
        while course.n_answered < course.n_trials:
            self._step()
        course.wall_s = state.clock_s
        course.utilisation = course.working_s / (self._fleet.n_runners * course.wall_s)
        return course

    def _step(self) -> None:
        """Go on to what happens next: a shard is done, or something is due."""
        state = self._state
        n_working = len(state.holdings)
        while state.ends and not self._is_current(state.ends[0]):
            heappop(state.ends)
        each_per_s = self._fleet.rate_per_s(n_working) / n_working if n_working else 0.0
        done_s = (
            state.clock_s + max(0.0, state.ends[0][0] - state.work) / each_per_s
            if state.ends and each_per_s
            else float("inf")
        )
        due_s = state.due[0][0] if state.due else float("inf")
        next_s = min(done_s, due_s)
        if next_s == float("inf"):
            raise RuntimeError("nobody is left to ask the rest")
        state.work += (next_s - state.clock_s) * each_per_s
        self._course.working_s += (next_s - state.clock_s) * n_working
        state.clock_s = next_s
        if done_s <= due_s:
            _, runner, _ = heappop(state.ends)
            self._done(runner)
        else:
            heappop(state.due)[2]()

    def _is_current(self, end: tuple[float, int, int]) -> bool:
        _, runner, number = end
        holding = self._state.holdings.get(runner)
        return holding is not None and holding.number == number

    def _after(self, delay_s: float, action: Callable[[], None]) -> None:
        heappush(self._state.due, (self._state.clock_s + delay_s, next(self._numbers), action))

    def _appear(self, runner: int) -> None:
        """Let a runner start, and choose when it will end."""
        if self._fleet.lifetime_s < float("inf"):
            lifetime_s = self._random.expovariate(1 / self._fleet.lifetime_s)
            self._after(lifetime_s, lambda: self._end(runner))
        self._claim(runner)

    def _claim(self, runner: int) -> None:
        if self._state.free:
            self._course.n_claims += 1
            number = next(self._numbers)
            self._state.claiming[runner] = number, self._state.free.popleft()
            self._after(self._fleet.claim_s, lambda: self._begin(runner, number))
        else:
            self._state.idle.add(runner)

    def _begin(self, runner: int, number: int) -> None:
        """Let a runner ask the shard that it claimed, unless it is gone by now."""
        state = self._state
        if state.claiming.get(runner, (None,))[0] != number:
            return
        _, left = state.claiming.pop(runner)
        state.holdings[runner] = _Holding(left, state.work, number)
        heappush(state.ends, (state.work + left, runner, number))

    def _done(self, runner: int) -> None:
        n = self._state.holdings.pop(runner).left
        self._course.n_answered += n
        self._course.n_asked += n
        self._claim(runner)

    def _end(self, runner: int) -> None:
        """Let a runner die or freeze, wherever it is."""
        state, course = self._state, self._course
        is_frozen = self._random.random() < self._fleet.frozen_share
        course.n_freezes += is_frozen
        course.n_deaths += not is_frozen
        state.idle.discard(runner)
        away_s = self._fleet.frozen_s if is_frozen else self._fleet.restart_s
        holding = state.holdings.pop(runner, None)
        _, claimed = state.claiming.pop(runner, (0, 0))
        if claimed:
            self._leave(claimed, 0, is_frozen)
        if holding is not None:
            n_done = min(holding.left, int(state.work - holding.since))
            left = holding.left - n_done
            n_in_flight = min(self._fleet.in_flight, left)
            course.n_answered += n_done
            course.n_asked += n_done
            self._leave(left, n_in_flight, is_frozen)
        self._after(away_s, lambda: self._appear(runner))

    def _leave(self, left: int, n_in_flight: int, is_frozen: bool) -> None:
        """Account for what was in flight, and let the rest be taken when the lease has ended."""
        course, fleet = self._course, self._fleet
        course.n_asked += n_in_flight
        if not is_frozen:
            course.n_unknown += n_in_flight
        elif fleet.frozen_s > fleet.lease_s:
            course.n_refused += n_in_flight  # its successor asks them first
        else:
            course.n_answered += n_in_flight
            left -= n_in_flight
        if left:
            wait_s = fleet.lease_s * self._random.uniform(2 / 3, 1)
            self._after(wait_s, lambda: self._free(left))

    def _free(self, left: int) -> None:
        self._state.free.append(left)
        if self._state.idle:
            self._claim(self._state.idle.pop())
