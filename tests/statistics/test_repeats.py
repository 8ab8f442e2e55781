"""Golden numbers carry the R call, or the page, that made them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from scramblebench.statistics.clustering.repeats import variance_components
from scramblebench.statistics.results import Status

TABLES = hnp.arrays(
    np.float64,
    st.tuples(st.integers(2, 12), st.integers(2, 5)),
    elements=st.sampled_from([0.0, 0.5, 1.0]),
)


def test_the_printed_correlations_come_out():
    # Shrout & Fleiss 1979, tables 2 to 4: six targets, four judges; ICC(1,1) .17, ICC(1,4) .44
    table = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    found = variance_components(table)
    assert found.mean_square_between == pytest.approx(11.24, abs=5e-3)
    assert found.mean_square_within == pytest.approx(6.26, abs=5e-3)
    assert found.icc1 == pytest.approx(0.17, abs=5e-3)
    assert found.icc1k == pytest.approx(0.44, abs=5e-3)


@given(table=TABLES)
def test_the_standard_error_is_that_of_item_means(table):
    found, means = variance_components(table), table.mean(axis=1)
    assert found.mean == pytest.approx(means.mean())
    expected = means.std(ddof=1) / math.sqrt(len(means))
    assert found.standard_error == pytest.approx(expected, abs=1e-9)


@given(table=TABLES, data=st.data())
def test_the_order_of_items_and_repeats_does_not_matter(table, data):
    rows = data.draw(st.permutations(range(table.shape[0])))
    columns = data.draw(st.permutations(range(table.shape[1])))
    first, second = (variance_components(t) for t in (table, table[rows][:, columns]))
    assert first.variance_items_raw == pytest.approx(second.variance_items_raw, abs=1e-12)
    assert first.flip_rate == second.flip_rate


def test_repeats_that_always_agree_have_no_variance_of_their_own():
    found = variance_components([[1, 1], [0, 0], [1, 1]])
    assert (found.variance_repeats, found.flip_rate) == (0, 0)
    assert found.icc1 == pytest.approx(1)


def test_a_negative_variance_between_items_is_an_estimate_of_zero():
    found = variance_components([[0, 1], [1, 0], [0, 1]])
    assert found.variance_items_raw == pytest.approx(-0.25)
    assert found.variance_items == 0
    assert found.icc1 == pytest.approx(-1)
    assert math.isnan(found.icc1k)
    assert found.flip_rate == 1


@pytest.mark.parametrize("score", [0.0, 1.0, 0.1])
def test_without_any_variance_there_is_no_correlation(score):
    found = variance_components(np.full((7, 3), score))
    assert math.isnan(found.icc1)
    assert math.isnan(found.icc1k)
    assert (found.variance_repeats, found.variance_items, found.flip_rate) == (0, 0, 0)
    assert found.status is Status.ZERO_VARIANCE


def test_one_item_has_repeats_only():
    found = variance_components([[0, 1, 1]])
    assert found.variance_repeats == pytest.approx(1 / 3)
    assert math.isnan(found.standard_error)
    assert math.isnan(found.variance_items)
    assert found.status is Status.N_LT_2


def test_one_repeat_has_items_only():
    found = variance_components([[0], [1], [1]])
    assert found.standard_error == pytest.approx(1 / 3)
    assert math.isnan(found.variance_repeats)
    assert math.isnan(found.flip_rate)
    assert found.status is Status.N_LT_2


def test_items_with_a_missing_repeat_are_left_out_and_counted():
    found = variance_components([[0, 1], [1, math.nan], [1, 1]])
    assert (found.n_items, found.n_missing) == (2, 1)
    assert found.flip_rate == 0.5


def test_no_complete_item_is_undefined():
    found = variance_components([[0, math.nan]])
    assert math.isnan(found.mean)
    assert math.isnan(found.flip_rate)
    assert found.status is Status.NO_COMPLETE_ITEMS


@pytest.mark.parametrize("scores", [[0, 1], [[], []]])
def test_another_shape_raises(scores):
    with pytest.raises(ValueError):
        variance_components(scores)
