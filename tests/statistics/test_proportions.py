"""Golden numbers carry the R call that made them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from scramblebench.statistics.intervals import wilson
from scramblebench.statistics.proportions import (
    above_chance,
    above_chance_mixed,
    chance_corrected,
    clopper_pearson,
    uniform_posterior,
    wilson_limits,
)
from scramblebench.statistics.results import Interval, Status


def test_clopper_pearson_equals_r():
    # R: binom.test(37, 50)$conf.int
    found = clopper_pearson(37, 50)
    assert (found.low, found.high) == pytest.approx(
        (0.59655232127193436, 0.85369941560344553), rel=1e-12
    )


def test_uniform_posterior_equals_r():
    # R: qbeta(c(.025, .975), 1, 21)
    found = uniform_posterior(0, 20)
    assert (found.low, found.high) == pytest.approx(
        (0.0012048834483635138, 0.16109761521907962), rel=1e-12
    )


@given(n=st.integers(1, 500), data=st.data(), level=st.floats(0.5, 0.999))
def test_clopper_pearson_limits_are_where_the_binomial_tails_reach_half_alpha(n, data, level):
    successes = data.draw(st.integers(0, n))
    found, tail = clopper_pearson(successes, n, level), (1 - level) / 2
    assert 0 <= found.low <= found.estimate <= found.high <= 1
    if successes:
        assert stats.binom.sf(successes - 1, n, found.low) == pytest.approx(tail, rel=1e-6)
    if successes < n:
        assert stats.binom.cdf(successes, n, found.high) == pytest.approx(tail, rel=1e-6)


@pytest.mark.parametrize("interval", [clopper_pearson, uniform_posterior])
@given(n=st.integers(1, 300), data=st.data())
def test_right_and_wrong_are_mirrored(interval, n, data):
    successes = data.draw(st.integers(0, n))
    found, mirrored = interval(successes, n), interval(n - successes, n)
    assert found.low == pytest.approx(1 - mirrored.high, abs=1e-12)


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"), [(0, 1, 0.0, 0.975), (1, 1, 0.025, 1.0)]
)
def test_one_item_has_a_wide_interval(successes, n, low, high):
    found = clopper_pearson(successes, n)
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-12)


@pytest.mark.parametrize("interval", [clopper_pearson, uniform_posterior])
def test_no_items_give_nan(interval):
    found = interval(0, 0)
    assert math.isnan(found.estimate)
    assert math.isnan(found.low)
    assert math.isnan(found.high)


@pytest.mark.parametrize("interval", [clopper_pearson, uniform_posterior])
@pytest.mark.parametrize("arguments", [(3, 2), (-1, 2), (1, 2, 1.0), (1, 2, 0.0)])
def test_impossible_numbers_raise(interval, arguments):
    with pytest.raises(ValueError):
        interval(*arguments)


@given(n=st.integers(1, 2000), data=st.data())
def test_wilson_limits_on_whole_items_are_wilsons(n, data):
    successes = data.draw(st.integers(0, n))
    expected = wilson(successes, n)
    found = wilson_limits(successes / n, n, stats.norm.isf(0.025))
    assert found == pytest.approx((expected.low, expected.high), abs=1e-12)


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
