"""Cliff's delta beside its definition; the published interval is quoted with its source."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.statistics.means.dominance import cliffs_delta
from scramblebench.statistics.means.rank_tests import mann_whitney
from scramblebench.statistics.results import Status

GROUP = st.lists(st.integers(0, 5).map(float), min_size=2, max_size=12)


def test_estimate_equals_r() -> None:
    # R 4.2.2: effsize::cliff.delta(x, y)$estimate
    x, y = [0.91, 0.85, 0.77, 0.64, 0.59, 0.98, 0.73], [0.52, 0.61, 0.48, 0.7, 0.33]
    assert cliffs_delta(y, x).estimate == pytest.approx(0.82857142857142851, rel=1e-12)


@given(one=GROUP, two=GROUP)
def test_delta_is_twice_u_less_one_within_its_limits(one: list[float], two: list[float]) -> None:
    delta = cliffs_delta(one, two)
    u = mann_whitney(one, two).statistic
    assert delta.estimate == pytest.approx(2 * u / (len(one) * len(two)) - 1)
    assert -1 <= delta.low <= delta.estimate <= delta.high <= 1
    assert delta.low < delta.high
    back = cliffs_delta(two, one)
    assert (back.low, back.high) == pytest.approx((-delta.high, -delta.low))


@given(one=GROUP, two=GROUP)
def test_variance_equals_its_unbiased_form(one: list[float], two: list[float]) -> None:
    # the limits solve the asymmetric equation for the variance of Cliff 1993, eq. 8
    dominance = np.sign(np.subtract.outer(two, one))
    d, (n2, n1) = dominance.mean(), dominance.shape
    variance = (
        n1**2 * np.sum((dominance.mean(axis=1) - d) ** 2)
        + n2**2 * np.sum((dominance.mean(axis=0) - d) ** 2)
        - np.sum((dominance - d) ** 2)
    ) / (n1 * n2 * (n1 - 1) * (n2 - 1))
    variance = max(variance, (1 - d**2) / (n1 * n2 - 1))
    delta = cliffs_delta(one, two)
    if abs(d) < 1 and delta.low > -1 and delta.high < 1:
        zz = 1.959963984540054**2
        middle = (d - d**3) / (1 - d**2 + zz * variance)
        assert (delta.low + delta.high) / 2 == pytest.approx(middle)


def test_complete_separation_has_an_interval_with_width() -> None:
    delta = cliffs_delta([0, 0, 0, 0, 0], [1] * 8)
    zz = 1.959963984540054**2
    assert (delta.estimate, delta.high) == (1, 1)
    assert delta.low == pytest.approx((5 - zz) / (5 + zz))


def test_small_groups() -> None:
    single = cliffs_delta([0], [1, 2])
    assert (single.estimate, single.status) == (1, Status.N_LT_2)
    assert math.isnan(single.low)
    empty = cliffs_delta([], [1])
    assert empty.status is Status.NO_DATA
    assert math.isnan(empty.estimate)
    assert cliffs_delta([1, 1], [1, math.nan, 1]).n == 4
