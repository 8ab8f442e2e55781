"""Which interval a cell gets, and that it is that interval."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.statistics.clustering.cell import cell_accuracy, item_means, missing_bounds
from scramblebench.statistics.clustering.clusters import cluster_mean, wilson_clustered
from scramblebench.statistics.proportions.intervals import mean_t, wilson
from scramblebench.statistics.results import Status

CLUSTERS = np.repeat(np.arange(12), 3)
PARTIAL = np.random.default_rng(1).random(36)
BINARY = np.round(PARTIAL)


def limits(found) -> tuple[float, float, float]:
    return found.estimate, found.low, found.high


def test_right_and_wrong_have_wilsons_interval():
    found = cell_accuracy([1] * 37 + [0] * 13)
    assert limits(found) == limits(wilson(37, 50))
    assert (found.interval_method, found.n, found.status) == ("Wilson", 50, Status.OK)


def test_partial_credit_has_the_t_interval():
    found = cell_accuracy(PARTIAL)
    assert limits(found) == limits(mean_t(PARTIAL.tolist()))
    assert (found.interval_method, found.df) == ("t", 35)
    assert found.standard_error == pytest.approx(PARTIAL.std(ddof=1) / 6)


def test_right_and_wrong_by_cluster_have_wilsons_clustered_interval():
    found = cell_accuracy(BINARY, CLUSTERS)
    assert limits(found) == limits(wilson_clustered(BINARY, CLUSTERS))
    assert found.interval_method == "Wilson, clustered (CR2)"
    assert (found.n, found.n_clusters) == (36, 12)


def test_partial_credit_by_cluster_has_the_cr2_interval():
    found, expected = cell_accuracy(PARTIAL, CLUSTERS), cluster_mean(PARTIAL, CLUSTERS)
    assert limits(found) == (expected.mean, expected.low, expected.high)
    assert found.interval_method == "t, clustered (CR2)"


@pytest.mark.parametrize("scores", [PARTIAL, BINARY])
def test_clusters_of_one_item_are_no_clusters(scores):
    assert cell_accuracy(scores, range(36)) == cell_accuracy(scores)


def test_an_empty_answer_of_the_only_shared_cluster_leaves_no_clusters():
    found = cell_accuracy([1, 0, math.nan], list("abb"))
    assert (found.interval_method, found.n) == ("Wilson", 2)


@pytest.mark.parametrize("score", [0.0, 1.0])
@pytest.mark.parametrize("clusters", [None, CLUSTERS])
def test_all_right_or_all_wrong_has_width(score, clusters):
    found = cell_accuracy([score] * 36, clusters)
    assert found.low < found.high
    assert found.status is Status.OK
    if clusters is None:
        assert limits(found) == limits(wilson(int(score) * 36, 36))


@pytest.mark.parametrize("clusters", [None, CLUSTERS])
def test_the_same_partial_credit_everywhere_has_no_limits(clusters):
    found = cell_accuracy([0.25] * 36, clusters)
    assert found.estimate == 0.25
    assert math.isnan(found.low)
    assert found.status is Status.ZERO_VARIANCE


def test_one_item():
    assert limits(cell_accuracy([1])) == limits(wilson(1, 1))
    partial = cell_accuracy([0.5])
    assert math.isnan(partial.low)
    assert partial.status is Status.N_LT_2


def test_no_item_is_undefined():
    for scores in ([], [math.nan]):
        found = cell_accuracy(scores)
        assert math.isnan(found.estimate)
        assert (found.n, found.status) == (0, Status.NO_DATA)


def test_one_cluster_has_no_limits():
    found = cell_accuracy([0, 1, 1], ["a"] * 3)
    assert math.isnan(found.low)
    assert found.status is Status.FEW_CLUSTERS


def test_few_items_are_told_of():
    assert cell_accuracy([0, 1, 1]).warnings == ("only 3 items",)
    assert cell_accuracy([0, 1] * 5).warnings[0].startswith("only 10 items: coverage of 93")
    assert cell_accuracy([0, 1] * 20).warnings == ()
    assert cell_accuracy(PARTIAL[:6], list("aabbcc")).warnings == ("only 3 clusters",)


def test_missing_scores_are_left_out():
    assert cell_accuracy([1, 0, math.nan, 1]) == cell_accuracy([1, 0, 1])


def test_bounds_hold_whatever_is_missing():
    scores = [1.0] * 30 + [0.0] * 10 + [math.nan] * 10
    wrong, right = missing_bounds(scores)
    assert limits(wrong) == limits(wilson(30, 50))
    assert limits(right) == limits(wilson(40, 50))


@given(scores=st.lists(st.sampled_from([0, 0.5, 1, math.nan]), min_size=2, max_size=30))
def test_the_estimate_without_missing_scores_is_between_the_bounds(scores):
    found, (wrong, right) = cell_accuracy(scores), missing_bounds(scores)
    if found.n:
        assert wrong.estimate - 1e-12 <= found.estimate <= right.estimate + 1e-12


def test_repeats_are_averaged_within_the_item_first():
    nan = math.nan
    means = item_means([[1, 0], [1, nan], [nan, nan]])
    assert means[:2] == pytest.approx([0.5, 1])
    assert math.isnan(means[2])
    found = cell_accuracy(item_means([[1, 1]] * 30 + [[0, 0]] * 10))
    assert limits(found) == limits(wilson(30, 40))  # 40 items, not 80 answers


@pytest.mark.parametrize("scores", [[1.5], [-0.1], [[0, 1]], 1])
def test_other_numbers_and_shapes_raise(scores):
    with pytest.raises(ValueError, match="between 0 and 1"):
        cell_accuracy(scores)


def test_repeats_of_another_shape_raise():
    with pytest.raises(ValueError, match="repeats"):
        item_means([0, 1])


def test_an_impossible_confidence_level_raises():
    with pytest.raises(ValueError, match="confidence"):
        cell_accuracy([1, 0], confidence_level=95)
