"""The models of a package asked again: the same prompts, all questions or a sample, and a verdict in words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

import numpy as np

from scramblebench.analysis import ScoreCube, make_cube, options_of
from scramblebench.analysis.options import AnalysisOptions
from scramblebench.analysis.paired import Paired, compare
from scramblebench.analysis.randomness import generator
from scramblebench.benchmarks import sample_questions
from scramblebench.core.errors import UsageError
from scramblebench.core.questions import Question
from scramblebench.evaluation import Description, RunProgress, run_stored, store_experiment
from scramblebench.plan import BenchmarkSummary, Plan
from scramblebench.publication.package.restoring import restore
from scramblebench.settings import ExperimentSpec, ProviderName
from scramblebench.storage import open_database

MARGINS: Mapping[str, float] = {"strict": 0.5, "moderate": 1.0, "loose": 2.5}
"""By tolerance, how many times the experiment's own margin of equivalence counts as the same."""


class Verdict(StrEnum):
    """What asking again says of a model's accuracy."""

    REPRODUCED = "reproduced"
    WITHIN = "within tolerance"
    UNDECIDED = "undecided"
    NOT_REPRODUCED = "not reproduced"


@dataclass(frozen=True, slots=True)
class Rerun:
    """One model asked again; ``estimate`` is now minus then, with its limits at the confidence level.

    Means over the levels, question by question: ``n_questions`` of them were answered at every level both
    times. ``same_scores`` is the share of trials with the same score.
    """

    model: str
    verdict: Verdict
    reason: str
    n_questions: int
    n_trials: int
    same_scores: float
    estimate: float
    low: float
    high: float
    margin: float
    equivalence_p: float


async def rerun_package(
    folder: Path,
    database_path: Path,
    *,
    sample: int | None = None,
    budget_usd: Decimal | None = None,
    models: Sequence[str] = (),
    tolerance: str = "moderate",
    seed: int = 0,
    on_start: Callable[[RunProgress], None] = lambda _: None,
) -> list[Rerun]:
    """Ask the models again into a new database, and compare with the stored responses.

    ``sample`` questions are drawn by ``seed``, all where None; ``budget_usd`` is never exceeded: what was
    answered until there is compared. Raises UsageError for models that nobody can ask, unknown ones, an
    unknown tolerance, and where nothing was answered.
    """
    if tolerance not in MARGINS:
        raise UsageError(f"--tolerance: {tolerance!r} is none of {', '.join(MARGINS)}")
    then = restore(folder).publication
    chosen = _chosen(then.plan.spec, models)
    questions = sample_questions(tuple(then.plan.questions), sample, seed)
    plan = _plan(then.plan, chosen, questions, budget_usd)
    database_path.parent.mkdir(parents=True, exist_ok=True)
    database = open_database(f"sqlite:///{database_path.resolve()}")
    database.migrate()
    about = Description(
        name=f"{then.record.name}, asked again", description=f"rerun of {then.record.id}"
    )
    experiment_id = store_experiment(database, plan, then.source_text, about)
    await run_stored(database, experiment_id, on_start)
    now = make_cube(plan, database.trials.read_scores(experiment_id))
    if not now.n_answered.any():
        raise UsageError("nothing was answered: there is nothing to compare")
    options = options_of(then.plan.spec.statistical_analysis)
    margin = options.accuracy_margin * MARGINS[tolerance]
    return [
        _compared(then.cube, now, model, questions, options, margin, number)
        for number, model in enumerate(now.models)
    ]


def _chosen(spec: ExperimentSpec, models: Sequence[str]) -> list[int]:
    names = [model.shown_name for model in spec.models]
    unknown = [name for name in models if name not in names]
    if unknown:
        raise UsageError(f"--model: {unknown[0]!r} is none of {', '.join(names)}")
    chosen = [n for n, name in enumerate(names) if not models or name in models]
    imported = [names[n] for n in chosen if spec.models[n].provider is ProviderName.IMPORTED]
    if imported:
        raise UsageError(
            f"{', '.join(imported[:3])}: the responses were imported, and nobody knows whom to ask"
        )
    return chosen


def _plan(
    plan: Plan, chosen: Sequence[int], questions: Sequence[Question], budget_usd: Decimal | None
) -> Plan:
    """Return a plan of the chosen models and questions; it stops for nothing but money."""
    spec = plan.spec.model_copy(
        update={
            "models": tuple(plan.spec.models[number] for number in chosen),
            "execution": plan.spec.execution.model_copy(
                update={"cost_limit": budget_usd, "cost_limit_per_day": None}
            ),
            "statistical_analysis": plan.spec.statistical_analysis.model_copy(
                update={"early_stopping": None}
            ),
        }
    )
    counts = {name: sum(q.benchmark == name for q in questions) for name in spec.benchmarks}
    summaries = [
        BenchmarkSummary(part.name, counts[part.name], part.files, part.notes)
        for part in plan.benchmarks
    ]
    return Plan(spec, questions, plan.conditions, summaries)


def _compared(
    then: ScoreCube,
    now: ScoreCube,
    model: str,
    questions: Sequence[Question],
    options: AnalysisOptions,
    margin: float,
    number: int,
) -> Rerun:
    places = {question: place for place, question in enumerate(then.items.ids)}
    rows = [places[question.id] for question in questions]
    before, after = then.scores[then.models.index(model)][rows], now.scores[number]
    is_there = ~(np.isnan(before) | np.isnan(after))
    n_trials = int(is_there.sum())
    same = float((before == after)[is_there].mean()) if n_trials else np.nan
    means = [
        np.where(is_there.all(axis=1), scores.mean(axis=1), np.nan) for scores in (after, before)
    ]
    found = compare(
        means[0],
        means[1],
        now.items.cluster,
        replace(options, accuracy_margin=margin),
        generator(now.seed, "rerun", model),
    )
    verdict, reason = _judged(found, margin, same, n_trials, options.alpha)
    return Rerun(
        model=model, verdict=verdict, reason=reason, n_questions=found.n_questions,
        n_trials=n_trials, same_scores=same, estimate=found.estimate, low=found.low,
        high=found.high, margin=margin, equivalence_p=found.equivalence_p,
    )  # fmt: skip


def _judged(
    found: Paired, margin: float, same: float, n_trials: int, alpha: float
) -> tuple[Verdict, str]:
    points = f"{100 * found.estimate:+.1f} points"
    within = f"{100 * margin:g} points"
    if n_trials == 0 or found.n_questions == 0:
        return Verdict.UNDECIDED, "no question was answered at every level both times"
    if same == 1:
        return Verdict.REPRODUCED, f"all {n_trials:,} scores are the same"
    if found.equivalence_p < alpha:
        return Verdict.REPRODUCED, f"{points}, shown to be within {within}"
    if found.p_value < alpha and abs(found.estimate) > margin:
        return Verdict.NOT_REPRODUCED, f"{points}, more than {within} and not by chance alone"
    if abs(found.estimate) <= margin:
        return (
            Verdict.WITHIN,
            f"{points}, within {within}; {found.n_questions} questions do not prove it",
        )
    return (
        Verdict.UNDECIDED,
        f"{points}, outside {within}, which may be chance with {found.n_questions} questions",
    )
