import math
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scramblebench.statistics.sequential.eprocess import log_e
from scramblebench.statistics.sequential.paired_sequence import PairedSequence, log_wealth

differences = st.lists(st.integers(-1, 1), min_size=1, max_size=80)
counts = st.tuples(st.integers(0, 200), st.integers(0, 200), st.integers(0, 200))


@given(gained=st.integers(0, 400), tied=st.integers(0, 400), lost=st.integers(0, 400))
def test_at_zero_it_is_the_e_process_of_the_discordant(gained: int, tied: int, lost: int) -> None:
    expected = float(log_e(gained, lost))
    assert log_wealth(0.0, gained, tied, lost) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("difference", [-0.6, -0.1, 0.0, 0.3])
def test_where_a_difference_is_true_the_expected_wealth_stays_one(difference: float) -> None:
    tied = 0.35
    gained = (1 - tied + difference) / 2
    shares = {1: gained, 0: tied, -1: 1 - tied - gained}
    expected = 0.0
    for sequence in product((-1, 0, 1), repeat=6):
        chance = math.prod(shares[each] for each in sequence)
        wealth = log_wealth(difference, sequence.count(1), sequence.count(0), sequence.count(-1))
        expected += chance * math.exp(wealth)
    assert expected == pytest.approx(1.0, rel=1e-10)


@given(count=counts, places=st.lists(st.floats(-0.99, 0.99), min_size=3, max_size=3, unique=True))
def test_the_wealth_is_log_convex(count: tuple[int, int, int], places: list[float]) -> None:
    low, middle, high = sorted(places)
    assume(high - low > 1e-6)
    share = (middle - low) / (high - low)
    chord = (1 - share) * log_wealth(low, *count) + share * log_wealth(high, *count)
    assert log_wealth(middle, *count) <= chord + 1e-6 * (1 + abs(chord))


@given(batch=differences)
def test_the_limits_hold_the_estimate_and_solve_for_the_threshold(batch: list[int]) -> None:
    state = PairedSequence().update(batch)
    interval = state.interval
    assert -1 <= interval.low <= interval.estimate <= interval.high <= 1
    for limit in (interval.low, interval.high):
        if -1 < limit < 1:
            wealth = log_wealth(limit, state.gained, state.tied, state.lost)
            assert wealth == pytest.approx(math.log(20), abs=1e-4)


@given(first=differences, second=differences)
def test_the_intersection_never_widens_and_swapping_mirrors_it(
    first: list[int], second: list[int]
) -> None:
    early = PairedSequence().update(first)
    late = early.update(second)
    mirrored = PairedSequence().update([-x for x in first]).update([-x for x in second])
    assert early.low <= late.low
    assert late.high <= early.high
    assert mirrored.low == pytest.approx(-late.high, abs=1e-6)
    assert mirrored.max_log_e == pytest.approx(late.max_log_e, abs=1e-9)


@given(batch=differences)
def test_within_a_look_the_order_does_not_matter(batch: list[int]) -> None:
    assert PairedSequence().update(batch) == PairedSequence().update(sorted(batch))


@pytest.mark.parametrize(
    ("batch", "low", "high"),
    [([1] * 100, 0.9, 1.0), ([-1] * 100, -1.0, -0.9), ([0] * 100, -0.05, 0.05)],
)
def test_identical_answers_have_an_interval(batch: list[int], low: float, high: float) -> None:
    interval = PairedSequence().update(batch).interval
    assert low <= interval.low < interval.high <= high


def test_before_the_first_item_everything_is_possible() -> None:
    state = PairedSequence()
    assert state.update([]) is state
    assert math.isnan(state.difference)
    assert (state.interval.low, state.interval.high, state.p_value) == (-1, 1, 1)


def test_one_item_says_next_to_nothing() -> None:
    for item in (-1, 0, 1):
        interval = PairedSequence().update([item]).interval
        assert interval.high - interval.low > 1.9
        assert PairedSequence().update([item]).p_value == pytest.approx(1)


def test_looking_often_misses_seldom() -> None:
    rng = np.random.default_rng(2)
    missed = 0
    for _ in range(100):
        state = PairedSequence()
        for batch in rng.choice([-1, 0, 1], p=[0.2, 0.7, 0.1], size=(20, 20)):
            state = state.update(batch)
        missed += not state.low <= -0.1 <= state.high
    assert missed <= 5


def test_a_sequence_that_turns_says_that_its_intervals_do_not_overlap() -> None:
    state = PairedSequence().update([1] * 50).update([-1] * 500)
    assert not state.overlaps
    assert "random order" in state.warnings[0]
    alone = PairedSequence().update([1] * 50 + [-1] * 500).interval
    assert state.interval.low == pytest.approx(alone.low, abs=1e-8)
    assert state.interval.high == pytest.approx(alone.high, abs=1e-8)


def test_other_values_are_refused() -> None:
    for batch in ([0.5], [2], [math.nan], [[1, 0]]):
        with pytest.raises(ValueError, match="-1, 0 and 1"):
            PairedSequence().update(batch)
    with pytest.raises(ValueError, match="confidence level"):
        PairedSequence(confidence_level=1.0)
    with pytest.raises(ValueError, match="between -1 and 1"):
        log_wealth(1.0, 1, 2, 3)
