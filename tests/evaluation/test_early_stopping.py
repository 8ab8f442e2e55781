"""An experiment ends when its declared question is settled, by the plan's order and never by arrival."""

import asyncio
from typing import Any

import numpy as np
import pytest

from scramblebench.analysis import declared_row, make_cube, make_report, options_of
from scramblebench.core.clock import SystemClock
from scramblebench.core.errors import UsageError
from scramblebench.core.questions import Question, identified
from scramblebench.core.states import ExperimentState
from scramblebench.evaluation import (
    Description,
    RunOutcome,
    Surroundings,
    restore_plan,
    run_experiment,
    store_experiment,
)
from scramblebench.evaluation.early_stopping import Stopper
from scramblebench.plan import Plan, declared_question, make_plan
from scramblebench.plan.conditions import make_conditions
from scramblebench.plan.declared import check_declared
from scramblebench.queue import Lease
from scramblebench.settings import spec_from_mapping
from scramblebench.storage import Database, new_runner_id, open_database

N_QUESTIONS = 400
ALPHA = 0.05


def plan_of(declared: dict[str, Any], n_questions: int = N_QUESTIONS, **more: Any) -> Plan:
    values = {
        "models": [{"name": name, "provider": "simulated"} for name in ("a", "b")],
        "benchmarks": {"b": {"paths": "x.csv"}},
        "scrambling": {"levels": [0, 50], "methods": ["word_shuffle"]},
        "statistical_analysis": {"early_stopping": declared},
        **more,
    }
    spec = spec_from_mapping(values).spec
    questions = [Question(f"{n:064x}", "b", "?", ("yes",)) for n in range(n_questions)]
    return Plan(spec, questions, make_conditions(spec.scrambling))


def stopper_of(plan: Plan) -> Stopper:
    question = declared_question(plan)
    assert question is not None
    return Stopper(question, plan.grid, ALPHA)


def feed(plan: Plan, stopper: Stopper, scores: np.ndarray, order: list[int]) -> int:
    """Give both sides of each question, in an order of arrival; return after how many it was settled."""
    question = stopper.question
    for number, position in enumerate(order, 1):
        for side, at in enumerate((question.first, question.second)):
            index = plan.grid.index((at.model, 0, position, at.condition))
            stopper.settle(index, float(scores[side, position]))
        if stopper.is_settled:
            return number
    return len(order)


def drawn(seed: int, lost: float, gained: float, n: int = N_QUESTIONS) -> np.ndarray:
    """Right-or-wrong scores of two sides, (2, n), with these shares lost and gained."""
    rng = np.random.Generator(np.random.PCG64(seed))
    kind = rng.random(n)
    base = rng.random(n) < 0.5
    first = np.where(kind < lost, 1, np.where(kind < lost + gained, 0, base))
    second = np.where(kind < lost, 0, np.where(kind < lost + gained, 1, base))
    return np.stack([first, second]).astype(float)


MODELS = {"compare": "models", "models": ["a", "b"]}


def test_a_difference_settles_it_with_less_than_half_of_the_questions_on_average():
    n = 1000
    plan = plan_of(MODELS, n_questions=n)
    used = [
        feed(plan, stopper_of(plan), drawn(seed, 0.14, 0.04, n), list(range(n)))
        for seed in range(30)
    ]
    assert np.mean(used) < n / 2


def test_no_difference_is_seldom_settled_as_one():
    plan = plan_of(MODELS)
    wrong = 0
    for seed in range(120):
        stopper = stopper_of(plan)
        feed(plan, stopper, drawn(seed, 0.1, 0.1), list(range(N_QUESTIONS)))
        wrong += stopper.is_settled
    assert wrong <= 15  # expected at most 6; more than 15 has a chance of 3e-4 at 5 %


def test_what_arrives_out_of_order_waits_for_the_beginning():
    plan = plan_of(MODELS)
    stopper = stopper_of(plan)
    everything_lost = np.stack([np.ones(N_QUESTIONS), np.zeros(N_QUESTIONS)])
    feed(plan, stopper, everything_lost, list(range(1, N_QUESTIONS)))
    assert stopper.state is None
    assert not stopper.is_settled
    feed(plan, stopper, everything_lost, [0])
    assert stopper.is_settled


def test_a_trial_that_was_given_up_leaves_its_pair_out():
    plan = plan_of(MODELS)
    scores = np.stack([np.ones(N_QUESTIONS), np.zeros(N_QUESTIONS)])
    scores[0, :10] = np.nan
    stopper = stopper_of(plan)
    feed(plan, stopper, scores, list(range(N_QUESTIONS)))
    assert stopper.state is not None
    assert stopper.state.interval.estimate == -1


def test_nothing_is_settled_before_the_least_number_of_questions():
    plan = plan_of({**MODELS, "min_questions": 200})
    scores = np.stack([np.ones(N_QUESTIONS), np.zeros(N_QUESTIONS)])
    assert 200 <= feed(plan, stopper_of(plan), scores, list(range(N_QUESTIONS))) < 230


