"""One model's lane: reserve, send, record, for one trial after the other, several at once."""

import asyncio
from collections.abc import Iterator
from functools import partial

from scramblebench.core.errors import (
    ErrorKind,
    LeaseLost,
    ProviderError,
    ScrambleBenchError,
    StorageError,
)
from scramblebench.core.trials import Attempt, Failure, Response
from scramblebench.evaluation.budget import most_microusd
from scramblebench.evaluation.caching import CacheKeys
from scramblebench.evaluation.concurrency import Concurrency
from scramblebench.evaluation.context import RunContext
from scramblebench.evaluation.deadlines import Deadlines
from scramblebench.evaluation.gate import Gate
from scramblebench.evaluation.limits import Pacer, pause
from scramblebench.evaluation.patience import patiently
from scramblebench.evaluation.progress import LaneProgress, Stop
from scramblebench.evaluation.requests import (
    Task,
    answer_settlement,
    failure_settlement,
    judge,
    make_task,
)
from scramblebench.evaluation.retry import RetryPolicy
from scramblebench.evaluation.todo import Defect, Todo
from scramblebench.providers import Provider, find_price
from scramblebench.settings import ModelSpec, ProviderLimits, ProviderName
from scramblebench.storage import (
    Refusal,
    Reservation,
    Result,
    Settlement,
    StorageUnavailable,
)

MOST_FAILED_IN_A_ROW = 8
"""A lane stops when so many trials in a row had no answer after all retries, and none in between had."""
_AWAY_S = 1.0
"""How often a database is asked again that cannot give the next questions."""
_OF_THE_TRIAL = frozenset({ErrorKind.CONTEXT_LENGTH, ErrorKind.CONTENT_FILTER})
"""Permanent failures that say nothing about the trials that follow."""


