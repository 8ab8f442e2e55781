"""The engine: runs the lanes of one experiment on one event loop, from what is missing to what is stored."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from scramblebench.core.clock import Clock
from scramblebench.core.errors import ErrorKind, ProviderError, UsageError
from scramblebench.core.trials import Failure
from scramblebench.evaluation.lane import Lane, RunContext
from scramblebench.evaluation.limits import pause
from scramblebench.evaluation.progress import RunProgress
from scramblebench.evaluation.retry import RetryPolicy
from scramblebench.plan import Plan, missing
from scramblebench.providers import Provider, open_provider
from scramblebench.settings import ModelSpec, ProviderName
from scramblebench.storage import Database, Writer

SERIAL_PROVIDERS = frozenset({ProviderName.OLLAMA, ProviderName.LOCAL})
"""One machine serves all their models: they take turns, so that none is loaded and unloaded per call."""


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """How a run ended: ``reasons`` say in one line each why trials are missing."""

    n_trials: int
    n_answered: int
    is_interrupted: bool
    reasons: tuple[str, ...] = ()

    @property
    def n_missing(self) -> int:
        """Planned trials without a response."""
        return self.n_trials - self.n_answered


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the engine needs of the outside: time, and the environment that holds the keys."""

    clock: Clock
    environment: Mapping[str, str]


async def run_plan(
    plan: Plan,
    database: Database,
    *,
    experiment_id: str,
    fence: int,
    surroundings: Surroundings,
    stop: asyncio.Event,
    on_start: Callable[[RunProgress], None] = lambda _: None,
) -> RunOutcome:
    """Ask every trial of a plan that has no response yet.

    Setting ``stop`` ends the run after the requests in flight; cancelling abandons them, and their
    attempts stay of unknown outcome. Provider errors never end the run: trials that cannot be
    answered stay missing. ``on_start`` gets the live progress. Raises StorageError when responses
    can no longer be stored.
    """
    clock = surroundings.clock
    trials = database.trials
    groups = serial_groups(plan.spec.models)
    progress = RunProgress(plan, clock, trials.unsettled(experiment_id))
    progress.start(trials.counters(experiment_id), groups)
    on_start(progress)
    answered = trials.answered(experiment_id, len(plan))
    async with AsyncExitStack() as stack:
        writer = Writer(trials, max_batch=plan.spec.optimization.batch_size)
        stack.push_async_callback(writer.close)
        context = RunContext(
            experiment_id=experiment_id,
            fence=fence,
            plan=plan,
            writer=writer,
            progress=progress,
            clock=clock,
            stop=stop,
            attempts=trials.attempt_numbers(experiment_id),
        )
        async with asyncio.TaskGroup() as tasks:
            for group in groups:
                tasks.create_task(_run_group(context, group, answered, surroundings))
    return _outcome(context, int(np.count_nonzero(trials.answered(experiment_id, len(plan)))))


def serial_groups(models: Sequence[ModelSpec]) -> list[list[int]]:
    """Return the positions of the models in groups; groups run side by side, their models in turn."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for position, model in enumerate(models):
        is_serial = model.provider in SERIAL_PROVIDERS
        key = (model.provider, model.base_url or "") if is_serial else (str(position),)
        groups.setdefault(key, []).append(position)
    return list(groups.values())


async def _run_group(
    context: RunContext,
    models: Sequence[int],
    answered: npt.NDArray[np.bool_],
    surroundings: Surroundings,
) -> None:
    for model_index in models:
        indices = missing(answered, context.plan.grid.lane(model_index))
        if context.stop.is_set() or context.progress.lanes[model_index].n_missing == 0:
            continue
        spec = context.plan.spec
        try:
            provider = _open(spec.models[model_index], surroundings)
            try:
                await _identify(context, provider)
                await Lane(context, model_index, provider).run(indices)
            finally:
                await provider.close()
        except (ProviderError, UsageError) as error:
            context.progress.lanes[model_index].stopped_by = str(error)


async def _identify(context: RunContext, provider: Provider) -> None:
    """Make sure that the model is there before anything is asked of it; raises ProviderError."""
    spec = context.plan.spec
    policy, timeout_s = RetryPolicy.of(spec), spec.execution.timeout_per_question
    n_failed = 0
    while True:
        try:
            async with asyncio.timeout(timeout_s):
                await provider.identify()
            return
        except TimeoutError:
            raise ProviderError(
                f"did not say within {timeout_s:g} s which model it serves", kind=ErrorKind.TIMEOUT
            ) from None
        except ProviderError as error:
            n_failed += 1
            failure = Failure(error.kind, str(error), error.status, error.retry_after_s)
            wait_s = policy.wait_s(failure, n_failed, "identify")
            if wait_s is None or error.kind is ErrorKind.CONNECTION:
                raise
            await pause(context.clock, context.stop, wait_s)
            if context.stop.is_set():
                raise


def _open(spec: ModelSpec, surroundings: Surroundings) -> Provider:
    return open_provider(
        spec,
        clock=surroundings.clock,
        environment=surroundings.environment,
        base_dir=Path(),
    )


def _outcome(context: RunContext, n_answered: int) -> RunOutcome:
    reasons = [
        f"{lane.label}: {lane.stopped_by}" for lane in context.progress.lanes if lane.stopped_by
    ]
    reasons += [
        f"{lane.label}: {lane.n_given_up} trials had no answer after all retries"
        for lane in context.progress.lanes
        if lane.n_given_up and not lane.stopped_by
    ]
    return RunOutcome(len(context.plan), n_answered, context.stop.is_set(), tuple(reasons))
