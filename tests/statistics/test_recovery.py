"""The rates are checked against R's utils::adist in tests/golden; here are limits and edges."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from scramblebench.statistics.curves.recovery import (
    difference_in_differences,
    edit_distances,
    gain_of_means,
    mean_performance_drop_rate,
    pass_at_k,
    perturbation_drop,
    recovery_rate,
    relative_performance_gain,
)
from scramblebench.statistics.proportions.paired_counts import PairedCounts
from scramblebench.statistics.proportions.paired_difference import (
    DifferenceInterval,
    paired_difference,
)
from scramblebench.statistics.results import Status

WORDS = ["abcdef", "ghijkl", "mnopqr", "stuvwx", "yzabcd", "efghij"]
SCRAMBLED = ["badcfe", "hgjilk", "nmporq", "tsvuxw", "zybadc", "fehgji"]
RECOVERED = ["abcdef", "ghijlk", "mnporq", "tsvuxw", "yzabcd", "efghji"]


def scores(n: int = 60) -> list[np.ndarray]:
    rng = np.random.default_rng(4)
    return [(rng.random(n) < p).astype(float) for p in (0.9, 0.7, 0.3)]


def levenshtein(a: str, b: str) -> int:
    """The recursion itself, as a table."""
    table = np.zeros((len(a) + 1, len(b) + 1), dtype=int)
    table[:, 0], table[0] = range(len(a) + 1), range(len(b) + 1)
    for i, x in enumerate(a, 1):
        for j, y in enumerate(b, 1):
            keep = table[i - 1, j - 1] + (x != y)
            table[i, j] = min(keep, table[i - 1, j] + 1, table[i, j - 1] + 1)
    return int(table[-1, -1])


@given(st.text("abcé ", max_size=8), st.text("abcé ", max_size=8))
def test_distances_are_levenshtein_s(first: str, second: str) -> None:
    assert edit_distances([first], [second]).tolist() == [levenshtein(first, second)]


def test_the_corpus_rate_is_a_ratio_of_means() -> None:
    found = recovery_rate(WORDS, SCRAMBLED, RECOVERED)
    before, after = found.distances_scrambled, found.distances_recovered
    assert found.corpus.estimate == pytest.approx(1 - after.sum() / before.sum())
    assert found.mean_of_items.estimate == pytest.approx((1 - after / before).mean())
    residual = (before - after) - found.corpus.estimate * before
    error = residual.std(ddof=1) / math.sqrt(6) / before.mean()
    half = stats.t.ppf(0.975, 5) * error
    assert found.corpus.high - found.corpus.estimate == pytest.approx(half)
    assert found.corpus.warnings


def test_unchanged_texts_leave_the_mean_of_items_but_not_the_corpus() -> None:
    """An unchanged text that the model spoils costs the corpus rate, and has no rate of its own."""
    plain = recovery_rate(WORDS, SCRAMBLED, RECOVERED)
    spoilt = recovery_rate([*WORDS, "abc"], [*SCRAMBLED, "abc"], [*RECOVERED, "xyz"])
    assert spoilt.n_unchanged == 1
    assert spoilt.mean_of_items.estimate == plain.mean_of_items.estimate
    assert spoilt.mean_of_items.n == 6
    assert spoilt.corpus.estimate < plain.corpus.estimate


def test_a_recovery_that_makes_it_worse_is_negative() -> None:
    assert recovery_rate(["abc"] * 2, ["acb", "bac"], ["zzz", "xyz"]).corpus.estimate < 0


@pytest.mark.parametrize(
    ("texts", "estimate", "status"),
    [
        ((WORDS, WORDS, WORDS), math.nan, Status.DIVISION_BY_ZERO),
        ((WORDS, SCRAMBLED, WORDS), 1.0, Status.ZERO_VARIANCE),
        ((WORDS, SCRAMBLED, SCRAMBLED), 0.0, Status.ZERO_VARIANCE),
        ((WORDS[:1], SCRAMBLED[:1], RECOVERED[:1]), 1.0, Status.N_LT_2),
    ],
)
def test_rates_without_limits(texts, estimate: float, status: Status) -> None:
    found = recovery_rate(*texts)
    for rate in (found.corpus, found.mean_of_items):
        assert rate.status is status
        assert rate.estimate == pytest.approx(estimate, nan_ok=True)
        assert math.isnan(rate.low)
        assert math.isnan(rate.high)


def test_texts_that_do_not_pair_are_refused() -> None:
    with pytest.raises(ValueError):
        recovery_rate(WORDS, SCRAMBLED[:5], RECOVERED)
    with pytest.raises(ValueError):
        recovery_rate([], [], [])


def test_the_gain_is_one_with_the_original_and_zero_with_the_substitute() -> None:
    original, scrambled, substituted = scores()
    found = relative_performance_gain(original, scrambled, substituted)
    means = [each.mean() for each in (original, scrambled, substituted)]
    assert found.estimate == pytest.approx(gain_of_means(*means))
    assert found.low < found.estimate < found.high
    for same, value in ((original, 1.0), (substituted, 0.0)):
        edge = relative_performance_gain(original, same, substituted)
        assert (edge.estimate, edge.status) == (value, Status.ZERO_VARIANCE)
        assert edge.low < value < edge.high


def test_a_gain_over_nothing_is_undefined() -> None:
    original, scrambled, _ = scores()
    for substituted in (original, np.ones(60), np.roll(original, 1)):
        found = relative_performance_gain(original, scrambled, substituted)
        assert found.status is Status.DIVISION_BY_ZERO
        assert math.isnan(found.estimate)
    assert math.isnan(gain_of_means(0.5, 0.4, 0.5))


def test_a_gain_is_not_clipped() -> None:
    assert gain_of_means(0.9, 0.95, 0.5) > 1
    assert gain_of_means(0.9, 0.45, 0.5) < 0


def test_the_drop_rate_is_one_less_the_ratio_of_sums() -> None:
    clean, perturbed, _ = scores()
    found = mean_performance_drop_rate(clean, perturbed)
    assert found.estimate == pytest.approx(1 - perturbed.sum() / clean.sum())
    assert found.low < found.estimate < found.high
    missing = perturbed.copy()
    missing[[1, 5]] = np.nan
    assert mean_performance_drop_rate(clean, missing).n == 58


@pytest.mark.parametrize(
    ("clean", "status"), [(0.0, Status.DIVISION_BY_ZERO), (math.nan, Status.NO_COMPLETE_ITEMS)]
)
def test_a_drop_from_nothing_is_undefined(clean: float, status: Status) -> None:
    found = mean_performance_drop_rate(np.full(9, clean), np.ones(9))
    assert found.status is status
    assert math.isnan(found.estimate)


def test_the_perturbation_drop_turns_the_paired_difference_round() -> None:
    original, perturbed, _ = scores()
    found = perturbation_drop(original, perturbed)
    gain = paired_difference(
        PairedCounts.from_scores(original, perturbed), DifferenceInterval.NEWCOMBE
    )
    assert found.estimate == pytest.approx(original.mean() - perturbed.mean())
    assert (found.low, found.high) == (-gain.high, -gain.low)
    lost = int(((original == 1) & (perturbed == 0)).sum())
    won = int(((original == 0) & (perturbed == 1)).sum())
    tail = stats.binom(lost + won, 0.5)
    assert found.p_value == pytest.approx(2 * tail.cdf(min(lost, won)) - tail.pmf(min(lost, won)))


def test_no_drop_without_discordant_pairs() -> None:
    found = perturbation_drop(np.ones(9), np.ones(9))
    assert (found.p_value, found.estimate) == (1, 0)
    assert found.status is Status.NO_DISCORDANT_PAIRS


def test_pass_at_k_counts_subsets() -> None:
    for n in range(1, 8):
        for c in range(n + 1):
            for k in range(1, n + 1):
                expected = 1 - math.comb(n - c, k) / math.comb(n, k)
                assert pass_at_k(n, c, k) == pytest.approx(expected, abs=1e-12)
    assert pass_at_k([5, 5], [0, 5], 2).tolist() == [0, 1]
    assert math.isnan(float(pass_at_k(2, 1, 3)))


@pytest.mark.parametrize(("n", "c", "k"), [(5, 6, 1), (5, -1, 1), (5, 2, 0)])
def test_impossible_samples_are_refused(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError):
        pass_at_k(n, c, k)


def test_without_clusters_the_difference_in_differences_is_welch_s() -> None:
    rng = np.random.default_rng(6)
    drops, control = rng.normal(0.3, 0.4, 50), rng.normal(0.1, 0.7, 30)
    found = difference_in_differences(drops, control)
    welch = stats.ttest_ind(drops, control, equal_var=False)
    limits = welch.confidence_interval(0.95)
    assert found.p_value == pytest.approx(welch.pvalue)
    assert found.df == pytest.approx(welch.df)
    assert (found.low, found.high) == pytest.approx((limits.low, limits.high))


def test_copies_of_drops_are_not_new_items() -> None:
    original, scrambled, _ = scores()
    drops, control = original - scrambled, np.roll(original, 3) - np.roll(scrambled, 9)
    plain = difference_in_differences(drops, control)
    doubled = difference_in_differences(np.repeat(drops, 2), control, np.repeat(np.arange(60), 2))
    assert doubled.standard_error == pytest.approx(plain.standard_error)
    assert doubled.df == pytest.approx(plain.df)


def test_differences_in_differences_at_the_edges() -> None:
    ones, mixed = np.ones(12), np.array([0.0, 1.0] * 6)
    flat = difference_in_differences(ones, np.zeros(12))
    assert (flat.estimate, flat.status) == (1, Status.ZERO_VARIANCE)
    assert math.isnan(flat.p_value)
    assert math.isnan(flat.low)
    half = difference_in_differences(ones, mixed)
    assert half.status is Status.OK
    assert half.df == pytest.approx(11)
    assert difference_in_differences([1.0], mixed).status is Status.N_LT_2
    assert difference_in_differences([math.nan], mixed).status is Status.NO_DATA
    assert difference_in_differences(mixed, mixed, [1] * 12).status is Status.FEW_CLUSTERS
    assert math.isnan(difference_in_differences([1.0], mixed).p_value)
