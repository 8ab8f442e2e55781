"""The engine: runs the lanes of one experiment on one event loop, from what is missing to what is stored."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scramblebench.core.clock import Clock
from scramblebench.core.errors import ErrorKind, ProviderError, UsageError
from scramblebench.core.money import usd
from scramblebench.core.trials import Failure
from scramblebench.evaluation.environment import recorded_environment
from scramblebench.evaluation.lane import Lane, RunContext
from scramblebench.evaluation.limits import pause
from scramblebench.evaluation.patience import patiently
from scramblebench.evaluation.progress import LaneProgress, RunProgress, Stop
from scramblebench.evaluation.retry import RetryPolicy
from scramblebench.plan import Plan, declared_question, missing
from scramblebench.providers import ModelIdentity, Provider, open_provider
from scramblebench.queue import SERIAL_PROVIDERS, Lease
from scramblebench.settings import ModelSpec
from scramblebench.storage import CounterRecord, Database, LedgerTotals, Refusal, Writer

if TYPE_CHECKING:
    from scramblebench.evaluation.early_stopping import Stopper

_PATIENCE_AT_ABANDON_S = 1.0


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """How a run ended: ``reasons`` say in one line each why trials are missing.

    ``is_over_budget`` says that money stopped it, ``is_over_daily_budget`` that there is more tomorrow;
    ``is_passing`` that all that went wrong may go well another time; ``settled_early`` how the declared
    question was answered, where that ended it.
    """

    n_trials: int
    n_answered: int
    is_interrupted: bool
    reasons: tuple[str, ...] = ()
    is_over_budget: bool = False
    is_passing: bool = False
    is_over_daily_budget: bool = False
    settled_early: str | None = None

    @property
    def n_missing(self) -> int:
        """Planned trials without a response."""
        return self.n_trials - self.n_answered


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the engine needs of the outside: time, and the environment that holds the keys."""

    clock: Clock
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Earlier:
    """What earlier runs left; ``answered`` has shape (n_trials,), ``attempts`` is by trial index."""

    money: LedgerTotals
    counters: Sequence[CounterRecord]
    answered: npt.NDArray[np.bool_]
    attempts: dict[int, int]


async def run_plan(
    plan: Plan,
    database: Database,
    lease: Lease,
    *,
    surroundings: Surroundings,
    on_start: Callable[[RunProgress], None] = lambda _: None,
) -> RunOutcome:
    """Ask every trial of a plan that has no response yet.

    Setting ``lease.stop`` ends the run after the requests in flight; cancelling abandons them, and their
    attempts stay of unknown outcome. Provider errors never end the run: trials that cannot be
    answered stay missing. ``on_start`` gets the live progress. Raises StorageError when responses
    can no longer be stored.
    """
    clock, experiment_id = surroundings.clock, lease.claim.experiment_id
    earlier = await patiently(clock, _read_earlier, database, experiment_id, len(plan))
    groups = serial_groups(plan.spec.models)
    progress = RunProgress(plan, clock, earlier.money)
    progress.start(earlier.counters, groups)
    writer = Writer(database.trials, max_batch=plan.spec.optimization.batch_size)
    progress.trouble = lambda: writer.trouble
    on_start(progress)
    stopper = await patiently(clock, _stopper, plan, database, experiment_id)
    context = RunContext(lease, plan, database, writer, progress, clock, earlier.attempts, stopper)
    try:
        async with recorded_environment(context), asyncio.TaskGroup() as tasks:
            for group in groups:
                tasks.create_task(_run_group(context, group, earlier.answered, surroundings))
    except asyncio.CancelledError:
        await writer.close(_PATIENCE_AT_ABANDON_S)
        raise
    await writer.close()
    for lane in progress.lanes:
        if lane.stop and lane.stop.damage:
            raise lane.stop.damage
    return await patiently(clock, _outcome, context)


def _read_earlier(database: Database, experiment_id: str, n_trials: int) -> Earlier:
    """Read what earlier runs left: what was tried first, what was answered last.

    A late answer that is stored between the two is then in both. The other way round it would be in
    neither, and its trial would be asked as if for the first time, under the number of its attempt.
    """
    trials = database.trials
    attempts = trials.attempt_numbers(experiment_id)
    return Earlier(
        trials.ledger(experiment_id),
        trials.counters(experiment_id),
        trials.answered(experiment_id, n_trials),
        attempts,
    )


