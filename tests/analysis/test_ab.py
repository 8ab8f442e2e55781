"""A/B tests: each decision by its rule, nothing before its time, no more said than was decided."""

import math
from dataclasses import replace

import numpy as np
import pytest

from scramblebench.analysis import ScoreCube
from scramblebench.analysis.ab import Outcome, Protocol, evaluate
from scramblebench.core.errors import UsageError
from scramblebench.statistics.proportions.paired_counts import PairedCounts
from scramblebench.statistics.sequential.ab_decision import (
    ComparisonPlan,
    Decision,
    decide_clustered,
    decide_fixed,
)
from tests.analysis.cubes import conditions, falling, make

ONE = conditions((0,))
FIXED = Protocol(control="a", treatment="b", minimum_sample_size=50)
SEQUENTIAL = replace(FIXED, mode="sequential")


def cube_of(n: int, gained: int = 0, lost: int = 0, seed: int = 3) -> ScoreCube:
    """n questions in random order: b gains and loses some against a, half of the rest are right."""
    rng = np.random.Generator(np.random.PCG64(seed))
    kinds = np.array([0] * gained + [1] * lost + [2, 3] * (n - gained - lost))[:n]
    a = np.isin(kinds, (1, 2)).astype(float)
    b = np.isin(kinds, (0, 2)).astype(float)
    order = rng.permutation(n)
    return make(np.stack([a[order], b[order]])[:, :, None], ONE)


def decided(cube: ScoreCube, protocol: Protocol) -> Outcome:
    return evaluate(cube, protocol)


@pytest.mark.parametrize(
    ("protocol", "cube", "decision", "words"),
    [
        (FIXED, cube_of(40, 20), Decision.COLLECTING, "Inconclusive: still collecting, 40 questions"),
        (FIXED, cube_of(400, 60, 10), Decision.SUPERIOR, "Deploy treatment: b is better by +12.5 points"),
        (FIXED, cube_of(400, 10, 60), Decision.INFERIOR, "Do not deploy: b is worse by -12.5 points"),
        (FIXED, cube_of(800, 1, 1), Decision.EQUIVALENT, "Do not deploy: the two are equivalent within 2"),
        (FIXED, cube_of(400, 16, 8), Decision.NON_INFERIOR, "Inconclusive: b is not worse by more than 2"),
        (FIXED, cube_of(100, 12, 10), Decision.INCONCLUSIVE, "neither a difference nor equivalence"),
        (SEQUENTIAL, cube_of(40, 20), Decision.COLLECTING, "still collecting"),
        (SEQUENTIAL, cube_of(200, 12, 10, seed=4), Decision.INCONCLUSIVE, "neither a difference"),
        (SEQUENTIAL, cube_of(400, 100, 10), Decision.SUPERIOR, "Deploy treatment: b is better"),
        (SEQUENTIAL, cube_of(400, 10, 100), Decision.INFERIOR, "Do not deploy: b is worse"),
        (replace(SEQUENTIAL, margin=0.1), cube_of(2000, 5, 5), Decision.EQUIVALENT, "equivalent within 10"),
        (replace(SEQUENTIAL, margin=0.05), cube_of(400, 20, 6), Decision.NON_INFERIOR, "not worse by more"),
    ],
)  # fmt: skip
def test_each_decision_can_be_reached(
    protocol: Protocol, cube: ScoreCube, decision: Decision, words: str
):
    found = decided(cube, protocol)
    assert found.decision.decision is decision
    assert words in found.sentence
    assert found.sentence.startswith("Deploy treatment:") == (decision is Decision.SUPERIOR)


def test_a_fixed_comparison_has_the_numbers_of_its_rule():
    cube = cube_of(400, 40, 20)
    plan = ComparisonPlan(
        margin=0.02, detectable_difference=0.05, alpha=0.05, least_n=50, n_max=400
    )
    counts = PairedCounts.from_scores(cube.scores[0, :, 0], cube.scores[1, :, 0])
    found, direct = decided(cube, FIXED), decide_fixed(counts, plan)
    assert found.decision.difference == direct.difference
    assert found.decision.p_value == direct.p_value
    assert found.decision.difference.estimate == pytest.approx(0.05)  # treatment minus control
    control, treatment = found.means
    assert treatment - control == pytest.approx(0.05)
    assert found.lift == pytest.approx(0.05 / control)


def test_swapped_sides_swap_the_sign():
    cube = cube_of(400, 60, 10)
    one = decided(cube, FIXED)
    two = decided(cube, replace(FIXED, control="b", treatment="a"))
    assert one.decision.difference.estimate == pytest.approx(-two.decision.difference.estimate)
    assert one.effect_size == pytest.approx(-two.effect_size)
    assert two.decision.decision is Decision.INFERIOR


