"""Firth's logistic regression: finite where the likelihood has no top."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from scramblebench.statistics.models.firth import firth_logistic
from scramblebench.statistics.results import Status

X = np.column_stack([np.ones(40), np.repeat([0.0, 1.0], 20)])
QUASI = np.concatenate([np.ones(33), np.zeros(7)])  # 20 of 20, 13 of 20


def test_a_table_has_half_added_to_its_cells():
    """For one factor Firth's estimate is the log odds with 1/2 added: log(20.5/0.5) and so on."""
    fit = firth_logistic(QUASI, X)
    intercept, slope = fit.coefficients
    assert intercept.estimate == pytest.approx(math.log(20.5 / 0.5), rel=1e-9)
    assert slope.estimate == pytest.approx(math.log(13.5 / 7.5) - math.log(41), rel=1e-9)
    assert fit.is_separated
    assert fit.status is Status.OK


def test_errors_as_brglm2():
    """brglm2::brglmFit(type = "AS_mean"): coefficients' standard errors and the penalised likelihood."""
    fit = firth_logistic(QUASI, X)
    errors = [one.standard_error for one in fit.coefficients]
    assert errors == pytest.approx([1.4667036211161135, 1.5391547323037083], rel=1e-7)
    assert fit.penalised_log_likelihood == pytest.approx(-13.05399012758415, rel=1e-10)


def test_the_score_is_zero_at_the_estimate():
    rng = np.random.default_rng(4)
    design = np.column_stack([np.ones(30), rng.normal(size=(30, 2))])
    y = (rng.uniform(size=30) < 0.4).astype(float)
    fit = firth_logistic(y, design)
    p = expit(design @ [one.estimate for one in fit.coefficients])
    w = p * (1 - p)
    hat = np.sqrt(w)[:, None] * design
    h = np.diag(hat @ np.linalg.inv(hat.T @ hat) @ hat.T)
    assert design.T @ (y - p + h * (0.5 - p)) == pytest.approx(np.zeros(3), abs=1e-8)


def _penalised(y: np.ndarray, intercept: float, slope: float) -> float:
    p = expit(X @ [intercept, slope])
    w = p * (1 - p)
    information = X.T @ (X * w[:, None])
    return float(y @ np.log(p) + (1 - y) @ np.log(1 - p) + np.linalg.slogdet(information)[1] / 2)


def test_limits_are_where_the_profile_has_fallen():
    fit = firth_logistic(QUASI, X)
    for limit in (fit.coefficients[1].low, fit.coefficients[1].high):
        grid = np.linspace(0.3, 12, 20001)
        profile = max(_penalised(QUASI, float(at), limit) for at in grid[::20])
        assert 2 * (fit.penalised_log_likelihood - profile) == pytest.approx(3.8415, abs=2e-3)


def test_complete_separation_has_finite_limits_and_a_small_p():
    fit = firth_logistic(np.repeat([1.0, 0.0], 20), X)
    slope = fit.coefficients[1]
    assert math.isfinite(slope.low)
    assert slope.high < 0
    assert fit.tests[1].p_value < 1e-9


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_all_alike_is_estimated_too(value: float):
    fit = firth_logistic(np.full(5, value), np.ones((5, 1)))
    assert fit.coefficients[0].estimate == pytest.approx(math.log(11) * (2 * value - 1))


def test_nothing_is_undefined():
    fit = firth_logistic(np.zeros(0), np.zeros((0, 2)))
    assert fit.status is Status.NO_DATA
    assert math.isnan(fit.coefficients[1].estimate)
    assert math.isnan(fit.tests[1].p_value)


@pytest.mark.parametrize(
    ("response", "design", "message"),
    [
        ([0.5, 1], np.ones((2, 1)), "neither 0 nor 1"),
        ([math.nan, 1], np.ones((2, 1)), "neither 0 nor 1"),
        ([0, 1], np.ones((2, 2)), "not linearly independent"),
        ([0, 1, 1], np.ones((2, 1)), "do not fit"),
        ([0, 1], np.full((2, 1), math.nan), "not finite"),
    ],
)
def test_bad_input_is_refused(response: list[float], design: np.ndarray, message: str):
    with pytest.raises(ValueError, match=message):
        firth_logistic(np.array(response), design)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 1e3))
def test_limits_hold_the_estimate_and_units_do_not_matter(seed: int, unit: float):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=12)
    y = (rng.uniform(size=12) < 0.5).astype(float)
    one = firth_logistic(y, np.column_stack([np.ones(12), x]))
    other = firth_logistic(y, np.column_stack([np.ones(12), x * unit]))
    slope, scaled = one.coefficients[1], other.coefficients[1]
    assert slope.low < slope.estimate < slope.high
    assert scaled.estimate * unit == pytest.approx(slope.estimate, rel=1e-5, abs=1e-8)
    assert other.tests[1].p_value == pytest.approx(one.tests[1].p_value, rel=1e-5)
