"""The definition, the balanced textbook form, and the conditions in which there is no ICC."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from scramblebench.statistics.clustering.cluster_design import cluster_design
from scramblebench.statistics.clustering.repeats import variance_components
from scramblebench.statistics.results import Status


@given(
    sizes=st.lists(st.integers(1, 6), min_size=2, max_size=6).filter(lambda sizes: max(sizes) > 1),
    seed=st.integers(0, 1000),
)
def test_the_icc_is_made_of_the_mean_squares_of_the_analysis_of_variance(sizes, seed):
    values = np.random.default_rng(seed).random(sum(sizes))
    clusters = np.repeat(np.arange(len(sizes)), sizes)
    groups = [values[clusters == cluster] for cluster in range(len(sizes))]
    ratio = stats.f_oneway(*groups).statistic  # MSB / MSW
    n = sum(sizes)
    n0 = (n - sum(size**2 for size in sizes) / n) / (len(sizes) - 1)
    found = cluster_design(values, clusters)
    assert found.icc == pytest.approx((ratio - 1) / (ratio + n0 - 1), abs=1e-9)
    assert found.n0 == pytest.approx(n0)
    assert found.design_effect == pytest.approx(1 + (found.mean_cluster_size - 1) * found.icc)
    if found.design_effect > 1e-9:
        assert found.design_effect * found.n_effective == pytest.approx(n)


def test_clusters_of_one_size_are_the_correlation_of_repeats():
    table = np.random.default_rng(3).random((9, 4)) + np.arange(9)[:, np.newaxis] / 9
    found = cluster_design(table.ravel(), np.repeat(np.arange(9), 4))
    assert found.icc == pytest.approx(variance_components(table).icc1)
    assert (found.n0, found.mean_cluster_size) == (pytest.approx(4), 4)
    assert found.design_effect == pytest.approx(1 + 3 * found.icc)


def test_items_that_are_alike_within_clusters_count_as_one():
    found = cluster_design([0, 0, 0, 1, 1, 1], list("aaabbb"))
    assert found.icc == pytest.approx(1)
    assert found.n_effective == pytest.approx(2)


def test_clusters_that_are_alike_have_a_negative_icc():
    found = cluster_design([0, 1, 0, 1], list("aabb"))
    assert found.icc == pytest.approx(-1)
    assert found.design_effect == pytest.approx(0)
    assert math.isnan(found.n_effective)
    assert found.status is Status.DIVISION_BY_ZERO


def test_clusters_of_one_item_cost_nothing():
    found = cluster_design([0, 1, 1], list("abc"))
    assert math.isnan(found.icc)
    assert (found.design_effect, found.n_effective) == (1, 3)
    assert found.status is Status.N_LT_2


@pytest.mark.parametrize(
    ("values", "labels", "status"),
    [
        ([], [], Status.NO_DATA),
        ([1], ["a"], Status.N_LT_2),
        ([0, 1, 1], list("aaa"), Status.FEW_CLUSTERS),
        ([1, 1, 1, 1], list("aabb"), Status.ZERO_VARIANCE),
        ([0.1] * 7, list("aabbbcc"), Status.ZERO_VARIANCE),
    ],
)
def test_where_there_is_no_icc_the_status_says_why(values, labels, status):
    found = cluster_design(values, labels)
    assert math.isnan(found.icc)
    assert math.isnan(found.design_effect)
    assert math.isnan(found.n_effective)
    assert found.status is status


def test_missing_values_are_left_out_and_counted():
    found = cluster_design([0, 1, math.nan, 1], list("aabb"))
    assert (found.n, found.n_clusters, found.n_missing) == (3, 2, 1)
