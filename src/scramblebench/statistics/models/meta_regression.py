"""Meta-regression: estimates of several models, with their covariance, on columns of a design."""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy.optimize import root_scalar
from scipy.special import chdtrc, ndtr, ndtri, stdtr, stdtrit

from scramblebench.statistics.results import (
    DEFAULT_CONFIDENCE,
    HypothesisTest,
    Status,
    check_confidence,
)

_GRID = 200

Vector = npt.NDArray[np.float64]


class Heterogeneity(StrEnum):
    """Whether models differ beyond the design and their sampling errors."""

    FIXED = "fixed"
    RANDOM = "random"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaRegression:
    """Coefficients with their covariance, and how much models differ beyond the line.

    ``tau2`` is the variance of models around the line, 0 for a fixed-effect fit. ``residual_q`` is the
    weighted residual sum of squares of the fixed-effect fit, chi-squared without heterogeneity.
    ``knapp_hartung_scale`` is the factor of Knapp and Hartung before its floor. ``df`` is infinite for
    a fixed-effect fit.
    """

    kind: Heterogeneity
    coefficients: Vector
    covariance: Vector
    tau2: float
    df: float
    residual_q: float
    residual_q_df: int
    residual_q_p: float
    knapp_hartung_scale: float
    n_models: int
    status: Status = Status.OK
    warnings: tuple[str, ...] = ()

    @property
    def standard_errors(self) -> Vector:
        """Return the square roots of the covariance's diagonal."""
        return np.sqrt(np.diag(self.covariance))

    def coefficient(
        self, column: int, confidence_level: float = DEFAULT_CONFIDENCE
    ) -> HypothesisTest:
        """Return a coefficient with its limits and the test that it is 0: t, or normal if fixed."""
        check_confidence(confidence_level)
        share = (1 + confidence_level) / 2
        is_fixed = self.kind is Heterogeneity.FIXED
        estimate, error = float(self.coefficients[column]), float(self.standard_errors[column])
        half = float(ndtri(share) if is_fixed else stdtrit(self.df, share)) * error
        statistic = estimate / error if error > 0 else math.nan
        tail = ndtr(-abs(statistic)) if is_fixed else stdtr(self.df, -abs(statistic))
        return HypothesisTest(
            method=f"{self.kind}-effect meta-regression", p_value=float(2 * tail),
            statistic=statistic, df=self.df, estimate=estimate, low=estimate - half,
            high=estimate + half, confidence_level=confidence_level,
            interval_method="Wald" if is_fixed else "Knapp-Hartung", standard_error=error,
            n=self.n_models, status=self.status, warnings=self.warnings,
        )  # fmt: skip


def meta_regression(
    values: Vector,
    covariance: Vector,
    design: Vector,
    kind: Heterogeneity = Heterogeneity.RANDOM,
    *,
    minimum_scale: float = 1.0,
) -> MetaRegression:
    """Fit values = design b + u + e by generalised least squares, u by REML where it is random.

    ``values`` (n_models,); ``covariance`` (n_models, n_models) of the errors e, or their variances
    (n_models,); ``design`` (n_models, n_columns) has its intercept as a column. Models that answered
    the same items have correlated errors: give the full covariance, from a bootstrap of items. Random:
    u has the variance tau2 >= 0 that maximises the restricted likelihood, and the covariance of b is
    multiplied by Knapp and Hartung's scale (residual sum / df), but not by less than
    ``minimum_scale``: the plain scale (0 here) can shrink standard errors to half of those of the
    fixed-effect fit.

    Not more models than columns: NaN, status n_lt_2. A covariance that is not positive definite (a
    model without error): NaN, status zero_variance. Raises ValueError on shapes, values that are not
    finite, and columns that are not independent.

    Knapp & Hartung 2003, doi:10.1002/sim.1482; Viechtbauer 2005, doi:10.3102/10769986030003261. R:
    ``metafor::rma(y, V, mods = ~ x, method = "REML", test = "knha")`` at minimum_scale 0,
    ``test = "adhoc"`` at 1, ``rma.mv`` with a full covariance, and ``method = "FE"`` where fixed.
    """
    values, covariance, design = _checked(values, covariance, design)
    n, n_columns = design.shape
    if n <= n_columns:
        return _undefined(kind, n, n_columns, Status.N_LT_2)
    if not _is_positive_definite(covariance):
        return _undefined(kind, n, n_columns, Status.ZERO_VARIANCE)
    fixed = _Fit(values, covariance, design, 0.0)
    tau2 = _restricted_maximum(values, covariance, design) if kind == "random" else 0.0
    fit = _Fit(values, covariance, design, tau2)
    scale = fit.residual / (n - n_columns)
    factor = max(minimum_scale, scale) if kind == "random" else 1.0
    return MetaRegression(
        kind=kind, coefficients=fit.coefficients, covariance=fit.inverse * factor, tau2=tau2,
        df=float(n - n_columns) if kind == "random" else math.inf, residual_q=fixed.residual,
        residual_q_df=n - n_columns, residual_q_p=float(chdtrc(n - n_columns, fixed.residual)),
        knapp_hartung_scale=scale, n_models=n,
    )  # fmt: skip


