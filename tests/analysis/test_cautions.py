"""Cautions: what a reader must know, and nothing where there is nothing."""

from dataclasses import replace

import numpy as np
import pytest

from scramblebench.analysis import DeclaredRow, make_report
from tests.analysis.cubes import FEW, conditions, falling, make

LARGE = replace(FEW, accuracy_margin=0.2, n_resamples=50)
SCORES = falling(60)


def cautions_of(*words, options=LARGE, declared=None, **more) -> str:
    return "\n".join(make_report("n", make(*words, **more), options, declared=declared).cautions)


def test_nothing_to_say_is_nothing():
    assert cautions_of(SCORES) == ""


def test_simulated_models_are_named_first():
    assert cautions_of(SCORES, simulated=True).startswith("simulated models are a dry run")


def test_missing_trials_are_counted_once_though_the_baseline_is_in_every_curve():
    asked = conditions((0, 50, 100), ("w", "v"))
    scores = falling(60)
    scores[0, :7, 0] = scores[1, :3, 4] = np.nan
    assert "10 planned trials have no response; they are missing, not wrong" in cautions_of(
        scores, asked
    )


def test_what_no_coefficient_concerns_is_named_for_all_or_for_some():
    scores = SCORES.copy()
    scores[0] = 0
    assert "a on bench0, word_shuffle: baseline at the floor" in cautions_of(scores)
    assert cautions_of(np.zeros((2, 60, 5))) == (
        "bench0, word_shuffle: baseline at the floor: no dependency is measurable"
    )


def test_a_rise_is_said_by_the_level_of_the_analysis():
    scores = np.ones((1, 60, 5))
    scores[0, :5, 0] = 0
    words = "more is right at 25 than at the baseline"
    row = next(r for r in make_report("n", make(scores), LARGE).comparisons if r.kind == "level")
    assert row.low > 0
    assert 0.05 < row.p_adjusted < 0.25
    assert words not in cautions_of(scores)
    assert words in cautions_of(scores, options=replace(LARGE, confidence_level=0.7))


@pytest.mark.parametrize(("n_silent", "is_said"), [(30, True), (2, False)])
def test_silence_that_grows_with_the_level(n_silent: int, is_said: bool):
    silent = np.zeros(SCORES.shape)
    silent[0, :n_silent, 4] = 1
    found = cautions_of(SCORES, n_no_answer=silent)
    assert ("are 0% at 0 and 50% at 100: part of the drop" in found) == is_said


def test_silence_that_falls_with_the_level_explains_no_drop():
    silent = np.zeros(SCORES.shape)
    silent[0, :30, 0] = 1
    assert cautions_of(SCORES, n_no_answer=silent) == ""


def test_few_questions_are_said_for_the_margin():
    found = cautions_of(SCORES, options=FEW)
    assert "60 questions" in found
    assert "with 80% power" in found
    assert "intervals are wide" not in found
    assert "29 questions: intervals are wide" in cautions_of(SCORES[:, :29])


def test_a_declared_question_is_said():
    declared = DeclaredRow(question="q", answer="undecided")
    assert "may end the experiment early" in cautions_of(SCORES, declared=declared)


def test_many_passages_are_no_caution():
    assert cautions_of(SCORES, cluster=[n // 6 for n in range(60)]) == ""
    assert "9 passages" in cautions_of(SCORES[:, :54], cluster=[n // 6 for n in range(54)])
