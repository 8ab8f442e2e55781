"""One model's lane: reserve, send, record, for one trial after the other, several at once."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from scramblebench.core.clock import Clock
from scramblebench.core.errors import ErrorKind, LeaseLost, ProviderError, ScrambleBenchError
from scramblebench.core.trials import Attempt, Failure, Response, Score, Trial, trial_key
from scramblebench.evaluation.limits import Pacer, pause
from scramblebench.evaluation.progress import RunProgress
from scramblebench.evaluation.retry import RetryPolicy
from scramblebench.plan import Plan, Prompt
from scramblebench.providers import Message, ModelRequest, Provider
from scramblebench.scoring import score
from scramblebench.settings import ModelSpec, ProviderName
from scramblebench.storage import Reservation, ScrambledRecord, Settlement, Writer


@dataclass(frozen=True, slots=True)
class RunContext:
    """What all lanes of one run share.

    ``stop`` is set when nothing new may be sent; ``attempts`` has the attempts that earlier runs made
    at trials that are still missing, by trial index.
    """

    experiment_id: str
    fence: int
    plan: Plan
    writer: Writer
    progress: RunProgress
    clock: Clock
    stop: asyncio.Event
    attempts: dict[int, int]


class Lane:
    """Asks one model. Every attempt is committed before it is sent, every response before it counts."""

    def __init__(self, context: RunContext, model_index: int, provider: Provider) -> None:
        self._context = context
        self._spec: ModelSpec = context.plan.spec.models[model_index]
        self._provider = provider
        self._pacer = Pacer(self._spec, context.clock)
        self._policy = RetryPolicy.of(context.plan.spec)
        self._timeout_s = context.plan.spec.execution.timeout_per_question
        self._progress = context.progress.lanes[model_index]

    @property
    def _is_stopped(self) -> bool:
        return self._context.stop.is_set() or self._progress.stopped_by is not None

    @property
    def _concurrency(self) -> int:
        """Requests in flight at once; a model in this process answers one at a time."""
        is_local = self._spec.provider is ProviderName.LOCAL
        default = 1 if is_local else self._context.plan.spec.execution.max_concurrent_requests
        return self._spec.max_concurrent_requests or default

    async def run(self, indices: Iterator[int]) -> None:
        """Ask the trials of ``indices`` until none is left or the run is stopped."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._concurrency):
                group.create_task(self._work(indices))

    async def _work(self, indices: Iterator[int]) -> None:
        while not self._is_stopped and (index := next(indices, None)) is not None:
            try:
                await self._ask(self._context.plan.trial(index))
            except LeaseLost:
                self._context.stop.set()
            except ScrambleBenchError:
                raise
            except Exception as error:  # noqa: BLE001 - one trial's defect must not end the others
                self._progress.stopped_by = f"trial {index}: {type(error).__name__}: {error}"

    async def _ask(self, trial: Trial) -> None:
        """Ask one trial until it is answered, given up or the run is stopped."""
        prompt = self._context.plan.prompt(trial)
        request = self._request(trial, prompt)
        number = self._context.attempts.get(trial.index, 0)
        n_failed = 0
        while True:
            if not await self._wait_turn():
                return
            number += 1
            failure = await self._attempt(trial, prompt, request, number)
            if failure is None:
                return
            n_failed += 1
            if failure.kind.stops_model:
                self._progress.stopped_by = failure.message
                return
            wait_s = self._policy.wait_s(failure, n_failed, request.idempotency_key)
            if wait_s is None:
                self._progress.n_given_up += 1
                return
            if failure.retry_after_s is not None:
                self._pacer.hold(wait_s)
            await pause(self._context.clock, self._context.stop, wait_s)

    async def _wait_turn(self) -> bool:
        """Wait until the limits allow one more request; False when the run was stopped meanwhile."""
        turn_s = self._pacer.take_turn()
        while not self._is_stopped and (wait_s := self._pacer.wait_s(turn_s)) > 0:
            await pause(self._context.clock, self._context.stop, wait_s)
        return not self._is_stopped

    async def _attempt(
        self, trial: Trial, prompt: Prompt, request: ModelRequest, number: int
    ) -> Failure | None:
        """Reserve, send and record one attempt; return how it failed, None when it was answered."""
        context = self._context
        attempt = Attempt(
            experiment_id=context.experiment_id,
            trial_index=trial.index,
            number=number,
            fence=context.fence,
            started_at=context.clock.now(),
            idempotency_key=request.idempotency_key,
        )
        await context.writer.put(Reservation(attempt))
        outcome = await self._send(request)
        if isinstance(outcome, Failure):
            await self._record_failure(attempt, trial, outcome)
            return outcome
        await self._record_response(attempt, trial, prompt, outcome)
        return None

    async def _send(self, request: ModelRequest) -> Response | Failure:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._provider.complete(request)
        except TimeoutError:
            return Failure(ErrorKind.TIMEOUT, f"no answer within {self._timeout_s:g} s")
        except ProviderError as error:
            return Failure(error.kind, str(error), error.status, error.retry_after_s)

    async def _record_failure(self, attempt: Attempt, trial: Trial, failure: Failure) -> None:
        self._progress.n_failures += 1
        await self._context.writer.put(
            Settlement(
                attempt=attempt,
                model_index=trial.model_index,
                condition_index=trial.condition_index,
                settled_at=self._context.clock.now(),
                failure=failure,
            )
        )

    async def _record_response(
        self, attempt: Attempt, trial: Trial, prompt: Prompt, response: Response
    ) -> None:
        context = self._context
        scorer = context.plan.scorer(trial.question)
        defect: Exception | None = None
        judged: Score | None = None
        try:
            judged = score(
                trial.question, response.text, scorer, is_truncated=response.is_truncated
            )
        except Exception as error:  # noqa: BLE001 - what was paid for is stored, judged or not
            defect = error
        await context.writer.put(
            Settlement(
                attempt=attempt,
                model_index=trial.model_index,
                condition_index=trial.condition_index,
                settled_at=context.clock.now(),
                response=response,
                score=judged,
                scrambled=_scrambled_record(trial, prompt),
            )
        )
        tokens = (response.prompt_tokens or 0) + (response.completion_tokens or 0)
        self._pacer.count_tokens(tokens)
        value = judged.value if judged else 0.0
        context.progress.answered(
            trial.model_index, trial.condition_index, value, response.cost_microusd
        )
        if defect is not None:
            raise defect

    def _request(self, trial: Trial, prompt: Prompt) -> ModelRequest:
        key = trial_key(trial)
        return ModelRequest(
            messages=_messages(prompt),
            idempotency_key=f"{self._context.experiment_id}-{trial.index}",
            trial_key=key,
            question=trial.question,
            dose=prompt.scrambled.realised_dose,
            repeat=trial.repeat,
        )


def _messages(prompt: Prompt) -> tuple[Message, ...]:
    messages: list[Message] = []
    if prompt.system:
        messages.append(Message("system", prompt.system))
    for user, answer in prompt.examples:
        messages += (Message("user", user), Message("assistant", answer))
    messages.append(Message("user", prompt.user))
    return tuple(messages)


def _scrambled_record(trial: Trial, prompt: Prompt) -> ScrambledRecord | None:
    """Return what is kept of the scrambled text; the baseline has none."""
    if trial.condition.is_baseline:
        return None
    scrambled = prompt.scrambled
    return ScrambledRecord(
        question_id=trial.question.id,
        condition_id=trial.condition.id,
        text_sha256=scrambled.text_sha256,
        realised_dose=scrambled.realised_dose,
        edit_distance=scrambled.edit_distance,
        n_units=scrambled.n_units,
        n_altered=scrambled.n_altered,
    )
