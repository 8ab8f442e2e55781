"""Golden numbers carry the R call that made them; SciPy enumerates the rest."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from scramblebench.statistics.proportions.paired_counts import McNemarVariant, PairedCounts, mcnemar
from scramblebench.statistics.resampling.sign_flip import sign_flip, sign_flip_clustered
from scramblebench.statistics.results import Status

CREDITS = st.lists(st.sampled_from([-1, -0.5, -0.25, 0, 0.25, 0.5, 1]), min_size=1, max_size=11)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20)


def seeded(seed: int = 20) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_it_equals_r(rng):
    # R: S <- as.matrix(expand.grid(rep(list(c(-1, 1)), 11))) %*% d[d != 0]; mean(abs(S) >= 5)
    differences = [-1, -0.5, 0, 0.25, -1, -0.75, 0, -0.5, -0.25, 0.5, -1, 0, -0.5, -0.25]
    found = sign_flip(differences, rng)
    assert (found.p_value, found.p_less) == (0.0244140625, 0.01220703125)
    assert (found.n, found.n_nonzero) == (14, 11)
    assert found.is_exact


@settings(max_examples=20)
@given(differences=CREDITS.filter(lambda values: len(values) > 1))
def test_it_equals_scipy(differences):
    expected = stats.permutation_test(
        (differences, np.zeros(len(differences))),
        lambda x, y, axis: np.sum(x - y, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
        alternative="less",
    ).pvalue
    assert sign_flip(differences, seeded()).p_less == pytest.approx(expected, abs=1e-12)


@given(lost=st.integers(0, 150), gained=st.integers(0, 150), tied=st.integers(0, 50))
def test_binary_differences_are_the_exact_mcnemar_test_at_any_number(lost, gained, tied):
    found = sign_flip([-1.0] * lost + [1.0] * gained + [0.0] * (tied + 1), seeded())
    expected = mcnemar(PairedCounts(tied + 1, lost, gained, 0), McNemarVariant.EXACT)
    assert found.p_value == pytest.approx(expected.p_value, rel=1e-9)
    assert found.is_exact


@given(differences=CREDITS, scale=st.sampled_from([1e-6, 1 / 3, 7.0, 1e6]), data=st.data())
def test_scale_order_and_zeros_do_not_matter(differences, scale, data):
    order = data.draw(st.permutations(differences))
    first = sign_flip(differences, seeded())
    second = sign_flip([scale * value for value in order] + [0.0], seeded())
    assert first.p_value == pytest.approx(second.p_value)
    assert first.n_nonzero == second.n_nonzero


@given(differences=CREDITS)
def test_reversing_the_direction_swaps_the_tails(differences):
    first = sign_flip(differences, seeded())
    second = sign_flip([-value for value in differences], seeded())
    assert first.p_less == pytest.approx(second.p_greater)
    assert first.p_value == pytest.approx(second.p_value)


def test_sums_that_tie_up_to_rounding_are_ties(rng):
    # 0.1 + 0.2 - 0.3 is 5e-17, not 0; all of |T*| >= |T|
    assert sign_flip([0.1, 0.2, -0.3], rng).p_value == 1


@pytest.mark.parametrize("n", [1, 9, 400])
def test_all_zero_has_p_one_and_says_so(n, rng):
    found = sign_flip([0.0] * n, rng)
    assert (found.p_value, found.p_less, found.p_greater) == (1, 1, 1)
    assert found.status is Status.ALL_ZERO


@pytest.mark.parametrize("n", [1, 2, 6, 15, 40])
def test_every_item_lost_has_the_smallest_p_of_its_number(n, rng):
    found = sign_flip([-1.0] * n, rng)
    assert found.p_value == pytest.approx(2.0 ** (1 - n))
    assert found.p_greater == pytest.approx(1)


def test_up_to_five_units_cannot_be_significant(rng):
    (warning,) = sign_flip([-1.0] * 5 + [0.0] * 90, rng).warnings
    assert "0.0625" in warning
    assert "rejects 3.1%" in sign_flip([-1.0] * 6, rng).warnings[0]
    assert sign_flip([-1.0] * 12 + [-2.0] * 5, rng).warnings == ()


@pytest.mark.parametrize("values", [[], [math.nan]])
def test_nothing_is_undefined(values, rng):
    found = sign_flip(values, rng)
    assert math.isnan(found.p_value)
    assert math.isnan(found.mean_difference)
    assert found.status is Status.NO_DATA


def test_missing_differences_are_left_out_and_counted(rng):
    found = sign_flip([0.5, math.nan, 0.5], rng)
    assert (found.n, found.n_missing, found.p_value) == (2, 1, 0.5)


def test_many_units_are_drawn_and_p_is_never_zero(rng):
    values = np.random.default_rng(1).random(300)
    found = sign_flip(values, rng, 999)
    assert (found.p_value, found.n_resamples, found.is_exact) == (0.001, 999, False)


def test_drawn_p_is_near_the_exact_one_and_repeatable():
    grid = np.random.default_rng(2).integers(-6, 8, 200) / 7
    exact = sign_flip(grid, seeded())
    shaken = grid + np.random.default_rng(3).normal(0, 1e-5, 200)  # off the grid
    first, second = sign_flip(shaken, seeded()), sign_flip(shaken, seeded())
    assert exact.is_exact
    assert first == second
    standard_error = math.sqrt(exact.p_value * (1 - exact.p_value) / 9999)
    assert first.p_value == pytest.approx(exact.p_value, abs=5 * standard_error)


def test_clusters_are_flipped_as_one(rng):
    found = sign_flip_clustered([0.1, 0.2, -0.5, 0.3, 0.4], list("aabcc"), rng)
    assert found.p_value == sign_flip([0.3, -0.5, 0.7], rng).p_value
    assert found.mean_difference == pytest.approx(0.1)
    assert (found.n, found.n_clusters, found.n_nonzero) == (3, 3, 3)


@given(differences=CREDITS)
def test_clusters_of_one_item_are_items_studentized_or_not(differences):
    plain = sign_flip(differences, seeded())
    labels = range(len(differences))
    for studentized in (False, True):
        found = sign_flip_clustered(differences, labels, seeded(), studentized=studentized)
        assert found.p_value == pytest.approx(plain.p_value)
        assert found.p_less == pytest.approx(plain.p_less)


def test_a_cluster_whose_differences_cancel_is_not_flipped(rng):
    found = sign_flip_clustered([0.1, 0.2, -0.3, 1.0], list("aaab"), rng)
    assert (found.n, found.n_nonzero, found.p_value) == (2, 1, 1)


def test_one_cluster_has_p_one(rng):
    assert sign_flip_clustered([0.1, 0.2], list("aa"), rng).p_value == 1


@settings(max_examples=25)
@given(sizes=st.lists(st.integers(1, 5), min_size=2, max_size=7), seed=st.integers(0, 99))
def test_the_studentized_test_enumerates_the_mean_over_its_cluster_standard_error(sizes, seed):
    values = np.random.default_rng(seed).normal(0.3, 1, sum(sizes))
    clusters = np.repeat(np.arange(len(sizes)), sizes)

    def statistic(signs: np.ndarray) -> float:
        flipped = values * signs[clusters]
        sums = np.bincount(clusters, weights=flipped - flipped.mean())
        return flipped.mean() * len(values) / math.sqrt((sums**2).sum())

    vectors = np.array(np.meshgrid(*[[-1, 1]] * len(sizes))).reshape(len(sizes), -1).T
    all_of_them = np.array([statistic(vector) for vector in vectors])
    observed = statistic(np.ones(len(sizes)))
    found = sign_flip_clustered(values, clusters, seeded(), studentized=True)
    assert found.p_value == pytest.approx((np.abs(all_of_them) >= abs(observed) - 1e-9).mean())
    assert found.p_greater == pytest.approx((all_of_them >= observed - 1e-9).mean())


def test_the_studentized_test_of_many_clusters_is_drawn():
    values = np.random.default_rng(4).normal(0.1, 1, 90)
    clusters = np.repeat(np.arange(30), [1, 3, 5] * 10)
    found = sign_flip_clustered(values, clusters, seeded(), 1999, studentized=True)
    plain = sign_flip_clustered(values, clusters, seeded(), 1999)
    assert found.n_resamples == 1999
    assert found.p_value == pytest.approx(plain.p_value, abs=0.1)


def test_clusters_that_are_alike_and_all_lost_have_the_smallest_p(rng):
    found = sign_flip_clustered([-1.0] * 12, np.repeat(range(6), 2), rng, studentized=True)
    assert found.p_value == 2**-5


def test_impossible_arguments_raise(rng):
    with pytest.raises(ValueError, match="shape"):
        sign_flip([[1.0]], rng)
    with pytest.raises(ValueError, match="resamples"):
        sign_flip([1.0], rng, 0)
    with pytest.raises(ValueError, match="labels"):
        sign_flip_clustered([1.0, 2.0], ["a"], rng)


def test_under_no_effect_p_is_uniform_enough():
    rng = np.random.default_rng(11)
    p_values = [sign_flip(rng.normal(size=10), rng).p_value for _ in range(400)]
    assert stats.kstest(p_values, "uniform").pvalue > 1e-4
