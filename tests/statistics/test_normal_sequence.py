"""Golden numbers carry the formula that made them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from scramblebench.statistics.limit_warnings import ANYTIME_WARNING
from scramblebench.statistics.results import Status
from scramblebench.statistics.sequential.normal_sequence import asymptotic_sequence, mixture_sprt

SCORES = [0, -1, 0, 0, 1, 0, -1, 0, -1, 0] * 8


def test_it_equals_the_formulas_evaluated_in_r() -> None:
    result = mixture_sprt(SCORES, variance=0.39, effect_variance=0.01)
    assert result.test.statistic == pytest.approx(2.2002453639471113, rel=1e-12)
    assert result.log_ratios.max() == pytest.approx(2.2278379024008736, rel=1e-12)
    assert result.test.p_value == pytest.approx(0.10776116860741018, rel=1e-12)
    interval = asymptotic_sequence(SCORES, tuning=0.05)
    assert interval.high - interval.estimate == pytest.approx(0.20677300678503524, rel=1e-12)


def test_the_ratio_is_the_mean_over_effects() -> None:
    values = np.array([0.4, -0.1, 0.7])

    def ratio(effect: float) -> float:
        likelihood = norm.pdf(values, effect, 0.5) / norm.pdf(values, 0, 0.5)
        return float(likelihood.prod() * norm.pdf(effect, 0, 0.2))

    mixed = mixture_sprt(values, variance=0.25, effect_variance=0.04).test.statistic
    assert math.exp(mixed) == pytest.approx(quad(ratio, -3, 3)[0], rel=1e-8)


@given(values=st.lists(st.floats(-1, 1), min_size=2, max_size=60))
def test_the_p_value_never_rises_with_more_items(values: list[float]) -> None:
    early = mixture_sprt(values[:-1], 0.3, 0.02).test.p_value
    assert mixture_sprt(values, 0.3, 0.02).test.p_value <= early <= 1


def test_the_interval_holds_the_mean_and_narrows() -> None:
    short, long = (asymptotic_sequence(SCORES * k, tuning=0.05) for k in (1, 10))
    assert short.low < short.estimate < short.high
    assert long.high - long.low < short.high - short.low
    assert (short.estimate, long.estimate) == (pytest.approx(-0.2), pytest.approx(-0.2))


def test_the_tuning_is_narrowest_where_it_says() -> None:
    values = SCORES * 5
    best = 8.2 / len(values)
    widths = [
        asymptotic_sequence(values, tuning=tuning).high for tuning in (best / 2, best, best * 2)
    ]
    assert min(widths) == widths[1]


@pytest.mark.parametrize(
    ("values", "status"),
    [([], Status.NO_DATA), ([0.5], Status.N_LT_2), ([0.5] * 60, Status.ZERO_VARIANCE)],
)
def test_undefined_limits_have_a_status(values: list[float], status: Status) -> None:
    interval = asymptotic_sequence(values, tuning=0.05)
    assert interval.status is status
    assert math.isnan(interval.low)
    assert math.isnan(interval.high)


def test_few_items_are_warned_of() -> None:
    assert len(asymptotic_sequence(SCORES[:49], tuning=0.05).warnings) == 2
    assert asymptotic_sequence(SCORES[:50], tuning=0.05).warnings == (ANYTIME_WARNING,)


def test_no_items_have_no_test() -> None:
    test = mixture_sprt([], 0.3, 0.02).test
    assert math.isnan(test.p_value)
    assert test.status is Status.NO_DATA


def test_other_values_are_refused() -> None:
    with pytest.raises(ValueError, match="missing"):
        mixture_sprt([0.1, math.nan], 0.3, 0.02)
    with pytest.raises(ValueError, match="not positive"):
        mixture_sprt([0.1], 0.0, 0.02)
    with pytest.raises(ValueError, match="tuning"):
        asymptotic_sequence([0.1, 0.2], tuning=0)