def test_nothing_is_estimated_before_the_least_number_of_questions():
    found = decided(cube_of(49, 30), FIXED)
    assert math.isnan(found.decision.difference.estimate)
    assert math.isnan(found.decision.p_value)
    assert found.next_steps == ("ask at least 1 more questions of both models",)


def test_a_question_that_a_side_lacks_does_not_count():
    cube = cube_of(60, 30)
    scores = cube.scores.copy()
    scores[0, :15, 0] = np.nan
    found = decided(replace(cube, scores=scores), FIXED)
    assert found.decision.decision is Decision.COLLECTING
    assert (found.decision.n, found.n_questions) == (45, 60)


def test_a_sequential_look_stops_before_the_first_gap():
    cube = cube_of(400, 100, 10)
    scores = cube.scores.copy()
    scores[1, 120, 0] = np.nan
    found = decided(replace(cube, scores=scores), SEQUENTIAL)
    assert found.decision.n == 120


def test_shared_passages_have_cluster_standard_errors_and_one_look():
    cluster = [n // 4 for n in range(400)]
    scores = cube_of(400, 60, 10).scores
    cube = make(scores, ONE, cluster=cluster)
    plan = ComparisonPlan(
        margin=0.02, detectable_difference=0.05, alpha=0.05, least_n=50, n_max=400
    )
    direct = decide_clustered(scores[1, :, 0] - scores[0, :, 0], np.array(cluster), plan)
    found = decided(cube, FIXED)
    assert found.decision.difference == direct.difference
    assert found.decision.n_clusters == 100
    with pytest.raises(UsageError, match="share a passage"):
        decided(cube, SEQUENTIAL)


def test_partial_credit_is_looked_at_by_betting():
    found = decided(make(cube_of(400, 100, 10).scores * 0.9, ONE), SEQUENTIAL)
    assert found.decision.decision is Decision.SUPERIOR
    assert found.decision.difference.low > 0


def test_a_control_with_nothing_right_has_no_lift():
    found = decided(make(np.stack([np.zeros((60, 1)), np.ones((60, 1))]), ONE), FIXED)
    assert math.isnan(found.lift)
    assert found.decision.decision is Decision.SUPERIOR


SCORES = falling(200)


@pytest.mark.parametrize(
    ("metric", "wanted"),
    [
        ("accuracy", SCORES.mean(axis=2)),
        ("accuracy@50", SCORES[:, :, 2]),
        ("accuracy@0", SCORES[:, :, 0]),
        ("drop@75", SCORES[:, :, 3] - SCORES[:, :, 0]),
    ],
)
def test_each_metric(metric: str, wanted: np.ndarray):
    found = decided(make(SCORES), replace(FIXED, metric=metric))
    assert found.means == pytest.approx(wanted.mean(axis=1))
    assert found.decision.difference.estimate == pytest.approx((wanted[1] - wanted[0]).mean())


@pytest.mark.parametrize(
    "metric", ["f1", "accuracy@", "accuracy@x", "accuracy@170", "drop", "drop@-1", ""]
)
def test_an_unknown_metric_is_refused(metric: str):
    with pytest.raises(UsageError, match="accuracy, accuracy@LEVEL and drop@LEVEL"):
        replace(FIXED, metric=metric)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"mode": "bayes"}, "neither fixed nor sequential"),
        ({"treatment": "a"}, "both 'a'"),
        ({"margin": 0.0}, "margin"),
        ({"confidence_level": 95.0}, "alpha"),
        ({"power": 1.5}, "power"),
        ({"detectable_difference": 2.0}, "detectable"),
    ],
)
def test_a_protocol_that_cannot_be_is_refused(more: dict[str, object], words: str):
    with pytest.raises(UsageError, match=words):
        replace(FIXED, **more)


def test_what_is_not_in_the_scores_is_refused():
    with pytest.raises(UsageError, match="no model is called 'z'; there are a, b"):
        decided(make(SCORES), replace(FIXED, treatment="z"))
    with pytest.raises(UsageError, match="level 33 is not asked; there are 0, 25, 50, 75, 100"):
        decided(make(SCORES), replace(FIXED, metric="accuracy@33"))


@pytest.mark.parametrize("mode", ["fixed", "sequential"])
def test_no_answer_at_all_is_collecting(mode: str):
    found = decided(make(np.full((2, 20, 1), np.nan), ONE), replace(FIXED, mode=mode))
    assert found.decision.decision is Decision.COLLECTING
    assert found.decision.n == 0
    assert math.isnan(found.power)


def test_inconclusive_says_how_many_questions_would_do():
    found = decided(cube_of(100, 12, 10), FIXED)
    assert any(
        "questions would find the difference that was planned" in s for s in found.next_steps
    )
    assert "declare a new test in sequential mode" in found.next_steps[-1]
    assert 0 < found.power < 1
