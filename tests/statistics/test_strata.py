"""The two means over strata, against the formulas of survey sampling."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.statistics.clustering.clusters import cluster_mean
from scramblebench.statistics.clustering.strata import stratified_mean
from scramblebench.statistics.proportions.intervals import wilson
from scramblebench.statistics.results import Status

VALUES = [0, 1, 1, 0.5, 1, 0, 0.25, 1, 1]
STRATA = list("aaaabbbbb")


def test_micro_and_macro_means_are_two_numbers():
    # the case strat-o1 equals R: survey::svymean; here the formula of it on few numbers
    found = stratified_mean(VALUES, STRATA)
    first, second = np.array(VALUES[:4]), np.array(VALUES[4:])
    variances = np.array([first.var(ddof=1) / 4, second.var(ddof=1) / 5])
    assert found.counts == (4, 5)
    assert found.means == pytest.approx((first.mean(), second.mean()))
    assert found.micro.estimate == pytest.approx(np.mean(VALUES))
    assert found.macro.estimate == pytest.approx((first.mean() + second.mean()) / 2)
    assert found.micro.standard_error == pytest.approx(
        math.sqrt(np.array([4 / 9, 5 / 9]) ** 2 @ variances)
    )
    assert found.macro.standard_error == pytest.approx(math.sqrt(variances.sum()) / 2)
    assert found.micro.df == found.macro.df == 7


def test_one_stratum_is_the_mean_of_its_items():
    found, expected = stratified_mean(VALUES, ["a"] * 9), cluster_mean(VALUES, range(9))
    for mean in (found.micro, found.macro):
        assert (mean.estimate, mean.low, mean.high) == pytest.approx(
            (expected.mean, expected.low, expected.high)
        )


@given(data=st.data(), seed=st.integers(0, 100))
def test_the_order_of_items_does_not_matter(data, seed):
    rng = np.random.default_rng(seed)
    values, strata = rng.random(12), np.repeat(list("xyz"), 4)
    order = np.array(data.draw(st.permutations(range(12))))
    first, second = stratified_mean(values, strata), stratified_mean(values[order], strata[order])
    assert first.macro.high == pytest.approx(second.macro.high)
    assert first.labels == second.labels == ("x", "y", "z")


def test_clusters_within_strata_have_their_standard_errors():
    rng = np.random.default_rng(5)
    values, strata = rng.random(40), np.repeat([1, 2], 20)
    clusters = np.tile(np.repeat(list("abcde"), 4), 2)  # the same names in both strata
    found = stratified_mean(values, strata, clusters)
    parts = [cluster_mean(values[strata == s], clusters[strata == s]) for s in (1, 2)]
    variances = [part.standard_error_cr2**2 / 4 for part in parts]
    assert found.macro.standard_error == pytest.approx(math.sqrt(sum(variances)))
    expected_df = sum(variances) ** 2 / sum(
        v**2 / part.df for v, part in zip(variances, parts, strict=True)
    )
    assert found.macro.df == pytest.approx(expected_df)
    assert found.macro.n_clusters == 10
    assert found.macro.interval_method == "t, CR2"


def test_clusters_of_one_item_keep_the_standard_error():
    plain, clustered = stratified_mean(VALUES, STRATA), stratified_mean(VALUES, STRATA, range(9))
    assert plain.micro.standard_error == pytest.approx(clustered.micro.standard_error)


def test_a_stratum_of_one_item_leaves_the_mean_without_an_interval():
    found = stratified_mean([0.5, 1, 0, 1], list("aaab"))
    assert found.macro.estimate == pytest.approx(0.75)
    assert math.isnan(found.macro.standard_error)
    assert math.isnan(found.macro.low)
    assert found.macro.status is Status.N_LT_2


def test_a_stratum_of_one_cluster_leaves_the_mean_without_an_interval():
    found = stratified_mean([0.5, 1, 0, 1], list("aabb"), list("pqrr"))
    assert found.micro.status is Status.FEW_CLUSTERS
    assert math.isnan(found.micro.low)


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_all_right_or_all_wrong_has_the_wilson_interval(score):
    found = stratified_mean([score] * 30, np.repeat(list("ab"), [20, 10]))
    expected = wilson(int(score) * 30, 30)
    assert (found.micro.low, found.micro.high) == pytest.approx((expected.low, expected.high))
    width = found.macro.high - found.macro.low
    assert width > expected.high - expected.low  # 1 / (1/4/20 + 1/4/10) items instead of 30
    assert found.macro.estimate == score


def test_strata_without_variance_but_different_have_no_limits():
    found = stratified_mean([0, 0, 1, 1], list("aabb"))
    assert found.micro.estimate == 0.5
    assert math.isnan(found.micro.low)
    assert found.micro.status is Status.ZERO_VARIANCE


def test_missing_values_are_left_out_with_strata_that_have_no_other():
    found = stratified_mean([0, 1, 1, math.nan, math.nan], list("aaabc"))
    assert (found.labels, found.counts, found.n_missing) == (("a",), (3,), 2)
    assert found.micro.estimate == pytest.approx(2 / 3)


def test_nothing_is_undefined():
    found = stratified_mean([math.nan], ["a"])
    for mean in (found.micro, found.macro):
        assert math.isnan(mean.estimate)
        assert mean.status is Status.NO_DATA


def test_a_missing_label_raises():
    with pytest.raises(ValueError, match="label"):
        stratified_mean([0, 1], np.array(["a", None], dtype=object))
