"""Marginal logistic regression: rows of one item or cluster may depend on one another.

Coefficients are population-averaged: smaller in absolute value than those of ``mixed_logistic``, which
are for one item. A test of an interaction on this (logit) scale may disagree with one of differences
of probabilities: say which scale was used (Loftus 1978, doi:10.3758/BF03197461).
"""

import math
import warnings
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from statsmodels.genmod.cov_struct import Exchangeable, Independence
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_estimating_equations import GEE
from statsmodels.genmod.generalized_linear_model import GLM

from scramblebench.statistics.limit_warnings import few_different_warning
from scramblebench.statistics.models.firth import checked_design
from scramblebench.statistics.models.separation import is_separated
from scramblebench.statistics.results import Status

ENOUGH_CLUSTERS = 50
"""With fewer, the plain sandwich is too small: its bias is reduced, and t replaces the normal."""

FEW_CLUSTERS = 10
"""With fewer, results carry a note; with fewer items than this there is no fit."""

_TOLERANCE = 1e-12
_MAX_ITERATIONS = 200

Vector = npt.NDArray[np.float64]


class WorkingCorrelation(StrEnum):
    """How rows of one cluster are taken to depend on one another while fitting."""

    INDEPENDENCE = "independence"
    EXCHANGEABLE = "exchangeable"


class ClusterCovariance(StrEnum):
    """How the covariance of the coefficients is computed from the clusters' residuals."""

    SANDWICH = "sandwich"  # Liang & Zeger; CR0
    BIAS_REDUCED = "bias_reduced"  # Mancl & DeRouen
    DEGREES_OF_FREEDOM = "degrees_of_freedom"  # CR0 times G / (G - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginalFit:
    """Coefficients (log odds) with the covariance that holds for dependent rows.

    ``df`` is infinite where the normal distribution is used. ``model_covariance``, ``log_likelihood``
    and ``deviance`` take rows as independent: for checks, not for inference; NaN where not computed.
    """

    method: str
    coefficients: Vector
    covariance: Vector
    covariance_kind: ClusterCovariance
    df: float
    n_rows: int
    n_missing: int
    n_clusters: int
    model_covariance: Vector
    dependence: float = math.nan
    log_likelihood: float = math.nan
    deviance: float = math.nan
    status: Status = Status.OK
    warnings: tuple[str, ...] = ()

    @property
    def standard_errors(self) -> Vector:
        """Return the square roots of the covariance's diagonal."""
        return np.sqrt(np.diag(self.covariance))


def logistic_gee(
    response: Vector,
    design: Vector,
    items: npt.NDArray[np.generic],
    clusters: npt.NDArray[np.generic] | None = None,
    *,
    correlation: WorkingCorrelation = WorkingCorrelation.INDEPENDENCE,
    covariance: ClusterCovariance | None = None,
) -> MarginalFit:
    """Fit a logistic model by generalised estimating equations.

    ``response`` (n_rows,) is 0, 1 or NaN (missing: the row is left out and counted); ``design``
    (n_rows, n_columns) has its intercept as a column; ``items`` (n_rows,) names the item of each row,
    ``clusters`` its passage where items share one (then all rows of a passage depend on one another).
    ``covariance`` None means the plain sandwich from 50 clusters on, and below them the bias-reduced
    one with t on G - n_columns degrees of freedom.

    Status: no_data; separation (use ``firth``); few_clusters with NaN for fewer than 10 items or not
    more clusters than columns; not_converged. Fewer than 10 clusters of at least 10 items: a warning, and where
    nearly all clusters have the one answer only (probabilities near 0 or 1).
    Raises ValueError on other responses, NaN in the design, and columns that are not independent.

    Liang & Zeger 1986, doi:10.1093/biomet/73.1.13; Mancl & DeRouen 2001,
    doi:10.1111/j.0006-341X.2001.00126.x. R: ``geepack::geeglm(family = binomial, id = item)`` with
    either working correlation: the dependence is a mean over all pairs of rows, where statsmodels by
    itself takes off the number of columns and differs by 0.003.
    """
    rows = _rows(response, design, items if clusters is None else clusters)
    n_items = len(np.unique(items[~np.isnan(response)]))
    method = f"logistic GEE, {correlation} working correlation"
    kind = covariance or _default_covariance(rows.n_clusters)
    refusal = _refusal(rows)
    if refusal is None and n_items < FEW_CLUSTERS:
        refusal = Status.FEW_CLUSTERS
    if refusal is not None:
        return _refused(method, kind, rows, refusal)
    structure = Independence() if correlation is WorkingCorrelation.INDEPENDENCE else Exchangeable()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = GEE(
            rows.response, rows.design, rows.cluster, family=Binomial(), cov_struct=structure
        )
        fit = model.fit(
            maxiter=_MAX_ITERATIONS,
            ctol=1e-10,
            ddof_scale=0,  # as geepack: the dependence is a mean over all pairs
            cov_type="bias_reduced" if kind is ClusterCovariance.BIAS_REDUCED else "robust",
        )
    if fit is None:
        return _refused(method, kind, rows, Status.NOT_CONVERGED)
    is_fitted = bool(fit.converged) and bool(np.isfinite(fit.params).all())
    return MarginalFit(
        method=method,
        coefficients=np.asarray(fit.params, dtype=np.float64),
        covariance=np.asarray(fit.cov_params(), dtype=np.float64) * _factor(kind, rows.n_clusters),
        covariance_kind=kind,
        df=_degrees_of_freedom(kind, rows),
        n_rows=len(rows.response),
        n_missing=rows.n_missing,
        n_clusters=rows.n_clusters,
        model_covariance=np.asarray(fit.cov_naive, dtype=np.float64),
        dependence=float(np.asarray(structure.dep_params))
        if correlation == "exchangeable"
        else 0.0,
        status=Status.OK if is_fitted else Status.NOT_CONVERGED,
        warnings=(*_notes(rows), *sorted({str(warning.message) for warning in caught})),
    )


