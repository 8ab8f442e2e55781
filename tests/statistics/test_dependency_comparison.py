"""The difference's arithmetic is checked against R in tests/golden."""

import itertools
import math

import numpy as np
import pytest

from scramblebench.statistics.curves.dependency_comparison import (
    dependency_difference,
    dependency_swap_test,
)
from scramblebench.statistics.results import Status

LEVELS = np.array([0, 0.25, 0.5, 0.75, 1])


def model(n: int, span: float, seed: int, items: int = 3) -> np.ndarray:
    """Answers of a model whose tolerance reaches ``span``; ``items`` seeds what models share."""
    shared = np.random.default_rng(items).random((n, 1))
    own = np.random.default_rng(seed).random((n, 5))
    return ((shared * span + 0.3 * own - 0.05 >= LEVELS) | (own < 0.2)).astype(float)


def rng() -> np.random.Generator:
    return np.random.default_rng(8)


def test_a_difference_changes_sign_with_its_order() -> None:
    first, second = model(60, 0.6, 1), model(60, 1.2, 2)
    one = dependency_difference(LEVELS, first, second, 0.2).test
    other = dependency_difference(LEVELS, second, first, 0.2).test
    assert one.estimate > 0
    assert other.estimate == pytest.approx(-one.estimate)
    assert (other.low, other.high) == pytest.approx((-one.high, -one.low))
    assert other.p_value == pytest.approx(one.p_value)


def test_the_interval_and_the_test_agree() -> None:
    found = dependency_difference(LEVELS, model(60, 0.6, 1), model(60, 1.2, 2), 0.2).test
    edge = dependency_difference(
        LEVELS, model(60, 0.6, 1), model(60, 1.2, 2), 0.2, None, 1 - found.p_value
    ).test
    assert edge.low == pytest.approx(0, abs=1e-9)


def test_the_limits_are_those_of_the_jackknife_nearly() -> None:
    """An independent route to the error: the jackknife of the difference of both ratios."""
    first, second = model(150, 0.6, 1), model(150, 1.2, 2)
    found = dependency_difference(LEVELS, first, second, 0.2)
    parts = [found.first.losses, found.first.leads, found.second.losses, found.second.leads]
    left = [part.sum() - part for part in parts]
    without = left[0] / left[1] - left[2] / left[3]
    error = math.sqrt(149 / 150 * ((without - without.mean()) ** 2).sum())
    assert found.test.standard_error == pytest.approx(error, rel=0.02)


def test_copies_of_items_are_not_new_ones() -> None:
    first, second = model(40, 0.6, 1), model(40, 1.2, 2)
    plain = dependency_difference(LEVELS, first, second, 0.2).test
    doubled = dependency_difference(
        LEVELS, np.repeat(first, 2, axis=0), np.repeat(second, 2, axis=0), 0.2,
        np.repeat(np.arange(40), 2),
    ).test  # fmt: skip
    assert doubled.standard_error == pytest.approx(plain.standard_error)
    assert doubled.df == pytest.approx(39)
    assert (doubled.n, doubled.n_clusters) == (80, 40)


def test_a_model_does_not_differ_from_itself() -> None:
    scores = model(40, 0.6, 1)
    found = dependency_difference(LEVELS, scores, scores, 0.2)
    assert found.test.status is Status.ALL_ZERO
    assert found.test.estimate == 0
    assert math.isnan(found.test.p_value)
    assert math.isnan(found.test.low)
    swapped = dependency_swap_test(found, rng())
    assert (swapped.p_value, swapped.status) == (1.0, Status.ALL_ZERO)


def test_a_difference_without_variance_is_left_to_swapping() -> None:
    kept, lost = np.ones((8, 5)), np.zeros((8, 5))
    lost[:, 0] = 1
    found = dependency_difference(LEVELS, lost, kept)
    assert found.test.status is Status.ZERO_VARIANCE
    assert found.test.estimate == pytest.approx(0.875)
    assert math.isnan(found.test.p_value)
    assert dependency_swap_test(found, rng()).p_value == pytest.approx(2 / 2**8)


def test_an_undefined_coefficient_leaves_no_difference() -> None:
    found = dependency_difference(LEVELS, model(30, 1, 1), np.zeros((30, 5)), 0.2)
    assert found.test.status is Status.BASELINE_NOT_ABOVE_CHANCE
    assert math.isnan(found.test.estimate)
    assert math.isnan(dependency_swap_test(found, rng()).p_value)


def test_items_that_either_lacks_are_left_out_of_both() -> None:
    first, second = model(30, 0.6, 1), model(30, 1.2, 2)
    first[4, 2] = second[9, 0] = np.nan
    found = dependency_difference(LEVELS, first, second, 0.2)
    kept = [np.delete(each, [4, 9], axis=0) for each in (first, second)]
    assert found.test == dependency_difference(LEVELS, kept[0], kept[1], 0.2).test
    assert found.n_missing == 2
    assert found.first.estimate.n == found.second.estimate.n == 28


def test_few_clusters_are_named() -> None:
    found = dependency_difference(
        LEVELS, model(40, 0.6, 1), model(40, 1.2, 2), 0.2, np.arange(40) // 8
    )
    assert found.test.status is Status.OK
    assert found.test.df == pytest.approx(4)
    assert found.test.warnings


def test_swaps_are_enumerated_as_by_hand() -> None:
    first, second = model(7, 0.5, 1), model(7, 1.3, 5)
    first[:, 0] = second[:, 0] = 1
    found = dependency_difference(LEVELS, first, second)
    extreme = 0
    for swap in itertools.product([False, True], repeat=7):
        mask = np.array(swap)[:, None]
        one, two = np.where(mask, second, first), np.where(mask, first, second)
        again = dependency_difference(LEVELS, one, two)
        value = again.first.ratio.value - again.second.ratio.value
        extreme += abs(value) >= abs(found.test.estimate) - 1e-9
    assert dependency_swap_test(found, rng()).p_value == pytest.approx(extreme / 2**7)


def test_drawn_swaps_are_near_the_linearised_test() -> None:
    found = dependency_difference(LEVELS, model(80, 0.9, 1), model(80, 1.05, 2), 0.2)
    swapped = dependency_swap_test(found, rng())
    assert 0.001 < found.test.p_value < 0.3
    assert swapped.p_value == pytest.approx(found.test.p_value, abs=0.03)
    assert dependency_swap_test(found, rng()) == swapped


def test_drawn_swaps_never_give_zero() -> None:
    found = dependency_difference(LEVELS, model(60, 0.3, 1), model(60, 2, 2), 0.2)
    assert dependency_swap_test(found, rng(), n_resamples=99).p_value == pytest.approx(0.01)


def test_whole_clusters_are_swapped() -> None:
    first, second, clusters = model(24, 0.5, 1), model(24, 1.3, 2), np.arange(24) // 8
    found = dependency_difference(LEVELS, first, second, 0.2, clusters)
    assert dependency_swap_test(found, rng(), clusters).p_value >= 2 / 2**3


def test_impossible_input_is_refused() -> None:
    scores = model(6, 1, 1)
    with pytest.raises(ValueError, match="not paired"):
        dependency_difference(LEVELS, scores, scores[:5])
    found = dependency_difference(LEVELS, scores, model(6, 1, 2))
    with pytest.raises(ValueError, match="fewer than one"):
        dependency_swap_test(found, rng(), n_resamples=0)
    with pytest.raises(ValueError, match="labels"):
        dependency_swap_test(found, rng(), [1, 2])
