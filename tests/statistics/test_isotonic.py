"""Fits and crossings are checked against R's Iso::pava in tests/golden."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.statistics.curves.isotonic import (
    crossings,
    fit_isotonic,
    fit_isotonic_many,
    isotonic_threshold,
    normalized_area,
    target_above_chance,
    target_of_baseline,
)
from scramblebench.statistics.results import Status

LEVELS = np.array([0, 0.25, 0.5, 0.75, 1])
curves = st.lists(st.tuples(st.integers(0, 20), st.integers(1, 9)), min_size=5, max_size=5).map(
    lambda rows: (np.array(rows, dtype=float) / [20, 1]).T
)


@given(curves)
def test_the_fit_falls_keeps_the_mean_and_repeats_itself(curve: np.ndarray) -> None:
    y, w = curve
    fit = fit_isotonic(LEVELS, y, w)
    assert (np.diff(fit.fitted) <= 1e-12).all()
    assert w @ fit.fitted == pytest.approx(w @ y, abs=1e-9)
    assert fit_isotonic(LEVELS, fit.fitted, w).fitted == pytest.approx(fit.fitted, abs=1e-12)


@given(st.lists(curves, min_size=1, max_size=6))
def test_many_fits_equal_single_ones(batch: list[np.ndarray]) -> None:
    y, w = (np.stack(rows) for rows in zip(*batch, strict=True))
    single = [fit_isotonic(LEVELS, *row).fitted for row in batch]
    assert fit_isotonic_many(y, w) == pytest.approx(np.stack(single), abs=1e-12)


@given(curves, st.integers(0, 4))
def test_a_level_without_weight_is_as_if_left_out(curve: np.ndarray, hole: int) -> None:
    y, w = curve.copy()
    w[hole], y[hole] = 0, np.nan
    single = fit_isotonic(LEVELS, y, w)
    many = fit_isotonic_many(y[None], w[None])[0]
    assert np.delete(many, hole) == pytest.approx(single.fitted, abs=1e-12)
    assert (np.diff(many) <= 1e-12).all()
    assert len(single.levels) == 4


def test_rises_are_counted() -> None:
    fit = fit_isotonic(LEVELS, [0.9, 0.8, 0.86, 0.5, 0.52])
    assert (fit.n_rises, fit.is_monotone) == (2, False)
    assert fit.largest_rise == pytest.approx(0.06)
    assert fit.misfit == pytest.approx((2 * 0.03**2 + 2 * 0.01**2) / 5)
    straight = fit_isotonic(LEVELS, [0.9, 0.9, 0.7, 0.6, 0.6])
    assert straight.is_monotone
    assert (straight.largest_rise, straight.misfit) == (0, 0)


def test_weights_pull_a_pool() -> None:
    fit = fit_isotonic([0, 0.5, 1], [0.6, 0.9, 0.1], [3, 1, 1])
    assert fit.fitted.tolist() == pytest.approx([0.675, 0.675, 0.1])


def test_a_crossing_is_interpolated() -> None:
    fitted = np.array([[0.9, 0.8, 0.6, 0.4, 0.4]] * 6)
    targets = [0.5, 0.6, 0.85, 0.4, 0.3, 0.95]
    found = crossings(LEVELS, fitted, targets)
    assert found.tolist() == pytest.approx([0.625, 0.5, 0.125, 0.75, math.inf, 0])


def test_a_crossing_of_nothing_is_nan() -> None:
    found = crossings(
        LEVELS, [[0.9, np.nan, 0.5, 0.4, 0.3], [0.9, 0.8, 0.5, 0.4, 0.3]], [0.5, np.nan]
    )
    assert np.isnan(found).all()


@given(curves, st.floats(0.05, 0.95))
def test_the_fit_has_the_target_at_its_crossing(curve: np.ndarray, target: float) -> None:
    fitted = fit_isotonic(LEVELS, *curve).fitted
    level = crossings(LEVELS, fitted[None], target)[0]
    if 0 < level < math.inf:
        assert np.interp(level, LEVELS, fitted) == pytest.approx(target, abs=1e-9)
    else:
        assert (level == 0) == (fitted[0] <= target)


def test_thresholds_know_the_floor() -> None:
    fit = fit_isotonic(LEVELS, [0.45, 0.4, 0.3, 0.25, 0.2])
    half = float(target_of_baseline(fit.fitted[0]))
    assert isotonic_threshold(fit, half, 0.25).status is Status.NOT_REACHED
    assert isotonic_threshold(fit, half).estimate == pytest.approx(0.875)
    above = float(target_above_chance(fit.fitted[0], 0.25))
    assert isotonic_threshold(fit, above, 0.25).estimate == pytest.approx(0.375)


def test_a_threshold_that_is_not_reached_is_not_extrapolated() -> None:
    fit = fit_isotonic(LEVELS, [0.9, 0.88, 0.85, 0.82, 0.8])
    found = isotonic_threshold(fit, float(target_above_chance(0.9, 0.25)), 0.25)
    assert found.status is Status.NOT_REACHED
    assert math.isnan(found.estimate)


@pytest.mark.parametrize("baseline", [0.25, 0.1, 0.0])
def test_a_baseline_at_chance_has_no_threshold(baseline: float) -> None:
    fit = fit_isotonic(LEVELS, [baseline] * 5)
    target = float(target_above_chance(fit.fitted[0], 0.25))
    found = isotonic_threshold(fit, target, 0.25)
    assert found.status is Status.BASELINE_NOT_ABOVE_CHANCE
    assert math.isnan(found.estimate)
    assert math.isnan(float(target_of_baseline(0.0)))


def test_area_is_a_mean_over_the_range() -> None:
    assert normalized_area(LEVELS, [1, 1, 1, 1, 1]) == pytest.approx(1)
    assert normalized_area([0.2, 0.6], [0.8, 0.4]) == pytest.approx(0.6)
    assert fit_isotonic(LEVELS, 1 - LEVELS).area == pytest.approx(0.5)


def test_too_little_is_said() -> None:
    nan = math.nan
    one = fit_isotonic(LEVELS, [0.5, nan, nan, nan, nan])
    assert one.status is Status.TOO_FEW_LEVELS
    assert isotonic_threshold(one, 0.3).status is Status.TOO_FEW_LEVELS
    assert fit_isotonic(LEVELS, [nan] * 5).status is Status.NO_DATA
    assert np.isnan(fit_isotonic_many(np.full((1, 5), nan), np.zeros((1, 5)))).all()


@pytest.mark.parametrize(
    ("y", "w"), [([1, 1], None), ([1] * 5, [1] * 4), ([1] * 5, [1, 1, 1, 1, -1])]
)
def test_impossible_curves_are_refused(y, w) -> None:
    with pytest.raises(ValueError):
        fit_isotonic(LEVELS, y, w)
    with pytest.raises(ValueError):
        fit_isotonic_many(np.ones((2, 5)), np.ones((2, 4)))
