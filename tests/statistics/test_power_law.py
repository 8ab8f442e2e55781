"""The power law with an offset."""

import math

import numpy as np
import pytest
from scipy.optimize import curve_fit, least_squares

from scramblebench.statistics.models.power_law import power_law
from scramblebench.statistics.results import Status

SIZES = np.array([0.5, 1, 3, 7, 13, 27, 70, 180])
VALUES = np.array([1.395, 1.162, 0.89, 0.731, 0.652, 0.571, 0.503, 0.447])


def test_it_is_the_least_squares_fit():
    fit = power_law(SIZES, VALUES)
    (a, b, g), covariance = curve_fit(
        lambda x, a, b, g: a * x**-b + g, SIZES, VALUES, p0=(1, 0.4, 0.2), xtol=1e-14, ftol=1e-14
    )
    assert (fit.factor, fit.exponent, fit.offset.estimate) == pytest.approx((a, b, g), rel=1e-5)
    assert fit.standard_errors == pytest.approx(np.sqrt(np.diag(covariance)), rel=1e-4)
    assert fit.is_offset_supported


def test_the_limits_of_the_offset_are_those_of_its_profile():
    fit = power_law(SIZES, VALUES)
    t = 2.5705818366147395  # R: qt(.975, 5)
    for limit in (fit.offset.low, fit.offset.high):
        rest = least_squares(lambda p, at=limit: VALUES - at - p[0] * SIZES ** -p[1], [1, 0.4])
        assert 2 * rest.cost == pytest.approx(fit.rss * (1 + t**2 / 5), rel=1e-6)


def test_the_unit_of_size_changes_the_factor_only():
    fit, other = power_law(SIZES, VALUES), power_law(SIZES * 1e9, VALUES)
    assert other.exponent == pytest.approx(fit.exponent, rel=1e-7)
    assert other.offset.low == pytest.approx(fit.offset.low, rel=1e-7)
    assert other.factor == pytest.approx(fit.factor * 1e9**fit.exponent, rel=1e-6)


def test_a_law_without_offset_does_not_support_one():
    noise = 0.02 * np.array([1, -1, -1, 1, 1, -1, 1, -1])
    fit = power_law(SIZES, SIZES**-0.5 + noise)
    assert fit.offset.low < 0 < fit.offset.high
    assert not fit.is_offset_supported


def test_few_models_do_not_support_an_offset():
    fit = power_law(SIZES[:7], VALUES[:7])
    assert fit.offset.low > 0
    assert not fit.is_offset_supported
    assert fit.warnings


def test_a_perfect_law_has_no_limits():
    fit = power_law(SIZES, 2 * SIZES**-0.5 + 0.25)
    assert fit.offset.estimate == pytest.approx(0.25, abs=1e-6)
    assert fit.offset.status is Status.ZERO_VARIANCE
    assert math.isnan(fit.offset.low)
    assert not fit.is_offset_supported


@pytest.mark.parametrize(
    ("sizes", "values", "status"),
    [
        (SIZES[:3], VALUES[:3], Status.N_LT_2),
        (SIZES[[0, 1, 2, 2, 2]], VALUES[:5], Status.N_LT_2),
        (SIZES, np.full(8, 0.4), Status.ZERO_VARIANCE),
        (SIZES, 1 - 0.1 * np.log(SIZES) ** 3, Status.NOT_CONVERGED),
        (SIZES, np.array([1.0] + [0.5] * 7), Status.NOT_CONVERGED),
    ],
)
def test_what_has_no_law(sizes: np.ndarray, values: np.ndarray, status: Status):
    fit = power_law(sizes, values)
    assert fit.status is status
    assert math.isnan(fit.offset.estimate)
    assert math.isnan(fit.exponent)
    assert not fit.is_offset_supported


def test_sizes_are_above_0():
    with pytest.raises(ValueError, match="above 0"):
        power_law(SIZES - 0.5, VALUES)
