"""Golden numbers carry the formula that made them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.statistics.sequential.betting_sequence import (
    BettingSequence,
    candidate_differences,
)

SCORES = [0, 0, -1, 0, 0, 0, 1, 0, -1, 0, 0, 0, -1, 0, 0] * 12
scores = st.lists(st.floats(-1, 1), min_size=1, max_size=40)


def coarse() -> BettingSequence:
    return BettingSequence.start(candidates=candidate_differences(0.02))


def test_it_equals_the_formula_evaluated_in_r() -> None:
    state = BettingSequence.start(0.95, [-0.3, -0.13, 0, 0.1]).update(SCORES)
    assert state.log_wealth.tolist() == pytest.approx(
        [6.02912375048209, -2.9054883580009983, 4.163135122683955, 9.785192962355314], rel=1e-9
    )
    assert state.max_log_wealth.tolist() == pytest.approx(
        [6.0595493259429567, -0.4535475387344528, 4.163135122683955, 9.785192962355314], rel=1e-9
    )
    assert state.p_value == pytest.approx(math.exp(-4.163135122683955))


def test_the_limits_are_those_of_a_fine_grid_from_outside() -> None:
    interval = BettingSequence.start().update(SCORES).interval
    # R, grid of 0.005: the candidates -0.245 to -0.025 are kept
    assert -0.25 < interval.low <= -0.245
    assert -0.025 <= interval.high < -0.02
    assert interval.estimate == pytest.approx(-2 / 15)


@given(first=scores, second=scores)
def test_batches_do_not_matter(first: list[float], second: list[float]) -> None:
    split = coarse().update(first).update(second)
    whole = coarse().update(first + second)
    assert split.max_log_wealth == pytest.approx(whole.max_log_wealth, abs=1e-9)
    assert split.interval.low == whole.interval.low
    assert split.difference == pytest.approx(whole.difference)


def test_more_items_than_one_block_are_the_same_as_one_by_one() -> None:
    values = np.random.default_rng(3).uniform(-1, 1, 600)
    one_by_one = coarse()
    for value in values:
        one_by_one = one_by_one.update([value])
    assert one_by_one.log_wealth == pytest.approx(coarse().update(values).log_wealth, abs=1e-8)


@given(values=scores)
def test_swapping_mirrors_the_wealth(values: list[float]) -> None:
    state, mirrored = coarse().update(values), coarse().update([-x for x in values])
    assert state.log_wealth == pytest.approx(mirrored.log_wealth[::-1], abs=1e-7)


def test_under_the_null_it_seldom_ever_rejects() -> None:
    rng = np.random.default_rng(4)
    start = BettingSequence.start(candidates=[0.0])
    p_values = [start.update(rng.uniform(-1, 1, 200)).p_value for _ in range(300)]
    assert np.mean(np.array(p_values) <= 0.05) <= 0.05


def test_identical_scores_have_an_interval() -> None:
    for value in (-1, 0, 1, 0.25):
        interval = BettingSequence.start().update([value] * 200).interval
        assert interval.low < interval.high
        assert interval.low <= value <= interval.high


def test_before_the_first_item_everything_is_possible() -> None:
    state = BettingSequence.start()
    assert math.isnan(state.difference)
    assert (state.interval.low, state.interval.high, state.p_value) == (-1, 1, 1)
    assert state.update([]) is state


def test_an_empty_sequence_has_no_interval_and_says_so() -> None:
    state = BettingSequence.start().update([1] * 200).update([-1] * 2000)
    assert math.isnan(state.interval.low)
    assert "random order" in state.warnings[0]


def test_candidates_are_symmetric_around_an_exact_zero() -> None:
    grid = candidate_differences(0.001)
    assert grid.size == 1999
    assert 0.0 in grid
    assert np.isnan(BettingSequence.start(candidates=[0.5]).update([0.1]).p_value)


def test_the_ends_may_be_candidates() -> None:
    wealth = BettingSequence.start(candidates=[-1.0, 1.0]).update([0.2, -0.3]).log_wealth
    assert np.isfinite(wealth).all()


def test_other_values_are_refused() -> None:
    for batch in ([1.5], [math.nan], [[0.0, 1.0]]):
        with pytest.raises(ValueError, match="from -1 to 1"):
            BettingSequence.start().update(batch)
    for candidates in ([0.1, 0.1], [0.2, 0.1], [-2.0, 0.0]):
        with pytest.raises(ValueError, match="rising row"):
            BettingSequence.start(candidates=candidates)
    for step in (0.3, 0.0, -1.0):
        with pytest.raises(ValueError, match="does not divide"):
            candidate_differences(step)
