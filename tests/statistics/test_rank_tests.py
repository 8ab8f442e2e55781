"""Golden numbers carry the R call that made them; enumerations stand beside the convolutions."""

import math
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from scramblebench.statistics.means.rank_tests import (
    friedman,
    kruskal_wallis,
    mann_whitney,
    wilcoxon_signed_rank,
)
from scramblebench.statistics.results import Status

QUARTERS = st.integers(0, 4).map(lambda k: k / 4)
SMALL = st.lists(QUARTERS, min_size=1, max_size=5)


def test_mann_whitney_without_ties_equals_r() -> None:
    # R 4.2.2: wilcox.test(x, y), and exact = FALSE with and without correct
    x, y = [0.91, 0.85, 0.77, 0.64, 0.59, 0.98, 0.73], [0.52, 0.61, 0.48, 0.7, 0.33]
    exact = mann_whitney(y, x)
    assert exact.method == "Mann-Whitney, exact"
    assert (exact.statistic, exact.estimate) == (32, pytest.approx(32 / 35))
    assert exact.p_value == pytest.approx(0.01767676767676768, rel=1e-12)
    corrected = mann_whitney(y, x, method="asymptotic")
    assert corrected.p_value == pytest.approx(0.022990394092464912, rel=1e-11)
    plain = mann_whitney(y, x, method="asymptotic", continuity_correction=False)
    assert plain.p_value == pytest.approx(0.018532974877026553, rel=1e-11)


def test_mann_whitney_with_ties_is_asymptotic_and_equals_r() -> None:
    # R 4.2.2: wilcox.test(x, y, exact = FALSE)
    x, y = [1] * 30 + [0] * 10, [1] * 18 + [0] * 17
    test = mann_whitney(y, x)
    assert test.method == "Mann-Whitney, asymptotic"
    assert test.p_value == pytest.approx(0.035632818829356025, rel=1e-11)


@given(one=SMALL, two=SMALL)
def test_exact_rank_sum_p_is_the_share_of_all_choices(one: list[float], two: list[float]) -> None:
    ranks = stats.rankdata([*one, *two])
    mean = len(two) * np.mean(ranks)
    sums = [sum(choice) for choice in combinations(ranks, len(two))]
    observed = abs(sum(ranks[len(one) :]) - mean)
    share = np.mean([abs(value - mean) >= observed - 1e-9 for value in sums])
    test = mann_whitney(one, two, method="exact")
    assert test.p_value == pytest.approx(share)
    assert mann_whitney(two, one, method="exact").p_value == pytest.approx(share)


def test_values_all_tied_have_no_asymptotic_p() -> None:
    test = mann_whitney([1, 1, 1], [1, 1])
    assert (test.status, test.estimate) == (Status.ZERO_VARIANCE, 0.5)
    assert math.isnan(test.p_value)
    assert mann_whitney([1, 1, 1], [1, 1], method="exact").p_value == 1


def test_single_values_and_empty_groups() -> None:
    assert mann_whitney([1], [0]).p_value == 1
    empty = mann_whitney([], [1, 2])
    assert empty.status is Status.NO_DATA
    assert math.isnan(empty.p_value)
    assert mann_whitney([math.nan, 1, 2], [3]).warnings != ()
    with pytest.raises(ValueError, match="too many"):
        mann_whitney(np.arange(150), np.arange(150), method="exact")


def test_signed_rank_with_ties_and_zeros_equals_r() -> None:
    before = [1, 1, 0.5, 0.75, 1, 0.25, 1, 0.5, 1, 0.75, 0.5, 1]
    after = [0.5, 1, 0.5, 0.25, 0.75, 0.5, 0, 0.25, 0.25, 0.75, 0, 0.25]
    # R 4.2.2: exactRankTests::wilcox.exact(d[d != 0]); wilcox.test(exact = FALSE, correct = FALSE)
    dropped = wilcoxon_signed_rank(before, after)
    assert (dropped.n_nonzero, dropped.w_plus, dropped.w_minus) == (9, 2, 43)
    assert dropped.test.estimate == pytest.approx(-41 / 45)
    assert dropped.test.p_value == 0.015625
    asymptotic = wilcoxon_signed_rank(before, after, method="asymptotic")
    assert asymptotic.test.p_value == pytest.approx(0.014363814855532255, rel=1e-11)
    # R 4.2.2: coin::wilcoxsign_test(zero.method = "Pratt", distribution = "exact" / "asymptotic")
    assert wilcoxon_signed_rank(before, after, zeros="pratt").test.p_value == 0.015625
    pratt = wilcoxon_signed_rank(before, after, zeros="pratt", method="asymptotic")
    assert pratt.test.p_value == pytest.approx(0.013617285831609746, rel=1e-11)
    assert pratt.test.estimate == dropped.test.estimate


@given(after=st.lists(QUARTERS, min_size=1, max_size=7), zeros=st.sampled_from(["drop", "pratt"]))
def test_exact_signed_rank_p_is_the_share_of_all_signs(after: list[float], zeros: str) -> None:
    d = np.array(after) - 0.5
    sizes = np.abs(d) if zeros == "pratt" else np.abs(d[d != 0])
    ranks = stats.rankdata(sizes)[sizes != 0]
    observed = abs(np.sum(ranks * np.sign(d[d != 0])))
    signs = list(product([-1, 1], repeat=len(ranks)))
    share = np.mean([abs(np.dot(sign, ranks)) >= observed - 1e-9 for sign in signs])
    result = wilcoxon_signed_rank(np.full(len(d), 0.5), after, zeros=zeros)  # type: ignore[arg-type]
    assert result.test.p_value == pytest.approx(share)


