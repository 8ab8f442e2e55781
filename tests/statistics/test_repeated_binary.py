"""Golden numbers are of statsmodels and SciPy, or counted by hand."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats
from statsmodels.stats.contingency_tables import cochrans_q

from scramblebench.statistics.proportions.paired_counts import McNemarVariant, PairedCounts, mcnemar
from scramblebench.statistics.proportions.repeated_binary import cochran_q
from scramblebench.statistics.results import Status

TABLES = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 25), st.integers(2, 5)),
    elements=st.sampled_from([0.0, 1.0]),
)
SMALL = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 4), st.integers(2, 3)),
    elements=st.sampled_from([0.0, 1.0]),
)


def is_informative(table: np.ndarray) -> bool:
    return bool(np.ptp(table, axis=1).any())


@given(table=TABLES.filter(is_informative))
def test_it_equals_statsmodels(table):
    expected, found = cochrans_q(table), cochran_q(table, exact=False)
    assert found.statistic == pytest.approx(expected.statistic, abs=1e-9)
    assert found.p_asymptotic == pytest.approx(expected.pvalue, rel=1e-9)
    assert found.df == table.shape[1] - 1


@given(table=SMALL.filter(is_informative))
def test_the_exact_p_counts_every_permutation_within_items(table):
    columns = [
        np.sum(rows, axis=0)
        for rows in itertools.product(
            *[list(itertools.permutations(row)) for row in table.tolist()]
        )
    ]
    squares = (np.array(columns) ** 2).sum(axis=1)
    expected = (squares >= (table.sum(axis=0) ** 2).sum() - 1e-9).mean()
    assert cochran_q(table, exact=True).p_exact == pytest.approx(expected, rel=1e-9)


@given(scores=st.lists(st.tuples(*[st.sampled_from([0.0, 1.0])] * 2), min_size=1, max_size=60))
def test_two_conditions_are_mcnemars(scores):
    table = np.array(scores)
    found = cochran_q(table, exact=True)
    counts = PairedCounts.from_scores(table[:, 0], table[:, 1])
    asymptotic, exact = (
        mcnemar(counts, variant) for variant in (McNemarVariant.ASYMPTOTIC, McNemarVariant.EXACT)
    )
    assert found.statistic == pytest.approx(asymptotic.statistic, nan_ok=True)
    assert found.p_asymptotic == pytest.approx(asymptotic.p_value)
    if counts.n_discordant:
        assert found.p_exact == pytest.approx(exact.p_value)


@given(table=TABLES, data=st.data())
def test_the_order_of_items_and_conditions_does_not_matter(table, data):
    rows = data.draw(st.permutations(range(table.shape[0])))
    columns = data.draw(st.permutations(range(table.shape[1])))
    first, second = cochran_q(table), cochran_q(table[rows][:, columns])
    assert first.p_value == pytest.approx(second.p_value)


def test_few_informative_scores_have_an_exact_p():
    # 5 of 7 items informative, 15 scores: below 24
    table = [[1, 1, 0], [1, 0, 0], [1, 1, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1], [0, 0, 0]]
    found = cochran_q(table)
    assert (found.n, found.n_informative) == (7, 5)
    assert found.p_value == found.p_exact
    assert math.isnan(cochran_q(table * 2).p_exact)
    assert cochran_q(table * 2).p_value == cochran_q(table * 2).p_asymptotic


@pytest.mark.parametrize("table", [[[1, 1, 1], [0, 0, 0]], [[1, 1, 1]], [[0, 0]] * 30])
def test_no_informative_item_has_p_one_and_says_so(table):
    found = cochran_q(table)
    assert math.isnan(found.statistic)
    assert found.p_value == 1
    assert found.n_informative == 0
    assert found.status is Status.NO_INFORMATIVE_ITEMS


def test_one_item_has_p_one():
    assert cochran_q([[1, 0, 0]]).p_value == 1


def test_every_condition_with_the_same_share_has_no_q():
    found = cochran_q([[1, 0], [0, 1]] * 20)
    assert found.statistic == 0
    assert found.p_value == 1


def test_items_with_a_missing_score_are_left_out_and_counted():
    nan = math.nan
    found = cochran_q([[1, 0, 0], [1, nan, 0], [1, 1, 0], [nan, nan, nan]])
    assert (found.n, found.n_missing) == (2, 2)
    assert found.p_value == cochran_q([[1, 0, 0], [1, 1, 0]]).p_value


def test_no_complete_item_is_undefined():
    found = cochran_q([[1, math.nan], [math.nan, 0]])
    assert math.isnan(found.p_value)
    assert found.status is Status.NO_COMPLETE_ITEMS


def test_too_many_permutations_leave_the_asymptotic_p():
    table = np.random.default_rng(1).permuted(np.tile([1, 0] * 12, (30, 1)), axis=1)
    found = cochran_q(table, exact=True)
    assert math.isnan(found.p_exact)
    assert found.warnings
    assert found.p_value == pytest.approx(stats.chi2.sf(found.statistic, 23))


@pytest.mark.parametrize("table", [[[0.5, 1]], [[1], [0]], [1, 0], [[2, 0]]])
def test_other_numbers_and_shapes_raise(table):
    with pytest.raises(ValueError):
        cochran_q(table)
