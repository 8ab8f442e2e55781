"""Thresholds and profile limits are checked against R in tests/golden."""

import math

import numpy as np
import pytest
from scipy import stats

from scramblebench.statistics.curves.dose_response import Family, fit_dose_response, fit_many
from scramblebench.statistics.curves.dose_thresholds import (
    Point,
    curve_level,
    curve_threshold,
    profile_limits,
    thresholds_of_many,
)
from scramblebench.statistics.results import Status

LEVELS = np.array([0, 0.17, 0.33, 0.5, 0.67, 0.83, 1])
RIGHT = np.array([180, 176, 165, 138, 104, 71, 57.0])
SHALLOW = np.array([180, 178, 175, 173, 170, 168, 166.0])
ASKED = np.full(7, 200.0)


@pytest.mark.parametrize("family", list(Family))
@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
def test_the_curve_has_the_target_at_its_level(family: Family, share: float) -> None:
    fit = fit_dose_response(LEVELS, RIGHT, ASKED, 0.1, family)
    targets = {
        Point.ABOVE_CHANCE: 0.1 + share * (fit.baseline - 0.1),
        Point.BASELINE: share * fit.baseline,
        Point.ACCURACY: share,
    }
    for point, target in targets.items():
        level = curve_level(fit, family, 0.1, share, point)
        assert fit.accuracy_at(level) == pytest.approx(target, abs=1e-9)


def test_half_of_a_baseline_below_twice_chance_does_not_exist() -> None:
    fit = fit_dose_response(LEVELS, [96, 90, 84, 72, 62, 55, 52], ASKED, 0.25)
    assert fit.baseline < 0.5
    assert curve_level(fit, fit.family, 0.25, 0.5, Point.BASELINE) == math.inf
    found = curve_threshold(fit, 0.5, Point.BASELINE)
    assert found.status is Status.NOT_REACHED
    assert math.isnan(found.estimate)


def test_a_target_above_the_baseline_is_at_level_zero() -> None:
    fit = fit_dose_response(LEVELS, RIGHT, ASKED, 0.25)
    assert curve_level(fit, fit.family, 0.25, 0.99, Point.ACCURACY) == 0


def test_nothing_is_extrapolated() -> None:
    fit = fit_dose_response(LEVELS, SHALLOW, ASKED, 0.25)
    limits = profile_limits(fit, LEVELS, SHALLOW, ASKED)
    found = curve_threshold(fit, limits=limits)
    assert curve_level(fit, fit.family, 0.25, 0.5, Point.ABOVE_CHANCE) > 1
    assert found.status is Status.NOT_REACHED
    assert math.isnan(found.estimate)
    assert found.low == 1.0  # all that is known: it is not below the last level
    assert found.high == math.inf


def test_limits_that_leave_the_range_are_open() -> None:
    fit = fit_dose_response(LEVELS, RIGHT, ASKED, 0.25)
    found = curve_threshold(fit, limits=(0.4, 1.3))
    assert (found.low, found.high) == (0.4, math.inf)
    assert curve_threshold(fit, limits=(0.4, 0.8)).high == 0.8


@pytest.mark.parametrize(
    ("counts", "status"),
    [
        ([20] * 7, Status.NOT_REACHED),
        ([20, 0, 0, 0, 0, 0, 0], Status.NOT_CONVERGED),
        ([0] * 7, Status.BASELINE_NOT_ABOVE_CHANCE),
    ],
)
def test_curves_that_are_not_identified_have_no_threshold(
    counts: list[int], status: Status
) -> None:
    fit = fit_dose_response(LEVELS, counts, [20] * 7)
    found = curve_threshold(fit)
    assert found.status is status
    assert math.isnan(found.estimate)
    assert all(math.isnan(v) for v in profile_limits(fit, LEVELS, counts, [20] * 7))


@pytest.mark.parametrize("family", list(Family))
def test_profile_limits_lose_what_chi_square_allows(family: Family) -> None:
    """The definition, by brute force: the best of a grid of curves through the limit loses 1.92."""
    fit = fit_dose_response(LEVELS, RIGHT, ASKED, 0.25, family)
    low, high = profile_limits(fit, LEVELS, RIGHT, ASKED)
    level = float(curve_level(fit, family, 0.25, 0.5, Point.ABOVE_CHANCE))
    assert low < level < high
    shapes = [1.0] if family is Family.EXPONENTIAL else np.exp(np.linspace(-0.5, 2.2, 160))
    for limit in (low, high):
        best = -math.inf
        for shape in shapes:
            half = 1.0 if family is Family.LOGLOGISTIC else math.log(2)
            u = half * (LEVELS / limit) ** shape
            s = 1 / (1 + u) if family is Family.LOGLOGISTIC else np.exp(-u)
            p = 0.25 + np.linspace(0.3, 0.749, 900)[:, None] * s
            best = max(
                best, float((RIGHT * np.log(p) + (200 - RIGHT) * np.log(1 - p)).sum(1).max())
            )
        allowed = stats.chi2.ppf(0.95, 1) / 2
        assert fit.log_likelihood - best == pytest.approx(allowed, abs=5e-3)


def test_more_confidence_is_wider() -> None:
    fit = fit_dose_response(LEVELS, RIGHT, ASKED, 0.25)
    low, high = profile_limits(fit, LEVELS, RIGHT, ASKED, confidence_level=0.8)
    wide_low, wide_high = profile_limits(fit, LEVELS, RIGHT, ASKED, confidence_level=0.99)
    assert wide_low < low < high < wide_high


def test_thresholds_of_many_keep_their_side() -> None:
    fit = fit_dose_response(LEVELS, RIGHT, ASKED, 0.25)
    tables = np.stack([RIGHT, SHALLOW, np.zeros(7)])
    weights = np.stack([ASKED, ASKED, np.zeros(7)])
    found = thresholds_of_many(fit_many(fit, LEVELS, tables, weights), fit)
    assert found[0] == pytest.approx(curve_threshold(fit).estimate, rel=1e-5)
    assert found[1] == math.inf
    assert math.isnan(found[2])


@pytest.mark.parametrize("share", [0.0, 1.0, 50.0])
def test_impossible_shares_are_refused(share: float) -> None:
    fit = fit_dose_response(LEVELS, RIGHT, ASKED, 0.25)
    with pytest.raises(ValueError, match="share"):
        curve_threshold(fit, share)
