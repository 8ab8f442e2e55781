"""The engine: runs the lanes of one experiment on one event loop, from what is missing to what is stored."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from scramblebench.core.errors import ProviderError, UsageError
from scramblebench.evaluation.concurrency import batch_items
from scramblebench.evaluation.context import RunContext
from scramblebench.evaluation.environment import recorded_environment
from scramblebench.evaluation.lane import Lane
from scramblebench.evaluation.opening import Surroundings, identified, opened
from scramblebench.evaluation.outcomes import Ended, RunOutcome, outcome_of
from scramblebench.evaluation.patience import patiently
from scramblebench.evaluation.progress import RunProgress, Stop
from scramblebench.evaluation.succession import earlier_workers_done
from scramblebench.plan import Plan, declared_question, missing
from scramblebench.queue import SERIAL_PROVIDERS, Lease
from scramblebench.settings import ModelSpec
from scramblebench.storage import CounterRecord, Database, LedgerTotals, Writer

if TYPE_CHECKING:
    from scramblebench.evaluation.early_stopping import Stopper

_PATIENCE_AT_ABANDON_S = 1.0


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
    await earlier_workers_done(database, lease, clock)
    earlier = await patiently(clock, _read_earlier, database, experiment_id, len(plan))
    groups = serial_groups(plan.spec.models)
    progress = RunProgress(plan, clock, earlier.money)
    progress.start(earlier.counters, groups)
    writer = Writer(database.trials, max_batch=batch_items(plan.spec))
    progress.trouble = lambda: writer.trouble and f"the database: {writer.trouble}"
    on_start(progress)
    stopper = await patiently(clock, stopper_of, plan, database, experiment_id)
    context = RunContext(lease, plan, database, writer, progress, clock, earlier.attempts, stopper)
    environment = recorded_environment(plan, database, experiment_id, clock, context.has_sent)
    try:
        async with environment, asyncio.TaskGroup() as tasks:
            for group in groups:
                tasks.create_task(_run_group(context, group, earlier.answered, surroundings))
    except BaseException:  # cancelled, or by a defect: what was answered is paid for
        await writer.close(_PATIENCE_AT_ABANDON_S)
        raise
    await writer.close()
    for lane in progress.lanes:
        if lane.stop and lane.stop.damage:
            raise lane.stop.damage
    ended = Ended(plan, database, experiment_id, progress, context.stop.is_set(), stopper)
    return await patiently(clock, outcome_of, ended)


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


def stopper_of(plan: Plan, database: Database, experiment_id: str) -> "Stopper | None":
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
        indices = in_order(context.attempts, answered, context.plan.grid.lane(model_index))
        try:
            provider = opened(context.plan.spec.models[model_index], surroundings)
            try:
                identity = await identified(
                    context.plan.spec, provider, context.clock, context.stop
                )
                await Lane(context, model_index, provider, identity.digest).run(indices)
            finally:
                await provider.close()
        except ProviderError as error:
            lane.stop = Stop(str(error), is_passing=error.kind.is_retryable)
        except UsageError as error:
            lane.stop = Stop(str(error))


def in_order(
    tried: Mapping[int, int], answered: npt.NDArray[np.bool_], trials: range
) -> Iterator[int]:
    """Yield what is missing of a range: in order, but what was tried before comes last.

    Its answer may still come from a runner that was given up, and need not be paid for again then.
    """
    yield from (index for index in missing(answered, trials) if index not in tried)
    yield from sorted(index for index in tried if index in trials)