@pytest.mark.parametrize(
    ("declared", "answer"),
    [
        ({**MODELS, "margin": 0.3}, "within_margin"),
        ({**MODELS, "half_width": 0.2}, "precise"),
    ],
)
def test_other_questions_are_settled_too(declared: dict[str, Any], answer: str):
    plan = plan_of(declared)
    stopper = stopper_of(plan)
    feed(plan, stopper, drawn(5, 0.05, 0.05), list(range(N_QUESTIONS)))
    assert stopper.is_settled
    assert stopper.state is not None
    assert stopper.state.answer == answer


def test_partial_credit_is_settled_by_bounded_scores():
    plan = plan_of(MODELS)
    scores = np.stack([np.full(N_QUESTIONS, 0.9), np.full(N_QUESTIONS, 0.2)])
    assert feed(plan, stopper_of(plan), scores, list(range(N_QUESTIONS))) < N_QUESTIONS


def test_what_earlier_runs_answered_is_taken_over():
    plan = plan_of(MODELS)
    scores = drawn(1, 0.3, 0.02)
    whole, resumed = stopper_of(plan), stopper_of(plan)
    feed(plan, whole, scores, list(range(N_QUESTIONS)))
    first = [plan.grid.index((0, 0, q, 0)) for q in range(N_QUESTIONS)]
    second = [plan.grid.index((1, 0, q, 0)) for q in range(N_QUESTIONS)]
    resumed.read(np.array(first + second), scores.ravel())
    assert whole.is_settled
    assert resumed.is_settled
    assert resumed.state is not None
    assert resumed.state.interval.estimate < 0


def simulated(declared: dict[str, Any]) -> dict[str, Any]:
    return {
        "models": [
            {"name": "a", "provider": "simulated", "simulation": {"ability": 3.0}},
            {"name": "b", "provider": "simulated", "simulation": {"ability": -1.0}},
        ],
        "benchmarks": {"b": {"generated": {"per_domain": 40}}},
        "scrambling": {"levels": [0, 50], "methods": ["letter_shuffle"]},
        "statistical_analysis": {"early_stopping": declared},
    }


def created(declared: dict[str, Any]) -> tuple[Database, str]:
    database = open_database("sqlite://")
    database.migrate()
    source = spec_from_mapping(simulated(declared))
    return database, store_experiment(database, make_plan(source), source.text, Description())


def run(database: Database, experiment_id: str) -> RunOutcome:
    database.queue.enqueue(experiment_id)
    clock = SystemClock()
    claim = database.queue.claim(new_runner_id(), 60, lambda _: experiment_id)
    assert claim is not None

    async def go() -> RunOutcome:
        lease = Lease(claim, 60, clock.monotonic_s(), clock, asyncio.Event())
        return await run_experiment(database, lease, surroundings=Surroundings(clock, {}))

    return asyncio.run(go())


def test_the_engine_stops_sending_and_says_what_it_saved():
    database, experiment_id = created(MODELS)
    outcome = run(database, experiment_id)
    record = database.experiments.get(experiment_id)
    assert record.state is ExperimentState.COMPLETED
    assert outcome.settled_early is not None
    assert f"{outcome.n_missing:,} calls saved" in outcome.settled_early
    assert record.reason == outcome.settled_early
    assert 50 * 2 <= record.n_answered < record.n_trials / 1.5


def test_a_question_that_is_never_settled_asks_everything():
    database, experiment_id = created({**MODELS, "half_width": 0.001})
    outcome = run(database, experiment_id)
    assert (outcome.n_missing, outcome.settled_early) == (0, None)


def test_the_analysis_gives_no_p_value_that_ignores_the_looks():
    database, experiment_id = created(MODELS)
    run(database, experiment_id)
    plan = restore_plan(database, experiment_id)
    columns = database.trials.read_scores(experiment_id)
    declared = declared_row(plan, columns)
    options = options_of(plan.spec.statistical_analysis)
    report = make_report("x", make_cube(plan, columns), options, declared=declared)
    assert declared is not None
    assert declared.answer == "lower"
    assert declared.high < 0
    assert declared.p_value < ALPHA
    assert report.comparisons
    assert all(np.isnan(row.p_value) and np.isnan(row.p_adjusted) for row in report.comparisons)
    assert all(np.isnan(row.p_value) for row in report.trends)


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({"compare": "models", "models": ["a", "c"]}, "no model is called 'c'"),
        ({"compare": "levels", "models": ["a"], "level": 33}, "level 33 is not asked"),
        ({"compare": "levels", "models": ["a"], "level": 50, "method": "x"}, "is not asked"),
    ],
)
def test_a_question_about_what_is_not_there_is_refused(declared: dict[str, Any], words: str):
    with pytest.raises(UsageError, match=words):
        created(declared)


def test_questions_that_share_a_passage_are_refused():
    plan = plan_of(MODELS, n_questions=0)
    shared = [
        identified(Question("", "b", f"{n}?", ("yes",), context="one passage")) for n in range(3)
    ]
    with pytest.raises(UsageError, match="share a passage"):
        check_declared(Plan(plan.spec, shared, plan.conditions))