class _Fit:
    """Generalised least squares at a given tau2, with what the restricted likelihood needs."""

    __slots__ = ("coefficients", "inverse", "log_likelihood", "residual", "score")

    def __init__(self, values: Vector, covariance: Vector, design: Vector, tau2: float) -> None:
        total = covariance + tau2 * np.eye(len(values))
        weight = np.linalg.inv(total)
        information = design.T @ weight @ design
        self.inverse: Vector = np.asarray(np.linalg.inv(information), dtype=np.float64)
        self.coefficients: Vector = self.inverse @ (design.T @ weight @ values)
        rest = values - design @ self.coefficients
        projected = weight @ rest
        residual_maker = weight - weight @ design @ self.inverse @ design.T @ weight
        self.residual = float(rest @ projected)
        logs = np.linalg.slogdet(total)[1] + np.linalg.slogdet(information)[1]
        self.log_likelihood = -float(logs + self.residual) / 2
        self.score = float(projected @ projected - np.trace(residual_maker)) / 2


def _restricted_maximum(values: Vector, covariance: Vector, design: Vector) -> float:
    """Return tau2 >= 0 with the largest restricted likelihood: grid, then the root of its slope."""
    largest = float(np.ptp(values)) ** 2 + float(np.trace(covariance)) / len(values)
    grid = np.append(0.0, largest * np.logspace(-8, 2, _GRID))
    best = int(
        np.argmax([_Fit(values, covariance, design, float(at)).log_likelihood for at in grid])
    )

    def slope(tau2: float) -> float:
        return _Fit(values, covariance, design, tau2).score

    low, high = float(grid[max(0, best - 1)]), float(grid[min(len(grid) - 1, best + 1)])
    if slope(low) <= 0 or slope(high) >= 0:
        return float(grid[best])
    return float(root_scalar(slope, bracket=(low, high), method="brentq", xtol=1e-15).root)


def _checked(values: Vector, covariance: Vector, design: Vector) -> tuple[Vector, Vector, Vector]:
    values = np.asarray(values, dtype=np.float64)
    covariance = np.asarray(covariance, dtype=np.float64)
    design = np.asarray(design, dtype=np.float64)
    if covariance.ndim == 1:
        covariance = np.diag(covariance)
    n = len(values)
    if design.ndim != 2 or len(design) != n or covariance.shape != (n, n):
        raise ValueError(
            f"{n} values, a covariance {covariance.shape} and a design {design.shape} "
            "do not fit together"
        )
    if not all(np.isfinite(part).all() for part in (values, covariance, design)):
        raise ValueError("a value, the covariance or the design is not finite")
    if n > design.shape[1] > np.linalg.matrix_rank(design):
        raise ValueError("the columns of the design are not linearly independent")
    return values, covariance, design


def _is_positive_definite(covariance: Vector) -> bool:
    lowest, *_, highest = np.linalg.eigvalsh(covariance)
    return bool(lowest > 1e-14 * highest)


def _undefined(kind: Heterogeneity, n: int, n_columns: int, status: Status) -> MetaRegression:
    nothing = np.full((n_columns, n_columns), math.nan)
    nan = math.nan
    return MetaRegression(
        kind=kind, coefficients=nothing[0], covariance=nothing, tau2=nan, df=nan, residual_q=nan,
        residual_q_df=max(0, n - n_columns), residual_q_p=nan, knapp_hartung_scale=nan, n_models=n,
        status=status,
    )  # fmt: skip
