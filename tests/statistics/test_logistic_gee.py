"""Marginal logistic regression, and what it says in probabilities."""

import math

import numpy as np
import pytest
from scipy.special import expit

from scramblebench.statistics.models.logistic_gee import (
    ClusterCovariance,
    MarginalFit,
    WorkingCorrelation,
    logistic_clustered,
    logistic_gee,
)
from scramblebench.statistics.models.marginal_probability import (
    coefficient,
    joint_test,
    marginal_probability,
    probability_contrast,
    probability_difference,
)
from scramblebench.statistics.results import Status

LEVELS = np.array([0.0, 0.5, 1.0])


def _data(n_items: int = 60, seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    level, item = np.tile(LEVELS, n_items), np.repeat(np.arange(n_items), 3)
    ability = rng.normal(size=n_items)[item]
    y = (rng.uniform(size=len(level)) < expit(0.8 - 2 * level + ability)).astype(float)
    return y, np.column_stack([np.ones(len(level)), level]), item


def _pieces(y: np.ndarray, x: np.ndarray, fit: MarginalFit) -> tuple[np.ndarray, np.ndarray]:
    p = expit(x @ fit.coefficients)
    return y - p, p * (1 - p)


def test_independence_is_the_plain_fit_with_cr0():
    y, x, item = _data()
    gee = logistic_gee(y, x, item)
    glm = logistic_clustered(y, x, item, covariance=ClusterCovariance.SANDWICH)
    assert gee.covariance_kind is ClusterCovariance.SANDWICH
    assert gee.coefficients == pytest.approx(glm.coefficients, rel=1e-8)
    assert gee.standard_errors == pytest.approx(glm.standard_errors, rel=1e-8)
    assert math.isinf(gee.df)


def test_cr0_by_its_formula_and_its_correction():
    y, x, item = _data()
    fit = logistic_clustered(y, x, item, covariance=ClusterCovariance.SANDWICH)
    residual, weight = _pieces(y, x, fit)
    inverse = np.linalg.inv(x.T @ (x * weight[:, None]))
    u = np.array([(x * residual[:, None])[item == one].sum(axis=0) for one in np.unique(item)])
    assert fit.covariance == pytest.approx(inverse @ u.T @ u @ inverse, rel=1e-9)
    corrected = logistic_clustered(y, x, item)
    assert corrected.covariance == pytest.approx(fit.covariance * 60 / 59, rel=1e-12)
    assert corrected.df == 59


def test_below_fifty_clusters_the_bias_is_reduced_as_mancl_and_derouen():
    y, x, item = _data(30)
    fit = logistic_gee(y, x, item)
    assert fit.covariance_kind is ClusterCovariance.BIAS_REDUCED
    assert fit.df == 28
    residual, weight = _pieces(y, x, fit)
    inverse = np.linalg.inv(x.T @ (x * weight[:, None]))
    middle = np.zeros((2, 2))
    for one in np.unique(item):
        rows = item == one
        d = x[rows] * weight[rows][:, None]
        leverage = d @ inverse @ x[rows].T
        u = x[rows].T @ np.linalg.solve(np.eye(3) - leverage, residual[rows])
        middle += np.outer(u, u)
    assert fit.covariance == pytest.approx(inverse @ middle @ inverse, rel=1e-6)
    plain = logistic_gee(y, x, item, covariance=ClusterCovariance.SANDWICH)
    assert (fit.standard_errors > plain.standard_errors).all()


def test_exchangeable_solves_its_equations():
    y, x, item = _data()
    fit = logistic_gee(y, x, item, correlation=WorkingCorrelation.EXCHANGEABLE)
    residual, weight = _pieces(y, x, fit)
    pearson = (residual / np.sqrt(weight)).reshape(-1, 3)
    products = [pearson[:, a] * pearson[:, b] for a, b in ((0, 1), (0, 2), (1, 2))]
    assert fit.dependence == pytest.approx(np.mean(products) / np.mean(pearson**2), rel=1e-6)
    working = np.full((3, 3), fit.dependence) + (1 - fit.dependence) * np.eye(3)
    score = np.zeros(2)
    for one in np.unique(item):
        rows = item == one
        root = np.sqrt(weight[rows])
        inverse = np.linalg.inv(working * np.outer(root, root))
        score += (x[rows] * weight[rows][:, None]).T @ inverse @ residual[rows]
    assert score == pytest.approx(np.zeros(2), abs=1e-6)


def test_missing_rows_are_left_out_and_counted():
    y, x, item = _data()
    y[[0, 7]] = math.nan
    keep = ~np.isnan(y)
    fit, other = logistic_gee(y, x, item), logistic_gee(y[keep], x[keep], item[keep])
    assert fit.coefficients == pytest.approx(other.coefficients, rel=1e-12)
    assert (fit.n_missing, fit.n_rows, fit.n_clusters) == (2, 178, 60)


def test_clusters_of_items_widen_what_items_alone_do_not():
    y, x, item = _data(40)
    doubled = [np.concatenate([part, part]) for part in (y, x)]
    items = np.concatenate([item, item + 40])
    clusters = np.concatenate([item, item])
    kind = ClusterCovariance.SANDWICH
    alone = logistic_gee(*doubled, items, covariance=kind)
    together = logistic_gee(*doubled, items, clusters, covariance=kind)
    assert together.covariance == pytest.approx(2 * alone.covariance, rel=1e-6)


def test_too_few_items_are_refused_and_few_clusters_noted():
    y, x, item = _data(9, seed=3)
    assert logistic_gee(y, x, item).status is Status.FEW_CLUSTERS
    y, x, item = _data(16, seed=3)
    fit = logistic_gee(y, x, item, item // 2)
    assert (fit.status, fit.n_clusters) == (Status.OK, 8)
    assert "8 clusters" in fit.warnings[0]
    assert logistic_gee(y, x, item, item // 8).status is Status.FEW_CLUSTERS


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_all_right_or_all_wrong_is_separation(value: float):
    y, x, item = _data()
    y[:] = value
    for fit in (logistic_gee(y, x, item), logistic_clustered(y, x, item)):
        assert fit.status is Status.SEPARATION
        assert np.isnan(fit.coefficients).all()
        test = coefficient(fit, 1)
        assert math.isnan(test.p_value)
        assert test.status is Status.SEPARATION
        assert math.isnan(probability_difference(fit, x[:1], x[1:2]).low)
        assert math.isnan(joint_test(fit, [1]).p_value)


def test_nothing_at_all():
    fit = logistic_clustered(np.array([math.nan]), np.ones((1, 1)), np.array(["a"]))
    assert (fit.status, fit.n_missing) == (Status.NO_DATA, 1)


def test_refusals():
    y, x, item = _data()
    with pytest.raises(ValueError, match="logistic_gee"):
        logistic_clustered(y, x, item, covariance=ClusterCovariance.BIAS_REDUCED)
    with pytest.raises(ValueError, match="number of rows"):
        logistic_gee(y, x, item[:-1])
    with pytest.raises(ValueError, match="independent"):
        logistic_gee(y, x[:, [0, 0]], item)


def test_probabilities_of_a_saturated_fit_are_shares():
    """With one column for each level, mean and difference are those of the cells, and so their errors."""
    y, _, item = _data()
    x = np.tile(np.eye(3), (60, 1))
    fit = logistic_gee(y, x, item)
    cells = y.reshape(60, 3)
    drop = probability_difference(fit, np.eye(3)[:1], np.eye(3)[2:])
    paired = cells[:, 2] - cells[:, 0]
    assert drop.estimate == pytest.approx(paired.mean(), abs=1e-9)
    assert drop.standard_error == pytest.approx(paired.std() / math.sqrt(60), rel=1e-6)
    one = marginal_probability(fit, np.eye(3)[:1])
    assert one.estimate == pytest.approx(cells[:, 0].mean(), abs=1e-9)
    assert one.standard_error == pytest.approx(cells[:, 0].std() / math.sqrt(60), rel=1e-6)
    assert 0 < one.low < one.estimate < one.high < 1


def test_a_contrast_of_drops_is_the_sum_of_its_parts():
    y, x, item = _data()
    fit = logistic_gee(y, x, item)
    sets = [np.array([[1.0, level]]) for level in (0, 0.5, 1)]
    first = probability_difference(fit, sets[0], sets[1])
    second = probability_difference(fit, sets[1], sets[2])
    both = probability_contrast(fit, sets, [1, -2, 1])
    assert both.estimate == pytest.approx(second.estimate - first.estimate, abs=1e-12)


def test_a_joint_test_of_one_column_is_the_square():
    y, x, item = _data()
    fit = logistic_gee(y, x, item)
    assert joint_test(fit, [1]).statistic == pytest.approx(coefficient(fit, 1).statistic ** 2)


def test_items_that_never_change_leave_the_drop_without_error():
    _, x, item = _data()
    fit = logistic_gee((item % 3 == 0).astype(float), x, item)
    for test in (coefficient(fit, 1), probability_difference(fit, x[:1], x[2:3])):
        assert test.status is Status.ZERO_VARIANCE
        assert test.estimate == pytest.approx(0, abs=1e-9)
        assert math.isnan(test.p_value)
        assert math.isnan(test.low)
    assert coefficient(fit, 0).status is Status.OK
