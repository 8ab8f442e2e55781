"""The band's coverage is in docs/calibration.md; here its definition and its edges."""

import math

import numpy as np
import pytest
from scipy import stats

from scramblebench.statistics.proportions.shares import wilson_limits
from scramblebench.statistics.resampling.accuracy_band import accuracy_band
from scramblebench.statistics.resampling.bootstrap_limits import simultaneous_band
from scramblebench.statistics.results import Status


def replicates(accuracy: list[float], n: int = 50) -> np.ndarray:
    return np.random.default_rng(4).binomial(n, accuracy, (999, len(accuracy))) / n


def test_limits_are_wilson_s_at_the_quantile_for_the_curve():
    accuracy = [0.8, 0.5]
    table = replicates(accuracy)
    found, plain = accuracy_band(table, accuracy, 50), simultaneous_band(table, accuracy, 50)
    critical = stats.t.ppf(stats.norm.cdf(plain.critical_value), 49)
    assert found.critical_value == pytest.approx(critical)
    for level, share in enumerate(accuracy):
        error = table[:, level].std(ddof=1) * math.sqrt(50 / 49)
        expected = wilson_limits(share, share * (1 - share) / error**2, critical)
        assert (found.low[level], found.high[level]) == pytest.approx(expected)


def test_a_level_where_all_is_right_has_limits_and_no_limit_leaves_the_unit_range():
    found = accuracy_band(replicates([1.0, 0.96, 0.02]), [1.0, 0.96, 0.02], 50)
    assert (found.low >= 0).all()
    assert (found.high <= 1).all()
    assert found.high[0] == 1.0
    assert 0.8 < found.low[0] < 0.95
    assert set(found.statuses) == {Status.OK}
    assert found.critical_value == pytest.approx(stats.t.ppf(1 - 0.05 / 6, 49))


def test_without_variance_anywhere_the_levels_share_the_error():
    found = accuracy_band(np.ones((999, 4)), np.ones(4), 40)
    assert found.critical_value == pytest.approx(stats.t.ppf(1 - 0.05 / 8, 39))
    assert np.isfinite(found.low).all()


def test_a_level_without_answers_has_no_limits():
    table = replicates([0.8, 0.5])
    assert np.isnan(accuracy_band(table, [0.8, math.nan], 50).low[1])


def test_too_few_units_have_no_band():
    found = accuracy_band(replicates([0.8, 0.5]), [0.8, 0.5], 9)
    assert np.isnan(found.low).all()
    assert set(found.statuses) == {Status.FEW_CLUSTERS}
