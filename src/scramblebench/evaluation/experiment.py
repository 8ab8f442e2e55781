"""One experiment from plan to stored outcome: created, restored from the database, run under a claim."""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from scramblebench.core.errors import LeaseLost, UsageError, known_error
from scramblebench.core.states import ExperimentState
from scramblebench.evaluation.engine import RunOutcome, Surroundings, run_plan
from scramblebench.evaluation.progress import RunProgress
from scramblebench.plan import BenchmarkSummary, Plan
from scramblebench.settings import ExperimentSpec
from scramblebench.storage import BenchmarkRecord, Claim, Database, ModelRecord, NewExperiment


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
    """Store a new experiment in state PLANNED; return its id."""
    name = about.name or plan.spec.experiment_name or "unnamed"
    if name.startswith("@"):
        raise UsageError(f"{name!r} cannot be a name: @ begins words such as @last")
    experiment_id = str(uuid.uuid4())
    metadata = plan.spec.research_metadata
    database.experiments.add(
        NewExperiment(
            id=experiment_id,
            name=name,
            spec_json=plan.spec.to_json(),
            source_text=source_text,
            models=tuple(
                ModelRecord(m.id, m.name, m.shown_name, m.provider, m.model_dump_json())
                for m in plan.spec.models
            ),
            conditions=plan.conditions,
            questions=plan.questions,
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
        )
    )
    return experiment_id


def restore_plan(database: Database, experiment_id: str) -> Plan:
    """Return the plan of a stored experiment; no file is read."""
    experiments = database.experiments
    spec = ExperimentSpec.from_json(experiments.get(experiment_id).spec_json)
    summaries = [
        BenchmarkSummary(b.name, b.n_questions, b.files, b.notes)
        for b in experiments.benchmarks(experiment_id)
    ]
    return Plan(
        spec,
        experiments.questions(experiment_id),
        experiments.conditions(experiment_id),
        summaries,
    )


async def run_experiment(
    database: Database,
    claim: Claim,
    *,
    surroundings: Surroundings,
    stop: asyncio.Event,
    on_start: Callable[[RunProgress], None] = lambda _: None,
) -> RunOutcome:
    """Run a claimed experiment to its end and store how it ended.

    Completed only when no trial is missing; failed with the reasons when some are; queued again when
    the run was stopped or died. A LeaseLost means that another runner has gone on with it.
    """
    plan = restore_plan(database, claim.experiment_id)
    try:
        outcome = await run_plan(
            plan,
            database,
            experiment_id=claim.experiment_id,
            fence=claim.fence,
            surroundings=surroundings,
            stop=stop,
            on_start=on_start,
        )
    except LeaseLost:
        raise
    except BaseException as error:
        known = known_error(error)
        reason = f"stopped: {known}" if known else "stopped before its requests were answered"
        _conclude(database, claim, ExperimentState.QUEUED, reason)
        raise
    _conclude(database, claim, *_conclusion(outcome))
    return outcome


def _conclusion(outcome: RunOutcome) -> tuple[ExperimentState, str | None]:
    if outcome.n_missing == 0:
        return ExperimentState.COMPLETED, None
    left = f"{outcome.n_missing:,} of {outcome.n_trials:,} trials have no response"
    if outcome.is_interrupted:
        return ExperimentState.QUEUED, f"interrupted; {left}"
    return ExperimentState.FAILED, "; ".join((left, *outcome.reasons))


def _conclude(database: Database, claim: Claim, state: ExperimentState, reason: str | None) -> None:
    """Store how a run ended, unless someone paused or cancelled the experiment meanwhile."""
    current = database.experiments.get(claim.experiment_id).state
    if current is ExperimentState.RUNNING:
        database.experiments.change_state(
            claim.experiment_id, state, reason=reason, actor=claim.runner_id, fence=claim.fence
        )
    database.queue.release(claim)
