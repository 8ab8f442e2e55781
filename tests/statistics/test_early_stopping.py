import math
from collections import Counter

import numpy as np
import pytest

from scramblebench.statistics.sequential.early_stopping import (
    Answer,
    EarlyStopping,
    Question,
    StoppingRule,
)

SIGN = StoppingRule(question=Question.SIGN, n_max=1000)


def run(state: EarlyStopping, differences: np.ndarray, batch: int) -> EarlyStopping:
    for start in range(0, len(differences), batch):
        state = state.update(differences[start : start + batch])
        if state.has_stopped:
            return state
    return state


def simulate(
    rule: StoppingRule, lost: float, gained: float, runs: int, batch: int, seed: int
) -> tuple[Counter[Answer], float]:
    """Return how often each answer was given, and the mean number of pairs."""
    rng = np.random.default_rng(seed)
    shares = [lost, 1 - lost - gained, gained]
    ends = [
        run(
            EarlyStopping.of_binary(rule),
            rng.choice([-1.0, 0.0, 1.0], p=shares, size=rule.n_max),
            batch,
        )
        for _ in range(runs)
    ]
    return Counter(end.answer for end in ends), float(np.mean([end.n for end in ends]))


def test_a_drop_of_ten_points_needs_less_than_half_of_the_pairs() -> None:
    # 2,000 runs with a look every 10 pairs: 162 on average, all lower
    answers, n = simulate(SIGN, lost=0.14, gained=0.04, runs=200, batch=20, seed=1)
    assert n <= 500
    assert answers[Answer.LOWER] >= 198


@pytest.mark.parametrize(("changed", "runs"), [(0.02, 80), (0.09, 200), (0.25, 80)])
def test_without_a_difference_it_seldom_states_one(changed: float, runs: int) -> None:
    # 2,000 runs with a look every 10 pairs: 2.4 %, 2.5 % and 1.6 %
    answers, _ = simulate(SIGN, lost=changed, gained=changed, runs=runs, batch=50, seed=2)
    assert answers[Answer.LOWER] + answers[Answer.HIGHER] <= 0.05 * runs
    assert answers[Answer.EXHAUSTED] >= 0.95 * runs


def test_at_the_margin_it_seldom_states_either_side() -> None:
    rule = StoppingRule(question=Question.MARGIN, n_max=500, margin=0.1)
    answers, _ = simulate(rule, lost=0.14, gained=0.04, runs=100, batch=50, seed=3)
    assert answers[Answer.EXHAUSTED] >= 95


def test_two_arms_that_agree_are_within_the_margin_early() -> None:
    rule = StoppingRule(question=Question.MARGIN, n_max=1000, margin=0.1)
    answers, n = simulate(rule, lost=0.05, gained=0.05, runs=30, batch=20, seed=4)
    assert answers[Answer.WITHIN_MARGIN] == 30
    assert n < 500


def test_beyond_the_margin_is_said_with_its_direction() -> None:
    rule = StoppingRule(question=Question.MARGIN, n_max=400, margin=0.05)
    answers, _ = simulate(rule, lost=0.02, gained=0.32, runs=20, batch=20, seed=5)
    assert answers == {Answer.HIGHER: 20}


def test_precision_stops_at_the_half_width() -> None:
    rule = StoppingRule(question=Question.PRECISION, n_max=1000, half_width=0.08)
    rng = np.random.default_rng(6)
    state = run(
        EarlyStopping.of_binary(rule), rng.choice([-1, 0, 1], p=[0.1, 0.8, 0.1], size=1000), 10
    )
    assert state.answer is Answer.PRECISE
    assert (state.interval.high - state.interval.low) / 2 <= 0.08
    assert state.n < 1000


def test_partial_credit_stops_too() -> None:
    rng = np.random.default_rng(7)
    drops = np.clip(rng.normal(-0.2, 0.2, 1000), -1, 1)
    state = run(EarlyStopping.of_bounded(SIGN), drops, 20)
    assert state.answer is Answer.LOWER
    assert state.interval.high < 0
    assert state.n < 500


def test_what_comes_after_the_answer_is_not_used() -> None:
    state = EarlyStopping.of_binary(SIGN).update([-1] * 40)
    assert state.answer is Answer.LOWER
    assert state.update([1] * 500) is state


def test_no_more_than_n_max_are_used() -> None:
    rule = StoppingRule(question=Question.SIGN, n_max=30)
    state = EarlyStopping.of_binary(rule).update([1, -1] * 50)
    assert (state.n, state.answer) == (30, Answer.EXHAUSTED)


def test_before_n_min_nothing_is_stated() -> None:
    rule = StoppingRule(question=Question.SIGN, n_max=100, n_min=60)
    state = EarlyStopping.of_binary(rule).update([1] * 50)
    assert not state.has_stopped
    assert state.interval.low > 0
    assert state.update([1] * 10).answer is Answer.HIGHER


def test_an_answer_on_the_last_pair_is_not_exhausted() -> None:
    rule = StoppingRule(question=Question.SIGN, n_max=50)
    assert EarlyStopping.of_binary(rule).update([1] * 50).answer is Answer.HIGHER


def test_before_the_first_pair_nothing_is_known() -> None:
    state = EarlyStopping.of_binary(SIGN)
    assert state.update([]) is state
    assert (state.n, state.has_stopped, state.warnings) == (0, False, ())
    assert math.isnan(state.interval.estimate)


@pytest.mark.parametrize("all_same", [0, -1])
def test_identical_answers_end_without_an_error(all_same: int) -> None:
    state = run(EarlyStopping.of_binary(SIGN), np.full(1000, all_same), 100)
    assert state.answer is (Answer.EXHAUSTED if all_same == 0 else Answer.LOWER)


@pytest.mark.parametrize(
    "numbers",
    [
        {"question": Question.MARGIN},
        {"question": Question.PRECISION},
        {"question": Question.SIGN, "margin": 0.1},
        {"question": Question.MARGIN, "margin": 0.1, "half_width": 0.1},
        {"question": Question.MARGIN, "margin": 1.5},
        {"question": Question.SIGN, "n_min": 200},
        {"question": Question.SIGN, "alpha": 0.0},
    ],
)
def test_rules_that_do_not_fit_are_refused(numbers: dict) -> None:
    with pytest.raises(ValueError, match=r"margin|half_width|n_min|confidence"):
        StoppingRule(n_max=100, **numbers)


def test_missing_pairs_are_refused() -> None:
    for start in (EarlyStopping.of_binary, EarlyStopping.of_bounded):
        with pytest.raises(ValueError, match="row"):
            start(SIGN).update([0.0, math.nan])