class Lane:
    """Asks one model. Every attempt is committed before it is sent, every response before it counts.

    Each worker asks one trial after the other and stores what became of one together with the
    reservation of the next: one commit per request. There are some more workers than requests may be in
    flight, so that the wire is busy while commits are waited for; both numbers follow ``Concurrency``.
    """

    def __init__(
        self, context: RunContext, model_index: int, provider: Provider, digest: str | None
    ) -> None:
        spec = context.plan.spec
        self._context = context
        self._lease = context.lease
        self._limits = context.lease.limits
        self._spec: ModelSpec = spec.models[model_index]
        self._provider = provider
        self._price = find_price(self._spec)
        limits = spec.providers.get(self._spec.provider, ProviderLimits())
        self._pacer = Pacer(self._spec, limits, context.database.rates, context.clock)
        self._policy = RetryPolicy.of(spec)
        self._timeout_s = spec.execution.timeout_per_question
        self._deadlines = Deadlines(self._timeout_s)
        self._progress: LaneProgress = context.progress.lanes[model_index]
        self._concurrency = Concurrency(self._most_at_once())
        self._gate = Gate(self._concurrency)
        keys = CacheKeys(self._spec, digest)
        is_caching = spec.optimization.enable_response_caching and keys.is_usable
        self._cache_keys = keys if is_caching else None
        self._todo = Todo(iter(()), self._made)
        self._n_workers = 0
        self._n_open = 0
        self._n_failed_in_a_row = 0

    def go_on(self, context: RunContext) -> None:
        """Go on under another lease on the same model; nothing may be running."""
        self._context, self._lease = context, context.lease

    def heed_limits(self) -> int:
        """Heed the limits now in force; return how many requests may still be begun or be in flight."""
        self._limits = self._lease.limits
        self._concurrency.set_maximum(self._most_at_once())
        return max(self._concurrency.maximum, self._gate.n_inside)

    async def run(self, indices: Iterator[int]) -> None:
        """Ask the trials of ``indices`` until none is left or the run is stopped."""
        self._todo = Todo(indices, self._made)
        async with asyncio.TaskGroup() as group:
            self._group = group
            self._hire()

    @property
    def _is_stopped(self) -> bool:
        return self._context.is_over or self._progress.stop is not None

    def _most_at_once(self) -> int:
        """Return how many requests may be in flight; a model in this process answers one at a time."""
        changed = self._lease.limits.max_concurrent_requests
        if self._spec.provider is ProviderName.LOCAL:
            return self._spec.max_concurrent_requests or 1
        if changed is not None:
            return max(1, changed)
        usual = self._context.plan.spec.execution.max_concurrent_requests
        return self._spec.max_concurrent_requests or usual

    def _hire(self) -> None:
        """Have as many workers as requests may be begun, by the limits now in force."""
        self._limits = self._lease.limits
        self._concurrency.set_maximum(self._most_at_once())
        self._progress.concurrency = self._concurrency.allowed
        while self._n_workers < self._concurrency.n_begun and not self._todo.is_empty:
            self._n_workers += 1
            self._group.create_task(self._work())

    async def _work(self) -> None:
        settled: Settlement | None = None
        try:
            while self._is_wanted() and (task := await self._next()) is not None:
                settled = await self._ask(task, settled)
        except LeaseLost:
            settled = None  # stored already: it went with the reservation
            self._context.stop.set()
        finally:
            self._n_workers -= 1  # before anything is waited for: the others count who stays
        await self._put(settled)

    def _is_wanted(self) -> bool:
        return not self._is_stopped and self._n_workers <= self._concurrency.n_begun

    def _made(self, index: int) -> Task:
        return make_task(self._context.plan, self._context.experiment_id, index)

    async def _next(self) -> Task | None:
        """Return a trial ready to be sent; a defect stops the lane, and loses nothing."""
        while not self._is_stopped:
            try:
                return self._todo.take()
            except StorageUnavailable:
                await pause(self._context.clock, self._context.stop, _AWAY_S)
            except Defect as defect:
                cause = defect.__cause__
                damage = cause if isinstance(cause, StorageError) else None
                self._progress.stop = Stop(str(defect), damage=damage)
        return None

    async def _ask(self, task: Task, settled: Settlement | None) -> Settlement | None:
        """Ask one trial until it is answered, given up or the run is stopped.

        ``settled`` is what became of the worker's trial before, still to be stored. Returns the same of
        this one; None where all is stored.
        """
        cache_key = self._cache_keys.key(task.request) if self._cache_keys else None
        if cache_key is not None:
            await self._put(settled)
            settled = await self._from_cache(task, cache_key)
            if settled is not None:
                return settled
        index = task.trial.index
        number, n_failed = self._context.attempts.get(index, 0), 0
        most = most_microusd(self._price, task.request.messages, self._spec.max_tokens)
        while True:
            if not self._pacer.is_open:
                await self._put(settled)
                settled = None
                if not await self._wait_turn(task):
                    return None
            number += 1
            attempt = self._attempt(task, number, most)
            if not await self._reserve(task, attempt, settled):
                return None
            try:
                may_go = await self._may_go() and not await self._is_answered_late(attempt)
                if not may_go or self._is_stopped:
                    return self._unsent(task, attempt)
                sent_at_s = self._context.clock.monotonic_s()
                outcome = await self._send(task)
            finally:
                self._gate.leave()
            if isinstance(outcome, Response):
                return self._answered(task, attempt, outcome, cache_key)
            n_failed += 1
            settled = self._failed(task, attempt, outcome, sent_at_s)
            wait_s = self._wait_after(outcome, n_failed, task)
            if wait_s is None:
                return settled
            await self._put(settled)
            settled = None
            await self._back_off(wait_s)
            if self._is_stopped:
                return None

    async def _wait_turn(self, task: Task) -> bool:
        """Wait until the limits allow one more request; False when the run was stopped meanwhile."""
        self._progress.n_pacing += 1
        try:
            wait_s = await self._pacer.turn_s(task.prompt.n_characters)
            while wait_s > 0 and not self._is_stopped:
                await pause(self._context.clock, self._context.stop, wait_s)
                wait_s = self._pacer.hold_s
        finally:
            self._progress.n_pacing -= 1
        return not self._is_stopped

    async def _back_off(self, wait_s: float) -> None:
        """Wait before a trial is tried again."""
        self._progress.n_backing_off += 1
        try:
            await pause(self._context.clock, self._context.stop, wait_s)
        finally:
            self._progress.n_backing_off -= 1

    def _attempt(self, task: Task, number: int, most: int | None) -> Attempt:
        return Attempt(
            experiment_id=self._context.experiment_id,
            trial_index=task.trial.index,
            number=number,
            fence=self._lease.claim.fence,
            started_at=self._context.clock.now(),
            reserved_microusd=most,
        )

    async def _reserve(self, task: Task, attempt: Attempt, settled: Settlement | None) -> bool:
        """Commit the right to send one request, with what became of the one before, and have a place to."""
        self._n_open += 1
        turn = asyncio.get_running_loop().create_future()
        reservation = Reservation(attempt, self._lease.shard)
        items = (reservation,) if settled is None else (settled, reservation)
        self._context.writer.hand(items, partial(self._committed, settled, turn))
        refusal = await self._gate.passed(turn)
        if refusal is None:
            return True
        self._n_open -= 1
        if refusal is not Refusal.ANSWERED:
            self._todo.give_back(task)
        match refusal:
            case Refusal.LEASE:
                self._context.stop.set()
            case Refusal.UNPRICED:
                self._progress.stop = Stop(
                    "its price is not known, so that no cost limit can hold; set `price:` for it"
                )
            case Refusal.BUDGET | Refusal.DAILY_BUDGET if self._n_open == 0:
                self._progress.stop = Stop(
                    "the budget does not cover the next request", budget=refusal
                )
            case Refusal.BUDGET | Refusal.DAILY_BUDGET:
                self._concurrency.shrink(self._n_open)
            case Refusal.ANSWERED:
                self._progress.n_answered += 1
            case Refusal.TAKEN:
                self._context.attempts[task.trial.index] = attempt.number
        return False

    async def _may_go(self) -> bool:
        """Wait as long as the provider asked for meanwhile; False when the run was stopped."""
        while not self._is_stopped and (hold_s := self._pacer.hold_s) > 0:
            await pause(self._context.clock, self._context.stop, hold_s)
        return not self._is_stopped

    async def _is_answered_late(self, attempt: Attempt) -> bool:
        """Whether a trial that an earlier run or worker has asked is answered since it was reserved here.

        Whoever asked it may only be late. Between the reservation and the request stand waits, and after
        this look only the way to the wire.
        """
        index = attempt.trial_index
        if index not in self._context.attempts:
            return False
        answered = await patiently(
            self._context.clock,
            self._context.database.trials.answered,
            attempt.experiment_id,
            index + 1,
            first=index,
        )
        self._progress.n_answered += bool(answered[index])
        return bool(answered[index])

    def _unsent(self, task: Task, attempt: Attempt) -> Settlement:
        failure = Failure(
            ErrorKind.NOT_SENT, "not sent: the run was stopped, or an answer came late"
        )
        return failure_settlement(task, attempt, failure, self._context.clock.now())

    async def _send(self, task: Task) -> Response | Failure:
        if not self._lease.is_held:
            await self._lease.wait_held()
        self._context.has_sent.set()
        try:
            return await self._deadlines.limited(self._provider.complete(task.request))
        except TimeoutError:
            message = f"no answer within {self._timeout_s:g} s"
            return Failure(ErrorKind.TIMEOUT, message, may_be_charged=self._is_charging)
        except ProviderError as error:
            may_be_charged = error.may_be_charged and self._is_charging
            return Failure(
                error.kind, str(error), error.status, error.retry_after_s, may_be_charged
            )

    @property
    def _is_charging(self) -> bool:
        return self._price is None or not self._price.is_free

    def _answered(
        self, task: Task, attempt: Attempt, response: Response, cache_key: bytes | None
    ) -> Settlement:
        judged = None
        try:
            judged = judge(self._context.plan, task, response)
        except ScrambleBenchError:
            raise
        except Exception as error:  # noqa: BLE001 - what was paid for is stored, judged or not
            self._progress.stop = Stop(f"trial {task.trial.index}: {type(error).__name__}: {error}")
        if not response.is_cached:
            self._went_well(task, response)
        now = self._context.clock.now()
        return answer_settlement(task, attempt, response, judged, now, cache_key)

    def _went_well(self, task: Task, response: Response) -> None:
        self._n_failed_in_a_row = 0
        self._pacer.count_tokens(
            task.prompt.n_characters, response.prompt_tokens, response.completion_tokens
        )
        self._concurrency.succeeded(response.latency_s)
        if self._n_workers < self._concurrency.n_begun or self._limits is not self._lease.limits:
            self._hire()

    def _failed(
        self, task: Task, attempt: Attempt, failure: Failure, sent_at_s: float
    ) -> Settlement:
        clock = self._context.clock
        self._concurrency.failed(failure.kind, sent_at_s, clock.monotonic_s())
        self._progress.concurrency = self._concurrency.allowed
        return failure_settlement(task, attempt, failure, clock.now())

    def _wait_after(self, failure: Failure, n_failed: int, task: Task) -> float | None:
        """Return the seconds to wait before the trial is tried again, None to leave it missing."""
        if failure.kind.stops_model:
            self._progress.stop = Stop(failure.message)
            return None
        wait_s = self._policy.wait_s(failure, n_failed, task.request.idempotency_key)
        if wait_s is not None and failure.retry_after_s is not None:
            self._pacer.hold(wait_s)
        if wait_s is None:
            self._give_up(failure, task)
        return wait_s

    def _give_up(self, failure: Failure, task: Task) -> None:
        self._context.given_up(task.trial.index)
        self._progress.n_given_up += 1
        self._progress.last_failure = failure.message
        self._progress.is_passing &= failure.kind.is_retryable
        if failure.kind in _OF_THE_TRIAL:
            return
        self._n_failed_in_a_row += 1
        if self._n_failed_in_a_row >= max(MOST_FAILED_IN_A_ROW, self._concurrency.allowed):
            self._progress.stop = self._progress.stop or Stop(
                f"{self._n_failed_in_a_row} trials in a row had no answer after all retries; "
                f"the last: {failure.message}",
                is_passing=failure.kind.is_retryable,
            )

    async def _from_cache(self, task: Task, cache_key: bytes) -> Settlement | None:
        response = await asyncio.to_thread(self._context.database.trials.cached, cache_key)
        if response is None:
            return None
        return self._answered(task, self._attempt(task, 0, 0), response, None)

    async def _put(self, settled: Settlement | None) -> None:
        """Store what became of a trial."""
        if settled is not None:
            await self._context.writer.put(settled)
            self._stored(settled)

    def _committed(
        self,
        settled: Settlement | None,
        turn: asyncio.Future[Refusal | None],
        result: Result | Exception,
    ) -> None:
        """Hear what the writer says of a reservation, and of what became of the trial before."""
        try:
            if settled is not None and not isinstance(result, StorageError):
                self._stored(settled)
        except Exception as error:  # noqa: BLE001 - it is the worker's, which would wait for ever
            result = error
        if turn.cancelled():
            return
        if isinstance(result, Exception):
            turn.set_exception(result)
        elif result is None:
            self._gate.arrive(turn)
        else:
            turn.set_result(result)

    def _stored(self, settled: Settlement) -> None:
        """Count what is stored."""
        self._n_open -= settled.attempt.number > 0
        self._context.stored(settled)
