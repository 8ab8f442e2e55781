"""The coefficient's arithmetic is checked against R in tests/golden; here are its meaning and edges."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.statistics.curves.dependency import (
    combined_dependency,
    dependency_coefficient,
    dependency_control,
    dependency_if_missing,
)
from scramblebench.statistics.results import Status

LEVELS = np.array([0, 0.25, 0.5, 0.75, 1])
SEVEN = np.array([0, 0.17, 0.33, 0.5, 0.67, 0.83, 1])


def falling(n: int = 60, seed: int = 1, levels: np.ndarray = LEVELS) -> np.ndarray:
    """Items with a tolerance each, some below 0: right up to it, guessed at 1/4 beyond."""
    rng = np.random.default_rng(seed)
    tolerance = rng.random((n, 1)) * 1.5 - 0.1
    return ((levels <= tolerance) | (rng.random((n, len(levels))) < 0.25)).astype(float)


def test_a_line_to_chance_is_a_half() -> None:
    """Partial credit that falls straight from 1 to 0.25; items differ in where they start."""
    lead = np.array([0.75, 0.5, 0.25, 0.7])[:, None]
    found = dependency_coefficient(SEVEN, 0.25 + lead * (1 - SEVEN), 0.25)
    assert found.ratio.value == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize("rate", [0.5, 2.0, 5.0])
def test_exponential_decay_has_the_closed_form(rate: float) -> None:
    """LDC = 1 - (1 - e^-lambda) / lambda, up to the trapezoid error of 401 levels."""
    levels = np.linspace(0, 1, 401)
    scores = 0.25 + np.array([[0.6], [0.7], [0.5]]) * np.exp(-rate * levels)
    found = dependency_coefficient(levels, scores, 0.25)
    assert found.ratio.value == pytest.approx(1 - (1 - math.exp(-rate)) / rate, abs=1e-5)


def test_area_above_chance_is_the_complement() -> None:
    found = dependency_coefficient(LEVELS, falling(), 0.25)
    lead = found.accuracy[0] - 0.25
    assert found.ratio.value == pytest.approx(1 - (found.area - 0.25) / lead, abs=1e-12)
    assert found.retention[0] == 1
    assert found.drop == pytest.approx(found.accuracy[-1] - found.accuracy[0])


@given(st.permutations(range(30)))
def test_the_order_of_items_does_not_matter(order: list[int]) -> None:
    scores = falling(30)
    first = dependency_coefficient(LEVELS, scores, 0.25).estimate
    second = dependency_coefficient(LEVELS, scores[list(order)], 0.25).estimate
    assert second.estimate == pytest.approx(first.estimate, abs=1e-12)
    assert (second.low, second.high) == pytest.approx((first.low, first.high), abs=1e-10)


@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.1, 0.25]))
def test_limits_hold_the_estimate(seed: int, guess: float) -> None:
    found = dependency_coefficient(LEVELS, falling(25, seed), guess).estimate
    if found.status is Status.OK:
        assert found.low < found.estimate < found.high
    else:
        assert math.isnan(found.estimate)


def test_a_guess_rate_per_item_is_its_mean_and_more() -> None:
    """The estimate takes the mean rate; the error takes each item's."""
    scores, rates = falling(), np.repeat([0.2, 0.3], 30)
    one = dependency_coefficient(LEVELS, scores, 0.25)
    each = dependency_coefficient(LEVELS, scores, rates)
    assert each.chance == pytest.approx(0.25)
    assert each.ratio.value == pytest.approx(one.ratio.value, abs=1e-12)
    assert each.ratio.standard_error != one.ratio.standard_error


def test_singletons_are_clusters_and_copies_are_not_new_items() -> None:
    scores = falling(40)
    plain = dependency_coefficient(LEVELS, scores, 0.25).estimate
    singles = dependency_coefficient(LEVELS, scores, 0.25, np.arange(40)).estimate
    assert (singles.low, singles.high) == (plain.low, plain.high)
    doubled = dependency_coefficient(
        LEVELS, np.repeat(scores, 2, axis=0), 0.25, np.repeat(np.arange(40), 2)
    ).estimate
    assert (doubled.low, doubled.high) == pytest.approx((plain.low, plain.high), abs=1e-12)


