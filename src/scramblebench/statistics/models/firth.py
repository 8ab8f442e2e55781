"""Firth's penalised logistic regression: finite estimates where the likelihood has no maximum."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import root_scalar
from scipy.special import chdtrc, chdtri, expit

from scramblebench.statistics.models.separation import is_separated
from scramblebench.statistics.results import (
    DEFAULT_CONFIDENCE,
    Estimate,
    HypothesisTest,
    Status,
    check_confidence,
)

_METHOD = "Firth logistic regression"
_TEST = "penalised likelihood-ratio test"
_INTERVAL = "profile penalised likelihood"
_MAX_ITERATIONS = 100
_SCORE_TOLERANCE = 1e-10  # in standard errors
_LAST_DIGITS = 1e-5  # in standard errors, where rounding stops the climb
_SMALLEST = 1e-300
_DIFFERENCE = 1e-4  # in units of the linear predictor
_MAX_STEP = 5.0  # in units of the linear predictor
_FURTHEST = 500.0  # standard errors; beyond them a limit is given up

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirthFit:
    """A penalised fit: one Estimate and one likelihood-ratio test of 0 for each column."""

    coefficients: tuple[Estimate, ...]
    tests: tuple[HypothesisTest, ...]
    covariance: Vector
    penalised_log_likelihood: float
    is_separated: bool
    n: int
    status: Status = Status.OK
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Point:
    coefficients: Vector
    log_likelihood: float
    is_converged: bool


def firth_logistic(
    response: Vector, design: Vector, confidence_level: float = DEFAULT_CONFIDENCE
) -> FirthFit:
    """Fit a logistic model by Firth's penalised likelihood.

    Maximises l(b) + log|I(b)| / 2, so the score is the sum of x (y - p + h (1/2 - p)) with h the
    leverages. ``response`` (n,) is 0 or 1, ``design`` (n, n_columns) has its intercept as a column.
    Coefficients are log odds (ratios); standard errors come from the inverse information at the
    estimate. Limits and tests come from the profile of the penalised likelihood, with the information
    of all columns, and not from the standard errors: after separation those mislead. An estimate
    exists for every data set with columns that are independent, also when all rows are 1.

    NaN policy: none accepted. No rows: NaN, status no_data. Raises ValueError on a response other than
    0 and 1, on NaN, or on columns that are not independent.

    Firth 1993, doi:10.1093/biomet/80.1.27; Heinze & Schemper 2002, doi:10.1002/sim.1047. R:
    ``brglm2::brglmFit(type = "AS_mean")`` for estimates and standard errors, ``logistf::logistf(pl =
    TRUE)`` for limits and tests.
    """
    check_confidence(confidence_level)
    response, design = checked_design(response, design)
    n, n_columns = design.shape
    if n == 0:
        return _undefined(n_columns, confidence_level)
    scale = np.abs(design).max(axis=0)  # columns of any unit are climbed alike
    scaled = design / scale
    top = _maximise(response, scaled, np.zeros(n_columns), np.ones(n_columns, dtype=bool))
    covariance = np.asarray(np.linalg.inv(_information(scaled, top.coefficients)), dtype=np.float64)
    fits = [
        _column(response, scaled, top, covariance, column, float(scale[column]), confidence_level)
        for column in range(n_columns)
    ]
    return FirthFit(
        coefficients=tuple(estimate for estimate, _ in fits),
        tests=tuple(test for _, test in fits),
        covariance=covariance / np.outer(scale, scale),
        penalised_log_likelihood=top.log_likelihood + float(np.log(scale).sum()),
        is_separated=is_separated(response, design),
        n=n,
        status=Status.OK if top.is_converged else Status.NOT_CONVERGED,
    )


def checked_design(response: Vector, design: Vector) -> tuple[Vector, Vector]:
    """Return both as float arrays; raise ValueError unless they suit a logistic regression."""
    response = np.asarray(response, dtype=float)
    design = np.asarray(design, dtype=float)
    if design.ndim != 2 or response.shape != (len(design),):
        raise ValueError(f"response {response.shape} and design {design.shape} do not fit together")
    if not np.isin(response, (0.0, 1.0)).all():
        raise ValueError("a response is neither 0 nor 1")
    if not np.isfinite(design).all():
        raise ValueError("the design holds a value that is not finite")
    if len(design) and np.linalg.matrix_rank(design) < design.shape[1]:
        raise ValueError("the columns of the design are not linearly independent")
    return response, design


def _information(design: Vector, coefficients: Vector) -> Vector:
    probability = expit(design @ coefficients)
    return (design * (probability * (1 - probability))[:, None]).T @ design


def _penalised(response: Vector, design: Vector, coefficients: Vector) -> float:
    """Return the penalised log-likelihood; -inf where the information is singular to the last digit."""
    linear = design @ coefficients
    with np.errstate(divide="ignore", invalid="ignore"):
        sign, log_determinant = np.linalg.slogdet(_information(design, coefficients))
    if not (sign > 0 and math.isfinite(log_determinant)):
        return -math.inf
    return float(response @ linear - np.logaddexp(0, linear).sum() + log_determinant / 2)


def _score(response: Vector, design: Vector, coefficients: Vector) -> Vector:
    """Return the modified score."""
    probability = expit(design @ coefficients)
    weight = probability * (1 - probability)
    inverse = np.linalg.pinv((design * weight[:, None]).T @ design, hermitian=True)
    leverage = weight * np.einsum("ij,jk,ik->i", design, inverse, design)
    return design.T @ (response - probability + leverage * (0.5 - probability))


def _maximise(
    response: Vector, design: Vector, start: Vector, free: npt.NDArray[np.bool_]
) -> _Point:
    """Climb over the free coefficients by Newton steps, halved until the likelihood rises."""
    current, value = start.copy(), _penalised(response, design, start)
    if not free.any():
        return _Point(current, value, True)
    for _ in range(_MAX_ITERATIONS):
        score = _score(response, design, current)[free]
        information = _information(design, current)[np.ix_(free, free)]
        size = np.sqrt(np.diag(information))
        error = float(np.abs(score / np.maximum(size, _SMALLEST)).max())
        if error < _SCORE_TOLERANCE:
            return _Point(current, value, True)
        step = np.zeros_like(current)
        step[free] = _step(response, design, current, free, score, information)
        step *= min(1.0, _MAX_STEP / float(np.abs(design @ step).max()))
        better = _first_better(response, design, current, value, step)
        if better is None:  # no step is better in the last digits: this is the top
            return _Point(current, value, error < _LAST_DIGITS)
        current, value = better
    return _Point(current, value, False)


def _step(
    response: Vector,
    design: Vector,
    current: Vector,
    free: npt.NDArray[np.bool_],
    score: Vector,
    information: Vector,
) -> Vector:
    """Return a Newton step, or a scoring step where the curvature points the wrong way."""
    columns = np.flatnonzero(free)
    slopes = np.empty((len(columns), len(columns)))
    for place, column in enumerate(columns):
        shift = np.zeros_like(current)
        shift[column] = _DIFFERENCE / float(np.abs(design[:, column]).max())
        ahead, behind = (_score(response, design, current + s * shift)[free] for s in (1, -1))
        slopes[place] = (behind - ahead) / (2 * shift[column])
    curvature = (slopes + slopes.T) / 2
    newton = np.linalg.lstsq(curvature, score, rcond=None)[0]
    if newton @ score > 0 and (np.linalg.eigvalsh(curvature) > 0).all():
        return np.asarray(newton, dtype=np.float64)
    scoring = np.linalg.lstsq(information, score, rcond=None)[0]
    return np.asarray(scoring, dtype=np.float64)


def _first_better(
    response: Vector, design: Vector, current: Vector, value: float, step: Vector
) -> tuple[Vector, float] | None:
    for halvings in range(30):
        candidate = current + step / 2**halvings
        reached = _penalised(response, design, candidate)
        if reached > value or (halvings == 0 and reached >= value - 1e-13 * abs(value)):
            return candidate, reached
    return None


def _column(
    response: Vector,
    design: Vector,
    top: _Point,
    covariance: Vector,
    column: int,
    scale: float,
    confidence_level: float,
) -> tuple[Estimate, HypothesisTest]:
    """Return estimate, limits and test of one column, in the unit it had before scaling."""
    scaled = float(top.coefficients[column])
    scaled_error = math.sqrt(float(covariance[column, column]))
    critical = float(chdtri(1, 1 - confidence_level))

    def ratio(value: float) -> float:
        return _likelihood_ratio(response, design, top, covariance, column, value)

    low = _limit(ratio, scaled, -scaled_error, critical) / scale
    high = _limit(ratio, scaled, scaled_error, critical) / scale
    estimate, error = scaled / scale, scaled_error / scale
    at_zero = max(0.0, ratio(0.0))
    status = Status.OK if top.is_converged else Status.NOT_CONVERGED
    return (
        Estimate(
            method=_METHOD, estimate=estimate, low=low, high=high, confidence_level=confidence_level,
            interval_method=_INTERVAL, standard_error=error, n=len(response), status=status,
        ),
        HypothesisTest(
            method=_TEST, p_value=float(chdtrc(1, at_zero)), statistic=at_zero, df=1.0,
            estimate=estimate, low=low, high=high, confidence_level=confidence_level,
            interval_method=_INTERVAL, standard_error=error, n=len(response), status=status,
        ),
    )  # fmt: skip


def _likelihood_ratio(
    response: Vector, design: Vector, top: _Point, covariance: Vector, column: int, value: float
) -> float:
    """Return twice what the penalised likelihood loses where one coefficient is held at a value."""
    free = np.ones(design.shape[1], dtype=bool)
    free[column] = False
    ridge = covariance[:, column] / covariance[column, column]
    along = top.coefficients + ridge * (value - top.coefficients[column])
    flat = np.zeros_like(along)  # the probabilities nearest 1/2: far out, the ridge may leave none
    flat[column] = value
    if free.any():
        offset = -value * design[:, column]
        flat[free] = np.linalg.lstsq(design[:, free], offset, rcond=None)[0]
    start = max(along, flat, key=lambda point: _penalised(response, design, point))
    return 2 * (top.log_likelihood - _maximise(response, design, start, free).log_likelihood)


def _limit(ratio: Callable[[float], float], estimate: float, step: float, critical: float) -> float:
    """Return where the ratio reaches its critical value, walking from the estimate by the step."""

    def excess(value: float) -> float:
        return ratio(value) - critical

    inner, outer = estimate, estimate + step
    while excess(outer) < 0:
        inner, outer = outer, estimate + 1.5 * (outer - estimate)
        if abs(outer - estimate) > _FURTHEST * abs(step):
            return math.copysign(math.inf, step)
    found = root_scalar(excess, bracket=(inner, outer), method="brentq", xtol=1e-10)
    return float(found.root)


def _undefined(n_columns: int, confidence_level: float) -> FirthFit:
    nothing = Estimate(
        method=_METHOD, estimate=math.nan, confidence_level=confidence_level, status=Status.NO_DATA
    )
    test = HypothesisTest(method=_TEST, p_value=math.nan, status=Status.NO_DATA)
    return FirthFit(
        coefficients=(nothing,) * n_columns,
        tests=(test,) * n_columns,
        covariance=np.full((n_columns, n_columns), math.nan),
        penalised_log_likelihood=math.nan,
        is_separated=False,
        n=0,
        status=Status.NO_DATA,
    )
