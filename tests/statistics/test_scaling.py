"""Meta-regression, and how a coefficient goes with size."""

import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import linregress

from scramblebench.statistics.models.meta_regression import Heterogeneity, meta_regression
from scramblebench.statistics.models.scaling import (
    leave_one_family_out,
    log_log_line,
    scaling_regression,
    size_at,
)
from scramblebench.statistics.results import Status

SIZES = np.array([1e9, 3e9, 7e9, 13e9, 27e9, 70e9])
VALUES = np.array([0.82, 0.60, 0.62, 0.45, 0.47, 0.33])
VARIANCES = np.array([0.05, 0.045, 0.04, 0.04, 0.035, 0.03]) ** 2
WILD = np.array([0.9, 0.4, 0.7, 0.3, 0.6, 0.2])


def test_the_log_log_line_is_linear_regression():
    line = log_log_line(SIZES, VALUES)
    reference = linregress(np.log(SIZES), np.log(VALUES))
    assert line.exponent.estimate == pytest.approx(reference.slope, rel=1e-10)
    assert line.exponent.standard_error == pytest.approx(reference.stderr, rel=1e-9)
    assert line.exponent.p_value == pytest.approx(reference.pvalue, rel=1e-8)
    assert line.r_squared == pytest.approx(reference.rvalue**2, rel=1e-9)
    scaled = log_log_line(SIZES / 1e9, VALUES)
    assert scaled.exponent.estimate == pytest.approx(line.exponent.estimate, rel=1e-9)


def test_log_log_edges():
    assert log_log_line(SIZES[:1], VALUES[:1]).status is Status.N_LT_2
    assert log_log_line(SIZES[[0, 0]], VALUES[:2]).status is Status.N_LT_2
    two = log_log_line(SIZES[:2], VALUES[:2])
    assert two.status is Status.ZERO_VARIANCE
    assert math.isfinite(two.exponent.estimate)
    assert math.isnan(two.exponent.p_value)
    perfect = log_log_line(SIZES, 3 * SIZES**-0.2)
    assert perfect.status is Status.ZERO_VARIANCE
    assert perfect.exponent.estimate == pytest.approx(-0.2)
    negative = log_log_line(SIZES, VALUES - 0.5)
    assert math.isnan(negative.exponent.estimate)
    assert negative.warnings


def _restricted(tau2: float, values: np.ndarray, covariance: np.ndarray, x: np.ndarray) -> float:
    total = covariance + tau2 * np.eye(len(values))
    w = np.linalg.inv(total)
    b = np.linalg.solve(x.T @ w @ x, x.T @ w @ values)
    r = values - x @ b
    logs = np.linalg.slogdet(total)[1] + np.linalg.slogdet(x.T @ w @ x)[1]
    return float(logs + r @ w @ r)


@pytest.mark.parametrize("correlation", [0.0, 0.6])
def test_tau2_maximises_the_restricted_likelihood(correlation: float):
    errors = np.sqrt(VARIANCES)
    covariance = np.outer(errors, errors) * (correlation + (1 - correlation) * np.eye(6))
    x = np.column_stack([np.ones(6), np.log10(SIZES)])
    fit = meta_regression(WILD, covariance, x)
    best = minimize_scalar(
        lambda tau2: _restricted(tau2, WILD, covariance, x), bounds=(0, 1), method="bounded",
        options={"xatol": 1e-12},
    )  # fmt: skip
    assert fit.tau2 > 0
    assert fit.tau2 == pytest.approx(best.x, rel=1e-4)
    w = np.linalg.inv(covariance + fit.tau2 * np.eye(6))
    assert fit.coefficients == pytest.approx(np.linalg.solve(x.T @ w @ x, x.T @ w @ WILD), rel=1e-9)


def test_correlated_errors_leave_the_slope_surer_than_variances_say():
    errors = np.sqrt(VARIANCES)
    covariance = np.outer(errors, errors) * (0.6 + 0.4 * np.eye(6))
    kind = Heterogeneity.FIXED
    full = scaling_regression(SIZES, VALUES, covariance, kind)
    plain = scaling_regression(SIZES, VALUES, VARIANCES, kind)
    assert full.standard_errors[1] < plain.standard_errors[1]


def test_the_knapp_hartung_scale_has_a_floor():
    smooth = 2.0 - 0.15 * np.log10(SIZES) + 1e-3 * np.array([1, -1, 1, -1, 1, -1])
    fixed = scaling_regression(SIZES, smooth, VARIANCES, Heterogeneity.FIXED)
    floored = scaling_regression(SIZES, smooth, VARIANCES)
    plain = scaling_regression(SIZES, smooth, VARIANCES, minimum_scale=0)
    assert floored.knapp_hartung_scale < 0.01
    assert floored.standard_errors == pytest.approx(fixed.standard_errors, rel=1e-9)
    assert plain.standard_errors[1] < 0.1 * fixed.standard_errors[1]
    assert (
        floored.coefficient(1).high - floored.coefficient(1).low
        > 2 * 1.96 * (fixed.standard_errors[1])
    )


def test_meta_regression_edges():
    assert scaling_regression(SIZES[:2], VALUES[:2], VARIANCES[:2]).status is Status.N_LT_2
    one_size = scaling_regression(SIZES[[0] * 6], VALUES, VARIANCES)
    assert one_size.status is Status.N_LT_2
    assert math.isnan(one_size.coefficient(1).p_value)
    certain = scaling_regression(SIZES, VALUES, np.append(VARIANCES[:5], 0))
    assert certain.status is Status.ZERO_VARIANCE
    assert math.isnan(certain.tau2)
    with pytest.raises(ValueError, match="do not fit"):
        scaling_regression(SIZES, VALUES, VARIANCES[:5])
    with pytest.raises(ValueError, match="above 0"):
        scaling_regression(-SIZES, VALUES, VARIANCES)


def test_a_family_is_left_out_at_a_time():
    families = np.array(["a", "a", "b", "b", "c", "c"])
    fits = leave_one_family_out(SIZES, VALUES, VARIANCES, families)
    kept = [0, 1, 4, 5]
    alone = scaling_regression(SIZES[kept], VALUES[kept], VARIANCES[kept])
    assert list(fits) == ["a", "b", "c"]
    assert fits["b"].coefficients == pytest.approx(alone.coefficients, rel=1e-12)


def test_fieller_limits_are_where_the_line_cannot_be_told_from_the_threshold():
    fit = scaling_regression(SIZES, VALUES, VARIANCES)
    size = size_at(fit, 0.5, SIZES)
    assert size.status is Status.OK
    assert size.low < size.estimate < size.high
    for limit in (size.low, size.high):
        row = np.array([1.0, math.log10(limit)])
        t = (row @ fit.coefficients - 0.5) / math.sqrt(row @ fit.covariance @ row)
        assert abs(t) == pytest.approx(2.7764451051977987, rel=1e-8)  # R: qt(.975, 4)


def test_an_extrapolated_size_and_a_flat_line_are_told():
    fit = scaling_regression(SIZES, VALUES, VARIANCES)
    far = size_at(fit, 0.1, SIZES)
    assert far.status is Status.NOT_REACHED
    assert far.estimate > SIZES[-1]
    noisy = scaling_regression(SIZES, VALUES, VARIANCES * 400)
    anything = size_at(noisy, 0.5, SIZES)
    assert (anything.low, anything.high) == (0, math.inf)
    assert anything.warnings
    undefined = size_at(scaling_regression(SIZES[:2], VALUES[:2], VARIANCES[:2]), 0.5, SIZES)
    assert math.isnan(undefined.estimate)
    assert undefined.status is Status.N_LT_2
