"""One experiment asked by many workers: cut into shards, watched, and told how it ended.

The coordinator holds the experiment's lease and sends nothing itself. All it knows it reads from the
database; whatever becomes of it, the workers go on with the shards there are, and whoever takes the
experiment over cuts what is missing anew.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ParamSpec, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from scramblebench.core.clock import Clock
from scramblebench.core.errors import LeaseLost
from scramblebench.evaluation.cutting import cut, waiting_lanes
from scramblebench.evaluation.engine import serial_groups, stopper_of
from scramblebench.evaluation.environment import recorded_environment
from scramblebench.evaluation.limits import pause
from scramblebench.evaluation.machines import check_one_machine
from scramblebench.evaluation.outcomes import Ended, RunOutcome, outcome_of
from scramblebench.evaluation.patience import patiently
from scramblebench.evaluation.progress import RunProgress, Stop
from scramblebench.evaluation.succession import earlier_workers_done
from scramblebench.plan import Plan
from scramblebench.queue import Lease
from scramblebench.storage import WORKER, Database, ShardRecord

if TYPE_CHECKING:
    from scramblebench.evaluation.early_stopping import Stopper

P = ParamSpec("P")
T = TypeVar("T")

_LOOK_S = 0.5
_DRAIN_LOOK_S = 0.1
_DECLARED_SHARE = 20
"""Looking at the declared question may take a twentieth of the time: it reads all scores so far."""


class Workforce(Protocol):
    """Who takes the shards, as far as a coordinator knows."""

    @property
    def n_workers(self) -> int:
        """How many workers there should be."""
        ...

    def check(self) -> None:
        """Raise a ScrambleBenchError when the workers cannot be kept alive."""
        ...


async def run_shared(
    plan: Plan,
    database: Database,
    lease: Lease,
    workforce: Workforce,
    *,
    clock: Clock,
    on_start: Callable[[RunProgress], None] = lambda _: None,
) -> RunOutcome:
    """Have every trial of a plan asked that has no response yet, by whichever workers there are.

    As ``run_plan``, and by the same rules. Setting ``lease.stop`` ends the run after the requests in
    flight. Raises UsageError where another machine uses the same SQLite file, and what the workforce
    raises.
    """
    await patiently(clock, check_one_machine, database)
    return await _Coordinator(plan, database, lease, workforce, clock).run(on_start)


class _Coordinator:
    """One run; belongs to one event loop."""

    def __init__(
        self, plan: Plan, database: Database, lease: Lease, workforce: Workforce, clock: Clock
    ) -> None:
        self._plan = plan
        self._database = database
        self._lease = lease
        self._workforce = workforce
        self._clock = clock
        self._experiment_id = lease.claim.experiment_id
        self._groups = serial_groups(plan.spec.models)
        self._opened: set[int] = set()
        self._over = [False] * plan.grid.n_models
        self._has_sent = asyncio.Event()
        self._counted_s = clock.monotonic_s()
        self._declared_s = float("-inf")

    async def run(self, on_start: Callable[[RunProgress], None]) -> RunOutcome:
        trials, plan, key = self._database.trials, self._plan, self._experiment_id
        money = await self._ask(trials.ledger, key)
        self._progress = RunProgress(plan, self._clock, money)
        self._progress.start(await self._ask(trials.counters, key), self._groups)
        self._progress.trouble = _earlier_workers
        on_start(self._progress)
        await earlier_workers_done(self._database, self._lease, self._clock)
        answered = await self._ask(trials.answered, key, len(plan))
        stopper = await self._ask(stopper_of, plan, self._database, key)
        environment = recorded_environment(plan, self._database, key, self._clock, self._has_sent)
        async with environment:
            try:
                await self._watch(answered, stopper)
            except LeaseLost:
                self._lease.stop.set()  # paused, cancelled or taken over meanwhile
            await self._drain()
        await self._count()
        ended = Ended(plan, self._database, key, self._progress, self._lease.stop.is_set(), stopper)
        return await self._ask(outcome_of, ended)

    async def _watch(self, answered: npt.NDArray[np.bool_], stopper: "Stopper | None") -> None:
        """Open shards and look at them until all are over, or the run is to end."""
        shards, claim = self._database.shards, self._lease.claim
        self._over = [
            bool(answered[lane.start : lane.stop].all())
            for lane in map(self._plan.grid.lane, range(len(self._over)))
        ]
        records: Sequence[ShardRecord] = ()
        while not (all(self._over) or self._lease.stop.is_set()):
            if stopper is not None and await self._is_settled(stopper, records):
                return
            for model_index in waiting_lanes(self._groups, self._over):
                if model_index not in self._opened:
                    parts = cut(self._plan, model_index, answered, self._workforce.n_workers)
                    await self._ask(shards.open, claim, parts)
                    self._opened.add(model_index)
            await pause(self._clock, self._lease.stop, _LOOK_S)
            self._workforce.check()
            records = await self._look()

    async def _look(self) -> Sequence[ShardRecord]:
        """Read how far the workers are; a model is over when all its shards are."""
        records = await self._ask(self._database.shards.list, self._experiment_id)
        n_alive = await self._ask(_n_workers, self._database)
        await self._count()
        self._progress.trouble = (lambda: None) if n_alive else _no_workers
        for model_index in self._opened:
            own = [record for record in records if record.shard.model_index == model_index]
            lane = self._progress.lanes[model_index]
            lane.concurrency = sum(record.n_granted for record in own if record.is_live)
            self._over[model_index] |= bool(own) and all(record.is_over for record in own)
            for record in own:
                lane.last_failure = record.report.last_failure or lane.last_failure
                lane.is_passing &= record.report.is_passing
                if (reason := record.report.stop_reason) is not None and lane.stop is None:
                    lane.stop = Stop(
                        reason, record.report.stop_budget, is_passing=record.report.is_passing
                    )
            if self._over[model_index] and lane.stop is None:
                lane.n_given_up = lane.n_missing
        return records

    async def _count(self) -> None:
        counters = await self._ask(self._database.trials.counters, self._experiment_id)
        served = await self._ask(self._database.trials.served, self._experiment_id)
        n_before, now_s = self._progress.n_answered, self._clock.monotonic_s()
        self._progress.counted(counters, served, self._counted_s)
        self._counted_s = now_s
        if self._progress.n_answered > n_before:
            self._has_sent.set()

    async def _is_settled(self, stopper: "Stopper", records: Sequence[ShardRecord]) -> bool:
        """Look at the declared question; what is missing of a shard that is over was given up."""
        began_s = self._clock.monotonic_s()
        if began_s < self._declared_s:
            return False
        scores = await self._ask(self._database.trials.read_scores, self._experiment_id)
        given_up: list[int] = []
        for shard in (record.shard for record in records if record.is_over):
            answered = await self._ask(
                self._database.trials.answered, self._experiment_id, shard.end, shard.first
            )
            given_up += (shard.first + np.flatnonzero(~answered[shard.first :])).tolist()
        index = np.concatenate([scores.trial_index, np.array(given_up, dtype=np.int64)])
        value = np.concatenate([scores.value, np.full(len(given_up), np.nan)])
        await asyncio.to_thread(stopper.read, index, value)
        took_s = self._clock.monotonic_s() - began_s
        self._declared_s = began_s + max(_LOOK_S, _DECLARED_SHARE * took_s)
        return stopper.is_settled

    async def _drain(self) -> None:
        """Have nothing new begun, and wait for what is in flight: no longer than the workers' leases."""
        shards = self._database.shards
        await self._ask(shards.close, self._lease.claim)
        while True:
            records = await self._ask(shards.list, self._experiment_id)
            if not any(record.is_live for record in records):
                return
            await self._clock.sleep(_DRAIN_LOOK_S)

    async def _ask(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await patiently(self._clock, work, *args, **kwargs)


def _earlier_workers() -> str:
    return "what workers of an earlier run have in flight"


def _no_workers() -> str:
    return "a worker: none is alive"


def _n_workers(database: Database) -> int:
    return sum(r.is_alive and r.role == WORKER for r in database.queue.runners())
