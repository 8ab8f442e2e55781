"""Golden numbers carry the R call that made them; pwr solves to about 1e-5."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.statistics.means.effect_sizes import cohens_h
from scramblebench.statistics.planning.power import (
    CORRELATION,
    PAIRED_T,
    TWO_PROPORTIONS,
    TWO_SAMPLE_T,
    PlannedTest,
    adjusted_alpha,
    detectable_effect,
    inflated_n,
    one_way_anova,
    power,
    sample_size,
)
from scramblebench.statistics.results import Status

TESTS = [PAIRED_T, TWO_SAMPLE_T, TWO_PROPORTIONS, CORRELATION, one_way_anova(3)]
each_test = pytest.mark.parametrize("test", TESTS, ids=lambda test: test.name)


def test_power_equals_pwr() -> None:
    # pwr.t.test(n = 50, d = .35, type = "paired")
    assert power(PAIRED_T, 50, 0.35).power == pytest.approx(0.67945934898, rel=1e-9)
    # pwr.t.test(n = 64, d = .4)
    assert power(TWO_SAMPLE_T, 64, 0.4).power == pytest.approx(0.61238497038, rel=1e-9)
    # pwr.2p.test(h = ES.h(.8, .7), n = 120)
    assert power(TWO_PROPORTIONS, 120, cohens_h(0.7, 0.8)).power == pytest.approx(0.43533672249)
    # pwr.anova.test(k = 4, n = 120, f = .2)
    assert power(one_way_anova(4), 120, 0.2).power == pytest.approx(0.96832370049, rel=1e-8)
    # pwr.r.test(n = 120, r = .3)
    assert power(CORRELATION, 120, 0.3).power == pytest.approx(0.91931808612, rel=1e-9)


def test_sample_size_and_detectable_effect_equal_pwr() -> None:
    # pwr.t.test(d = .35, power = .8, type = "paired")$n; pwr.t.test(n = 50, power = .8, ...)$d
    assert sample_size(PAIRED_T, 0.35).n == pytest.approx(66.018819, rel=1e-6)
    assert detectable_effect(PAIRED_T, 50).effect == pytest.approx(0.404185, rel=1e-5)
    # pwr.anova.test(k = 4, f = .2, power = .8)$n
    assert sample_size(one_way_anova(4), 0.2).n == pytest.approx(69.125694, rel=1e-6)


@each_test
def test_the_three_agree(test: PlannedTest) -> None:
    planned = sample_size(test, 0.3, power=0.9, alpha=0.01)
    assert power(test, planned.n, 0.3, 0.01).power == pytest.approx(0.9, rel=1e-8)
    assert detectable_effect(test, planned.n, 0.9, 0.01).effect == pytest.approx(0.3, rel=1e-8)


@each_test
def test_no_effect_is_found_with_probability_alpha(test: PlannedTest) -> None:
    tolerance = 0.1 if test is CORRELATION else 1e-9  # the normal law of z is approximate
    assert power(test, 40, 0.0, 0.05).power == pytest.approx(0.05, rel=tolerance)
    assert power(test, 40, 0.0, 0.01).power == pytest.approx(0.01, rel=tolerance)


@each_test
@given(n=st.floats(4, 5000), small=st.floats(0, 0.99), large=st.floats(0, 0.99))
def test_power_is_a_probability_that_rises_with_the_effect(
    test: PlannedTest, n: float, small: float, large: float
) -> None:
    low, high = sorted((small, large))
    assert 0 <= power(test, n, low).power <= power(test, n, high).power + 1e-9 <= 1 + 2e-9


@each_test
def test_the_sign_of_an_effect_does_not_matter(test: PlannedTest) -> None:
    assert power(test, 30, -0.4).power == power(test, 30, 0.4).power
    assert sample_size(test, -0.4).n == sample_size(test, 0.4).n


@each_test
def test_too_few_units_are_undefined_with_a_status(test: PlannedTest) -> None:
    few = power(test, test.smallest_n - 0.5, 0.5)
    assert math.isnan(few.power)
    assert few.status is Status.N_LT_2
    effect = detectable_effect(test, test.smallest_n - 0.5)
    assert math.isnan(effect.effect)
    assert effect.status is Status.N_LT_2


@each_test
def test_no_n_finds_no_effect(test: PlannedTest) -> None:
    planned = sample_size(test, 0.0)
    assert planned.n == math.inf
    assert planned.status is Status.NOT_REACHED


def test_a_large_effect_needs_the_least_n_and_a_small_one_millions() -> None:
    large = sample_size(PAIRED_T, 50.0)
    assert large.n == 2
    assert large.power > 0.999
    normal = (1.959963984540054 + 0.8416212335729143) ** 2 / 0.001**2
    assert sample_size(PAIRED_T, 0.001).n == pytest.approx(normal, rel=1e-5)


def test_far_tails_are_numbers() -> None:
    # nctdtr(1.49, 7.9, -6.1) is NaN in SciPy 1.17
    assert power(PAIRED_T, 2.49, 5.0).power == pytest.approx(0.7998, abs=1e-3)
    assert power(TWO_SAMPLE_T, 2, 37.0).power == pytest.approx(1.0)
    # ncfdtr(2, 2211, 1576, 3.0) is NaN too
    assert power(one_way_anova(3), 738, 0.84375).power == pytest.approx(1.0)


def test_one_pair_of_shares_cannot_have_the_power() -> None:
    planned = detectable_effect(TWO_PROPORTIONS, 1, power=0.999)
    assert math.isnan(planned.effect)
    assert planned.status is Status.NOT_REACHED


def test_alpha_is_shared_and_n_inflated() -> None:
    assert adjusted_alpha(0.05, 5) == pytest.approx(0.01)
    assert inflated_n(200, 1.5) == 300
    with pytest.raises(ValueError, match="family of 0"):
        adjusted_alpha(0.05, 0)
    with pytest.raises(ValueError, match="not positive"):
        inflated_n(200, 0)


@pytest.mark.parametrize(("wanted", "alpha"), [(1.0, 0.05), (0.04, 0.05), (0.8, 0.0)])
def test_impossible_targets_are_refused(wanted: float, alpha: float) -> None:
    with pytest.raises(ValueError, match=r"alpha|power"):
        sample_size(PAIRED_T, 0.3, wanted, alpha)


@pytest.mark.parametrize("effect", [1.5, math.nan, math.inf])
def test_effects_out_of_range_are_refused(effect: float) -> None:
    with pytest.raises(ValueError, match="out of the range"):
        power(CORRELATION, 20, effect)


def test_one_group_has_no_analysis_of_variance() -> None:
    with pytest.raises(ValueError, match="1 groups"):
        one_way_anova(1)
