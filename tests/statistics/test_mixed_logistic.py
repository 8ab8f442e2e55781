"""Random-intercept logistic regression by adaptive quadrature."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import chi2, norm

from scramblebench.statistics.models.mixed_logistic import (
    MixedFit,
    fixed_effect,
    item_variance_test,
    likelihood_ratio_test,
    mixed_logistic,
)
from scramblebench.statistics.results import Status

LEVELS = np.array([0.0, 0.5, 1.0])


def _data(spread: float, n_items: int = 40, seed: int = 2):
    rng = np.random.default_rng(seed)
    level, item = np.tile(LEVELS, n_items), np.repeat(np.arange(n_items), 3)
    ability = spread * rng.normal(size=n_items)[item]
    y = (rng.uniform(size=len(level)) < expit(0.5 - 1.5 * level + ability)).astype(float)
    return y, np.column_stack([np.ones(len(level)), level]), item


def _exact(y: np.ndarray, x: np.ndarray, item: np.ndarray, at: np.ndarray, sigma: float) -> float:
    total = 0.0
    for one in np.unique(item):
        rows = item == one

        def density(u: float, rows: np.ndarray = rows) -> float:
            p = expit(x[rows] @ at + sigma * u)
            return float(np.prod(np.where(y[rows] == 1, p, 1 - p)) * norm.pdf(u))

        total += math.log(quad(density, -9, 9, epsabs=1e-13)[0])
    return total


def test_the_likelihood_is_the_integral():
    y, x, item = _data(1.5, 12)
    fit = mixed_logistic(y, x, item)
    exact = _exact(y, x, item, fit.coefficients, fit.item_standard_deviation)
    assert fit.log_likelihood == pytest.approx(exact, rel=1e-8)
    assert fit.is_converged
    for shift in ([0.02, 0, 0], [0, 0.02, 0], [0, 0, 0.02]):
        for sign in (1, -1):
            move = sign * np.array(shift)
            sigma = fit.item_standard_deviation + move[2]
            assert _exact(y, x, item, fit.coefficients + move[:2], sigma) < exact


def test_one_node_is_another_number():
    y, x, item = _data(1.5)
    full, laplace = mixed_logistic(y, x, item), mixed_logistic(y, x, item, nodes=1)
    more = mixed_logistic(y, x, item, nodes=41)
    assert full.log_likelihood == pytest.approx(more.log_likelihood, abs=1e-7)
    assert laplace.item_standard_deviation < full.item_standard_deviation


def test_no_spread_is_the_plain_fit():
    y, x, item = _data(0.0, seed=5)
    y = np.random.default_rng(0).permutation(y)
    fit = mixed_logistic(y, x, item)
    assert fit.is_at_zero
    assert fit.item_standard_deviation == 0
    p = expit(x @ fit.coefficients)
    assert x.T @ (y - p) == pytest.approx(np.zeros(2), abs=1e-8)
    information = x.T @ (x * (p * (1 - p))[:, None])
    assert fit.covariance == pytest.approx(np.linalg.inv(information), rel=1e-4)
    assert item_variance_test(fit, y, x).p_value == 1


def test_likelihood_ratio_tests():
    y, x, item = _data(1.5)
    full, reduced = mixed_logistic(y, x, item), mixed_logistic(y, x[:, :1], item)
    test = likelihood_ratio_test(full, reduced)
    assert test.statistic == pytest.approx(2 * (full.log_likelihood - reduced.log_likelihood))
    assert test.p_value == pytest.approx(chi2.sf(test.statistic, 1), rel=1e-12)
    variance = item_variance_test(full, y, x)
    assert variance.p_value == pytest.approx(chi2.sf(variance.statistic, 1) / 2, rel=1e-12)
    with pytest.raises(ValueError, match="as many columns"):
        likelihood_ratio_test(reduced, full)
    with pytest.raises(ValueError, match="same rows"):
        likelihood_ratio_test(full, mixed_logistic(y[3:], x[3:, :1], item[3:]))


def test_items_that_share_passages_are_warned_of():
    y, x, item = _data(1.5)
    alone, shared = (mixed_logistic(y, x, item, clusters=item // by) for by in (1, 4))
    assert not alone.warnings
    test = likelihood_ratio_test(shared, mixed_logistic(y, x[:, :1], item))
    assert "items share passages" in test.warnings[0]


def test_units_of_a_column_and_names_of_items_do_not_matter():
    y, x, item = _data(1.0)
    fit = mixed_logistic(y, x, item)
    other = mixed_logistic(y, x * [1, 100], np.array([f"q{one}" for one in item]))
    assert other.coefficients[1] * 100 == pytest.approx(fit.coefficients[1], rel=1e-5)
    assert other.standard_errors[1] * 100 == pytest.approx(fit.standard_errors[1], rel=1e-4)
    effect = fixed_effect(fit, 1)
    assert effect.low < effect.estimate < effect.high


def _is_refused(fit: MixedFit, status: Status) -> bool:
    numbers = [*fit.coefficients, fit.item_standard_deviation, fit.log_likelihood]
    return fit.status is status and all(map(math.isnan, numbers)) and not fit.is_converged


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_no_variation_is_refused(value: float):
    y, x, item = _data(1.0)
    fit = mixed_logistic(np.full_like(y, value), x, item)
    assert _is_refused(fit, Status.ZERO_VARIANCE)
    test = likelihood_ratio_test(fit, mixed_logistic(y, x[:, :1], item))
    assert math.isnan(test.p_value)
    assert test.status is Status.ZERO_VARIANCE
    assert math.isnan(fixed_effect(fit, 1).p_value)


def test_separation_is_refused():
    y, x, item = _data(1.0)
    y = (x[:, 1] < 0.7).astype(float)
    assert _is_refused(mixed_logistic(y, x, item), Status.SEPARATION)


def test_items_that_never_vary_have_no_finite_spread():
    _, x, item = _data(1.0)
    y = (item % 2).astype(float)
    assert _is_refused(mixed_logistic(y, x, item), Status.NO_INFORMATIVE_ITEMS)


def test_a_spread_that_runs_away_is_not_reported():
    _, x, item = _data(1.0)
    y = (item % 2).astype(float)
    y[0] = 1 - y[0]
    assert _is_refused(mixed_logistic(y, x, item), Status.NOT_CONVERGED)


def test_one_item_and_none():
    y, x, item = _data(1.0)
    assert _is_refused(mixed_logistic(y[:3], x[:3], item[:3]), Status.N_LT_2)
    assert _is_refused(mixed_logistic(y * math.nan, x, item), Status.NO_DATA)


def test_a_missing_row_is_counted():
    y, x, item = _data(1.0)
    y[0] = math.nan
    fit, other = mixed_logistic(y, x, item), mixed_logistic(y[1:], x[1:], item[1:])
    assert fit.n_missing == 1
    assert fit.coefficients == pytest.approx(other.coefficients, rel=1e-9)