def test_differences_equal_but_for_rounding_are_ties() -> None:
    before, after = [0.9, 0.3, 0.5], [0.8, 0.2, 1.0]  # -0.0999..8, -0.0999..9, 0.5
    assert wilcoxon_signed_rank(before, after).w_minus == 1.5 + 1.5
    apart = [1.0 + 1e-9, 0.3, 0.3]
    assert wilcoxon_signed_rank([0.0] * 3, apart).w_plus == 6
    assert wilcoxon_signed_rank([0.3] * 3, [0.1 + 0.2, 0.3, 1.0]).n_nonzero == 1
    assert wilcoxon_signed_rank([0.3] * 3, [0.1 + 0.2, 0.3, 1.0], tie_tolerance=0).n_nonzero == 2


def test_binary_scores_give_the_exact_mcnemar_p() -> None:
    # R: binom.test(2, 9)$p.value
    before, after = [1] * 7 + [0] * 2 + [1] * 5, [0] * 7 + [1] * 2 + [1] * 5
    p_value = wilcoxon_signed_rank(before, after).test.p_value
    assert p_value == pytest.approx(stats.binomtest(2, 9).pvalue)


def test_every_item_lost_no_difference_one_item_and_none() -> None:
    assert wilcoxon_signed_rank([1] * 6, [0] * 6).test.p_value == 2.0**-5
    same = wilcoxon_signed_rank([1, 0], [1, 0])
    assert (same.test.status, same.test.p_value) == (Status.ALL_ZERO, 1)
    assert math.isnan(same.test.estimate)
    assert math.isnan(wilcoxon_signed_rank([1, 0], [1, 0], method="asymptotic").test.p_value)
    assert wilcoxon_signed_rank([1], [0]).test.p_value == 1
    none = wilcoxon_signed_rank([math.nan], [0])
    assert (none.test.status, none.n_missing) == (Status.NO_DATA, 1)
    assert math.isnan(none.test.p_value)


def test_many_items_agree_with_scipy() -> None:
    generator = np.random.default_rng(5)
    before, after = generator.random(60), generator.random(60) - 0.2
    theirs = stats.wilcoxon(after, before, method="exact").pvalue
    assert wilcoxon_signed_rank(before, after).test.p_value == pytest.approx(theirs)
    many = wilcoxon_signed_rank(np.zeros(300), generator.normal(size=300))
    assert many.test.method.endswith("asymptotic")


def test_kruskal_wallis_equals_r_on_ties() -> None:
    # R: kruskal.test(list(c(1, 1, 0), c(0, 0, 0), c(1, 0, 1))): two of three groups right 2 of 3
    groups = [[1, 1, 0], [0, 0, 0], [1, 0, 1]]
    test = kruskal_wallis(groups)
    counts = np.array([[2, 0, 2], [1, 3, 1]])
    # on 0/1 scores H is (n - 1) / n of Pearson's chi-squared
    chi2 = stats.chi2_contingency(counts, correction=False).statistic
    assert test.statistic == pytest.approx(chi2 * 8 / 9)
    assert (test.df, test.estimate) == (2, pytest.approx(test.statistic / 8))


@pytest.mark.parametrize(
    ("groups", "status"),
    [
        ([], Status.N_LT_2),
        ([[1, 2], []], Status.N_LT_2),
        ([[1, 1], [1]], Status.ZERO_VARIANCE),
    ],
)
def test_kruskal_wallis_undefined(groups: list[list[float]], status: Status) -> None:
    test = kruskal_wallis(groups)
    assert test.status is status
    assert math.isnan(test.p_value)


@given(st.lists(st.lists(st.integers(0, 1), min_size=4, max_size=4), min_size=2, max_size=12))
def test_friedman_on_binary_scores_is_cochrans_q(rows: list[list[int]]) -> None:
    table = np.array(rows)
    items, levels = table.sum(axis=1), table.sum(axis=0)
    test = friedman(table)
    if not np.any((items > 0) & (items < 4)):
        assert (test.p_value, test.status) == (1, Status.NO_INFORMATIVE_ITEMS)
        assert math.isnan(test.statistic)
        return
    q = 3 * (4 * np.sum(levels**2) - items.sum() ** 2) / (4 * items.sum() - np.sum(items**2))
    assert test.statistic == pytest.approx(q, abs=1e-9)
    assert test.estimate == pytest.approx(q / (3 * len(rows)), abs=1e-9)


def test_friedman_leaves_out_items_with_missing_cells() -> None:
    test = friedman([[1, 0.5, 0], [1, 0.7, 0.2], [1, math.nan, 0]])
    assert (test.n, test.estimate, test.statistic) == (2, pytest.approx(1), pytest.approx(4))
    assert test.warnings == ("items left out because of missing values: 1",)
    assert friedman([[math.nan, 1]]).status is Status.NO_COMPLETE_ITEMS
    assert friedman([[1], [0]]).status is Status.TOO_FEW_LEVELS