def _stopper(plan: Plan, database: Database, experiment_id: str) -> "Stopper | None":
    """Return what watches the declared question, with the answers of earlier runs; None without one."""
    question = declared_question(plan)
    if question is None:
        return None
    # SciPy: a third of a CPU second that runs without a declared question save
    from scramblebench.evaluation.early_stopping import Stopper

    stopper = Stopper(question, plan.grid, 1 - plan.spec.statistical_analysis.confidence_level)
    scores = database.trials.read_scores(experiment_id)
    stopper.read(scores.trial_index, scores.value)
    return stopper


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
        lane = context.progress.lanes[model_index]
        if context.is_over or lane.n_missing == 0:
            continue
        indices = _in_order(context, model_index, answered)
        try:
            provider = _open(context.plan.spec.models[model_index], surroundings)
            try:
                identity = await _identify(context, provider)
                await Lane(context, model_index, provider, identity.digest).run(indices)
            finally:
                await provider.close()
        except ProviderError as error:
            lane.stop = Stop(str(error), is_passing=error.kind.is_retryable)
        except UsageError as error:
            lane.stop = Stop(str(error))


def _in_order(
    context: RunContext, model_index: int, answered: npt.NDArray[np.bool_]
) -> Iterator[int]:
    """Yield what is missing of a model: in order, but what was tried before comes last.

    Its answer may still come from a runner that was given up, and need not be paid for again then.
    """
    lane, tried = context.plan.grid.lane(model_index), context.attempts
    yield from (index for index in missing(answered, lane) if index not in tried)
    yield from sorted(index for index in tried if index in lane)


async def _identify(context: RunContext, provider: Provider) -> ModelIdentity:
    """Make sure that the model is there before anything is asked of it; raises ProviderError."""
    spec = context.plan.spec
    policy, timeout_s = RetryPolicy.of(spec), spec.execution.timeout_per_question
    n_failed = 0
    while True:
        try:
            async with asyncio.timeout(timeout_s):
                return await provider.identify()
        except TimeoutError:
            raise ProviderError(
                f"did not say within {timeout_s:g} s which model it serves", kind=ErrorKind.TIMEOUT
            ) from None
        except ProviderError as error:
            n_failed += 1
            failure = Failure(error.kind, str(error), error.status, error.retry_after_s)
            wait_s = policy.wait_s(failure, n_failed, "identify")
            is_refused = error.kind is ErrorKind.CONNECTION and not error.may_be_charged
            if wait_s is None or is_refused:
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


def _outcome(context: RunContext) -> RunOutcome:
    plan, lanes = context.plan, context.progress.lanes
    answered = context.database.trials.answered(context.experiment_id, len(plan))
    over = next((lane.stop.budget for lane in lanes if lane.stop and lane.stop.budget), None)
    reasons = [
        f"{lane.label}: {lane.stop.reason}" for lane in lanes if lane.stop and not lane.stop.budget
    ]
    reasons += [
        f"{lane.label}: {lane.n_given_up:,} trials had no answer; the last: {lane.last_failure}"
        for lane in lanes
        if lane.n_given_up and not lane.stop
    ]
    if over is not None:
        reasons.insert(0, _budget_words(context, over))
    n_answered = int(np.count_nonzero(answered))
    return RunOutcome(
        len(plan),
        n_answered,
        context.stop.is_set(),
        tuple(reasons),
        is_over_budget=over is not None,
        is_passing=n_answered < len(plan) and all(map(_is_passing, lanes)),
        is_over_daily_budget=over is Refusal.DAILY_BUDGET,
        settled_early=_settled_words(context, len(plan) - n_answered),
    )


def _settled_words(context: RunContext, n_saved: int) -> str | None:
    """Return how the declared question was answered, in one line; None where it was not."""
    stopper = context.stopper
    if stopper is None or stopper.state is None or not stopper.is_settled:
        return None
    found = stopper.state.interval
    level = context.plan.spec.statistical_analysis.confidence_level
    return (
        f"settled early after {stopper.state.n:,} questions: {stopper.question.words} is "
        f"{found.estimate * 100:+.1f} points, {level:.0%} at every look "
        f"[{found.low * 100:+.1f}, {found.high * 100:+.1f}]; {n_saved:,} calls saved"
    )


def _is_passing(lane: LaneProgress) -> bool:
    return lane.is_passing and (lane.stop is None or lane.stop.is_passing)


def _budget_words(context: RunContext, over: Refusal) -> str:
    """Return where the money is, in one line."""
    limits = context.database.experiments.get(context.experiment_id).limits
    money = context.database.trials.ledger(context.experiment_id)
    if over is Refusal.DAILY_BUDGET:
        limit = usd(limits.daily_cost_limit_microusd or 0)
        return f"budget: ${usd(money.today_microusd):.4f} of today's ${limit:g} are spent or held"
    limit = usd(limits.cost_limit_microusd or 0)
    held = usd(money.open_microusd + money.unknown_microusd)
    unconfirmed = f", ${held:.4f} may have been" if held else ""
    return (
        f"budget: ${usd(money.settled_microusd):.4f} of ${limit:g} are spent{unconfirmed}; "
        "what is left does not cover the next request"
    )
