"""Two rows of scores compared: the test that their kind allows, with the numbers of that test."""

import math
from dataclasses import replace

import numpy as np
import pytest

from scramblebench.analysis.paired import Paired, compare
from scramblebench.statistics import Status
from scramblebench.statistics.clustering.clusters import cluster_mean
from scramblebench.statistics.means.t_tests import paired_t
from scramblebench.statistics.proportions.equivalence import tost_paired_binary, tost_t
from scramblebench.statistics.proportions.paired_counts import (
    McNemarVariant,
    PairedCounts,
    matched_odds_ratio,
    mcnemar,
)
from scramblebench.statistics.proportions.paired_difference import paired_difference
from scramblebench.statistics.resampling.sign_flip import sign_flip_clustered
from tests.analysis.cubes import FEW, falling

BASE, SCRAMBLED = falling(60)[0][:, 0], falling(60)[0][:, 2]
PASSAGES = np.arange(60) // 3
RNG = np.random.Generator(np.random.PCG64(1))


def compared(first: np.ndarray, second: np.ndarray, clusters=None, options=FEW) -> Paired:
    return compare(first, second, clusters, options, np.random.Generator(np.random.PCG64(1)))


@pytest.mark.parametrize("is_exact", [False, True])
def test_right_or_wrong_is_mcnemars_test(is_exact: bool):
    found = compared(SCRAMBLED, BASE, options=replace(FEW, is_exact=is_exact))
    # the statistics take the baseline first and say second minus first
    counts = PairedCounts.from_scores(BASE, SCRAMBLED)
    test = mcnemar(counts, McNemarVariant.EXACT if is_exact else McNemarVariant.MID_P)
    difference, odds = paired_difference(counts), matched_odds_ratio(counts)
    assert found.test == test.method
    assert found.p_value == test.p_value
    assert (found.estimate, found.low, found.high) == (
        difference.estimate, difference.low, difference.high,
    )  # fmt: skip
    assert (found.effect_size, found.effect_low, found.effect_high) == (
        odds.estimate, odds.low, odds.high,
    )  # fmt: skip
    assert found.equivalence_p == tost_paired_binary(counts, 0.02, 0.05).p_value


def test_the_sign_is_first_minus_second():
    found = compared(SCRAMBLED, BASE)
    assert found.estimate == pytest.approx(SCRAMBLED.mean() - BASE.mean())
    assert found.estimate < 0
    assert found.high < 0
    assert found.n_first_only == int(((SCRAMBLED == 1) & (BASE == 0)).sum()) == 0
    assert found.n_second_only == int(((SCRAMBLED == 0) & (BASE == 1)).sum()) > 0
    other = compared(BASE, SCRAMBLED)
    assert (other.estimate, other.low, other.high) == pytest.approx(
        (-found.estimate, -found.high, -found.low)
    )
    assert (other.first_mean, other.first_sd) == (found.second_mean, found.second_sd)
    assert other.p_value == found.p_value


def test_partial_credit_is_a_paired_t_test():
    first, second = SCRAMBLED * 0.9, BASE * 0.8 + np.linspace(0, 0.2, 60)
    found = compared(first, second)
    test = paired_t(second, first).test
    assert found.test == "paired t"
    for name in ("p_value", "statistic", "df", "estimate", "low", "high"):
        assert getattr(found, name) == pytest.approx(getattr(test, name), rel=1e-12), name
    difference = first - second
    assert found.effect_size == pytest.approx(difference.mean() / difference.std(ddof=1))
    assert found.effect_size_name == "d_z"
    error = difference.std(ddof=1) / math.sqrt(60)
    assert found.equivalence_p == pytest.approx(tost_t(difference.mean(), error, 59, -0.02, 0.02))
    assert found.n_first_only is None


def test_passages_have_cluster_standard_errors():
    found = compared(SCRAMBLED, BASE, PASSAGES)
    mean = cluster_mean(SCRAMBLED - BASE, PASSAGES)
    assert found.test == "paired t, cluster standard errors (CR2)"
    assert (found.estimate, found.low, found.high, found.df) == (
        mean.mean, mean.low, mean.high, mean.df,
    )  # fmt: skip
    assert found.statistic == mean.mean / mean.standard_error_cr2
    assert (found.n_questions, found.n_clusters) == (60, 20)


def test_few_passages_are_flipped_whole():
    few = np.arange(60) // 12
    found = compared(SCRAMBLED, BASE, few)
    assert found.test == "sign-flip of clusters"
    assert found.p_value == sign_flip_clustered(SCRAMBLED - BASE, few, RNG).p_value
    assert found.p_value >= 2 / 2**5
    assert math.isfinite(found.low)


def test_passages_of_one_question_each_are_none():
    assert compared(SCRAMBLED, BASE, np.arange(60)) == compared(SCRAMBLED, BASE)


def test_pairs_that_lack_a_side_are_left_out_and_counted():
    first, second = SCRAMBLED.copy(), BASE.copy()
    first[:5] = second[3:9] = np.nan
    found = compared(first, second)
    whole = compared(SCRAMBLED[9:], BASE[9:])
    assert found.n_missing == 9
    assert found == replace(whole, n_missing=9)
    clustered = compared(first, second, PASSAGES)
    assert replace(clustered, n_missing=0) == compared(SCRAMBLED[9:], BASE[9:], PASSAGES[9:])


def test_nothing_in_common_is_refused():
    found = compared(np.full(4, np.nan), np.ones(4))
    assert found.status is Status.NO_COMPLETE_ITEMS
    assert math.isnan(found.p_value)
    assert math.isnan(found.estimate)
    assert (found.n_questions, found.n_missing) == (0, 4)


def test_no_discordant_pair_is_no_difference_and_has_limits():
    found = compared(BASE, BASE)
    assert (found.p_value, found.estimate) == (1, 0)
    assert found.status is Status.NO_DISCORDANT_PAIRS
    assert found.low < 0 < found.high


def test_the_same_loss_everywhere_is_flipped_not_divided_by_0():
    found = compared(np.full(8, 0.25), np.full(8, 0.75))
    assert found.status is Status.ZERO_VARIANCE
    assert found.test == "sign-flip"
    assert found.p_value == 2 / 2**8
    assert math.isnan(found.statistic)
    assert math.isnan(found.effect_size)


def test_one_question_has_no_t_test():
    found = compared(np.array([0.2]), np.array([0.7]))
    assert found.status is Status.N_LT_2
    assert math.isnan(found.p_value)
    assert found.estimate == pytest.approx(-0.5)
