"""Accuracy rows: what they count, and what they never hide."""

from math import isnan

import numpy as np
import pytest

from scramblebench.analysis import AccuracyRow, accuracy_rows
from scramblebench.core.conditions import BASELINE, Condition
from scramblebench.core.questions import Question
from scramblebench.plan import Cell, Plan
from scramblebench.settings import spec_from_mapping
from scramblebench.storage import ScoreColumns

HALF = Condition("word_shuffle", 50)
NOISE = Condition("letter_noise", 50)


def plan(
    n_questions: int = 10, repeats: int = 1, conditions: tuple[Condition, ...] = (BASELINE, HALF)
) -> Plan:
    values = {
        "models": [{"name": "m", "provider": "ollama"}, {"name": "s", "provider": "simulated"}],
        "benchmarks": {"b": {"paths": "x.csv"}},
        "execution": {"repeats": repeats},
    }
    questions = [Question(f"q{n}", "b", "?", ("yes",)) for n in range(n_questions)]
    return Plan(spec_from_mapping(values).spec, questions, conditions)


def columns(scores: dict[int, float | None]) -> ScoreColumns:
    """Scores by trial index; None is a response without an answer."""
    indices = sorted(scores)
    return ScoreColumns(
        np.array(indices, dtype=np.int64),
        np.array([scores[i] or 0.0 for i in indices], dtype=np.float64),
        np.array([scores[i] is not None for i in indices], dtype=np.bool_),
    )


def row(
    rows: tuple[AccuracyRow, ...], model: str, level: float, method: str = "word_shuffle"
) -> AccuracyRow:
    (found,) = [r for r in rows if (r.model, r.level_pct, r.method) == (model, level, method)]
    return found


def test_missing_is_not_zero_and_no_answer_is():
    made = plan()
    index = made.grid.index
    scores: dict[int, float | None] = {index(Cell(0, 0, q, 0)): 1.0 for q in range(4)}
    scores[index(Cell(0, 0, 4, 0))] = None
    rows = accuracy_rows(made, columns(scores))
    found = row(rows, "m", 0)
    assert found.accuracy == pytest.approx(4 / 5)
    assert (found.n_answered, found.n_planned, found.n_no_answer, found.n_missing) == (5, 10, 1, 5)
    # Wilson 95 % of 4/5: R, prop.test(4, 5, correct = FALSE)$conf.int
    assert (found.low, found.high) == (
        pytest.approx(0.3755346, abs=1e-6),
        pytest.approx(0.9637759, abs=1e-6),
    )


def test_nothing_answered_is_nan_and_not_zero():
    found = row(accuracy_rows(plan(), columns({})), "m", 50)
    assert isnan(found.accuracy)
    assert isnan(found.low)
    assert found.n_answered == 0


def test_models_and_conditions_are_not_mixed_up():
    made = plan()
    index = made.grid.index
    scores: dict[int, float | None] = {}
    for q in range(10):
        for model, condition, value in (
            (0, 0, 1.0),
            (0, 1, float(q < 3)),
            (1, 0, 0.0),
            (1, 1, float(q < 7)),
        ):
            scores[index(Cell(model, 0, q, condition))] = value
    rows = accuracy_rows(made, columns(scores))
    accuracies = {(r.model, r.level_pct): r.accuracy for r in rows}
    assert accuracies == {("m", 0): 1.0, ("m", 50): 0.3, ("s", 0): 0.0, ("s", 50): 0.7}


def test_the_question_is_the_unit_not_the_repeat():
    made = plan(n_questions=4, repeats=3)
    index = made.grid.index
    scores: dict[int, float | None] = {
        index(Cell(0, r, q, 0)): float(q < 2 or (q == 2 and r == 0))
        for q in range(4)
        for r in range(3)
    }
    found = row(accuracy_rows(made, columns(scores)), "m", 0)
    assert found.accuracy == pytest.approx((1 + 1 + 1 / 3 + 0) / 4)
    assert (found.n_questions, found.n_answered) == (4, 12)
    assert found.interval_method == "t"


def test_the_baseline_begins_every_curve():
    made = plan(conditions=(BASELINE, HALF, NOISE))
    index = made.grid.index
    rows = accuracy_rows(made, columns({index(Cell(0, 0, 0, 0)): 1.0}))
    points = [(r.method, r.level_pct) for r in rows if r.model == "m"]
    assert points == [
        ("word_shuffle", 0),
        ("word_shuffle", 50),
        ("letter_noise", 0),
        ("letter_noise", 50),
    ]
    assert row(rows, "m", 0, "letter_noise").accuracy == 1.0


def test_methods_with_other_parameters_are_other_curves():
    shared = Condition("word_shuffle", 50, parameters=(("alphabet", "shared:1"),))
    rows = accuracy_rows(plan(conditions=(HALF, shared)), columns({}))
    assert {r.method for r in rows} == {"word_shuffle", "word_shuffle(alphabet=shared)"}


def test_simulated_models_are_labelled():
    rows = accuracy_rows(plan(), columns({}))
    assert {r.shown_model for r in rows} == {"m", "s (simulated)"}
