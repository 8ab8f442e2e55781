"""Golden numbers carry the R call that made them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.weightstats import ttost_paired

from scramblebench.statistics.proportions.equivalence import tost_paired_binary, tost_paired_t
from scramblebench.statistics.proportions.paired_counts import PairedCounts
from scramblebench.statistics.results import Status

CELLS = st.tuples(*[st.integers(0, 200)] * 4).filter(lambda cells: sum(cells) > 0)
ALPHAS = st.sampled_from([0.01, 0.05, 0.1])


def test_binary_equals_r():
    # R: pnorm of Tango's statistic, as inverted by contingencytables::Tango_asymptotic_score_CI_paired_2x2
    found = tost_paired_binary(PairedCounts(280, 14, 11, 95), 0.05)
    assert found.statistic_lower == pytest.approx(2.9447853116259703, rel=1e-10)
    assert found.statistic_upper == pytest.approx(-3.8492894915641225, rel=1e-10)
    assert found.p_value == pytest.approx(0.0016158941254967713, rel=1e-8)
    assert (found.low, found.high) == pytest.approx(
        (-0.029273595504777053, 0.013691113598213119), rel=1e-8
    )
    assert found.is_equivalent


@given(cells=CELLS, margin=st.floats(0.01, 0.5), alpha=ALPHAS)
def test_binary_is_equivalent_where_the_interval_is_within_the_margin(cells, margin, alpha):
    found = tost_paired_binary(PairedCounts(*cells), margin, alpha)
    if abs(found.p_value - alpha) > 1e-6:
        assert found.is_equivalent == (-margin < found.low and found.high < margin)


@given(cells=CELLS, margin=st.floats(0.01, 0.5))
def test_swapping_the_conditions_swaps_the_one_sided_tests(cells, margin):
    n11, n10, n01, n00 = cells
    found = tost_paired_binary(PairedCounts(n11, n10, n01, n00), margin)
    swapped = tost_paired_binary(PairedCounts(n11, n01, n10, n00), margin)
    assert found.p_lower == pytest.approx(swapped.p_upper, rel=1e-6, abs=1e-12)


def test_identical_answers_are_equivalent_only_with_enough_items():
    few, many = (tost_paired_binary(PairedCounts(n, 0, 0, 0), 0.05) for n in (20, 200))
    assert few.status is Status.NO_DISCORDANT_PAIRS
    assert not few.is_equivalent
    assert many.is_equivalent
    assert many.statistic_lower == pytest.approx(math.sqrt(200 * 0.05 / 0.95))


def test_no_pairs_are_not_equivalent():
    found = tost_paired_binary(PairedCounts(0, 0, 0, 0, n_missing=2), 0.05)
    assert math.isnan(found.p_value)
    assert not found.is_equivalent
    assert found.status is Status.NO_COMPLETE_ITEMS
    assert found.n_missing == 2


@given(
    values=st.lists(st.floats(-1, 1), min_size=2, max_size=30).filter(lambda v: np.std(v) > 1e-6),
    low=st.floats(-0.5, -0.01),
    high=st.floats(0.01, 0.5),
)
def test_means_equal_statsmodels(values, low, high):
    expected, lower, upper = ttost_paired(np.array(values), np.zeros(len(values)), low, high)
    found = tost_paired_t(values, low, high)
    assert found.p_value == pytest.approx(expected, rel=1e-6, abs=1e-14)
    assert found.statistic_lower == pytest.approx(lower[0], rel=1e-6)
    assert found.p_upper == pytest.approx(upper[1], rel=1e-6, abs=1e-14)
    if abs(found.p_value - 0.05) > 1e-9:
        assert found.is_equivalent == (low < found.low and found.high < high)


def test_means_equal_r():
    # R: t.test(y - x, mu = -.2, alternative = "greater"), t.test(y - x, mu = .2, alternative = "less"),
    #    t.test(y - x, conf.level = .9); reference case tost-paired-o1
    baseline = [0.87, 0.83, 1, 0.96, 0.71, 0.78, 0.6, 0.86, 0.93, 0.9, 0.7, 0.56, 1, 0.94, 0.44]
    treatment = [
        0.74, 0.72, 0.77, 0.72, 0.67, 0.68, 0.71, 0.75, 0.97, 0.93, 0.63, 0.46, 0.85, 0.78, 0.57,
    ]  # fmt: skip
    found = tost_paired_t(np.subtract(treatment, baseline), -0.2, 0.2)
    assert found.p_lower == pytest.approx(0.00033374422537098248, rel=1e-8)
    assert found.p_upper == pytest.approx(7.6798761017603745e-08, rel=1e-8)
    assert (found.low, found.high) == pytest.approx(
        (-0.12582422389221354, -0.024842442774453095), rel=1e-8
    )
    assert found.is_equivalent


def test_missing_differences_are_left_out_and_counted():
    found = tost_paired_t([0.1, math.nan, -0.1, 0.2], -1, 1)
    assert (found.n, found.n_missing, found.df) == (3, 1, 2)


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ([], Status.N_LT_2),
        ([0.1], Status.N_LT_2),
        ([math.nan, math.nan], Status.N_LT_2),
        ([0.0] * 9, Status.ZERO_VARIANCE),
        ([-1.0] * 9, Status.ZERO_VARIANCE),
        ([0.3 - 0.1, 0.2, 0.2], Status.ZERO_VARIANCE),
    ],
)
def test_without_variance_means_are_undefined_and_not_equivalent(values, status):
    found = tost_paired_t(values, -0.5, 0.5)
    assert found.status is status
    assert math.isnan(found.p_value)
    assert math.isnan(found.low)
    assert not found.is_equivalent


@pytest.mark.parametrize("margin", [0.0, -0.1, 1.0, 5])
def test_an_impossible_margin_raises(margin):
    with pytest.raises(ValueError, match="margin"):
        tost_paired_binary(PairedCounts(1, 1, 1, 1), margin)


def test_an_empty_margin_or_an_impossible_alpha_raises():
    with pytest.raises(ValueError, match="margin"):
        tost_paired_t([0.1, 0.2], 0.1, 0.1)
    with pytest.raises(ValueError, match="alpha"):
        tost_paired_t([0.1, 0.2], -0.1, 0.1, alpha=0.5)
