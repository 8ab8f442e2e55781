"""Golden numbers carry the R call that made them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from scramblebench.statistics.proportions.chance import (
    above_chance,
    above_chance_mixed,
    chance_corrected,
)
from scramblebench.statistics.results import Interval, Status


def test_above_chance_equals_r():
    # R: binom.test(31, 100, .25, alternative = "greater"), and two-sided
    assert above_chance(31, 100, 0.25).p_value == pytest.approx(0.10378723895608669, rel=1e-10)
    two_sided = above_chance(31, 100, 0.25, "two-sided")
    assert two_sided.p_value == pytest.approx(0.16679865621867698, rel=1e-10)
    assert two_sided.chance_corrected == pytest.approx(0.08)


def test_below_chance_is_negative_and_not_clipped():
    found = above_chance(0, 10, 0.25)
    assert found.chance_corrected == pytest.approx(-1 / 3)
    assert found.p_value == 1


def test_one_item_above_chance_has_the_guess_rate_as_p():
    assert above_chance(1, 1, 0.25).p_value == pytest.approx(0.25)


def test_open_questions_have_no_chance():
    assert above_chance(1, 50, 0.0).p_value == 0
    assert above_chance(0, 50, 0.0).p_value == 1
    assert above_chance(20, 50, 0.0).chance_corrected == pytest.approx(0.4)


def test_no_items_are_not_tested():
    for found in (above_chance(0, 0, 0.25), above_chance_mixed(0, [])):
        assert found.status is Status.NO_DATA
        assert math.isnan(found.p_value)
        assert math.isnan(found.chance_corrected)


@given(n=st.integers(1, 200), data=st.data(), chance=st.sampled_from([0.2, 0.25, 1 / 3, 0.5]))
def test_mixed_guess_rates_that_are_the_same_give_the_binomial(n, data, chance):
    successes = data.draw(st.integers(0, n))
    mixed = above_chance_mixed(successes, [chance] * n)
    same = above_chance(successes, n, chance)
    assert mixed.p_value == pytest.approx(same.p_value, rel=1e-9)
    assert mixed.chance_corrected == pytest.approx(same.chance_corrected, abs=1e-12)


@given(
    chances=st.lists(st.integers(0, 95).map(lambda x: x / 100), min_size=1, max_size=10),
    data=st.data(),
)
def test_mixed_guess_rates_equal_the_sum_over_all_outcomes(chances, data):
    successes = data.draw(st.integers(0, len(chances)))
    outcomes = np.array(np.meshgrid(*[[0, 1]] * len(chances))).reshape(len(chances), -1).T
    rates = np.array(chances)
    probabilities = np.where(outcomes == 1, rates, 1 - rates).prod(axis=1)
    expected = probabilities[outcomes.sum(axis=1) >= successes].sum()
    assert above_chance_mixed(successes, chances).p_value == pytest.approx(expected, abs=1e-12)


def test_thousands_of_different_guess_rates_keep_their_tail():
    rates = np.linspace(0.1, 0.5, 3000)
    found = above_chance_mixed(1100, rates)
    z = (1100 - 0.5 - rates.sum()) / math.sqrt((rates * (1 - rates)).sum())
    assert found.p_value == pytest.approx(stats.norm.sf(z), rel=0.3)
    assert 0 < found.p_value < 1e-12


@pytest.mark.parametrize("chances", [[0.2, 1.2], [0.2, float("nan")], [[0.2]], [1.0, 1.0]])
def test_impossible_guess_rates_raise(chances):
    with pytest.raises(ValueError):
        above_chance_mixed(1, chances)


@pytest.mark.parametrize("chance", [-0.1, 1.0])
def test_an_impossible_chance_raises(chance):
    with pytest.raises(ValueError):
        above_chance(1, 2, chance)
    with pytest.raises(ValueError):
        chance_corrected(Interval(0.5, 0.4, 0.6), chance)


def test_an_unknown_alternative_raises():
    with pytest.raises(ValueError, match="less"):
        above_chance(1, 2, 0.25, "less")


def test_limits_are_rescaled_with_the_share():
    found = chance_corrected(Interval(0.5, 0.2, 0.8), 0.25)
    assert (found.estimate, found.low, found.high) == pytest.approx((1 / 3, -1 / 15, 11 / 15))
