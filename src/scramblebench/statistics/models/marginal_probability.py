"""What a marginal logistic fit says: odds ratios, probabilities, and differences of probabilities.

Sign: treatment minus baseline. Where the fit has a status other than ok that left no coefficients,
every number is NaN and the status is handed on. A coefficient or contrast that is the same in every
cluster (all answers alike at all levels) has no limits and no p: zero_variance.
"""

import math

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc, expit, logit, ndtr, ndtri, stdtr, stdtrit

from scramblebench.statistics.models.logistic_gee import ENOUGH_CLUSTERS, MarginalFit
from scramblebench.statistics.results import (
    DEFAULT_CONFIDENCE,
    Estimate,
    HypothesisTest,
    Status,
    check_confidence,
)

_NO_ERROR = 1e-6  # of the error of independent rows; below, clusters' residuals cancel

Vector = npt.NDArray[np.float64]


def coefficient(
    fit: MarginalFit, column: int, confidence_level: float = DEFAULT_CONFIDENCE
) -> HypothesisTest:
    """Return a coefficient (log odds ratio) with its Wald limits and the test that it is 0."""
    weights = np.zeros(len(fit.coefficients))
    weights[column] = 1.0
    return _wald(
        fit, float(fit.coefficients[column]), weights, confidence_level, fit.method,
        f"Wald, {fit.covariance_kind} covariance",
    )  # fmt: skip


def joint_test(fit: MarginalFit, columns: list[int]) -> HypothesisTest:
    """Return the Wald test that several coefficients are 0 together.

    Chi-squared on as many degrees of freedom as columns: too eager below 50 clusters, which is noted.
    """
    values = fit.coefficients[columns]
    block = fit.covariance[np.ix_(columns, columns)]
    is_defined = fit.status is Status.OK
    statistic = float(values @ np.linalg.solve(block, values)) if is_defined else math.nan
    few = ("the chi-squared distribution is approximate below 50 clusters",)
    return HypothesisTest(
        method=f"{fit.method}, joint Wald test", statistic=statistic, df=float(len(columns)),
        p_value=float(chdtrc(len(columns), statistic)) if is_defined else math.nan,
        n=fit.n_rows, n_clusters=fit.n_clusters, status=fit.status,
        warnings=fit.warnings + (few if fit.n_clusters < ENOUGH_CLUSTERS else ()),
    )  # fmt: skip


def marginal_probability(
    fit: MarginalFit, rows: Vector, confidence_level: float = DEFAULT_CONFIDENCE
) -> Estimate:
    """Return the mean predicted probability over ``rows`` (n, n_columns) of a design.

    One row gives a prediction; the rows of the data with one column set to a value give a standardised
    probability. The standard error is by the delta method; limits are taken on the logit scale, so
    they lie within 0 and 1.
    """
    mean, gradient = _mean_probability(fit, rows)
    error = _error(fit, gradient)
    half = _quantile(fit.df, confidence_level) * error
    with np.errstate(invalid="ignore", divide="ignore"):
        centre, width = logit(mean), half / (mean * (1 - mean))
        low, high = expit(centre - width), expit(centre + width)
    return Estimate(
        method="marginal probability", estimate=mean, low=float(low), high=float(high),
        confidence_level=confidence_level, interval_method="delta method on the logit scale",
        standard_error=error, df=fit.df, n=fit.n_rows, n_clusters=fit.n_clusters, status=fit.status,
        warnings=fit.warnings,
    )  # fmt: skip


def probability_difference(
    fit: MarginalFit, baseline: Vector, treatment: Vector,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> HypothesisTest:  # fmt: skip
    """Return the mean predicted probability over treatment rows minus that over baseline rows.

    Standard error, limits and test by the delta method on the probability scale.
    """
    return probability_contrast(fit, [baseline, treatment], [-1.0, 1.0], confidence_level)


def probability_contrast(
    fit: MarginalFit,
    row_sets: list[Vector],
    weights: list[float],
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> HypothesisTest:
    """Return a weighted sum of marginal probabilities, by the delta method.

    Four sets of rows with the weights 1, -1, -1, 1 give a difference of drops: the interaction of
    level and model on the probability scale.
    """
    means, gradients = zip(*(_mean_probability(fit, rows) for rows in row_sets), strict=True)
    return _wald(
        fit, float(np.dot(weights, means)),
        np.asarray(weights, dtype=np.float64) @ np.asarray(gradients), confidence_level,
        "contrast of marginal probabilities", "delta method",
    )  # fmt: skip


def _wald(
    fit: MarginalFit,
    estimate: float,
    gradient: Vector,
    confidence_level: float,
    method: str,
    interval_method: str,
) -> HypothesisTest:
    """Return an estimate with limits and test; none where clusters agree so that it has no error."""
    error, status = _error(fit, gradient), fit.status
    if error <= _NO_ERROR * _error(fit, gradient, fit.model_covariance):
        error, status = math.nan, Status.ZERO_VARIANCE
    half = _quantile(fit.df, confidence_level) * error
    statistic = estimate / error
    return HypothesisTest(
        method=method, p_value=_two_sided(statistic, fit.df), statistic=statistic, df=fit.df,
        estimate=estimate, low=estimate - half, high=estimate + half,
        confidence_level=confidence_level, interval_method=interval_method, standard_error=error,
        n=fit.n_rows, n_clusters=fit.n_clusters, status=status, warnings=fit.warnings,
    )  # fmt: skip


def _mean_probability(fit: MarginalFit, rows: Vector) -> tuple[float, Vector]:
    """Return the mean probability and its derivative by the coefficients."""
    probability = expit(rows @ fit.coefficients)
    slope = probability * (1 - probability)
    return float(probability.mean()), (slope[:, None] * rows).mean(axis=0)


def _error(fit: MarginalFit, gradient: Vector, covariance: Vector | None = None) -> float:
    covariance = fit.covariance if covariance is None else covariance
    variance = float(gradient @ covariance @ gradient)
    return variance if math.isnan(variance) else math.sqrt(max(0.0, variance))


def _quantile(df: float, confidence_level: float) -> float:
    check_confidence(confidence_level)
    share = (1 + confidence_level) / 2
    return float(ndtri(share) if math.isinf(df) else stdtrit(df, share))


def _two_sided(statistic: float, df: float) -> float:
    return float(2 * (ndtr(-abs(statistic)) if math.isinf(df) else stdtr(df, -abs(statistic))))
