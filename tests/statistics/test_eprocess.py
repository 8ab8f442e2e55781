"""Golden numbers carry the R call that made them."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from scramblebench.statistics.sequential.eprocess import (
    EProcess,
    anytime_p_values,
    e_benjamini_hochberg,
    first_rejection,
    log_e,
    log_e_gain,
)

LOST_MOST = [0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]
items = st.lists(st.integers(0, 1), max_size=60)


def test_it_equals_r() -> None:
    state = EProcess().update(LOST_MOST)
    # lbeta(4.5, 20.5) - lbeta(.5, .5) + 24 log(2); the largest is the last
    assert state.max_log_e == pytest.approx(3.9913105948502086, rel=1e-12)
    assert state.p_value == pytest.approx(0.018475484370923747, rel=1e-12)
    # log_e(4, 20) + log(2) + pbeta(.5, 4.5, 20.5, lower.tail = FALSE, log.p = TRUE)
    assert log_e_gain(4, 20) == pytest.approx(-3.3047521092209262, rel=1e-12)
    # uniroot of the log e-value on both sides of 4 / 24
    share = state.share_gained(0.95)
    assert (share.low, share.high) == pytest.approx((0.0224501356744727, 0.4673304074424948))


def test_the_wealth_is_the_mean_over_bets() -> None:
    def staked(share: float) -> float:
        prior = 1 / (math.pi * math.sqrt(share * (1 - share)))
        return 2**7 * share**5 * (1 - share) ** 2 * prior

    assert math.exp(log_e(5, 2)) == pytest.approx(quad(staked, 0, 1)[0], rel=1e-8)
    assert math.exp(log_e_gain(5, 2)) == pytest.approx(2 * quad(staked, 0.5, 1)[0], rel=1e-8)


@pytest.mark.parametrize("process", [log_e, log_e_gain])
def test_under_the_null_the_expected_wealth_stays_one(process) -> None:
    sequences = np.array(list(product((0, 1), repeat=10)))
    gained = sequences.sum(axis=1)
    assert np.exp(process(gained, 10 - gained)).mean() == pytest.approx(1.0, rel=1e-12)


def test_under_the_null_it_seldom_ever_rejects() -> None:
    rng = np.random.default_rng(1)
    gains = np.cumsum(rng.integers(0, 2, size=(2000, 400)), axis=1)
    n = np.arange(1, 401)
    assert (log_e(gains, n - gains).max(axis=1) >= math.log(20)).mean() <= 0.05


@given(first=items, second=items)
def test_batches_do_not_matter(first: list[int], second: list[int]) -> None:
    assert EProcess().update(first).update(second) == EProcess().update(first + second)


@given(batch=items)
def test_swapping_gains_and_losses_mirrors_everything(batch: list[int]) -> None:
    state, mirrored = EProcess().update(batch), EProcess().update([1 - x for x in batch])
    assert state.max_log_e == pytest.approx(mirrored.max_log_e, abs=1e-12)
    one, other = state.share_gained(), mirrored.share_gained()
    assert one.low == pytest.approx(1 - other.high, abs=1e-9)
    assert one.high == pytest.approx(1 - other.low, abs=1e-9)


@given(batch=st.lists(st.integers(0, 1), min_size=1, max_size=60))
def test_the_interval_holds_the_share_and_agrees_with_the_test(batch: list[int]) -> None:
    state = EProcess().update(batch)
    share = state.share_gained()
    assert 0 <= share.low <= share.estimate <= share.high <= 1
    excludes_half = not share.low < 0.5 < share.high
    assert excludes_half == bool(log_e(state.gained, state.lost) >= math.log(20))


def test_the_p_value_is_of_the_largest_wealth_not_the_last() -> None:
    path = np.log([2.0, 40.0, 1.0, 0.5])
    assert anytime_p_values(path).tolist() == pytest.approx([0.5, 0.025, 0.025, 0.025])
    assert first_rejection(path, 0.05) == 2
    assert first_rejection(path, 0.01) is None
    assert anytime_p_values([]).size == 0


def test_no_item_says_nothing() -> None:
    state = EProcess().update([])
    share = state.share_gained()
    assert (state.p_value, state.p_value_gain, state.n) == (1.0, 1.0, 0)
    assert math.isnan(share.estimate)
    assert (share.low, share.high) == (0.0, 1.0)


def test_all_gained_or_all_lost_has_one_open_end() -> None:
    gained, lost = EProcess().update([1] * 10), EProcess().update([0] * 10)
    assert gained.share_gained().high == 1
    assert 0.5 < gained.share_gained().low < 1
    assert lost.share_gained().low == 0
    assert gained.p_value_gain < gained.p_value < 0.05
    assert lost.p_value_gain == 1
    # one gained item: pi with (1/2) / pi = 20
    assert EProcess().update([1]).share_gained().low == pytest.approx(0.025)


def test_thousands_of_items_do_not_overflow() -> None:
    state = EProcess().update([0] * 5000)
    assert state.p_value == 0
    assert log_e_gain(0, 5000) == -math.inf
    assert 0 < state.share_gained().high < 0.005


def test_e_bh_by_hand() -> None:
    # m = 4, alpha = .05: thresholds 80, 40, 26.7, 20 for the largest, second, ...
    log_values = np.log([30.0, 1.0, 41.0, 27.0]).tolist()
    assert e_benjamini_hochberg(log_values, 0.05).tolist() == [True, False, True, True]
    assert e_benjamini_hochberg(np.log([30.0, 1.0, 41.0, 26.0]).tolist(), 0.05).sum() == 0
    assert e_benjamini_hochberg([], 0.05).size == 0
    assert e_benjamini_hochberg([math.inf, -math.inf], 0.05).tolist() == [True, False]


def test_other_values_are_refused() -> None:
    for batch in ([0.5], [2], [math.nan], [[0, 1]]):
        with pytest.raises(ValueError, match="discordant items"):
            EProcess().update(batch)
    with pytest.raises(ValueError, match="prior"):
        EProcess(prior=0)
    with pytest.raises(ValueError, match="undefined"):
        e_benjamini_hochberg([math.nan], 0.05)
    with pytest.raises(ValueError, match="confidence level"):
        first_rejection([0.0], 1.5)
