"""Newton steps and Fisher scoring for many dose-response curves at once.

A curve is P(s) = g + (A - g) S(s) with S(0) = 1. Its coordinates are alpha = logit((A - g)/(1 - g)),
tau = ln s_q, the log level where S = q, and eta = ln b, the log shape; ``offset`` places q: tau is
ln a + offset / b, so that an offset of 0 is the scale itself. Arrays have fits last, ``(3, n_fits)`` and
``(n_levels, n_fits)``, so that sums over levels run along contiguous rows.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

BOUNDS = np.array([[-15.0, 15.0], [-12.0, 12.0], [-4.0, 4.0]])
"""The range of each coordinate; a fit that ends on one has its maximum at infinity."""

_LOG_ZERO = -1e5  # the logarithm of level 0: exp(b * this) is 0 for every shape within its bounds
_LOG_U_MOST = 60.0
_P_LEAST = 1e-12
_DAMPING_LEAST, _DAMPING_MOST = 1e-8, 1e10
_PIVOT_LEAST = 1e-12
_PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
_SLACK = 1e-13  # a likelihood is rounded to about this share


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """What is held fixed while curves are fitted.

    ``log_levels`` (n_levels,), a chance rate, the family (log-logistic or Weibull, of which the
    exponential is the shape 1), the offset of tau, and which of the three coordinates are free.
    """

    log_levels: FloatArray
    guess: float
    is_loglogistic: bool
    offset: float
    free: tuple[bool, bool, bool]


def log_levels(levels: FloatArray) -> FloatArray:
    """Return ln s, with a finite stand-in at level 0."""
    return np.log(levels, out=np.full(len(levels), _LOG_ZERO), where=levels > 0)


def probabilities(curves: Curves, coordinates: FloatArray) -> FloatArray:
    """Return P, shape ``(n_levels, n_fits)``, clipped to 1e-12 from 0 and 1."""
    _, survival = _survival(curves, coordinates)
    lead = (1 - curves.guess) * special.expit(coordinates[0])
    return np.clip(curves.guess + lead * survival, _P_LEAST, 1 - _P_LEAST)


def log_likelihood(
    curves: Curves, coordinates: FloatArray, successes: FloatArray, weights: FloatArray
) -> FloatArray:
    """Return the binomial log-likelihood without its constant, shape ``(n_fits,)``."""
    p = probabilities(curves, coordinates)
    return (successes * np.log(p) + (weights - successes) * np.log1p(-p)).sum(axis=0)


def expected_information(
    curves: Curves, coordinates: FloatArray, weights: FloatArray
) -> FloatArray:
    """Return the diagonal of the expected information: of alpha, tau and eta, ``(3, n_fits)``."""
    p, slopes, _ = _derivatives(curves, coordinates)
    return _products(slopes, weights / (p * (1 - p)))[[0, 3, 5]]


def score(
    curves: Curves,
    start: FloatArray,
    successes: FloatArray,
    weights: FloatArray,
    tolerance: float,
    most_iterations: int = 100,
) -> tuple[FloatArray, BoolArray]:
    """Return the maximum-likelihood coordinates ``(3, n_fits)`` and which fits converged.

    Damped Newton steps: a step that lowers the likelihood is taken back and the damping raised. A fit
    has converged when the step promises less than ``tolerance`` of log-likelihood, along the bounds
    too; the rest stop after ``most_iterations``. Fits that are done leave the arrays.
    """
    result = start.copy()
    converged = np.zeros(start.shape[1], dtype=bool)
    active = np.arange(start.shape[1])
    at, k, n = start.copy(), successes, weights
    value = log_likelihood(curves, at, k, n)
    damping = np.full(len(active), 1e-4)
    for _ in range(most_iterations):
        step, gain = _step(curves, at, k, n, damping)
        tried = np.clip(at + step, BOUNDS[:, :1], BOUNDS[:, 1:])
        new_value = log_likelihood(curves, tried, k, n)
        is_converged = gain * (1 + damping) < tolerance
        damping = np.maximum(damping * _damping_factor(new_value - value, gain), _DAMPING_LEAST)
        is_better = new_value >= value - _SLACK * np.abs(value)
        at = np.where(is_better, tried, at)
        value = np.where(is_better, new_value, value)
        is_done = is_converged | (damping > _DAMPING_MOST)
        if is_done.any():
            done = active[is_done]
            result[:, done], converged[done] = at[:, is_done], is_converged[is_done]
            keep = ~is_done
            active, at, value, damping = active[keep], at[:, keep], value[keep], damping[keep]
            k, n = k[:, keep], n[:, keep]
        if not len(active):
            break
    result[:, active] = at
    return result, converged


def _damping_factor(achieved: FloatArray, promised: FloatArray) -> FloatArray:
    """Return what the damping is multiplied by: less where a step kept half of what it promised.

    The expected information can be half of the observed one (a level that fell below its floor);
    without damping such a fit jumps over its maximum back and forth.
    """
    return np.where(
        achieved >= 0.35 * promised, 0.2, np.where(achieved < 0.1 * promised, 10.0, 1.0)
    )


def _survival(curves: Curves, coordinates: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return ln u = b (ln s - ln a) and S, each ``(n_levels, n_fits)``."""
    shape = np.exp(coordinates[2])
    log_u = shape * (curves.log_levels[:, None] - coordinates[1]) + curves.offset
    np.clip(log_u, _LOG_ZERO, _LOG_U_MOST, out=log_u)
    u = np.exp(log_u)
    return log_u, 1 / (1 + u) if curves.is_loglogistic else np.exp(-u)


