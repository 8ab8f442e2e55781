"""Trends: the mean of the questions' slopes."""

import numpy as np
import pytest

from scramblebench.analysis.randomness import generator
from scramblebench.analysis.trends import trend_rows
from scramblebench.statistics.models.trend import level_trend
from tests.analysis.cubes import FEW, LEVELS, conditions, falling, make, panel_of

SCORES = falling(60)


@pytest.mark.parametrize("cluster", [None, [n // 3 for n in range(60)]])
def test_each_row_is_the_trend_of_its_model(cluster: list[int] | None):
    panel = panel_of(make(SCORES, cluster=cluster))
    for model, row in enumerate(trend_rows(panel, FEW, 3)):
        rng = generator(3, "trend", "bench0", "word_shuffle", row.model)
        direct = level_trend(np.array(LEVELS) / 100, SCORES[model], rng, clusters=cluster)
        slope = direct.slope
        assert (row.slope, row.low, row.high) == (slope.estimate, slope.low, slope.high)
        assert (row.p_value, row.sign_flip_p) == (slope.p_value, direct.sign_flip.p_value)
        assert row.n_clusters == (20 if cluster else None)


def test_a_straight_fall_from_1_to_0_has_slope_minus_1():
    scores = np.tile(1 - np.array(LEVELS) / 100, (1, 12, 1))
    (row,) = trend_rows(panel_of(make(scores)), FEW, 3)
    assert row.slope == pytest.approx(-1)
    assert row.sign_flip_p == 2 / 2**12


def test_one_level_has_no_trend():
    assert list(trend_rows(panel_of(make(SCORES[:, :, :1], conditions((0,)))), FEW, 3)) == []
