"""Which models and curves of two experiments belong together."""

import numpy as np
import pytest

from scramblebench.analysis.matching import ModelPair, match_curves, match_models
from scramblebench.core.errors import UsageError
from tests.analysis.two_experiments import questions, side

NAMES = ["a", "b", "c"]
SCORES = {"m": np.ones((3, 2))}


def test_models_pair_by_name():
    assert match_models(["x", "y", "z"], ["z", "x"]) == (ModelPair(0, 1), ModelPair(2, 0))


def test_the_only_model_of_each_pairs():
    assert match_models(["x"], ["y"]) == (ModelPair(0, 0),)


def test_models_pair_by_hand_even_with_equal_signs_in_names():
    assert match_models(["x", "a=b"], ["y=1", "c"], ["a=b=y=1", "x=c"]) == (
        ModelPair(1, 0),
        ModelPair(0, 1),
    )


@pytest.mark.parametrize(
    ("by_hand", "words"),
    [
        ([], "no model is in both: A has x, y; B has z"),
        (["x"], "'x' pairs nothing"),
        (["q=z"], "A has no model 'q'; it has x, y"),
        (["x=q"], "B has no model 'q'; it has z"),
    ],
)
def test_what_cannot_be_paired_is_said(by_hand: list[str], words: str):
    with pytest.raises(UsageError, match=words):
        match_models(["x", "y"], ["z"], by_hand)


def test_the_same_condition_asks_the_same_text():
    first = side("A", SCORES, questions(NAMES))
    (curve,) = match_curves(first.cube, side("B", SCORES, questions(NAMES)).cube)
    assert curve.same_text == (True, True)
    assert curve.levels_pct == (0.0, 50.0)
    assert curve.n_shared == 3


def test_a_method_with_other_parameters_is_matched_by_its_name():
    scrambling = {"levels": [0, 50], "methods": ["letter_shuffle"], "preserve_numbers": False}
    first = side("A", SCORES, questions(NAMES))
    second = side("B", SCORES, questions(NAMES), scrambling=scrambling)
    (curve,) = match_curves(first.cube, second.cube)
    assert curve.second.method != curve.first.method
    assert curve.same_text == (True, False)


def test_without_a_common_method_the_baseline_is_left():
    scrambling = {"levels": [0, 50], "methods": ["word_shuffle"], "random_seed": 1}
    first = side("A", SCORES, questions(NAMES))
    second = side("B", SCORES, questions(NAMES), scrambling=scrambling)
    (curve,) = match_curves(first.cube, second.cube)
    assert (curve.method, curve.levels_pct, curve.left_out_pct) == ("baseline", (0.0,), (50.0,))


def test_the_only_benchmark_of_each_is_compared_without_shared_questions():
    first = side("A", SCORES, questions(NAMES, "one"))
    second = side("B", SCORES, questions(NAMES, "two"))
    (curve,) = match_curves(first.cube, second.cube)
    assert (curve.benchmark, curve.n_shared) == ("one / two", 0)
