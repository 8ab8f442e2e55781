"""Golden numbers carry the R call that made them, or the table they are printed in."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from scramblebench.statistics.proportions.independent_proportions import (
    chi_squared_test,
    fisher_exact_test,
    odds_ratio,
    risk_difference,
)
from scramblebench.statistics.results import Status


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, int, int, int]:
    n1, n2 = draw(st.integers(1, 25)), draw(st.integers(1, 25))
    return draw(st.integers(0, n1)), n1, draw(st.integers(0, n2)), n2


def test_effects_of_55_of_90_against_70_of_100_equal_r() -> None:
    counts = 55, 90, 70, 100
    # R 4.2.2: contingencytables::Newcombe_hybrid_score_CI_2x2; prop.test(correct = FALSE);
    # fisher.test; exp(log(70 * 35 / (30 * 55)) + c(-1, 1) * qnorm(0.975) * se)
    difference = risk_difference(*counts)
    assert difference.estimate == pytest.approx(0.088888888888888795)
    assert (difference.low, difference.high) == pytest.approx(
        (-0.045493574927062741, 0.22018014587201765), rel=1e-11
    )
    ratio = odds_ratio(*counts)
    assert ratio.estimate == pytest.approx(1.4848484848484849)
    assert (ratio.low, ratio.high) == pytest.approx(
        (0.81319068757545887, 2.7112644754090991), rel=1e-11
    )
    always = odds_ratio(*counts, haldane="always")
    assert always.estimate == pytest.approx(1.4785112981834294)
    assert (always.status, always.warnings) == (Status.OK, ())
    assert chi_squared_test(*counts).p_value == pytest.approx(0.19721142023011987, rel=1e-11)
    assert fisher_exact_test(*counts).p_value == pytest.approx(0.22217487176633471, rel=1e-11)


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        # Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I,
        # table II, method 10, printed to four digits; the paper subtracts the second from the first
        ((48, 80, 56, 70), 0.0524, 0.3339),
        ((3, 10, 9, 10), 0.1705, 0.8090),
        ((0, 20, 10, 10), 0.6791, 1.0000),
    ],
)
def test_newcombe_equals_the_paper(
    counts: tuple[int, int, int, int], low: float, high: float
) -> None:
    result = risk_difference(*counts)
    assert (result.low, result.high) == pytest.approx((low, high), abs=5e-5)


@given(tables())
def test_difference_is_within_limits_and_swaps_sign(counts: tuple[int, int, int, int]) -> None:
    k1, n1, k2, n2 = counts
    result, back = risk_difference(k1, n1, k2, n2), risk_difference(k2, n2, k1, n1)
    assert -1 - 1e-12 <= result.low <= result.estimate <= result.high <= 1 + 1e-12
    assert result.low < result.high
    assert (back.low, back.high) == pytest.approx((-result.high, -result.low))
    ratio, inverse = odds_ratio(k1, n1, k2, n2), odds_ratio(k2, n2, k1, n1)
    assert ratio.low < ratio.estimate < ratio.high < math.inf
    assert inverse.high == pytest.approx(1 / ratio.low)


@given(tables())
def test_tests_agree_with_scipy(counts: tuple[int, int, int, int]) -> None:
    k1, n1, k2, n2 = counts
    table = [[k1, n1 - k1], [k2, n2 - k2]]
    fisher = fisher_exact_test(*counts)
    assert fisher.p_value == pytest.approx(stats.fisher_exact(table).pvalue)
    chi2 = chi_squared_test(*counts)
    if 0 < k1 + k2 < n1 + n2:
        theirs = stats.chi2_contingency(table, correction=False)
        assert (chi2.statistic, chi2.p_value) == pytest.approx((theirs.statistic, theirs.pvalue))
    else:
        assert (chi2.status, fisher.p_value) == (Status.ZERO_VARIANCE, 1)
        assert math.isnan(chi2.p_value)


def test_a_zero_cell_gets_one_half_and_says_so() -> None:
    result = odds_ratio(0, 10, 3, 9)
    assert result.estimate == pytest.approx(3.5 * 10.5 / (6.5 * 0.5))
    assert result.low < result.estimate < result.high < math.inf
    assert result.status is Status.SEPARATION
    assert result.warnings == ("a cell is 0: 1/2 was added to all four",)
    assert "Haldane" in result.method


@pytest.mark.parametrize(
    ("counts", "expected", "status"),
    [
        ((0, 5, 5, 5), math.inf, Status.SEPARATION),
        ((5, 5, 0, 5), 0, Status.SEPARATION),
        ((5, 5, 5, 5), math.nan, Status.DIVISION_BY_ZERO),
        ((0, 5, 0, 5), math.nan, Status.DIVISION_BY_ZERO),
    ],
)
def test_a_zero_cell_left_alone_has_no_limits(
    counts: tuple[int, int, int, int], expected: float, status: Status
) -> None:
    result = odds_ratio(*counts, haldane="never")
    assert result.estimate == pytest.approx(expected, nan_ok=True)
    assert result.status is status
    assert math.isnan(result.low)
    assert math.isnan(result.high)


@pytest.mark.parametrize("counts", [(0, 0, 3, 5), (3, 5, 0, 0), (0, 0, 0, 0)])
def test_an_empty_set_is_no_data(counts: tuple[int, int, int, int]) -> None:
    results = [
        function(*counts)
        for function in (risk_difference, odds_ratio, chi_squared_test, fisher_exact_test)
    ]
    assert {result.status for result in results} == {Status.NO_DATA}
    assert all(math.isnan(result.estimate) for result in results)


def test_small_expected_counts_are_warned_of() -> None:
    assert chi_squared_test(0, 10, 3, 9).warnings != ()
    assert chi_squared_test(55, 90, 70, 100).warnings == ()


@pytest.mark.parametrize(
    "function", [risk_difference, odds_ratio, chi_squared_test, fisher_exact_test]
)
def test_more_successes_than_items_are_refused(function: object) -> None:
    with pytest.raises(ValueError, match="is not a share"):
        function(6, 5, 1, 5)  # type: ignore[operator]
