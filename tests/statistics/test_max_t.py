"""Golden numbers carry the R call that made them; a plain enumeration gives the rest."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from scramblebench.statistics.means.multiplicity import adjust
from scramblebench.statistics.resampling.max_t import max_t
from scramblebench.statistics.resampling.sign_flip import sign_flip
from scramblebench.statistics.results import Status


def seeded(seed: int = 5) -> np.random.Generator:
    return np.random.default_rng(seed)


def normal(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(-0.4, 1, shape)


def enumerated(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return raw and step-down p-values by the definition, one sign vector at a time."""

    def statistics(rows: np.ndarray) -> np.ndarray:
        return np.abs(stats.ttest_1samp(rows, 0, axis=1).statistic)

    vectors = itertools.product([-1, 1], repeat=table.shape[1])
    flipped = np.array([statistics(table * np.array(vector)) for vector in vectors])
    observed = statistics(table)
    adjusted, order, before = np.empty(len(table)), np.argsort(-observed), 0.0
    for position, row in enumerate(order):
        largest = flipped[:, order[position:]].max(axis=1)
        before = max(before, (largest >= observed[row] - 1e-9).mean())
        adjusted[row] = before
    return (flipped >= observed - 1e-9).mean(axis=0), adjusted


def test_it_equals_r():
    # R: multtest::mt.maxT(cbind(D, 0 * D)[, order(rep(1:9, 2))], rep(c(1, 0), 9), test = "pairt",
    #    side = "abs", B = 0); reference case maxt-o1
    table = [
        [0.458, -0.194, -0.234, -0.612, -0.087, 0.422, -0.838, -0.955, -0.783],
        [-0.295, -0.855, -0.821, 0.227, -0.207, -1.187, -0.835, 0.534, -0.939],
        [-0.015, -0.527, -1.531, 0.657, -0.911, -0.894, -0.608, -0.874, -0.544],
        [-1.211, -1.056, -1.224, -0.983, -0.265, -0.524, -0.353, -1.181, -0.38],
    ]
    found = max_t(table, seeded())
    assert found.p_raw == (0.11328125, 0.04296875, 0.03515625, 0.00390625)
    assert found.p_adjusted == (0.11328125, 0.08984375, 0.08984375, 0.00390625)
    assert found.statistics[3] == pytest.approx(-5.8641737185279785, rel=1e-12)


@settings(max_examples=10)
@given(seed=st.integers(0, 1000), n_comparisons=st.integers(1, 4), n=st.integers(3, 7))
def test_it_equals_the_definition(seed, n_comparisons, n):
    table = normal(seed, n_comparisons, n)
    raw, adjusted = enumerated(table)
    found = max_t(table, seeded())
    assert found.p_raw == pytest.approx(raw)
    assert found.p_adjusted == pytest.approx(adjusted)


@given(seed=st.integers(0, 1000), data=st.data())
def test_the_order_of_comparisons_and_items_does_not_matter(seed, data):
    table = normal(seed, 4, 8)
    rows, columns = data.draw(st.permutations(range(4))), data.draw(st.permutations(range(8)))
    first, second = max_t(table, seeded()), max_t(table[rows][:, columns], seeded())
    assert np.array(first.p_adjusted)[list(rows)] == pytest.approx(second.p_adjusted)


@given(seed=st.integers(0, 1000))
def test_adjusted_is_at_least_raw_and_falls_with_the_statistic(seed):
    found = max_t(normal(seed, 4, 9), seeded())
    order = np.argsort(-np.abs(found.statistics))
    assert (np.diff(np.array(found.p_adjusted)[order]) >= 0).all()
    assert (np.array(found.p_adjusted) >= np.array(found.p_raw)).all()


def test_unrelated_comparisons_cost_about_what_holm_costs():
    table = np.random.default_rng(1).normal([[0.25], [0.3], [0.0]], 1, (3, 200))
    found = max_t(table, seeded(), n_resamples=20_000)
    holm = adjust(found.p_raw, "holm")
    assert found.p_adjusted == pytest.approx(holm, rel=0.35)


def test_related_comparisons_cost_less_than_holm():
    shared = np.random.default_rng(2).normal(0.2, 1, 150)
    table = shared + np.random.default_rng(3).normal(0, 0.1, (6, 150))
    found = max_t(table, seeded())
    assert max(found.p_adjusted) < 0.5 * float(max(adjust(found.p_raw, "bonferroni")))


def test_the_same_comparison_twice_costs_nothing():
    row = normal(1, 1, 10)
    assert max_t(np.repeat(row, 2, axis=0), seeded()).p_adjusted == pytest.approx(
        max_t(row, seeded()).p_raw * 2
    )


