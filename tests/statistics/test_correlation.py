"""Golden numbers carry the R call that made them."""

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from scramblebench.statistics.means.correlation import (
    Coefficient,
    exact_permutation_p,
    kendall,
    pearson,
    spearman,
)
from scramblebench.statistics.results import Status

SIZES = [9, 9.48, 9.85, 10.11, 10.53, 10.85, 11.6]
LOSSES = [0.71, 0.66, 0.58, 0.61, 0.44, 0.4, 0.31]
VALUES = st.lists(st.integers(0, 5).map(float), min_size=4, max_size=4)


def test_coefficients_equal_r() -> None:
    # R 4.2.2: cor.test(x, y); cor(method = "spearman"); cor.test(method = "kendall", exact = FALSE)
    r = pearson(SIZES, LOSSES)
    assert r.estimate == pytest.approx(-0.97438815023484926, rel=1e-12)
    assert r.p_value == pytest.approx(0.00019887089205016971, rel=1e-9)
    assert (r.low, r.high) == pytest.approx((-0.99635209091917298, -0.83135179203214804), rel=1e-11)
    rho = spearman(SIZES, LOSSES)
    assert rho.estimate == pytest.approx(-0.96428571428571408, rel=1e-12)
    assert rho.p_value == pytest.approx(0.00045414916919418269, rel=1e-9)
    tau = kendall(SIZES, LOSSES)
    assert tau.estimate == pytest.approx(-0.90476190476190477, rel=1e-12)
    assert tau.p_value == pytest.approx(0.0043231112255314877, rel=1e-11)


def test_exact_p_equals_r() -> None:
    # R 4.2.2: all 7! orders with cor
    assert exact_permutation_p(SIZES, LOSSES) == pytest.approx(2 / 5040)
    assert exact_permutation_p(SIZES, LOSSES, Coefficient.SPEARMAN) == pytest.approx(14 / 5040)
    # R: cor.test(method = "kendall", exact = TRUE)$p.value
    theirs = stats.kendalltau(SIZES, LOSSES, method="exact").pvalue
    assert exact_permutation_p(SIZES, LOSSES, Coefficient.KENDALL) == pytest.approx(theirs)


@given(x=VALUES, y=VALUES)
def test_exact_p_counts_every_order(x: list[float], y: list[float]) -> None:
    p_value = exact_permutation_p(x, y)
    if len(set(x)) == 1 or len(set(y)) == 1:
        assert math.isnan(p_value)
        return
    values = [abs(np.corrcoef(x, order)[0, 1]) for order in permutations(y)]
    assert p_value == pytest.approx(np.mean(np.array(values) >= values[0] - 1e-9))


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=5, max_size=20))
def test_kendall_with_ties_agrees_with_scipy(pairs: list[tuple[int, int]]) -> None:
    x, y = zip(*pairs, strict=True)
    ours = kendall(x, y)
    if ours.status is Status.OK:
        theirs = stats.kendalltau(x, y, method="asymptotic")
        assert (ours.estimate, ours.p_value) == pytest.approx((theirs.statistic, theirs.pvalue))
    else:
        assert len(set(x)) == 1 or len(set(y)) == 1


@pytest.mark.parametrize("coefficient", [pearson, spearman, kendall])
def test_constant_input_is_undefined(coefficient: object) -> None:
    result = coefficient([0.1 * 3] * 5, [1, 2, 3, 4, 5])  # type: ignore[operator]
    assert result.status is Status.ZERO_VARIANCE
    assert all(map(math.isnan, (result.estimate, result.p_value, result.low, result.high)))


def test_few_units() -> None:
    assert pearson([1], [2]).status is Status.N_LT_2
    two = pearson([1, 2], [4, 3])
    assert (two.estimate, two.warnings != ()) == (-1, True)
    assert math.isnan(two.p_value)
    three = pearson([1, 2, 3], [1, 3, 2])
    assert math.isnan(three.low)
    assert three.p_value == pytest.approx(2 / 3)  # r = 1 / 2 on one degree of freedom
    assert math.isnan(exact_permutation_p([1], [1]))


def test_a_line_is_flagged_and_its_exact_p_is_not_zero() -> None:
    line = pearson([1, 2, 3, 4], [8, 6, 4, 2])
    assert (line.estimate, line.low, line.high) == (-1, -1, -1)
    assert line.warnings == ("the units lie on a line: interval and t approximation say nothing",)
    assert exact_permutation_p([1, 2, 3, 4], [8, 6, 4, 2]) == pytest.approx(2 / 24)


def test_missing_units_are_left_out_and_counted() -> None:
    result = pearson([*SIZES, math.nan, 1], [*LOSSES, 1, None])
    assert (result.n, result.p_value) == (7, pearson(SIZES, LOSSES).p_value)
    assert result.warnings == ("units left out because of missing values: 2",)


def test_more_than_nine_units_are_refused() -> None:
    with pytest.raises(ValueError, match="10 units"):
        exact_permutation_p(range(10), range(10))


@given(
    pairs=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=4, max_size=15),
    scale=st.floats(0.01, 100),
    shift=st.integers(-5, 5),
)
def test_coefficients_do_not_depend_on_the_unit(
    pairs: list[tuple[int, int]], scale: float, shift: int
) -> None:
    x, y = (np.array(values, dtype=float) for values in zip(*pairs, strict=True))
    first = pearson(x, y)
    if first.status is Status.OK:
        assert pearson(x * scale + shift, y).estimate == pytest.approx(first.estimate, abs=1e-9)
        assert pearson(-x, y).estimate == pytest.approx(-first.estimate, abs=1e-12)
        assert first.low <= first.estimate <= first.high
