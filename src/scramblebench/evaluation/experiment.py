"""One experiment from plan to stored outcome: created, restored from the database, run under a claim."""

import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal

from scramblebench.core.errors import LeaseLost, StorageError, UsageError, known_error
from scramblebench.core.money import MICRO, Price, microusd
from scramblebench.core.states import ExperimentState
from scramblebench.evaluation.coordinating import Workforce, run_shared
from scramblebench.evaluation.engine import run_plan
from scramblebench.evaluation.opening import Surroundings
from scramblebench.evaluation.outcomes import RunOutcome
from scramblebench.evaluation.patience import patiently
from scramblebench.evaluation.progress import RunProgress
from scramblebench.evaluation.stored_questions import StoredQuestions
from scramblebench.plan import BenchmarkSummary, Plan
from scramblebench.plan.declared import check_declared
from scramblebench.providers import find_price
from scramblebench.queue import Lease, retry_wait_s
from scramblebench.settings import ExperimentSpec, ModelSpec, PriceSpec
from scramblebench.settings.sections import ExecutionSpec
from scramblebench.storage import (
    BenchmarkRecord,
    Claim,
    Database,
    ExperimentLimits,
    ModelRecord,
    NewExperiment,
)

Place = Callable[[ExecutionSpec], Awaitable[Workforce | None]]
"""Places the workers that a configuration asks for; None where it is run here (evaluation -> executors)."""
_BLOCKS_PER_MODEL = 2
"""Models stand at different questions; each needs the block it is in and the next one."""


@dataclass(frozen=True, slots=True)
class Description:
    """What people say about an experiment; what is empty is taken from the configuration."""

    name: str = ""
    description: str = ""
    research_question: str = ""
    hypothesis: str | None = None
    researcher_name: str = ""
    institution: str | None = None
    tags: tuple[str, ...] = ()


def store_experiment(database: Database, plan: Plan, source_text: str, about: Description) -> str:
    """Store a new experiment in state PLANNED; return its id.

    Raises UsageError where there is a cost limit and a model's price is not known: it could not hold.
    """
    spec = _with_prices(plan.spec)
    check_declared(plan)
    name = about.name or plan.spec.experiment_name or "unnamed"
    if name.startswith("@"):
        raise UsageError(f"{name!r} cannot be a name: @ begins words such as @last")
    experiment_id = str(uuid.uuid4())
    metadata = plan.spec.research_metadata
    database.experiments.add(
        NewExperiment(
            id=experiment_id,
            name=name,
            spec_json=spec.to_json(),
            source_text=source_text,
            models=tuple(
                ModelRecord(m.id, m.name, m.shown_name, m.provider, m.model_dump_json())
                for m in spec.models
            ),
            conditions=plan.conditions,
            questions=tuple(plan.questions),
            benchmarks=tuple(
                BenchmarkRecord(b.name, b.n_questions, b.files, b.notes) for b in plan.benchmarks
            ),
            n_trials=len(plan),
            n_repeats=plan.grid.n_repeats,
            description=about.description or plan.spec.description,
            research_question=about.research_question or metadata.research_question,
            hypothesis=about.hypothesis or metadata.hypothesis,
            researcher_name=about.researcher_name or metadata.researcher_name,
            institution=about.institution or metadata.institution,
            tags=about.tags or metadata.tags,
            limits=ExperimentLimits(
                cost_limit_microusd=_microusd(plan.spec.execution.cost_limit),
                daily_cost_limit_microusd=_microusd(plan.spec.execution.cost_limit_per_day),
            ),
        )
    )
    return experiment_id


def _with_prices(spec: ExperimentSpec) -> ExperimentSpec:
    """Return the specification with the prices that are known today written into it."""
    is_limited = (
        spec.execution.cost_limit is not None or spec.execution.cost_limit_per_day is not None
    )
    models: list[ModelSpec] = []
    for model in spec.models:
        price = find_price(model)
        if price is None and is_limited:
            raise UsageError(
                f"models: the price of {model.shown_name!r} is not known, so that no cost limit can "
                "hold; set `price:` for it"
            )
        models.append(model if price is None or price.is_free else _with_price(model, price))
    return spec.model_copy(update={"models": tuple(models)})


def _with_price(model: ModelSpec, price: Price) -> ModelSpec:
    stored = PriceSpec(
        prompt_usd_per_million=price.prompt_usd * MICRO,
        completion_usd_per_million=price.completion_usd * MICRO,
        source=price.source,
    )
    return model.model_copy(update={"price": stored})


