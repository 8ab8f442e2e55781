"""Golden numbers are from the definitions in matrices, which clubSandwich evaluates too."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from scramblebench.statistics.clustering.clusters import (
    cluster_index,
    cluster_mean,
    effective_items,
    satterthwaite_df,
    wilson_clustered,
)
from scramblebench.statistics.proportions.intervals import mean_t
from scramblebench.statistics.results import Status

SIZES = st.lists(st.integers(1, 6), min_size=2, max_size=7)


def clusters_of(sizes: list[int]) -> np.ndarray:
    return np.repeat(np.arange(len(sizes)), sizes)


def drawn(data, sizes: list[int], binary: bool = False) -> tuple[np.ndarray, np.ndarray]:
    score = st.sampled_from([0.0, 1.0]) if binary else st.floats(0, 1).map(lambda x: round(x, 3))
    values = data.draw(st.lists(score, min_size=sum(sizes), max_size=sum(sizes)))
    return np.array(values), clusters_of(sizes)


def by_definition(values: np.ndarray, clusters: np.ndarray, power: float) -> tuple[float, float]:
    """Return the standard error with residuals adjusted by (I - H)^-power, and Satterthwaite's df."""
    n = len(values)
    hat = np.full((n, n), 1 / n)
    residuals, columns, variance = values - values.mean(), [], 0.0
    for cluster in np.unique(clusters):
        rows = np.flatnonzero(clusters == cluster)
        within = np.eye(len(rows)) - hat[np.ix_(rows, rows)]
        eigenvalues, vectors = np.linalg.eigh(within)
        adjusted = vectors @ (eigenvalues**-power * vectors.sum(axis=0))
        variance += float(adjusted @ residuals[rows]) ** 2 / n**2
        columns.append((np.eye(n) - hat)[:, rows] @ adjusted / n)
    quadratic = np.array(columns) @ np.array(columns).T
    return math.sqrt(variance), float(np.trace(quadratic) ** 2 / np.trace(quadratic @ quadratic))


@settings(max_examples=25)
@given(sizes=SIZES, data=st.data())
def test_cr0_cr2_cr3_and_df_are_those_of_the_definition(sizes, data):
    values, clusters = drawn(data, sizes)
    found = cluster_mean(values, clusters)
    for actual, power in (
        (found.standard_error_cr0, 0.0),
        (found.standard_error_cr2, 0.5),
        (found.standard_error_cr3, 1.0),
    ):
        assert actual == pytest.approx(by_definition(values, clusters, power)[0], abs=1e-9)
    assert found.df == pytest.approx(by_definition(values, clusters, 0.5)[1], rel=1e-6)
    ratio = math.sqrt(len(sizes) / (len(sizes) - 1))
    assert found.standard_error_cr1 == pytest.approx(found.standard_error_cr0 * ratio)


@given(count=st.integers(2, 12), size=st.integers(1, 5))
def test_equal_clusters_have_one_df_less_than_clusters(count, size):
    assert satterthwaite_df(np.full(count, size)) == pytest.approx(count - 1)


@given(values=st.lists(st.floats(0, 1), min_size=2, max_size=30).filter(lambda v: np.ptp(v) > 1e-3))
def test_clusters_of_one_item_are_the_t_interval(values):
    found, expected = cluster_mean(values, range(len(values))), mean_t(values)
    assert (found.mean, found.low, found.high) == pytest.approx(
        (expected.estimate, expected.low, expected.high), abs=1e-9
    )
    assert found.standard_error_cr2 == pytest.approx(found.standard_error_iid)
    assert found.design_effect == pytest.approx(1)


@given(sizes=SIZES, data=st.data())
def test_names_and_order_of_clusters_do_not_matter(sizes, data):
    values, clusters = drawn(data, sizes)
    order = np.array(data.draw(st.permutations(range(len(values)))))
    names = np.array([f"passage {chr(122 - cluster)}" for cluster in clusters])
    first, second = cluster_mean(values, clusters), cluster_mean(values[order], names[order])
    assert first.standard_error_cr2 == pytest.approx(second.standard_error_cr2, abs=1e-12)
    assert (first.df, first.status) == (pytest.approx(second.df), second.status)


def test_missing_values_are_left_out_with_clusters_that_have_no_other():
    found = cluster_mean([0.1, 0.5, math.nan, 0.9, math.nan], ["a", "a", "a", "b", "c"])
    assert (found.n, found.n_clusters, found.n_missing) == (3, 2, 2)
    assert found.standard_error_cr2 == cluster_mean([0.1, 0.5, 0.9], list("aab")).standard_error_cr2


