"""Golden numbers carry the R call that made them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar

from scramblebench.statistics.proportions.paired_counts import (
    McNemarVariant,
    PairedCounts,
    matched_odds_ratio,
    mcnemar,
)
from scramblebench.statistics.results import Status

# Bentur et al. 2009 in Fagerland, Lydersen & Laake 2013, doi:10.1186/1471-2288-13-91
BENTUR = PairedCounts(1, 7, 1, 12)
COUNTS = st.tuples(*[st.integers(0, 60)] * 4)


def test_scores_are_counted_by_cell_and_missing_pairs_left_out():
    nan = math.nan
    baseline = [1, 1, 1, 0, 0, 1, nan, nan]
    treatment = [1, 0, 0, 1, 0, nan, 1, nan]
    found = PairedCounts.from_scores(baseline, treatment)
    assert found == PairedCounts(1, 2, 1, 1, n_missing=3)
    assert found.n == 5
    assert found.difference == pytest.approx(-0.2)


@given(counts=COUNTS)
def test_counting_gives_back_the_table(counts):
    pairs = np.repeat([[1, 1], [1, 0], [0, 1], [0, 0]], counts, axis=0).reshape(-1, 2)
    assert PairedCounts.from_scores(pairs[:, 0], pairs[:, 1]) == PairedCounts(*counts)


@pytest.mark.parametrize(
    ("baseline", "treatment"), [([0.5], [1]), ([1, 0], [1]), ([[1, 0]], [[1, 1]])]
)
def test_partial_credit_and_unpaired_scores_raise(baseline, treatment):
    with pytest.raises(ValueError):
        PairedCounts.from_scores(baseline, treatment)


def test_negative_counts_raise():
    with pytest.raises(ValueError, match="negative"):
        PairedCounts(1, -1, 0, 0)


@pytest.mark.parametrize(
    ("variant", "printed"),
    [
        (McNemarVariant.MID_P, 0.0391),
        (McNemarVariant.EXACT, 0.0703),
        (McNemarVariant.ASYMPTOTIC, 0.0339),
        (McNemarVariant.CONTINUITY_CORRECTED, 0.0771),
    ],
)
def test_the_printed_p_values_come_out(variant, printed):
    assert mcnemar(BENTUR, variant).p_value == pytest.approx(printed, abs=5e-5)


def test_mid_p_is_the_default_and_equals_r():
    # R: exact2x2::exact2x2(matrix(c(52, 10, 25, 13), 2), paired = TRUE, midp = TRUE)
    found = mcnemar(PairedCounts(52, 25, 10, 13))
    assert found.p_value == pytest.approx(0.011330984183587134, rel=1e-10)
    assert found.estimate == pytest.approx(-0.15)
    assert found.n == 100


@given(counts=COUNTS.filter(lambda cells: cells[1] + cells[2] > 0))
def test_the_exact_test_equals_statsmodels(counts):
    n11, n10, n01, n00 = counts
    expected = statsmodels_mcnemar([[n11, n10], [n01, n00]], exact=True).pvalue
    found = mcnemar(PairedCounts(*counts), McNemarVariant.EXACT)
    assert found.p_value == pytest.approx(expected, rel=1e-9)


@given(counts=COUNTS, variant=st.sampled_from(McNemarVariant))
def test_concordant_items_and_the_direction_do_not_change_p(counts, variant):
    n11, n10, n01, n00 = counts
    found = mcnemar(PairedCounts(n11, n10, n01, n00 + 1), variant)
    other = mcnemar(PairedCounts(n11 + 9, n01, n10, n00 + 1), variant)
    assert found.p_value == other.p_value


@given(counts=COUNTS)
def test_mid_p_is_never_above_the_exact_p(counts):
    table = PairedCounts(*counts)
    if table.n:
        assert mcnemar(table).p_value <= mcnemar(table, McNemarVariant.EXACT).p_value


@pytest.mark.parametrize("variant", McNemarVariant)
@pytest.mark.parametrize("tied", [1, 4, 50])
def test_as_many_gained_as_lost_is_exactly_one(variant, tied):
    # R: mcnemar.test(matrix(c(9, 4, 4, 9), 2)) gives p = 1; statsmodels' correction gives 0.77
    assert mcnemar(PairedCounts(9, tied, tied, 9), variant).p_value == 1


@pytest.mark.parametrize("variant", McNemarVariant)
@pytest.mark.parametrize("counts", [(30, 0, 0, 0), (0, 0, 0, 5), (18, 0, 0, 7), (1, 0, 0, 0)])
def test_no_discordant_pair_has_p_one_and_says_so(variant, counts):
    found = mcnemar(PairedCounts(*counts), variant)
    assert found.p_value == 1
    assert math.isnan(found.statistic)
    assert found.status is Status.NO_DISCORDANT_PAIRS
    assert found.estimate == 0


def test_one_item_lost():
    table = PairedCounts(0, 1, 0, 0)
    assert mcnemar(table).p_value == 0.5
    assert mcnemar(table, McNemarVariant.EXACT).p_value == 1


def test_every_item_lost_has_the_smallest_p_of_its_number():
    assert mcnemar(PairedCounts(0, 8, 0, 0), McNemarVariant.EXACT).p_value == 2**-7
    assert mcnemar(PairedCounts(0, 8, 0, 0)).p_value == 2**-8


@pytest.mark.parametrize(
    ("table", "status"),
    [
        (PairedCounts(0, 0, 0, 0), Status.NO_DATA),
        (PairedCounts(0, 0, 0, 0, n_missing=4), Status.NO_COMPLETE_ITEMS),
    ],
)
def test_without_pairs_nothing_is_defined(table, status):
    for found in (mcnemar(table), matched_odds_ratio(table)):
        assert math.isnan(found.estimate)
        assert found.status is status
    assert math.isnan(mcnemar(table).p_value)


def test_the_odds_ratio_equals_r():
    # R: ci <- binom.test(10, 35)$conf.int; ci / (1 - ci)
    found = matched_odds_ratio(PairedCounts(52, 25, 10, 13))
    assert found.estimate == pytest.approx(0.4)
    assert (found.low, found.high) == pytest.approx(
        (0.17144679768284199, 0.86235222324987004), rel=1e-10
    )
    assert found.n == 35


def test_nothing_gained_is_zero_with_an_upper_limit():
    found = matched_odds_ratio(PairedCounts(5, 6, 0, 5))
    assert (found.estimate, found.low) == (0, 0)
    assert 0 < found.high < 1


def test_nothing_lost_is_infinite_with_a_lower_limit():
    found = matched_odds_ratio(PairedCounts(5, 0, 6, 5))
    assert (found.estimate, found.high) == (math.inf, math.inf)
    assert 1 < found.low < math.inf
    assert found.status is Status.OK


def test_without_discordant_pairs_the_odds_ratio_is_undefined_within_everything():
    found = matched_odds_ratio(PairedCounts(5, 0, 0, 5))
    assert math.isnan(found.estimate)
    assert (found.low, found.high) == (0, math.inf)
    assert found.status is Status.NO_DISCORDANT_PAIRS


@given(counts=COUNTS.filter(lambda cells: min(cells[1:3]) > 0))
def test_swapping_the_conditions_inverts_the_odds_ratio(counts):
    n11, n10, n01, n00 = counts
    found = matched_odds_ratio(PairedCounts(n11, n10, n01, n00))
    swapped = matched_odds_ratio(PairedCounts(n11, n01, n10, n00))
    assert found.low <= found.estimate <= found.high
    assert (found.estimate, found.low) == pytest.approx((1 / swapped.estimate, 1 / swapped.high))
