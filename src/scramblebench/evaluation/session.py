"""One experiment in a worker: its plan, its writer, its models, as long as it takes shards of it."""

import asyncio
from contextlib import AsyncExitStack

import numpy as np
import numpy.typing as npt

from scramblebench.core.errors import ProviderError, UsageError
from scramblebench.evaluation.concurrency import batch_items
from scramblebench.evaluation.context import RunContext
from scramblebench.evaluation.engine import in_order
from scramblebench.evaluation.environment import recorded_environment
from scramblebench.evaluation.lane import Lane
from scramblebench.evaluation.opening import Surroundings, identified, opened
from scramblebench.evaluation.patience import patiently
from scramblebench.evaluation.progress import LaneProgress, RunProgress, Stop
from scramblebench.evaluation.retry import RetryPolicy
from scramblebench.plan import Plan
from scramblebench.queue import Lease
from scramblebench.storage import (
    Database,
    LedgerTotals,
    ShardClaim,
    ShardReport,
    Writer,
)


class Session:
    """Asks shards of one claim of one experiment; a model is opened once, and its pace is kept.

    Belongs to one event loop. Shards of one model come one after the other.
    """

    def __init__(
        self, plan: Plan, database: Database, experiment_id: str, surroundings: Surroundings
    ) -> None:
        self._plan = plan
        self._database = database
        self._experiment_id = experiment_id
        self._surroundings = surroundings
        self._progress = RunProgress(plan, surroundings.clock, LedgerTotals())
        self._writer = Writer(database.trials, max_batch=batch_items(plan.spec))
        self._lanes: dict[int, Lane] = {}
        self._has_sent = asyncio.Event()
        self._open = AsyncExitStack()

    async def begin(self) -> None:
        """Record where this worker is, once it has sent something."""
        environment = recorded_environment(
            self._plan,
            self._database,
            self._experiment_id,
            self._surroundings.clock,
            self._has_sent,
        )
        await self._open.enter_async_context(environment)

    async def close(self, patience_s: float | None = None) -> None:
        """Store what is left and let the models go, waiting at most so long for the database."""
        try:
            await (self._writer.close() if patience_s is None else self._writer.close(patience_s))
        finally:
            await self._open.aclose()

    def heed_limits(self, model_index: int, lease: Lease) -> int:
        """Heed the limits of a lease; return how many requests of the model are begun or may be."""
        lane = self._lanes.get(model_index)
        return lane.heed_limits() if lane else (lease.limits.max_concurrent_requests or 0)

    async def ask(self, claim: ShardClaim, lease: Lease) -> ShardReport | None:
        """Ask what is missing of a shard; return what is to be told of it, None where it is not done."""
        model_index = claim.shard.model_index
        progress = self._progress.lanes[model_index]
        progress.stop, progress.is_passing, progress.last_failure = None, True, ""
        try:
            context, todo = await self._prepared(claim, lease)
            lane = await self._lane(model_index, context)
            await lane.run(in_order(context.attempts, todo, claim.shard.trials))
        except ProviderError as error:
            progress.stop = Stop(str(error), is_passing=error.kind.is_retryable)
        except UsageError as error:
            progress.stop = Stop(str(error))
        if lease.stop.is_set() and progress.stop is None:
            return None
        return _report(progress)

    async def _prepared(
        self, claim: ShardClaim, lease: Lease
    ) -> tuple[RunContext, npt.NDArray[np.bool_]]:
        """Read what was tried, then what is answered: a late answer is then in both (see ``run_plan``)."""
        clock, trials = self._surroundings.clock, self._database.trials
        shard, experiment_id = claim.shard, self._experiment_id
        tried = await patiently(clock, trials.attempt_numbers, experiment_id, shard.trials)
        done = await patiently(clock, trials.answered, experiment_id, shard.end, shard.first)
        if claim.fence > 1 and tried:
            given_up = await patiently(
                clock, trials.given_up, experiment_id, claim.experiment.fence, shard.trials, self._n_tries
            )  # fmt: skip
            done[list(given_up)] = True
            tried = {index: n for index, n in tried.items() if index not in given_up}
        context = RunContext(
            lease,
            self._plan,
            self._database,
            self._writer,
            self._progress,
            clock,
            tried,
            has_sent=self._has_sent,
        )
        return context, done

    @property
    def _n_tries(self) -> int:
        return RetryPolicy.of(self._plan.spec).max_retries + 1

    async def _lane(self, model_index: int, context: RunContext) -> Lane:
        lane = self._lanes.get(model_index)
        if lane is not None:
            lane.go_on(context)
            return lane
        provider = opened(self._plan.spec.models[model_index], self._surroundings)
        self._open.push_async_callback(provider.close)
        identity = await identified(self._plan.spec, provider, context.clock, context.stop)
        lane = Lane(context, model_index, provider, identity.digest)
        self._lanes[model_index] = lane
        return lane


def _report(progress: LaneProgress) -> ShardReport:
    stop = progress.stop
    if stop is None:
        return ShardReport(progress.last_failure, progress.is_passing)
    return ShardReport(
        progress.last_failure, progress.is_passing and stop.is_passing, stop.reason, stop.budget
    )
