"""Conditional logistic regression with items as strata."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scramblebench.statistics.models.conditional_logistic import (
    ConditionalFit,
    conditional_logistic,
    level_indicators,
    long_table,
)
from scramblebench.statistics.results import Status

LEVELS = np.array([0.0, 0.25, 0.5, 1.0])


def _fit(scores: np.ndarray, levels: np.ndarray = LEVELS) -> ConditionalFit:
    response, level, item = long_table(levels, scores)
    return conditional_logistic(response, level[:, None], item)


def _random(seed: int, n_items: int = 30) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.uniform(size=(n_items, 4)) < 0.8 - 0.5 * LEVELS).astype(float)


@pytest.mark.parametrize(("lost", "gained"), [(9, 3), (3, 9), (5, 5)])
def test_two_levels_give_the_log_of_gained_over_lost(lost: int, gained: int):
    scores = np.array([[1, 0]] * lost + [[0, 1]] * gained + [[1, 1]] * 4 + [[0, 0]] * 2, float)
    fit = _fit(scores, np.array([0.0, 1.0]))
    assert fit.coefficients[0].estimate == pytest.approx(math.log(gained / lost), abs=1e-10)
    assert fit.coefficients[0].standard_error == pytest.approx(math.sqrt(1 / lost + 1 / gained))
    assert fit.score.statistic == pytest.approx((gained - lost) ** 2 / (gained + lost), abs=1e-12)
    assert (fit.n_informative, fit.n_items) == (lost + gained, lost + gained + 6)


@pytest.mark.parametrize("seed", range(3))
def test_the_likelihood_is_that_of_all_choices(seed: int):
    scores = _random(seed)
    fit = _fit(scores)
    beta = fit.coefficients[0].estimate

    def log_likelihood(at: float) -> float:
        total = 0.0
        for row in scores:
            ones = int(row.sum())
            choices = itertools.combinations(LEVELS, ones)
            total += at * float(row @ LEVELS)
            total -= math.log(sum(math.exp(at * sum(choice)) for choice in choices))
        return total

    assert fit.log_likelihood == pytest.approx(log_likelihood(beta), rel=1e-12)
    assert log_likelihood(beta) >= max(log_likelihood(beta - 1e-3), log_likelihood(beta + 1e-3))
    assert fit.likelihood_ratio.statistic == pytest.approx(
        2 * (log_likelihood(beta) - log_likelihood(0)), rel=1e-9
    )


def test_items_without_variation_change_nothing():
    scores = _random(1)
    more = np.vstack([scores, np.ones((5, 4)), np.zeros((7, 4))])
    assert _fit(more).coefficients[0].estimate == pytest.approx(
        _fit(scores).coefficients[0].estimate, rel=1e-12
    )
    assert _fit(more).n_informative == _fit(scores).n_informative


def test_a_missing_row_is_left_out_and_not_the_item():
    scores = _random(2)
    scores[0] = [1, 0, math.nan, 0]
    alone = np.vstack([scores[1:], scores[:1]])
    response, level, item = long_table(LEVELS, scores)
    keep = ~np.isnan(response)
    dropped = conditional_logistic(response[keep], level[keep][:, None], item[keep])
    assert _fit(scores).coefficients == dropped.coefficients
    assert _fit(alone).coefficients[0].estimate == pytest.approx(dropped.coefficients[0].estimate)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_all_right_or_all_wrong_tells_nothing(value: float):
    fit = _fit(np.full((6, 4), value))
    assert fit.status is Status.NO_INFORMATIVE_ITEMS
    assert math.isnan(fit.coefficients[0].estimate)
    assert (fit.likelihood_ratio.p_value, fit.n_informative, fit.n_items) == (1.0, 0, 6)


def test_no_rows():
    fit = _fit(np.full((3, 4), math.nan))
    assert fit.status is Status.NO_DATA
    assert math.isnan(fit.score.p_value)


def test_separation_has_no_coefficient_but_a_score_test():
    fit = _fit(np.tile([1.0, 1, 0, 0], (10, 1)))
    assert fit.status is Status.SEPARATION
    assert math.isnan(fit.coefficients[0].estimate)
    assert math.isnan(fit.coefficients[0].high)
    assert fit.score.p_value < 1e-4
    # the limit of the likelihood is 1: -2 log of the chance of one choice in six
    assert fit.likelihood_ratio.statistic == pytest.approx(20 * math.log(6), rel=1e-9)


def test_a_level_without_right_answers_separates_the_factor_only():
    scores = _random(3)
    scores[:, 3] = 0
    response, level, item = long_table(LEVELS, scores)
    assert conditional_logistic(response, level_indicators(level), item).status == "separation"
    assert _fit(scores).status is Status.OK


def test_large_columns_do_not_overflow():
    scores = _random(4)
    plain, wide = _fit(scores), _fit(scores, LEVELS * 1e5)
    assert wide.coefficients[0].estimate * 1e5 == pytest.approx(plain.coefficients[0].estimate)


def test_a_column_that_is_constant_within_items_is_refused():
    response, _, item = long_table(LEVELS, _random(5))
    with pytest.raises(ValueError, match="do not vary"):
        conditional_logistic(response, item[:, None].astype(float), item)


def test_partial_credit_is_refused():
    with pytest.raises(ValueError, match="neither 0 nor 1"):
        _fit(np.full((3, 4), 0.5))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_order_of_rows_and_direction_of_levels(seed: int):
    scores = _random(seed, 15)
    fit, turned = _fit(scores), _fit(scores, -LEVELS)
    response, level, item = long_table(LEVELS, scores)
    order = np.random.default_rng(seed).permutation(len(response))
    mixed = conditional_logistic(response[order], level[order][:, None], item[order])
    if fit.status is Status.OK:
        estimate = fit.coefficients[0].estimate
        assert turned.coefficients[0].estimate == pytest.approx(-estimate, abs=1e-8)
        assert mixed.coefficients[0].estimate == pytest.approx(estimate, abs=1e-8)
        assert fit.coefficients[0].low < estimate < fit.coefficients[0].high