def test_a_negative_coefficient_is_not_clipped() -> None:
    scores = np.ones((80, 5))
    scores[:20, 0] = 0
    assert dependency_coefficient(LEVELS, scores, 0.25).estimate.estimate < 0


def test_identical_answers_are_zero_within_a_bound() -> None:
    right = np.array([1.0] * 18 + [0.0] * 2)
    found = dependency_coefficient(LEVELS, np.repeat(right[:, None], 5, axis=1), 0.25).estimate
    assert found.status is Status.ZERO_VARIANCE
    assert found.estimate == 0.0
    assert found.high == pytest.approx((1 - 0.025 ** (1 / 20)) / (0.9 - 0.25), rel=1e-12)
    assert found.low == -found.high


def test_identical_answers_in_clusters_count_clusters() -> None:
    scores, clusters = np.ones((20, 5)), np.arange(20) // 4
    found = dependency_coefficient(LEVELS, scores, 0.25, clusters).estimate
    assert found.high == pytest.approx((1 - 0.025 ** (1 / 5)) / 0.75, rel=1e-12)
    assert found.n_clusters == 5
    assert found.warnings


def test_everything_lost_at_once_has_no_variance_either() -> None:
    scores = np.zeros((12, 5))
    scores[:, 0] = 1
    found = dependency_coefficient(LEVELS, scores).estimate
    assert found.status is Status.ZERO_VARIANCE
    assert found.estimate == pytest.approx(1 - 0.125)
    assert found.low < found.estimate < found.high


@pytest.mark.parametrize("baseline", [0.0, 0.2, 0.25])
def test_a_baseline_at_or_below_chance_is_undefined(baseline: float) -> None:
    scores = np.full((50, 5), 0.6)
    scores[:, 0] = baseline
    found = dependency_coefficient(LEVELS, scores, 0.25).estimate
    assert found.status is Status.BASELINE_NOT_ABOVE_CHANCE
    assert math.isnan(found.estimate)
    assert math.isnan(found.low)


def test_all_wrong_is_undefined() -> None:
    found = dependency_coefficient(LEVELS, np.zeros((9, 5)))
    assert found.estimate.status is Status.BASELINE_NOT_ABOVE_CHANCE
    assert np.isnan(found.retention).all()


@pytest.mark.parametrize(("n", "clusters"), [(1, None), (6, [1] * 6)])
def test_one_unit_is_undefined(n: int, clusters: list[int] | None) -> None:
    found = dependency_coefficient(LEVELS, falling(n), 0.0, clusters).estimate
    assert found.status is Status.N_LT_2
    assert math.isnan(found.estimate)


def test_few_items_are_named() -> None:
    scores = falling(8)
    scores[:, 0] = 1
    found = dependency_coefficient(LEVELS, scores, 0.25).estimate
    assert found.status is Status.OK
    assert found.df == 7
    assert found.warnings


def test_items_with_a_missing_cell_are_left_out() -> None:
    scores = falling(30)
    scores[[2, 7], [1, 4]] = np.nan
    found = dependency_coefficient(LEVELS, scores, 0.25)
    kept = dependency_coefficient(LEVELS, np.delete(scores, [2, 7], axis=0), 0.25)
    assert found.estimate == kept.estimate
    assert (found.estimate.n, found.n_missing) == (28, 2)
    assert np.flatnonzero(~found.used).tolist() == [2, 7]


def test_nothing_complete_is_said() -> None:
    found = dependency_coefficient(LEVELS, np.full((5, 5), np.nan), 0.25)
    assert found.estimate.status is Status.NO_COMPLETE_ITEMS
    assert np.isnan(found.accuracy).all()