@pytest.mark.parametrize("labels", [["a", None], ["a", math.nan], ["a"], [["a", "b"]]])
def test_missing_labels_raise(labels):
    values = np.array(labels, dtype=object)
    with pytest.raises(ValueError):
        cluster_mean([0.1, 0.5], values)


def test_a_missing_number_as_label_raises():
    with pytest.raises(ValueError, match="no cluster label"):
        cluster_index([1.0, math.nan], (2,))


def test_one_cluster_has_no_standard_error():
    found = cluster_mean([0, 1, 1, 0], ["a"] * 4)
    assert found.mean == 0.5
    assert math.isnan(found.standard_error_cr0)
    assert math.isnan(found.standard_error_cr2)
    assert math.isnan(found.low)
    assert found.status is Status.FEW_CLUSTERS


@pytest.mark.parametrize(
    ("values", "status"),
    [([], Status.NO_DATA), ([math.nan], Status.NO_DATA), ([0.5], Status.N_LT_2)],
)
def test_too_few_values_have_no_interval(values, status):
    found = cluster_mean(values, list(range(len(values))))
    assert found.status is status
    assert math.isnan(found.low)
    assert math.isnan(found.standard_error_iid)


@pytest.mark.parametrize("values", [[1.0] * 6, [0.1] * 6, [0.0, 0.1, 0.2] * 2, [0.1, 0.2, 0.3] * 2])
def test_clusters_that_are_alike_have_no_limits(values):
    found = cluster_mean(values, list("aaabbb"))
    assert found.standard_error_cr2 == 0
    assert math.isnan(found.low)
    assert found.status is Status.ZERO_VARIANCE


def test_few_clusters_are_told_of():
    assert cluster_mean([0.1, 0.2, 0.4], list("abc")).warnings == ("only 3 clusters",)
    assert cluster_mean(np.linspace(0, 1, 10), range(10)).warnings == ()


def test_an_impossible_confidence_level_raises():
    with pytest.raises(ValueError, match="confidence"):
        cluster_mean([0.1, 0.2], list("ab"), 95)


@given(sizes=SIZES, data=st.data(), level=st.floats(0.5, 0.99))
def test_clustered_wilson_limits_hold_the_share(sizes, data, level):
    scores, clusters = drawn(data, sizes, binary=True)
    found = wilson_clustered(scores, clusters, level)
    assert 0 <= found.low <= found.estimate <= found.high <= 1
    assert found.low < found.high
    assert found.status is Status.OK


@given(sizes=SIZES, data=st.data())
def test_clustered_wilson_limits_solve_the_score_equation(sizes, data):
    scores, clusters = drawn(data, sizes, binary=True)
    found = wilson_clustered(scores, clusters)
    n_effective = effective_items(cluster_mean(scores, clusters))
    for limit in (found.low, found.high):
        if 0 < limit < 1:
            z = (found.estimate - limit) / math.sqrt(limit * (1 - limit) / n_effective)
            assert abs(z) == pytest.approx(stats.t.isf(0.025, found.df), rel=1e-6)


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_all_right_or_all_wrong_counts_clusters_for_items(score):
    found = wilson_clustered([score] * 40, np.repeat(np.arange(8), 5))
    t2 = stats.t.isf(0.025, 7) ** 2
    assert effective_items(cluster_mean([score] * 40, np.repeat(np.arange(8), 5))) == 8
    assert found.high - found.low == pytest.approx(t2 / (8 + t2))
    assert score in (found.low, found.high)


def test_half_right_in_every_cluster_counts_clusters_for_items():
    assert effective_items(cluster_mean([0, 1] * 6, np.repeat(np.arange(6), 2))) == 6


def test_wilson_of_one_cluster_has_no_limits():
    found = wilson_clustered([0, 1, 1], ["a"] * 3)
    assert math.isnan(found.low)
    assert math.isnan(effective_items(cluster_mean([0, 1, 1], ["a"] * 3)))
    assert found.status is Status.FEW_CLUSTERS


def test_wilson_of_nothing_is_undefined():
    found = wilson_clustered([], [])
    assert math.isnan(found.estimate)
    assert found.status is Status.NO_DATA


def test_partial_credit_has_no_wilson_interval():
    with pytest.raises(ValueError, match="0 and 1"):
        wilson_clustered([0.5, 1], list("ab"))
