"""Where limits are too wide or a test rejects too seldom (docs/calibration.md), the result says so."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.analysis.families import shared_baseline_warning
from scramblebench.analysis.options import AnalysisOptions, Correction
from scramblebench.analysis.paired import compare
from scramblebench.statistics.clustering.cell import cell_accuracy
from scramblebench.statistics.curves.dependency_comparison import dependency_difference
from scramblebench.statistics.limit_warnings import ANYTIME_WARNING, narrow_margin_warning
from scramblebench.statistics.means.rank_tests import mann_whitney, wilcoxon_signed_rank
from scramblebench.statistics.proportions.equivalence import tost_paired_binary
from scramblebench.statistics.proportions.independent_proportions import (
    fisher_exact_test,
    risk_difference,
)
from scramblebench.statistics.proportions.paired_counts import (
    McNemarVariant,
    PairedCounts,
    matched_odds_ratio,
    mcnemar,
)
from scramblebench.statistics.proportions.paired_difference import (
    paired_difference,
    performance_drop_rate,
    retention_ratio,
)
from scramblebench.statistics.proportions.repeated_binary import cochran_q
from scramblebench.statistics.resampling.max_t import max_t
from scramblebench.statistics.resampling.sign_flip import sign_flip, sign_flip_clustered
from scramblebench.statistics.sequential.betting_sequence import BettingSequence
from scramblebench.statistics.sequential.paired_sequence import PairedSequence

LEVELS = (0.0, 0.25, 0.5, 1.0)


def said(size: float) -> tuple[str, ...]:
    """Return what an exact test that rejects this share of true nulls says."""
    if size >= 0.04:
        return ()
    return (f"few outcomes are possible: at 5 % the test rejects {size:.1%} of true nulls",)


@given(st.integers(1, 80))
def test_exact_mcnemar_knows_how_often_it_rejects(n: int):
    """By its own p-values of all outcomes, weighed with the coin's probabilities."""
    found = [mcnemar(PairedCounts(9, n - k, k, 9), McNemarVariant.EXACT) for k in range(n + 1)]
    coins = np.random.default_rng(0)  # the sign-flip test enumerates another way
    flipped = sign_flip(np.repeat([1.0, -1.0], [n // 2, n - n // 2]), coins)
    weights = np.array([1.0])
    for _ in range(n):
        weights = np.convolve(weights, [0.5, 0.5])
    size = sum(weights[k] for k in range(n + 1) if found[k].p_value <= 0.05)
    assert {each.warnings for each in found} == {said(size)}
    assert n <= 5 or flipped.warnings == said(size)


@given(st.integers(2, 25), st.integers(2, 25), st.data())
def test_fisher_knows_how_often_it_rejects(n1: int, n2: int, data: st.DataObject):
    """Given the margins, by drawing the right items of the first set without replacement."""
    from scipy.stats import hypergeom

    right = data.draw(st.integers(0, n1 + n2))
    first = np.arange(max(0, right - n2), min(right, n1) + 1)
    found = [fisher_exact_test(int(k), n1, right - int(k), n2) for k in first]
    weights = hypergeom.pmf(first, n1 + n2, right, n1)
    size = sum(w for w, each in zip(weights, found, strict=True) if each.p_value <= 0.05)
    assert {each.warnings for each in found} == {said(size)}


@given(st.lists(st.integers(1, 3), min_size=6, max_size=10))
def test_sign_tests_know_how_often_they_reject(sizes: list[int]):
    """By the p-values of every sign vector: plain, of clusters, and of signed ranks."""
    signs = np.array(np.meshgrid(*[[-1, 1]] * len(sizes))).reshape(len(sizes), -1).T
    rng, labels = np.random.default_rng(0), np.arange(len(sizes))
    tests = (
        lambda values: sign_flip(values, rng),
        lambda values: sign_flip_clustered(values, labels, rng),
        lambda values: wilcoxon_signed_rank(np.zeros(len(values)), values).test,
    )
    chosen = signs[:: max(1, len(signs) // 64)]
    for test in tests:
        found = [test(np.array(sizes) * row) for row in chosen]
        (warnings,) = {each.warnings for each in found}
        if len(chosen) == len(signs):
            size = float(np.mean([each.p_value <= 0.05 for each in found]))
            assert warnings == said(size)


def test_max_t_knows_how_often_it_finds_anything():
    table = np.zeros((3, 40))
    table[0, :4], table[1, 3:6], table[2, 5:7] = 1, -1, 1
    (warning,) = max_t(table, np.random.default_rng(1)).warnings
    assert "few outcomes are possible" in warning
    many = np.random.default_rng(2).normal(size=(3, 40))
    assert max_t(many, np.random.default_rng(3)).warnings == ()


def test_few_discordant_pairs_are_warned_of_wherever_they_decide():
    few, many = PairedCounts(90, 6, 3, 1), PairedCounts(88, 6, 4, 2)
    for method in (mcnemar, paired_difference, retention_ratio, performance_drop_rate):
        assert "only 9 of 100 items changed" in method(few).warnings[0]
        assert method(many).warnings == ()


def test_a_reported_comparison_says_it_once():
    one, two = np.ones(50), np.ones(50)
    one[:3] = 0
    found = compare(one, two, None, AnalysisOptions(), np.random.default_rng(0))
    assert found.warnings == (
        "only 3 of 50 items changed: limits may be too wide, and tests reject too seldom",
    )


def test_few_items_that_differ_between_conditions_are_warned_of():
    scores = np.ones((30, 4))
    scores[:3, 1] = 0
    assert "only 3 of 30 items differ" in cochran_q(scores).warnings[0]
    scores[:10, 1] = 0
    assert cochran_q(scores).warnings == ()


def test_few_right_or_wrong_of_disjoint_sets_are_warned_of():
    assert "only 4 of 100 items are wrong" in risk_difference(96, 100, 60, 100).warnings[0]
    assert "only 0 of 100 items are right" in risk_difference(50, 100, 0, 100).warnings[0]
    assert risk_difference(95, 100, 5, 100).warnings == ()
    ones = [1.0] * 98 + [0.5] * 2
    assert "only 4 of 200 items" in mann_whitney(ones, ones).warnings[0]


def test_exact_limits_say_that_they_are_wide():
    assert "cover at least" in matched_odds_ratio(PairedCounts(50, 9, 8, 50)).warnings[0]


@pytest.mark.parametrize(("n", "is_warned"), [(300, True), (2_000, False)])
def test_a_margin_that_is_narrow_for_the_items_is_warned_of(n: int, is_warned: bool):
    counts = PairedCounts(n - 2 * (n // 5), n // 5, n // 5, 0)
    found = tost_paired_binary(counts, 0.05).warnings
    assert bool(found) == is_warned
    assert not is_warned or "the margin 0.05 is less than 2 standard errors" in found[0]


def test_limits_of_no_width_are_within_any_margin():
    assert narrow_margin_warning(0.0, 0.03) == ()
    assert narrow_margin_warning(float("nan"), 0.03) == ()


def models(accuracy: float, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    curve = np.linspace(accuracy, 0.25, len(LEVELS))
    first, second = ((rng.random((n, len(LEVELS))) < curve).astype(float) for _ in range(2))
    return first, second


def test_a_weak_lead_over_chance_is_warned_of():
    weak = dependency_difference(LEVELS, *models(0.4, 150, 3), 0.25).test
    assert "a lead over chance of only" in weak.warnings[-1]
    assert dependency_difference(LEVELS, *models(0.9, 150, 3), 0.25).test.warnings == ()


def test_few_complete_items_are_warned_of():
    first, second = models(0.9, 200, 5)
    first[60:] = np.nan
    warnings = dependency_difference(LEVELS, first, second, 0.25).test.warnings
    assert "only 60 of 200 items have every level of both" in warnings[-1]


def test_sequences_say_that_they_hold_at_every_look():
    for sequence in (PairedSequence(), BettingSequence.start()):
        assert sequence.warnings == ()
        assert sequence.update([1, 0, -1]).warnings == (ANYTIME_WARNING,)


def test_levels_that_share_their_baseline_are_said_where_the_correction_does_not_know():
    assert "max-T is less cautious" in shared_baseline_warning(Correction.HOLM, 5)[0]
    assert shared_baseline_warning(Correction.HOLM, 1) == ()
    assert shared_baseline_warning(Correction.MAX_T, 5) == ()
    assert shared_baseline_warning(Correction.BH, 5) == ()


def test_few_right_items_of_a_cell_are_warned_of():
    scores = np.zeros(300)
    scores[:9] = 1
    assert "only 9 of 300 items are right" in cell_accuracy(scores).warnings[0]
    scores[:10] = 1
    assert cell_accuracy(scores).warnings == ()
