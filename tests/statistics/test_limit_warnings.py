"""Where t limits cover too seldom (docs/calibration.md), the result says so, and only there."""

import numpy as np
import pytest

from scramblebench.statistics.clustering.cell import cell_accuracy
from scramblebench.statistics.clustering.clusters import (
    cluster_mean,
    wilson_clustered,
)
from scramblebench.statistics.clustering.ratios import macro_mean_pair, mean_pair, ratio_estimate
from scramblebench.statistics.clustering.strata import stratified_mean
from scramblebench.statistics.curves.dependency import dependency_coefficient
from scramblebench.statistics.curves.dependency_comparison import dependency_difference
from scramblebench.statistics.curves.recovery import mean_performance_drop_rate
from scramblebench.statistics.limit_warnings import few_different_warning, unequal_clusters_warning
from scramblebench.statistics.models.logistic_gee import logistic_gee
from scramblebench.statistics.models.trend import level_trend
from scramblebench.statistics.results import Status

LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)


def mostly(common: float, other: float, n_other: int, n: int = 100) -> np.ndarray:
    values = np.full(n, common)
    values[:n_other] = other
    return values


@pytest.mark.parametrize(
    ("n_other", "n", "is_warned"),
    [(1, 100, True), (19, 100, True), (20, 100, False), (14, 30, True), (15, 30, False), (0, 9, False)],
)  # fmt: skip
def test_few_values_that_differ_are_named(n_other: int, n: int, is_warned: bool):
    found = few_different_warning(mostly(1.0, 0.5, n_other, n))
    said = (f"only {n_other} of {n} items differ from the others: limits are approximate",)
    assert found == (said if is_warned else ())


def test_values_that_differ_by_rounding_are_the_same():
    assert few_different_warning(mostly(0.3, 0.1 + 0.2, 3)) == ()


def test_rows_differ_where_one_number_does():
    rows = np.column_stack([mostly(0.0, 1.0, 2), np.ones(100)])
    assert "only 2 of 100 items" in few_different_warning(rows)[0]


def test_a_cluster_differs_where_one_of_its_items_does():
    index = np.repeat(np.arange(50), 2)
    assert "only 3 of 50 clusters" in few_different_warning(mostly(1.0, 0.0, 6), index)[0]


@pytest.mark.parametrize(
    ("sizes", "is_warned"),
    [
        ([5] * 12, False),  # equal: Satterthwaite's df are right
        ([2, 3, 4, 6, 10] * 5, True),  # as 18.9
        ([2, 3, 4, 6, 10] * 6, False),  # as 22.7
        ([60, *[5] * 25], True),  # as 8.1
        ([9, 1, 1], False),  # fewer than ten are named already
    ],
)
def test_very_unequal_clusters_are_named(sizes: list[int], is_warned: bool):
    assert bool(unequal_clusters_warning(np.array(sizes))) is is_warned


def test_partial_credit_near_the_ceiling_warns_and_right_or_wrong_does_not():
    assert "differ from the others" in cell_accuracy(mostly(1.0, 0.5, 4)).warnings[0]
    assert "only 4 of 100 items are wrong" in cell_accuracy(mostly(1.0, 0.0, 4)).warnings[0]
    assert cell_accuracy(mostly(1.0, 0.0, 10)).warnings == ()
    index = np.repeat(np.arange(50), 2)
    assert "clusters differ" in cell_accuracy(mostly(1.0, 0.5, 4), index).warnings[0]
    assert wilson_clustered(mostly(1.0, 0.0, 4), index).warnings == ()


def test_differences_that_are_mostly_zero_warn():
    index = np.repeat(np.arange(50), 2)
    assert "only 2 of 50 clusters" in cluster_mean(mostly(0.0, -1.0, 3), index).warnings[0]


def test_slopes_that_are_mostly_zero_warn_without_clusters_too():
    scores = np.ones((100, 5))
    scores[:4, 2:] = 0
    found = level_trend(LEVELS, scores, np.random.default_rng(1), n_resamples=1)
    assert "only 4 of 100 items" in found.warnings[0]
    assert found.slope.warnings == found.warnings


def test_ratios_warn_once_and_keep_their_numbers():
    scores = np.ones((100, 5))
    scores[:4, 2:] = 0
    found = dependency_coefficient(LEVELS, scores, 0.25).estimate
    assert found.status is Status.OK
    assert len(found.warnings) == 1
    assert "only 4 of 100 items" in found.warnings[0]
    other = np.ones((100, 5))
    other[2:7, 3:] = 0
    assert dependency_difference(LEVELS, scores, other, 0.25).test.warnings
    assert mean_performance_drop_rate(scores[:, 0], scores[:, 2]).warnings


def test_a_macro_pair_keeps_the_warnings_of_its_parts():
    pairs = [mean_pair(mostly(0.0, 1.0, 3), np.ones(100)), mean_pair(np.arange(9.0), np.ones(9))]
    found = ratio_estimate(macro_mean_pair(pairs), method="r", undefined=Status.DIVISION_BY_ZERO)
    assert found.warnings == pairs[0].warnings


def test_a_stratum_without_variance_is_named():
    values = np.concatenate([np.ones(25), np.tile([0.0, 1.0], 30)])
    found = stratified_mean(values, np.repeat([0, 1], [25, 60]))
    assert found.macro.warnings == ("a stratum has no variance: limits may be too narrow",)
    whole = stratified_mean(np.tile([0.0, 1.0], 50), np.repeat([0, 1], 50))
    assert whole.macro.warnings == ()


def test_a_marginal_model_of_hardly_any_wrong_answers_warns():
    response, item = mostly(1.0, 0.0, 6, 120), np.repeat(np.arange(60), 2)
    design = np.column_stack([np.ones(120), np.tile([0.0, 1.0], 60)])
    response[1:9:2] = 0.0
    assert "clusters differ" in logistic_gee(response, design, item).warnings[0]
    assert logistic_gee(np.tile([1.0, 0.0, 0.0, 1.0, 1.0], 24), design, item).warnings == ()
