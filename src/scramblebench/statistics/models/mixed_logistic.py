"""Random-intercept logistic regression by adaptive Gauss-Hermite quadrature.

Coefficients are for one item: larger in absolute value than the marginal ones of ``logistic_gee``,
which is no error. Without a random slope the test of a level's effect is too eager where items differ
in their slopes (Barr et al. 2013, doi:10.1016/j.jml.2012.11.001): prefer the GEE or item slopes.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import chdtrc, expit, ndtr, ndtri

from scramblebench.statistics.models.firth import checked_design
from scramblebench.statistics.models.random_intercept import RandomIntercept
from scramblebench.statistics.models.separation import is_separated
from scramblebench.statistics.results import (
    DEFAULT_CONFIDENCE,
    HypothesisTest,
    Status,
    check_confidence,
)

DEFAULT_NODES = 25

_SHARED = "items share passages, which this model does not know: its tests reject too often"
_FEW_ITEMS = 10
_AT_ZERO = 1e-4  # log odds; a standard deviation below is 0
_LARGEST = 15.0  # log odds; one above runs away, and quadrature with it
_MAX_STEPS = 100
_DIFFERENCE = 1e-4
_GRADIENT = 1e-3  # of the log-likelihood, in standard errors

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedFit:
    """Coefficients (log odds for one item) and the standard deviation between items (log odds).

    ``is_at_zero`` says that the standard deviation was estimated as 0: then this is the plain logistic
    fit. ``nodes`` 1 is the Laplace approximation.
    """

    coefficients: Vector
    covariance: Vector
    item_standard_deviation: float
    log_likelihood: float
    nodes: int
    n_rows: int
    n_missing: int
    n_items: int
    is_converged: bool
    is_at_zero: bool = False
    status: Status = Status.OK
    warnings: tuple[str, ...] = ()

    @property
    def standard_errors(self) -> Vector:
        """Return the square roots of the covariance's diagonal."""
        return np.sqrt(np.diag(self.covariance))


def mixed_logistic(
    response: Vector,
    design: Vector,
    items: npt.NDArray[np.generic],
    nodes: int = DEFAULT_NODES,
    clusters: npt.NDArray[np.generic] | None = None,
) -> MixedFit:
    """Fit a logistic model with a normal random intercept for each item, by maximum likelihood.

    ``response`` (n_rows,) is 0, 1 or NaN (missing: the row is left out and counted); ``design``
    (n_rows, n_columns) has its intercept as a column; ``items`` (n_rows,) names the item of each row.
    Standard errors come from the second differences of the log-likelihood in all parameters, the
    standard deviation among them (held at 0 where it is estimated as 0). Items must stand alone: where
    they share passages, a test on it rejects a quarter of true nulls; take ``logistic_gee`` there. The
    fit warns of it where ``clusters`` (n_rows,) names the passage of each row.

    Status, each with NaN: no_data; n_lt_2 (one item); zero_variance (only 0 or only 1); separation;
    no_informative_items (each item only 0 or only 1: they differ without limit); not_converged, where
    the standard deviation runs away (above 15 log odds) or the top is not one (then without errors).
    Raises ValueError on other responses, NaN in the design, columns that are not independent, and fewer
    than 1 node.

    Pinheiro & Chao 2006, doi:10.1198/106186006X96962. R: ``lme4::glmer(y ~ x + (1 | item), binomial,
    nAGQ = nodes)``.
    """
    if nodes < 1:
        raise ValueError(f"{nodes} nodes are fewer than 1")
    response = np.asarray(response, dtype=float)
    present = ~np.isnan(response)
    answers, columns = checked_design(response[present], design[present])
    names, item = np.unique(items[present], return_inverse=True)
    at, weights = np.polynomial.hermite_e.hermegauss(nodes)
    model = RandomIntercept(answers, columns, item, len(names), at, np.log(weights))
    n_missing = int((~present).sum())
    refusal = _refusal(model)
    if refusal is not None:
        return _refused(model, n_missing, refusal)
    fit = _fit(model, n_missing)
    if clusters is None or len(np.unique(clusters[present])) == fit.n_items:
        return fit
    return replace(fit, warnings=(*fit.warnings, _SHARED))


