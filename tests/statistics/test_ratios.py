"""The ratio is checked against R in tests/golden, by way of the dependency coefficient."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from scramblebench.statistics.clustering.ratios import (
    MeanPair,
    macro_mean_pair,
    mean_pair,
    ratio_estimate,
    ratio_influence,
    ratio_of_means,
    zero_variance_bound,
)
from scramblebench.statistics.results import Status

NUMERATOR = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0]
DENOMINATOR = [2.0, 7.0, 1.0, 8.0, 2.0, 8.0, 1.0, 8.0]

values = st.lists(st.tuples(st.integers(-20, 20), st.integers(1, 40)), min_size=3, max_size=25).map(
    lambda rows: np.array(rows, dtype=float) / 4
)


def pair_of(denominator: float, variance: float, df: float = 20) -> MeanPair:
    return MeanPair(
        numerator=1.0, denominator=denominator, variance_numerator=0.01,
        variance_denominator=variance, covariance=0.0, df=df, n=int(df) + 1, n_clusters=int(df) + 1,
    )  # fmt: skip


def test_covariance_of_singletons_is_that_of_the_sample() -> None:
    pair = mean_pair(NUMERATOR, DENOMINATOR)
    expected = np.cov(NUMERATOR, DENOMINATOR) / 8
    found = [pair.variance_numerator, pair.covariance, pair.variance_denominator]
    assert found == pytest.approx([expected[0, 0], expected[0, 1], expected[1, 1]], rel=1e-14)
    assert (pair.df, pair.n, pair.n_clusters) == (7, 8, 8)


def test_clusters_add_up_first() -> None:
    """By hand: sums of deviations of two clusters of four are +-8.5 / 2, so V11 = 2 (2 x 4.25^2) / 64."""
    half = sum(NUMERATOR[:4]) - 4 * np.mean(NUMERATOR)
    pair = mean_pair(NUMERATOR, DENOMINATOR, ["a"] * 4 + ["b"] * 4)
    assert pair.variance_numerator == pytest.approx(2 * (2 * half**2) / 64, rel=1e-14)
    assert (pair.df, pair.n_clusters) == (1, 2)


def test_fieller_limits_are_where_the_t_statistic_of_the_difference_is_critical() -> None:
    """The definition: |N - R D| = t se(N - R D) at both limits."""
    pair = mean_pair(NUMERATOR, DENOMINATOR)
    ratio = ratio_of_means(pair)
    for limit in (ratio.fieller_low, ratio.fieller_high):
        residual = np.array(NUMERATOR) - limit * np.array(DENOMINATOR)
        t = residual.mean() / (residual.std(ddof=1) / math.sqrt(8))
        assert abs(t) == pytest.approx(stats.t.ppf(0.975, 7), rel=1e-10)


@given(values)
def test_limits_hold_the_ratio_and_swap_sign_with_it(rows: np.ndarray) -> None:
    ratio = ratio_of_means(mean_pair(rows[:, 0], rows[:, 1]))
    mirror = ratio_of_means(mean_pair(-rows[:, 0], rows[:, 1]))
    assert ratio.fieller_low <= ratio.value + 1e-9
    assert ratio.fieller_high >= ratio.value - 1e-9
    assert mirror.fieller_low == pytest.approx(-ratio.fieller_high, rel=1e-9, abs=1e-9)


@given(values, st.integers(1, 9))
def test_order_and_scale_do_not_matter(rows: np.ndarray, factor: int) -> None:
    first = ratio_of_means(mean_pair(rows[:, 0], rows[:, 1]))
    other = ratio_of_means(mean_pair(factor * rows[::-1, 0], factor * rows[::-1, 1]))
    assert other.value == pytest.approx(first.value, rel=1e-12, abs=1e-12)
    assert other.fieller_high == pytest.approx(first.fieller_high, rel=1e-7, abs=1e-7)


@given(values)
def test_influence_values_make_the_linearised_error(rows: np.ndarray) -> None:
    influence = ratio_influence(rows[:, 0], rows[:, 1])
    error = influence.std(ddof=1) / math.sqrt(len(rows))
    found = ratio_of_means(mean_pair(rows[:, 0], rows[:, 1])).standard_error
    assert influence.sum() == pytest.approx(0, abs=1e-9)
    assert found == pytest.approx(error, rel=1e-6, abs=1e-7)


def test_a_denominator_within_its_error_has_no_limits() -> None:
    ratio = ratio_of_means(pair_of(0.1, 0.01))
    assert (ratio.fieller_low, ratio.fieller_high) == (-math.inf, math.inf)
    assert ratio.fieller_g > 1
    found = ratio_estimate(pair_of(0.1, 0.01), method="r", undefined=Status.DIVISION_BY_ZERO)
    assert found.status is Status.DIVISION_BY_ZERO
    assert math.isnan(found.estimate)


def test_a_denominator_below_zero_is_not_above_it() -> None:
    assert not ratio_of_means(pair_of(-2.0, 0.01)).is_denominator_positive
    assert ratio_of_means(pair_of(2.0, 0.01)).is_denominator_positive


def test_a_denominator_of_zero_is_undefined() -> None:
    ratio = ratio_of_means(mean_pair([1.0, 2.0, 3.0], [0.0, 0.0, 0.0]))
    assert math.isnan(ratio.value)
    assert math.isnan(ratio.standard_error)
    assert math.isnan(ratio.denominator_t)
    assert ratio.fieller_g == math.inf
    assert np.isnan(ratio_influence([1.0, 2.0], [0.0, 0.0])).all()


def test_one_unit_has_a_ratio_without_limits() -> None:
    pair = mean_pair([1.0, 2.0], [2.0, 2.0], ["a", "a"])
    ratio = ratio_of_means(pair)
    assert ratio.value == 0.75
    assert math.isnan(ratio.fieller_low)
    found = ratio_estimate(pair, method="r", undefined=Status.DIVISION_BY_ZERO)
    assert found.status is Status.N_LT_2


@pytest.mark.parametrize("share", [0.0, 1 / 3, 0.7, 1.0])
def test_no_spread_takes_the_bound(share: float) -> None:
    denominator = np.array([0.75, 0.75, -0.25, 0.75] * 10)
    pair = mean_pair(share * denominator, denominator)
    assert ratio_of_means(pair).has_no_spread
    found = ratio_estimate(pair, method="r", undefined=Status.DIVISION_BY_ZERO)
    assert found.status is Status.ZERO_VARIANCE
    assert found.estimate == pytest.approx(share, abs=1e-15)
    half = (1 - 0.025 ** (1 / 40)) / 0.5
    assert found.high - found.estimate == pytest.approx(half, rel=1e-12)
    assert found.estimate - found.low == pytest.approx(half, rel=1e-12)


def test_the_bound_is_clopper_and_pearson_s() -> None:
    exact = stats.binomtest(0, 30).proportion_ci(method="exact")
    assert zero_variance_bound(30) == pytest.approx(exact.high, rel=1e-10)


def test_few_clusters_are_named() -> None:
    labels = np.arange(8) // 2
    pair = mean_pair(NUMERATOR, np.array(DENOMINATOR) + 20, labels)
    found = ratio_estimate(pair, method="r", undefined=Status.DIVISION_BY_ZERO)
    assert found.status is Status.OK
    assert found.warnings


def test_macro_means_weigh_strata_alike() -> None:
    small, large = mean_pair(NUMERATOR[:3], DENOMINATOR[:3]), mean_pair(NUMERATOR, DENOMINATOR)
    pair = macro_mean_pair([small, large])
    assert pair.numerator == pytest.approx((small.numerator + large.numerator) / 2)
    expected = (small.variance_denominator + large.variance_denominator) / 4
    assert pair.variance_denominator == pytest.approx(expected)
    assert (pair.df, pair.n) == (9, 11)


@pytest.mark.parametrize(
    ("numerator", "denominator", "clusters"),
    [([], [], None), ([1.0, math.nan], [1.0, 1.0], None), ([1.0], [1.0, 2.0], None),
     ([1.0, 2.0], [1.0, 2.0], ["a"])],
)  # fmt: skip
def test_impossible_values_are_refused(numerator, denominator, clusters) -> None:
    with pytest.raises(ValueError):
        mean_pair(numerator, denominator, clusters)


def test_no_strata_are_refused() -> None:
    with pytest.raises(ValueError, match="strata"):
        macro_mean_pair([])