def _stored_spec(database: Database, experiment_id: str) -> ExperimentSpec:
    try:
        return ExperimentSpec.from_json(database.experiments.get(experiment_id).spec_json)
    except ValueError as error:
        first_line = str(error).partition("\n")[0]
        raise StorageError(
            f"{database.shown_url}: the configuration of {experiment_id} cannot be read: {first_line}; "
            "restore the database from a copy"
        ) from error


def _microusd(amount_usd: Decimal | None) -> int | None:
    return None if amount_usd is None else microusd(amount_usd)


def restore_plan(database: Database, experiment_id: str) -> Plan:
    """Return the plan of a stored experiment; no file is read, and questions when they are asked."""
    experiments = database.experiments
    spec = _stored_spec(database, experiment_id)
    summaries = [
        BenchmarkSummary(b.name, b.n_questions, b.files, b.notes)
        for b in experiments.benchmarks(experiment_id)
    ]
    n_questions = sum(summary.n_questions for summary in summaries)
    n_blocks = _BLOCKS_PER_MODEL * max(1, len(spec.models))
    questions = StoredQuestions(experiments, experiment_id, n_questions, n_blocks)
    return Plan(spec, questions, experiments.conditions(experiment_id), summaries)


async def run_experiment(
    database: Database,
    lease: Lease,
    *,
    surroundings: Surroundings,
    on_start: Callable[[RunProgress], None] = lambda _: None,
    place: Place | None = None,
) -> RunOutcome:
    """Run a claimed experiment to its end and store how it ended; here, or by the workers that are placed.

    Completed only when no trial is missing; paused where the budget is reached; failed with the reasons
    when trials are missing, and to be tried again later where that may help; queued again when the run
    was stopped or died. Raises LeaseLost when another runner has gone on with it.
    """
    clock, claim = surroundings.clock, lease.claim
    plan = await patiently(clock, restore_plan, database, claim.experiment_id)
    try:
        workforce = await place(plan.spec.execution) if place is not None else None
        if workforce is None:
            outcome = await run_plan(
                plan, database, lease, surroundings=surroundings, on_start=on_start
            )
        else:
            outcome = await run_shared(
                plan, database, lease, workforce, clock=clock, on_start=on_start
            )
    except BaseException as error:
        known = known_error(error)
        reason = f"stopped: {known}" if known else "stopped before its requests were answered"
        with suppress(StorageError, LeaseLost):  # the first error is the one to be told
            _conclude(database, claim, ExperimentState.QUEUED, reason)
        raise
    n_retries = await patiently(clock, _n_retries, database, claim)
    state, reason = _conclusion(outcome)
    is_failed = await patiently(clock, _conclude, database, claim, state, reason)
    wait_s = retry_wait_s(n_retries)
    if is_failed and outcome.is_passing and wait_s and plan.spec.tracking.auto_retry_failures:
        await patiently(clock, database.queue.retry_later, claim.experiment_id, wait_s)
    return outcome


def _n_retries(database: Database, claim: Claim) -> int:
    entries = database.queue.entries()
    return next((e.n_retries for e in entries if e.experiment_id == claim.experiment_id), 0)


def _conclusion(outcome: RunOutcome) -> tuple[ExperimentState, str | None]:
    if outcome.n_missing == 0:
        return ExperimentState.COMPLETED, None
    if outcome.settled_early is not None:
        return ExperimentState.COMPLETED, outcome.settled_early
    left = f"{outcome.n_missing:,} of {outcome.n_trials:,} trials have no response"
    if outcome.is_interrupted:
        return ExperimentState.QUEUED, f"interrupted; {left}"
    if outcome.is_over_budget:
        return ExperimentState.PAUSED, "; ".join((*outcome.reasons, left))
    return ExperimentState.FAILED, "; ".join((left, *outcome.reasons))


def _conclude(database: Database, claim: Claim, state: ExperimentState, reason: str | None) -> bool:
    """Store how a run ended, unless someone paused or cancelled the experiment meanwhile.

    Returns whether it has failed. May be done again. Raises LeaseLost where another runner has it.
    """
    current = database.experiments.get(claim.experiment_id)
    if current.fence != claim.fence:
        raise LeaseLost(f"experiment {claim.experiment_id} was taken over by another runner")
    if current.state is ExperimentState.RUNNING:
        current = database.experiments.change_state(
            claim.experiment_id, state, reason=reason, actor=claim.runner_id, fence=claim.fence
        )
    database.queue.release(claim)
    return current.state is ExperimentState.FAILED