def likelihood_ratio_test(full: MixedFit, reduced: MixedFit) -> HypothesisTest:
    """Test the columns of the full model that the reduced one lacks.

    Both must come from the same rows and nodes, the columns of the reduced among those of the full
    (which is not checked). Chi-squared on the number of columns taken out. A fit without a likelihood
    gives NaN and its status. R: ``anova(reduced, full)``. Raises ValueError where rows, items or nodes
    differ, or nothing was taken out.
    """
    df = len(full.coefficients) - len(reduced.coefficients)
    if df < 1:
        raise ValueError("the reduced model has as many columns as the full one")
    if (full.n_rows, full.n_items, full.nodes) != (reduced.n_rows, reduced.n_items, reduced.nodes):
        raise ValueError("the two models were not fitted to the same rows with the same nodes")
    status = next((fit.status for fit in (full, reduced) if fit.status is not Status.OK), Status.OK)
    statistic = math.nan
    if status is Status.OK:
        statistic = max(0.0, 2 * (full.log_likelihood - reduced.log_likelihood))
    return HypothesisTest(
        method="likelihood-ratio test, random-intercept logistic regression",
        p_value=float(chdtrc(df, statistic)), statistic=statistic, df=float(df), n=full.n_rows,
        n_clusters=full.n_items, status=status, warnings=full.warnings,
    )  # fmt: skip


def item_variance_test(fit: MixedFit, response: Vector, design: Vector) -> HypothesisTest:
    """Test whether items differ beyond their columns: is the standard deviation between them 0?

    ``response`` and ``design`` are those of the fit. 0 is the edge of what is possible, so the statistic
    is half the time 0 and half the time chi-squared on 1: p is half the chi-squared tail, 1 where the
    estimate is 0. Self & Liang 1987, doi:10.1080/01621459.1987.10478472.
    """
    present = ~np.isnan(response)
    statistic = math.nan
    if fit.status is Status.OK:
        plain = _plain(*checked_design(response[present], design[present]))[1]
        statistic = 0.0 if fit.is_at_zero else max(0.0, 2 * (fit.log_likelihood - plain))
    p_value = 1.0 if statistic == 0 else float(chdtrc(1, statistic)) / 2
    return HypothesisTest(
        method="likelihood-ratio test of a variance", p_value=p_value, statistic=statistic, df=1.0,
        alternative="greater", estimate=fit.item_standard_deviation, n=fit.n_rows,
        n_clusters=fit.n_items, status=fit.status,
    )  # fmt: skip


def fixed_effect(
    fit: MixedFit, column: int, confidence_level: float = DEFAULT_CONFIDENCE
) -> HypothesisTest:
    """Return a coefficient (log odds ratio for one item) with its Wald limits and test."""
    check_confidence(confidence_level)
    estimate, error = float(fit.coefficients[column]), float(fit.standard_errors[column])
    half = float(ndtri((1 + confidence_level) / 2)) * error
    statistic = estimate / error
    return HypothesisTest(
        method="random-intercept logistic regression", p_value=float(2 * ndtr(-abs(statistic))),
        statistic=statistic, estimate=estimate, low=estimate - half, high=estimate + half,
        confidence_level=confidence_level, interval_method="Wald", standard_error=error,
        n=fit.n_rows, n_clusters=fit.n_items, status=fit.status, warnings=fit.warnings,
    )  # fmt: skip


def _refusal(model: RandomIntercept) -> Status | None:
    if not len(model.response):
        return Status.NO_DATA
    if model.n_items < 2:
        return Status.N_LT_2
    if (model.response == model.response[0]).all():
        return Status.ZERO_VARIANCE
    if is_separated(model.response, model.design):
        return Status.SEPARATION
    means = model.sum_of(model.response) / np.bincount(model.item)
    if np.isin(means, (0.0, 1.0)).all():
        return Status.NO_INFORMATIVE_ITEMS
    return None


def _refused(model: RandomIntercept, n_missing: int, status: Status) -> MixedFit:
    n_columns = model.design.shape[1]
    nothing = np.full((n_columns, n_columns), math.nan)
    return MixedFit(
        coefficients=nothing[0], covariance=nothing, item_standard_deviation=math.nan,
        log_likelihood=math.nan, nodes=len(model.nodes), n_rows=len(model.response),
        n_missing=n_missing, n_items=model.n_items, is_converged=False, status=status,
    )  # fmt: skip