def test_missing_answers_bound_the_coefficient() -> None:
    scores = falling(40)
    full = dependency_coefficient(LEVELS, scores, 0.25).estimate.estimate
    holes = np.where(np.random.default_rng(4).random(scores.shape) < 0.1, np.nan, scores)
    holes[:, 0] = scores[:, 0]
    wrong, right = dependency_if_missing(LEVELS, holes, 0.25)
    assert right.estimate < full < wrong.estimate
    assert wrong.n == right.n == 40


@pytest.mark.parametrize(
    ("levels", "status"),
    [([0, 0.5, 1], Status.TOO_FEW_LEVELS), ([0], Status.TOO_FEW_LEVELS),
     ([0.1, 0.3, 0.5, 1], Status.NO_BASELINE)],
)  # fmt: skip
def test_too_few_levels_and_no_baseline_are_refused(levels: list[float], status: Status) -> None:
    found = dependency_coefficient(levels, np.ones((20, len(levels))), 0.25).estimate
    assert found.status is status
    assert math.isnan(found.estimate)


def test_a_shorter_range_has_its_own_name() -> None:
    found = dependency_coefficient(LEVELS[:4], falling()[:, :4], 0.25)
    assert found.estimate.method == "ldc[0,0.75]"
    assert dependency_coefficient(LEVELS, falling(), 0.25).estimate.method == "ldc"
    with pytest.raises(ValueError, match="one definition"):
        combined_dependency([found, dependency_coefficient(LEVELS, falling(), 0.25)])


def test_a_measured_floor_takes_the_place_of_the_guess() -> None:
    """ldc_control = 1 - mean over levels of the relative performance gain."""
    scores, control = falling(), (np.random.default_rng(2).random(60) < 0.3).astype(float)
    found = dependency_control(LEVELS, scores, control)
    gains = (scores.mean(axis=0) - control.mean()) / (scores[:, 0].mean() - control.mean())
    weights = np.array([0.5, 1, 1, 1, 0.5]) / 4
    assert found.estimate.estimate == pytest.approx(1 - weights @ gains, abs=1e-12)
    assert found.estimate.method == "ldc_control"
    control[3] = np.nan
    assert dependency_control(LEVELS, scores, control).estimate.n == 59


def test_benchmarks_weigh_alike() -> None:
    """The estimate is a ratio of macro means, not a mean of ratios."""
    large, small = falling(80, 1), np.minimum(falling(20, 2), [1, 1, 0.5, 0.5, 0.25])
    parts = [dependency_coefficient(LEVELS, each, 0.25) for each in (large, small)]
    found = combined_dependency(parts)
    loss = sum(part.losses.mean() for part in parts)
    lead = sum(part.leads.mean() for part in parts)
    assert found.estimate == pytest.approx(loss / lead, abs=1e-12)
    assert found.df == 98
    assert found.low < found.estimate < found.high
    assert found.method == "ldc_macro"


def test_one_benchmark_alone_is_itself() -> None:
    part = dependency_coefficient(LEVELS, falling(), 0.25)
    found = combined_dependency([part])
    assert (found.estimate, found.low, found.high) == pytest.approx(
        (part.estimate.estimate, part.estimate.low, part.estimate.high), abs=1e-12
    )


def test_a_benchmark_without_items_leaves_no_headline() -> None:
    whole = dependency_coefficient(LEVELS, falling(), 0.25)
    empty = dependency_coefficient(LEVELS, np.full((4, 5), np.nan), 0.25)
    found = combined_dependency([whole, empty])
    assert found.status is Status.NO_COMPLETE_ITEMS
    assert math.isnan(found.estimate)


@pytest.mark.parametrize(
    ("scores", "guess", "clusters"),
    [(np.ones((4, 3)), 0.0, None), (np.full((4, 5), 2.0), 0.0, None), (np.ones((4, 5)), 1.5, None),
     (np.ones((4, 5)), 0.0, [1, 2, 3])],
)  # fmt: skip
def test_impossible_input_is_refused(scores, guess, clusters) -> None:
    with pytest.raises(ValueError):
        dependency_coefficient(LEVELS, scores, guess, clusters)
