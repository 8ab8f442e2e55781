"""One change point in a curve."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scramblebench.statistics.models.segmented import (
    SegmentedFit,
    segmented_items,
    segmented_regression,
)
from scramblebench.statistics.results import Status

LEVELS = np.linspace(0, 1, 11)
MEANS = np.array([0.9, 0.895, 0.885, 0.88, 0.84, 0.74, 0.63, 0.55, 0.44, 0.35, 0.26])


def _fit(levels: np.ndarray, means: np.ndarray, seed: int = 1, **options) -> SegmentedFit:
    return segmented_regression(levels, means, np.random.default_rng(seed), **options)


def _rss(levels: np.ndarray, means: np.ndarray, place: float) -> float:
    x = np.column_stack([np.ones_like(levels), levels, np.maximum(levels - place, 0)])
    return float(((means - x @ np.linalg.lstsq(x, means, rcond=None)[0]) ** 2).sum())


def test_break_and_slopes_as_segmented():
    """segmented::segmented(lm(y ~ x), seg.Z = ~x), the residual sum minimised to 1e-12."""
    fit = _fit(LEVELS, MEANS)
    assert fit.break_point.estimate == pytest.approx(0.35783611725887976, rel=1e-6)
    assert fit.slope_left == pytest.approx(-0.07, abs=1e-7)
    assert fit.slope_right == pytest.approx(-0.96785714322751604, rel=1e-6)
    assert fit.test.p_value == 0.001


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_no_break_on_a_grid_is_better(seed: int):
    rng = np.random.default_rng(seed)
    levels, means = np.sort(rng.uniform(size=9)), rng.normal(size=9)
    fit = _fit(levels, means, draws=1)
    grid = np.linspace(levels[1], levels[-2], 301)
    assert fit.rss_segmented <= min(_rss(levels, means, float(at)) for at in grid) + 1e-10
    assert fit.rss_segmented == pytest.approx(
        _rss(levels, means, fit.break_point.estimate), rel=1e-6, abs=1e-9
    )
    assert levels[1] <= fit.break_point.estimate <= levels[-2]


def test_order_of_levels_does_not_matter_and_mirroring_mirrors():
    order = np.random.default_rng(0).permutation(11)
    fit = _fit(LEVELS, MEANS)
    assert _fit(LEVELS[order], MEANS[order]).break_point == fit.break_point
    mirror = _fit(1 - LEVELS, MEANS).break_point.estimate
    assert mirror == pytest.approx(1 - fit.break_point.estimate, abs=1e-9)


def test_the_same_seed_gives_the_same_p():
    noisy = 1 - LEVELS + 0.05 * np.sin(37 * LEVELS)
    assert _fit(LEVELS, noisy, 3).test == _fit(LEVELS, noisy, 3).test
    assert 0.001 < _fit(LEVELS, noisy, 3).test.p_value < 1


def test_under_a_straight_line_p_is_uniform():
    rng = np.random.default_rng(11)
    curves = 1 - LEVELS + 0.1 * rng.normal(size=(200, 11))
    p = np.array([segmented_regression(LEVELS, one, rng, draws=99).test.p_value for one in curves])
    assert np.mean(p <= 0.05) < 0.1
    assert np.mean(p <= 0.5) == pytest.approx(0.5, abs=0.12)


def test_the_covariance_of_the_means_enters_the_test():
    steps = np.abs(np.subtract.outer(LEVELS, LEVELS))
    smooth = 1e-3 * np.exp(-((steps / 0.4) ** 2))
    bent = 1 - LEVELS + 0.03 * np.sin(3 * LEVELS)
    alone, correlated = _fit(LEVELS, bent), _fit(LEVELS, bent, covariance=smooth)
    assert alone.test.p_value < 0.01 < correlated.test.p_value


def test_few_levels_and_a_straight_line_are_refused():
    few = _fit(LEVELS[:7], MEANS[:7])
    assert few.status is Status.TOO_FEW_LEVELS
    assert math.isnan(few.break_point.estimate)
    assert math.isnan(few.test.p_value)
    for slope in (0.0, -0.7):
        assert _fit(LEVELS, 0.9 + slope * LEVELS).status is Status.ZERO_VARIANCE


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="twice"):
        _fit(np.append(LEVELS[:-1], LEVELS[0]), MEANS)
    with pytest.raises(ValueError, match="not finite"):
        _fit(LEVELS, np.append(MEANS[:-1], math.nan))
    with pytest.raises(ValueError, match="draw"):
        _fit(LEVELS, MEANS, draws=0)


def _scores(n_items: int) -> np.ndarray:
    rng = np.random.default_rng(5)
    return (rng.uniform(size=(n_items, 11)) < MEANS).astype(float)


def test_items_give_limits():
    scores = _scores(150)
    scores[0, 3] = math.nan
    fit = segmented_items(LEVELS, scores, np.random.default_rng(1))
    alone = _fit(LEVELS, scores[1:].mean(axis=0))
    assert fit.break_point.estimate == pytest.approx(alone.break_point.estimate)
    assert fit.break_point.low < fit.break_point.estimate < fit.break_point.high
    assert fit.break_point.n == 149


def test_clusters_that_repeat_items_say_no_more_than_items():
    scores = _scores(40)
    alone = segmented_items(LEVELS, scores, np.random.default_rng(1))
    repeated = segmented_items(
        LEVELS, np.repeat(scores, 3, axis=0), np.random.default_rng(1),
        clusters=np.repeat(np.arange(40), 3),
    )  # fmt: skip
    assert repeated.break_point.low == pytest.approx(alone.break_point.low)
    assert repeated.break_point.high == pytest.approx(alone.break_point.high)
    assert repeated.break_point.n_clusters == 40


def test_item_edges():
    rng = np.random.default_rng(1)
    none = segmented_items(LEVELS, np.full((3, 11), math.nan), rng)
    assert none.status is Status.NO_COMPLETE_ITEMS
    few = segmented_items(LEVELS, _scores(9), rng)
    assert few.break_point.status is Status.FEW_CLUSTERS
    assert math.isnan(few.break_point.low)
    assert math.isfinite(few.break_point.estimate)
    assert segmented_items(LEVELS, np.ones((20, 11)), rng).status is Status.ZERO_VARIANCE
