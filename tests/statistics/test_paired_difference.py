"""Golden numbers carry the R call, or the page, that made them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from scramblebench.statistics.proportions.paired_counts import PairedCounts
from scramblebench.statistics.proportions.paired_difference import (
    DifferenceInterval,
    RatioInterval,
    paired_difference,
    performance_drop_rate,
    retention_ratio,
    tango_statistic,
)
from scramblebench.statistics.results import Status

BENTUR = PairedCounts(1, 7, 1, 12)
CELLS = st.tuples(*[st.integers(0, 50)] * 4).filter(lambda cells: sum(cells) > 0)
Z = stats.norm.isf(0.025)


def limits(found) -> tuple[float, float]:
    return found.low, found.high


@pytest.mark.parametrize(
    ("interval", "low", "high"),
    [
        # Fagerland, Lydersen & Laake 2017, Statistical Analysis of Contingency Tables, ch. 8
        (DifferenceInterval.NEWCOMBE, -0.5069, -0.0256),
        (DifferenceInterval.TANGO, -0.5172, -0.0260),
        (DifferenceInterval.BONETT_PRICE, -0.5084, -0.0134),
    ],
)
def test_the_printed_limits_of_the_difference_come_out(interval, low, high):
    assert limits(paired_difference(BENTUR, interval)) == pytest.approx((low, high), abs=5e-5)


def test_the_default_equals_r():
    # R: contingencytables::Newcombe_square_and_add_CI_paired_2x2(matrix(c(52, 25, 10, 13), 2))
    found = paired_difference(PairedCounts(52, 25, 10, 13))
    assert limits(found) == pytest.approx((-0.26012406730827903, -0.034651402763910905), rel=1e-10)
    assert found.interval_method == "Newcombe square-and-add"


@given(cells=CELLS, interval=st.sampled_from(DifferenceInterval), level=st.floats(0.5, 0.999))
def test_limits_hold_the_difference_and_stay_within_one(cells, interval, level):
    found = paired_difference(PairedCounts(*cells), interval, level)
    assert -1 - 1e-9 <= found.low <= found.high <= 1 + 1e-9
    assert found.low < found.high
    if interval is not DifferenceInterval.BONETT_PRICE:  # its centre is pulled towards 0
        assert found.low <= found.estimate + 1e-9
        assert found.estimate <= found.high + 1e-9


@given(cells=CELLS, interval=st.sampled_from(DifferenceInterval))
def test_swapping_the_conditions_mirrors_the_interval(cells, interval):
    n11, n10, n01, n00 = cells
    found = paired_difference(PairedCounts(n11, n10, n01, n00), interval)
    swapped = paired_difference(PairedCounts(n11, n01, n10, n00), interval)
    assert limits(found) == pytest.approx((-swapped.high, -swapped.low), abs=1e-9)


@given(cells=CELLS)
def test_tango_limits_solve_the_score_equation(cells):
    table = PairedCounts(*cells)
    found = paired_difference(table, DifferenceInterval.TANGO)
    if found.low > -1:
        assert tango_statistic(table, found.low) == pytest.approx(Z, rel=1e-5)
    if found.high < 1:
        assert tango_statistic(table, found.high) == pytest.approx(-Z, rel=1e-5)


@pytest.mark.parametrize("cells", [(52, 25, 10, 13), (3, 0, 4, 2), (0, 5, 1, 0), (20, 1, 0, 3)])
@pytest.mark.parametrize("difference", [-0.3, -0.02, 0.1, 0.45])
def test_tango_variance_is_at_the_restricted_maximum_of_the_likelihood(cells, difference):
    n11, n10, n01, n00 = cells
    n = sum(cells)

    def minus_likelihood(lost: float) -> float:
        gained, rest = lost + difference, 1 - 2 * lost - difference
        parts = ((n10, lost), (n01, gained), (n11 + n00, rest))
        return -sum(count * math.log(max(share, 1e-300)) for count, share in parts if count)

    bounds = (max(0.0, -difference), (1 - difference) / 2)
    lost = optimize.minimize_scalar(
        minus_likelihood, bounds=bounds, method="bounded", options={"xatol": 1e-12}
    ).x
    expected = (n01 - n10 - n * difference) / math.sqrt(
        n * (2 * lost + difference * (1 - difference))
    )
    assert tango_statistic(PairedCounts(*cells), difference) == pytest.approx(expected, rel=1e-4)


@given(cells=CELLS)
def test_tango_at_no_difference_is_mcnemar(cells):
    table = PairedCounts(*cells)
    if table.n_discordant:
        expected = (table.n01 - table.n10) / math.sqrt(table.n_discordant)
        assert tango_statistic(table, 0.0) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("n", [1, 2, 30, 5000])
@pytest.mark.parametrize("is_right", [True, False])
def test_all_right_or_all_wrong_has_an_interval_around_zero(n, is_right):
    table = PairedCounts(n, 0, 0, 0) if is_right else PairedCounts(0, 0, 0, n)
    reach = Z**2 / (n + Z**2)
    for interval in (DifferenceInterval.NEWCOMBE, DifferenceInterval.TANGO):
        found = paired_difference(table, interval)
        assert limits(found) == pytest.approx((-reach, reach))
        assert found.status is Status.NO_DISCORDANT_PAIRS


@pytest.mark.parametrize("n", [1, 2, 9, 100_000])
def test_every_item_lost_reaches_minus_one(n):
    found = paired_difference(PairedCounts(0, n, 0, 0), DifferenceInterval.TANGO)
    assert found.low == -1
    assert found.high == pytest.approx(-1 + 2 * Z**2 / (n + Z**2))


@pytest.mark.parametrize("interval", DifferenceInterval)
def test_no_pairs_have_no_difference(interval):
    found = paired_difference(PairedCounts(0, 0, 0, 0, n_missing=3), interval)
    assert math.isnan(found.estimate)
    assert math.isnan(found.low)
    assert found.status is Status.NO_COMPLETE_ITEMS


def test_a_difference_of_one_cannot_be_tested():
    with pytest.raises(ValueError):
        tango_statistic(BENTUR, -1.0)


@pytest.mark.parametrize("function", [paired_difference, retention_ratio, performance_drop_rate])
def test_an_impossible_confidence_level_raises(function):
    with pytest.raises(ValueError, match="confidence"):
        function(BENTUR, confidence_level=95)


def test_ratio_limits_equal_r():
    # R: contingencytables::{BonettPrice_hybrid_Wilson_score_CI,Tang_asymptotic_score_CI}_paired_2x2(
    #    matrix(c(52, 25, 10, 13), 2)); Tang's by bisection to 1e-5
    table = PairedCounts(52, 25, 10, 13)
    default = retention_ratio(table)
    assert default.estimate == pytest.approx(62 / 77)
    assert limits(default) == pytest.approx((0.67965284076143229, 0.95392623326101289), rel=1e-10)
    score = retention_ratio(table, RatioInterval.SCORE)
    assert limits(score) == pytest.approx((0.67208211645488702, 0.95005330210278127), abs=1e-5)


@given(cells=CELLS)
def test_swapping_the_conditions_inverts_the_ratio(cells):
    n11, n10, n01, n00 = cells
    table, swapped = PairedCounts(n11, n10, n01, n00), PairedCounts(n11, n01, n10, n00)
    if table.n_baseline and table.n_treatment:
        for interval in RatioInterval:
            found, other = retention_ratio(table, interval), retention_ratio(swapped, interval)
            assert found.low <= found.estimate * (1 + 1e-9)
            assert found.estimate <= found.high * (1 + 1e-9)
            assert limits(found) == pytest.approx((1 / other.high, 1 / other.low), rel=1e-6)


@given(cells=CELLS)
def test_items_wrong_under_both_do_not_change_the_ratio(cells):
    n11, n10, n01, n00 = cells
    found, other = PairedCounts(n11, n10, n01, n00), PairedCounts(n11, n10, n01, n00 + 40)
    for interval in RatioInterval:
        assert limits(retention_ratio(found, interval)) == pytest.approx(
            limits(retention_ratio(other, interval)), nan_ok=True
        )


@pytest.mark.parametrize("n", [1, 5, 3000])
def test_the_score_limits_of_identical_answers_are_the_closed_form(n):
    found = retention_ratio(PairedCounts(n, 0, 0, 4), RatioInterval.SCORE)
    assert limits(found) == pytest.approx((n / (n + Z**2), (n + Z**2) / n))
    assert found.status is Status.NO_DISCORDANT_PAIRS
    default = retention_ratio(PairedCounts(n, 0, 0, 4))
    assert default.low < 1 < default.high


@pytest.mark.parametrize("interval", [RatioInterval.BONETT_PRICE, RatioInterval.SCORE])
def test_nothing_retained_has_an_upper_limit(interval):
    found = retention_ratio(PairedCounts(0, 6, 0, 5), interval)
    assert (found.estimate, found.low) == (0, 0)
    assert found.high == pytest.approx(Z**2 / 6)
    assert performance_drop_rate(PairedCounts(0, 6, 0, 5), interval).high == 1


def test_the_logarithm_of_nothing_has_no_limits():
    found = retention_ratio(PairedCounts(0, 6, 0, 5), RatioInterval.WALD_LOG)
    assert found.estimate == 0
    assert math.isnan(found.low)
    assert found.status is Status.DIVISION_BY_ZERO


@pytest.mark.parametrize("interval", RatioInterval)
def test_nothing_right_at_the_baseline_has_no_ratio(interval):
    for function in (retention_ratio, performance_drop_rate):
        found = function(PairedCounts(0, 0, 3, 5), interval)
        assert math.isnan(found.estimate)
        assert math.isnan(found.low)
        assert found.status is Status.DIVISION_BY_ZERO


def test_the_drop_rate_is_one_minus_the_ratio():
    ratio, drop = retention_ratio(BENTUR), performance_drop_rate(BENTUR)
    assert drop.estimate == pytest.approx(1 - ratio.estimate)
    assert limits(drop) == pytest.approx((1 - ratio.high, 1 - ratio.low))


def test_a_better_treatment_has_a_negative_drop_rate():
    assert performance_drop_rate(PairedCounts(5, 0, 5, 0)).estimate == -1