def logistic_clustered(
    response: Vector,
    design: Vector,
    clusters: npt.NDArray[np.generic],
    *,
    covariance: ClusterCovariance = ClusterCovariance.DEGREES_OF_FREEDOM,
) -> MarginalFit:
    """Fit a logistic model by maximum likelihood, with a covariance summed over clusters.

    CR0 is A^-1 (sum over clusters of u u') A^-1, u the cluster's score and A the information;
    degrees_of_freedom multiplies it by G / (G - 1) and uses t on G - 1. Its coefficients and CR0 are
    those of ``logistic_gee`` with independence. Arguments, missing rows and status as there, except
    that the number of items is not looked at; below 50 clusters prefer the bias-reduced GEE.

    R: ``glm(family = binomial)`` with ``sandwich::vcovCL(type = "HC0", cadjust = FALSE)`` (sandwich) or
    ``cadjust = TRUE`` (degrees_of_freedom). Raises ValueError as ``logistic_gee``, and on bias_reduced.
    """
    if covariance is ClusterCovariance.BIAS_REDUCED:
        raise ValueError("a bias-reduced covariance is made by logistic_gee")
    rows = _rows(response, design, clusters)
    method = "logistic regression, clustered covariance"
    refusal = _refusal(rows)
    if refusal is not None:
        return _refused(method, covariance, rows, refusal)
    fit = GLM(rows.response, rows.design, family=Binomial()).fit(
        maxiter=_MAX_ITERATIONS, tol=_TOLERANCE, tol_criterion="params"
    )
    inverse = np.asarray(fit.cov_params(), dtype=np.float64)
    scores = (rows.response - np.asarray(fit.fittedvalues))[:, None] * rows.design
    sums = np.zeros((rows.n_clusters, rows.design.shape[1]))
    np.add.at(sums, rows.cluster, scores)
    return MarginalFit(
        method=method,
        coefficients=np.asarray(fit.params, dtype=np.float64),
        covariance=inverse @ (sums.T @ sums) @ inverse * _factor(covariance, rows.n_clusters),
        covariance_kind=covariance,
        df=_degrees_of_freedom(covariance, rows),
        n_rows=len(rows.response),
        n_missing=rows.n_missing,
        n_clusters=rows.n_clusters,
        model_covariance=inverse,
        dependence=0.0,
        log_likelihood=float(fit.llf),
        deviance=float(fit.deviance),
        status=Status.OK if fit.converged else Status.NOT_CONVERGED,
        warnings=_notes(rows),
    )


@dataclass(frozen=True, slots=True)
class _Rows:
    response: Vector
    design: Vector
    cluster: npt.NDArray[np.int64]
    n_clusters: int
    n_missing: int


def _rows(response: Vector, design: Vector, clusters: npt.NDArray[np.generic]) -> _Rows:
    response = np.asarray(response, dtype=float)
    if not len(response) == len(design) == len(clusters):
        raise ValueError("response, design and clusters differ in their number of rows")
    present = ~np.isnan(response)
    answers, columns = checked_design(response[present], design[present])
    names, cluster = np.unique(clusters[present], return_inverse=True)
    return _Rows(answers, columns, cluster, len(names), int((~present).sum()))


def _refusal(rows: _Rows) -> Status | None:
    if not len(rows.response):
        return Status.NO_DATA
    if is_separated(rows.response, rows.design):
        return Status.SEPARATION
    if rows.n_clusters <= rows.design.shape[1]:
        return Status.FEW_CLUSTERS
    return None


def _refused(method: str, kind: ClusterCovariance, rows: _Rows, status: Status) -> MarginalFit:
    n_columns = rows.design.shape[1]
    nothing = np.full((n_columns, n_columns), math.nan)
    return MarginalFit(
        method=method, coefficients=nothing[0], covariance=nothing, covariance_kind=kind,
        df=math.nan, n_rows=len(rows.response), n_missing=rows.n_missing,
        n_clusters=rows.n_clusters, model_covariance=nothing, status=status,
    )  # fmt: skip


def _default_covariance(n_clusters: int) -> ClusterCovariance:
    if n_clusters < ENOUGH_CLUSTERS:
        return ClusterCovariance.BIAS_REDUCED
    return ClusterCovariance.SANDWICH


def _factor(kind: ClusterCovariance, n_clusters: int) -> float:
    return n_clusters / (n_clusters - 1) if kind is ClusterCovariance.DEGREES_OF_FREEDOM else 1.0


def _degrees_of_freedom(kind: ClusterCovariance, rows: _Rows) -> float:
    if kind is ClusterCovariance.BIAS_REDUCED:
        return float(rows.n_clusters - rows.design.shape[1])
    if kind is ClusterCovariance.DEGREES_OF_FREEDOM:
        return float(rows.n_clusters - 1)
    return math.inf


def _notes(rows: _Rows) -> tuple[str, ...]:
    alike = few_different_warning(rows.response, rows.cluster)
    if rows.n_clusters >= FEW_CLUSTERS:
        return alike
    return (f"only {rows.n_clusters} clusters: standard errors are unsure", *alike)
