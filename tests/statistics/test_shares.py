"""Golden numbers carry the R call that made them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from scramblebench.statistics.proportions.intervals import wilson
from scramblebench.statistics.proportions.shares import (
    clopper_pearson,
    uniform_posterior,
    wilson_limits,
)


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
