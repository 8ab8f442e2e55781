"""The trend over levels, with items as the sample."""

import math

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from scramblebench.statistics.models.trend import LevelTrend, item_slopes, level_trend
from scramblebench.statistics.results import Status

LEVELS = [0.0, 0.2, 0.5, 1.0]


def _trend(scores: np.ndarray, clusters: np.ndarray | None = None) -> LevelTrend:
    return level_trend(LEVELS, scores, np.random.default_rng(1), clusters=clusters)


def _random(n_items: int = 30) -> np.ndarray:
    rng = np.random.default_rng(7)
    return (rng.uniform(size=(n_items, 4)) < 0.8 - 0.4 * np.array(LEVELS)).astype(float)


def test_slopes_are_those_of_lines():
    scores = _random()
    expected = [np.polyfit(LEVELS, row, 1)[0] for row in scores]
    assert item_slopes(LEVELS, scores) == pytest.approx(expected, abs=1e-12)


def test_the_t_test_is_that_of_the_slopes():
    scores = _random()
    trend = _trend(scores).slope
    reference = ttest_1samp(item_slopes(LEVELS, scores), 0)
    assert trend.p_value == pytest.approx(reference.pvalue, rel=1e-9)
    assert (trend.low, trend.high) == pytest.approx(reference.confidence_interval(), rel=1e-9)
    assert trend.df == pytest.approx(29)
    assert trend.n_clusters is None


def test_clusters_widen_the_interval():
    scores = np.repeat(_random(12), 5, axis=0)
    clusters = np.repeat(np.arange(12), 5)
    alone, together = _trend(scores), _trend(scores, clusters)
    assert together.slope.standard_error > 2 * alone.slope.standard_error
    assert together.slope.df == pytest.approx(11)
    assert together.slope.p_value == pytest.approx(_trend(_random(12)).slope.p_value, rel=1e-9)
    assert together.sign_flip.n_clusters == 12


def test_items_with_a_missing_level_are_left_out():
    scores = _random()
    scores[0, 2] = math.nan
    trend = _trend(scores)
    assert (trend.n_items, trend.n_total) == (29, 30)
    assert trend.slope.estimate == pytest.approx(_trend(scores[1:]).slope.estimate, rel=1e-12)


@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_flat_items_have_slope_0_and_no_t(value: float):
    trend = _trend(np.full((8, 4), value))
    assert trend.status is Status.ALL_ZERO
    assert trend.slope.estimate == 0
    assert math.isnan(trend.slope.p_value)
    assert trend.sign_flip.p_value == 1


def test_items_that_fall_alike_have_only_the_sign_flip():
    trend = _trend(np.tile([1.0, 1, 0, 0], (8, 1)))
    assert trend.status is Status.ZERO_VARIANCE
    assert math.isnan(trend.slope.p_value)
    assert math.isnan(trend.slope.low)
    assert trend.sign_flip.p_value == pytest.approx(2 / 2**8)


def test_one_item_one_cluster_none():
    one = _trend(_random(1))
    assert one.status is Status.N_LT_2
    assert math.isnan(one.slope.p_value)
    assert _trend(_random(5), np.zeros(5)).status is Status.FEW_CLUSTERS
    none = _trend(np.full((3, 4), math.nan))
    assert none.status is Status.NO_COMPLETE_ITEMS
    assert math.isnan(none.sign_flip.p_value)


def test_partial_credit_and_a_mirrored_score():
    scores = np.random.default_rng(3).uniform(size=(9, 4))
    trend, mirror = _trend(scores), _trend(1 - scores)
    assert mirror.slope.estimate == pytest.approx(-trend.slope.estimate)
    assert mirror.sign_flip.p_value == pytest.approx(trend.sign_flip.p_value)
    assert trend.sign_flip.is_exact


def test_levels_in_percent_are_refused():
    with pytest.raises(ValueError, match="not shares"):
        item_slopes([0, 20, 50, 100], _random())
    with pytest.raises(ValueError, match="no slope"):
        item_slopes([0.5], _random()[:, :1])