def _fit(model: RandomIntercept, n_missing: int) -> MixedFit:
    start, plain = _plain(model.response, model.design)
    best = max(
        (_climb(model, np.append(start, deviation)) for deviation in (0.5, 2.0)),
        key=model.log_likelihood,
    )
    best[-1] = abs(best[-1])
    reached = model.log_likelihood(best)
    is_at_zero = bool(best[-1] < _AT_ZERO or reached <= plain)
    if best[-1] > _LARGEST:
        return _refused(model, n_missing, Status.NOT_CONVERGED)
    if is_at_zero:
        best, reached = np.append(start, 0.0), plain
    free = len(best) - 1 if is_at_zero else len(best)
    gradient, information = _differences(model, best, free)
    is_top = bool((np.linalg.eigvalsh(information) > 0).all())
    covariance = np.full_like(information, math.nan)
    if is_top:
        covariance = np.asarray(np.linalg.inv(information), dtype=np.float64)
    is_converged = is_top and float(gradient @ covariance @ gradient) < _GRADIENT**2
    n_columns = model.design.shape[1]
    return MixedFit(
        coefficients=best[:-1], covariance=covariance[:n_columns, :n_columns],
        item_standard_deviation=float(best[-1]), log_likelihood=reached, nodes=len(model.nodes),
        n_rows=len(model.response), n_missing=n_missing, n_items=model.n_items,
        is_converged=is_converged, is_at_zero=is_at_zero,
        status=Status.OK if is_converged else Status.NOT_CONVERGED,
        warnings=(f"only {model.n_items} items",) if model.n_items < _FEW_ITEMS else (),
    )  # fmt: skip


def _plain(response: Vector, design: Vector) -> tuple[Vector, float]:
    """Return the logistic fit without random intercepts, and its log-likelihood."""
    current = np.zeros(design.shape[1])
    for _ in range(_MAX_STEPS):
        probability = expit(design @ current)
        information = (design * (probability * (1 - probability))[:, None]).T @ design
        step = np.linalg.solve(information, design.T @ (response - probability))
        current = current + step / max(1.0, float(np.abs(design @ step).max()) / 5)
        if np.abs(design @ step).max() < 1e-11:
            break
    linear = design @ current
    return current, float(response @ linear - np.logaddexp(0, linear).sum())


def _climb(model: RandomIntercept, start: Vector) -> Vector:
    """Return the top: a quasi-Newton climb, then Newton steps by second differences."""

    def loss(at: Vector) -> float:
        return -model.log_likelihood(at)

    current = np.asarray(minimize(loss, start, method="BFGS").x, dtype=np.float64)
    for _ in range(10):
        if abs(current[-1]) < _AT_ZERO or abs(current[-1]) > _LARGEST:
            break
        gradient, information = _differences(model, current, len(current))
        if not (np.linalg.eigvalsh(information) > 0).all():
            break
        step = np.linalg.solve(information, gradient)
        if model.log_likelihood(current + step) < model.log_likelihood(current):
            break
        current = current + step
        if float(gradient @ step) < 1e-12:
            break
    return current


def _differences(model: RandomIntercept, at: Vector, free: int) -> tuple[Vector, Vector]:
    """Return the gradient and minus the second derivatives in the first ``free`` parameters."""
    scale = np.append(1 / np.abs(model.design).max(axis=0), 1.0)
    steps = np.diag(_DIFFERENCE * scale)[:free]
    here = model.log_likelihood(at)
    ahead = np.array([model.log_likelihood(at + step) for step in steps])
    behind = np.array([model.log_likelihood(at - step) for step in steps])
    sizes = _DIFFERENCE * scale[:free]
    second = np.diag((ahead - 2 * here + behind) / sizes**2)
    for row in range(free):
        for column in range(row):
            both = model.log_likelihood(at + steps[row] + steps[column])
            neither = model.log_likelihood(at - steps[row] - steps[column])
            around = ahead[row] + ahead[column] + behind[row] + behind[column]
            mixed = (both + neither + 2 * here - around) / (2 * sizes[row] * sizes[column])
            second[row, column] = second[column, row] = mixed
    return (ahead - behind) / (2 * sizes), -second