def test_one_comparison_is_the_sign_flip_test():
    row = normal(2, 12)
    found = max_t([row], seeded())
    assert found.p_raw == found.p_adjusted == (sign_flip(row, seeded()).p_value,)
    assert found.mean_differences == pytest.approx((row.mean(),))


def test_many_items_are_drawn_and_near_the_enumeration():
    table = normal(3, 3, 10)
    exact = max_t(table, seeded())
    many = max_t(np.hstack([table, np.full((3, 5), 1e-9)]), seeded(), n_resamples=20_000)
    assert (exact.is_exact, many.is_exact, many.n_resamples) == (True, False, 20_000)
    assert min(many.p_raw) >= 1 / 20_001
    # the five further items carry no weight of their own, but n is 15: the means are the same test
    raw = sign_flip(table[0], seeded()).p_value
    assert many.p_raw[0] == pytest.approx(raw, abs=5 * math.sqrt(0.25 / 20_000))


def test_draws_are_repeatable():
    table = normal(4, 5, 60)
    assert max_t(table, seeded(), n_resamples=500) == max_t(table, seeded(), n_resamples=500)


def test_a_constant_row_makes_all_rows_compare_means():
    table = np.vstack([np.full(8, -1.0), normal(5, 8) / 4])
    found = max_t(table, seeded())
    assert not found.is_studentized
    assert found.statistics == pytest.approx(table.mean(axis=1))
    assert found.statuses == (Status.ZERO_VARIANCE, Status.OK)
    assert found.p_raw[0] == 2 / 2**8
    assert found.p_raw[1] == sign_flip(table[1], seeded()).p_value
    assert found.p_adjusted[0] == 2 / 2**8


def test_a_row_of_zeros_has_p_one_and_leaves_the_others_as_they_are():
    table = normal(6, 2, 9)
    found, alone = max_t(np.vstack([table, np.zeros(9)]), seeded()), max_t(table, seeded())
    assert found.statuses[2] is Status.ALL_ZERO
    assert found.p_adjusted == (*alone.p_adjusted, 1.0)
    assert found.is_studentized


def test_only_rows_of_zeros():
    found = max_t(np.zeros((2, 5)), seeded())
    assert found.p_adjusted == (1, 1)
    assert found.statuses == (Status.ALL_ZERO, Status.ALL_ZERO)


def test_one_item_has_p_one():
    found = max_t([[-1.0], [0.5]], seeded())
    assert found.p_adjusted == (1, 1)
    assert found.statuses == (Status.N_LT_2, Status.N_LT_2)
    assert found.warnings


def test_binary_differences_that_flip_to_a_constant_have_no_warning_from_numpy():
    # a flip makes all four -1 or all 1: its t is infinite
    found = max_t([[-1, -1, -1, 1.0], [1, -1, 1, -1.0]], seeded())
    assert found.p_raw == pytest.approx((10 / 16, 1))


def test_missing_cells_leave_the_item_out_of_that_comparison():
    nan = math.nan
    table = normal(7, 2, 8)
    holes = table.copy()
    holes[0, :3] = nan
    found = max_t(holes, seeded())
    assert found.counts == (5, 8)
    assert found.statistics[0] == pytest.approx(stats.ttest_1samp(table[0, 3:], 0).statistic)
    assert found.mean_differences[0] == pytest.approx(table[0, 3:].mean())
    assert found.p_raw[0] == pytest.approx(sign_flip(table[0, 3:], seeded()).p_value)


def test_a_row_without_data_is_undefined_and_leaves_the_others():
    table = normal(8, 2, 8)
    found = max_t(np.vstack([table, np.full(8, math.nan)]), seeded())
    assert math.isnan(found.p_raw[2])
    assert math.isnan(found.p_adjusted[2])
    assert math.isnan(found.statistics[2])
    assert math.isnan(found.mean_differences[2])
    assert found.statuses[2] is Status.NO_DATA
    assert found.p_adjusted[:2] == max_t(table, seeded()).p_adjusted


def test_clusters_are_flipped_as_one():
    table, clusters = normal(9, 3, 24), np.repeat(np.arange(8), 3)
    sums = table.reshape(3, 8, 3).sum(axis=2)
    found, expected = max_t(table, seeded(), clusters), max_t(sums, seeded())
    assert found.p_adjusted == pytest.approx(expected.p_adjusted)
    assert found.statistics == pytest.approx(expected.statistics)
    assert found.counts == (8, 8, 8)
    assert found.mean_differences == pytest.approx(table.mean(axis=1))


def test_impossible_arguments_raise():
    with pytest.raises(ValueError, match="shape"):
        max_t([1.0, 2.0], seeded())
    with pytest.raises(ValueError, match="labels"):
        max_t([[1.0, 2.0]], seeded(), ["a"])
    with pytest.raises(ValueError, match="resamples"):
        max_t([[1.0, 2.0]], seeded(), n_resamples=0)