def _step(
    curves: Curves,
    coordinates: FloatArray,
    successes: FloatArray,
    weights: FloatArray,
    damping: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return the damped step ``(3, n_fits)`` and the log-likelihood that it promises.

    By the observed information where it is positive definite, by the expected elsewhere: the first is
    fast on flat ridges, the second always points upward.
    """
    p, slopes, bends = _derivatives(curves, coordinates)
    failures = weights - successes
    residual = successes / p - failures / (1 - p)
    gradient = np.stack([(residual * slope).sum(axis=0) for slope in slopes])
    is_stuck = _stuck(curves, coordinates, gradient)
    gradient[is_stuck] = 0.0
    observed = _products(slopes, successes / p**2 + failures / (1 - p) ** 2)
    observed -= np.stack([(residual * bend).sum(axis=0) for bend in bends])
    expected = _products(slopes, weights / (p * (1 - p)))
    step, is_definite = _solve(observed, gradient, is_stuck, damping)
    if not is_definite.all():
        scored, _ = _solve(expected, gradient, is_stuck, damping)
        step = np.where(is_definite, step, scored)
    return step, (step * gradient).sum(axis=0)


def _derivatives(
    curves: Curves, coordinates: FloatArray
) -> tuple[FloatArray, list[FloatArray], list[FloatArray]]:
    """Return P, its derivatives by alpha, tau, eta, and its second derivatives in ``_PAIRS``."""
    log_u, survival = _survival(curves, coordinates)
    share = special.expit(coordinates[0])
    lead = (1 - curves.guess) * share
    p = np.clip(curves.guess + lead * survival, _P_LEAST, 1 - _P_LEAST)
    fall, bend = _family_derivatives(curves, log_u, survival)
    fall, bend = lead * fall, lead * bend
    shape, distance, rest = np.exp(coordinates[2]), log_u - curves.offset, 1 - share
    slopes = [lead * rest * survival, -shape * fall, distance * fall]
    bends = [
        (1 - 2 * share) * slopes[0], rest * slopes[1], rest * slopes[2],
        shape**2 * bend, -shape * (distance * bend + fall), distance * (distance * bend + fall),
    ]  # fmt: skip
    return p, slopes, bends


def _family_derivatives(
    curves: Curves, log_u: FloatArray, survival: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the first and second derivative of S by ln u; 0 where S is flat."""
    if curves.is_loglogistic:
        fall = -survival * (1 - survival)
        return fall, fall * (2 * survival - 1)
    u = np.exp(log_u)
    return -u * survival, u * survival * (u - 1)


def _products(slopes: list[FloatArray], weights: FloatArray) -> FloatArray:
    """Return the weighted sums of products of derivatives over levels, ``(6, n_fits)``."""
    weighted = [weights * slope for slope in slopes]
    return np.stack([(weighted[row] * slopes[column]).sum(axis=0) for row, column in _PAIRS])


def _stuck(curves: Curves, coordinates: FloatArray, gradient: FloatArray) -> BoolArray:
    """Return which coordinates are held fixed, or press outward against a bound."""
    is_low = (coordinates <= BOUNDS[:, :1]) & (gradient <= 0)
    is_high = (coordinates >= BOUNDS[:, 1:]) & (gradient >= 0)
    return is_low | is_high | ~np.array(curves.free)[:, None]


def _solve(
    information: FloatArray, gradient: FloatArray, is_stuck: BoolArray, damping: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """Return (I + damping diag I)^-1 gradient and whether that matrix is positive definite.

    A 3 x 3 factorisation of each fit, with stuck coordinates taken out; pivots are kept from 0.
    """
    i00, i01, i02, i11, i12, i22 = (
        np.where(
            is_stuck[row] | is_stuck[column],
            float(row == column),
            information[index] * (1 + damping) if row == column else information[index],
        )
        for index, (row, column) in enumerate(_PAIRS)
    )
    d0, is_positive_0 = _pivot(i00, i00)
    l01, l02 = i01 / d0, i02 / d0
    d1, is_positive_1 = _pivot(i11 - l01 * i01, i11)
    m12 = i12 - l01 * i02
    l12 = m12 / d1
    d2, is_positive_2 = _pivot(i22 - l02 * i02 - l12 * m12, i22)
    z1 = gradient[1] - l01 * gradient[0]
    x2 = (gradient[2] - l02 * gradient[0] - l12 * z1) / d2
    x1 = z1 / d1 - l12 * x2
    step = np.stack([gradient[0] / d0 - l01 * x1 - l02 * x2, x1, x2])
    return step, is_positive_0 & is_positive_1 & is_positive_2


def _pivot(pivot: FloatArray, diagonal: FloatArray) -> tuple[FloatArray, BoolArray]:
    least = _PIVOT_LEAST * np.abs(diagonal) + 1e-30
    return np.maximum(pivot, least), pivot > least
