"""Dose-response curves: accuracy as a smooth falling function of the scrambling level.

P(s) = g + (A - g) S(s), S(0) = 1, with the baseline accuracy A (so that 1 - A holds lapses), a fixed
chance rate g, and a family S. A plain logistic in s is none of them: its S(0) is below 1, and its
"baseline" is not A(0).
"""

import math
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy import special

from scramblebench.statistics.curves.dose_scoring import (
    BOUNDS,
    Curves,
    expected_information,
    log_levels,
    log_likelihood,
    probabilities,
    score,
)
from scramblebench.statistics.levels import checked_levels
from scramblebench.statistics.results import Status

FloatArray = npt.NDArray[np.float64]

_TIGHT = 1e-12  # of log-likelihood, for one fit
_LOOSE = 1e-8  # for one of many: far below what two resamples differ by
_LATE, _STEEP = -0.1, 1.6  # ln of 0.9 times the last level, ln b of 5
_INFORMATION_LEAST = 1e-2  # a standard error of 10 in the logarithm of scale or shape
_CHUNK = 4096  # fits whose arrays stay in the cache


class Family(StrEnum):
    """How the above-chance share S falls, with scale a and shape b."""

    EXPONENTIAL = "exponential"  # exp(-s/a), rate 1/a
    WEIBULL = "weibull"  # exp(-(s/a)^b)
    LOGLOGISTIC = "loglogistic"  # 1 / (1 + (s/a)^b)


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseFit:
    """A fitted curve: baseline A, scale a, shape b (1 for the exponential), and how well it fits.

    ``log_likelihood`` is binomial without its constant; ``deviance`` is twice its distance from the
    saturated model on ``df`` degrees of freedom: judge it by a bootstrap of items, not by chi-square.
    ``status`` is ``not_converged`` where scale or shape is not identified (flat data, one step): the
    isotonic fit is then what to report; ``baseline_not_above_chance`` where A = g.
    """

    family: Family
    guess: float
    baseline: float
    scale: float
    shape: float
    log_likelihood: float
    deviance: float
    df: int
    last_level: float
    coordinates: FloatArray = field(repr=False)
    status: Status = Status.OK
    warnings: tuple[str, ...] = ()

    @property
    def rate(self) -> float:
        """1 / scale: the lambda of the exponential family."""
        return 1 / self.scale

    def accuracy_at(self, levels: npt.ArrayLike) -> FloatArray:
        """Return P(s) at levels of any shape."""
        shares = np.atleast_1d(np.asarray(levels, dtype=np.float64))
        curves = curves_of(self.family, shares.ravel(), self.guess)
        return probabilities(curves, self.coordinates[:, None])[:, 0].reshape(np.shape(levels))


def fit_dose_response(
    levels: npt.ArrayLike,
    successes: npt.ArrayLike,
    weights: npt.ArrayLike,
    guess: float = 0.0,
    family: Family = Family.WEIBULL,
) -> DoseFit:
    """Fit one curve by binomial maximum likelihood from 36 starts.

    ``levels`` (n_levels,) rise within 0 to 1; ``successes`` and ``weights`` (n_levels,) are right
    answers, whole or partial, out of answers. Parameters are logit((A - g)/(1 - g)), ln a and ln b,
    found by damped Newton steps to 1e-12 of log-likelihood within wide bounds (A up to 1 - 3e-7: an A
    of 1 is no failure). R: ``drc::drm(k/n ~ s, weights = n, type = "binomial")`` with W1.4, LL.4 or
    EXD.3, lower limit fixed at g, and ``optim``/``nlm``. Status ``too_few_levels`` with NaN below as
    many levels as parameters, ``no_data`` where no level has an answer. Raises ValueError on shapes
    that do not match, a guess rate out of [0, 1), or successes out of 0 to weights.
    """
    shares = checked_levels(levels)
    k, n = checked_counts(shares, successes, weights)
    curves = curves_of(family, shares, guess)
    n_parameters = sum(curves.free)
    n_used = int((n > 0).sum())
    if n_used < n_parameters:
        return _no_fit(family, guess, shares, Status.TOO_FEW_LEVELS if n_used else Status.NO_DATA)
    starts = _starts(curves)
    tables = [np.repeat(column[:, None], starts.shape[1], axis=1) for column in (k, n)]
    ends, is_converged = score(curves, starts, tables[0], tables[1], _TIGHT, 300)
    values = log_likelihood(curves, ends, tables[0], tables[1])
    best = int(np.argmax(values))
    at, value = ends[:, best], float(values[best])
    status, warnings = _fit_status(curves, at, n, is_converged=bool(is_converged[best]))
    return DoseFit(
        family=family, guess=guess,
        baseline=guess + (1 - guess) * float(special.expit(at[0])),
        scale=math.exp(at[1]), shape=math.exp(at[2]), log_likelihood=value,
        deviance=max(2 * (_saturated(k, n) - value), 0.0), df=n_used - n_parameters,
        last_level=float(shares[-1]), coordinates=at, status=status, warnings=warnings,
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ManyFits:
    """Many fitted curves: each array is ``(n_fits,)``; ``is_converged`` is False where a fit stopped.

    A scale on its upper bound counts as converged: such a curve does not fall.
    """

    baseline: FloatArray
    scale: FloatArray
    shape: FloatArray
    is_converged: npt.NDArray[np.bool_]


def fit_many(
    fit: DoseFit, levels: npt.ArrayLike, successes: npt.ArrayLike, weights: npt.ArrayLike
) -> ManyFits:
    """Fit the same family to many weighted tables, each started from one fit: for the bootstrap.

    ``successes`` and ``weights`` are ``(n_fits, n_levels)``; a weight of 0 leaves a level out, and a
    table without any weight has NaN parameters and is not converged. To 1e-8 of log-likelihood, from
    the fit and a late, steep fall: a nearly flat curve can have a maximum at each. A fit without
    coordinates gives NaN throughout. Raises ValueError on shapes that do not match.
    """
    shares = checked_levels(levels)
    k, n = np.asarray(successes, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    if k.shape != n.shape or k.ndim != 2 or k.shape[1] != len(shares):
        raise ValueError(f"tables of shape {k.shape} and {n.shape} for {len(shares)} levels")
    curves = curves_of(fit.family, shares, fit.guess)
    ends = np.full((3, len(k)), math.nan)
    is_converged = np.zeros(len(k), dtype=bool)
    for begin in range(0, len(k) if np.isfinite(fit.coordinates).all() else 0, _CHUNK):
        part = slice(begin, begin + _CHUNK)
        tables = np.ascontiguousarray(k[part].T), np.ascontiguousarray(n[part].T)
        ends[:, part], is_converged[part] = _best_of_starts(curves, fit.coordinates, *tables)
    is_empty = ~(n > 0).any(axis=1)
    ends[:, is_empty] = math.nan
    return ManyFits(
        baseline=fit.guess + (1 - fit.guess) * special.expit(ends[0]),
        scale=np.exp(ends[1]), shape=np.exp(ends[2]), is_converged=is_converged & ~is_empty,
    )  # fmt: skip


def curves_of(
    family: Family, levels: FloatArray, guess: float, offset: float = 0.0, *, is_free: bool = True
) -> Curves:
    """Return what is held fixed for a family; ``is_free`` False holds the level of ``offset`` too.

    Raises ValueError on a guess rate out of [0, 1).
    """
    if not 0 <= guess < 1:
        raise ValueError(f"guess rate {guess} is not from 0 to below 1")
    return Curves(
        log_levels=log_levels(levels), guess=guess, offset=offset,
        is_loglogistic=family is Family.LOGLOGISTIC,
        free=(True, is_free, family is not Family.EXPONENTIAL),
    )  # fmt: skip


def _best_of_starts(
    curves: Curves, near: FloatArray, successes: FloatArray, weights: FloatArray
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Return the better of the maxima found from a fit and from a late, steep fall."""
    n_fits = successes.shape[1]
    best, best_value = np.empty((3, n_fits)), np.full(n_fits, -math.inf)
    is_converged = np.zeros(n_fits, dtype=bool)
    late = np.array([near[0], curves.log_levels[-1] + _LATE, _STEEP])
    for start in (near, late) if curves.free[2] else (near,):
        starts = np.repeat(start[:, None], n_fits, axis=1)
        ends, has_converged = score(curves, starts, successes, weights, _LOOSE)
        value = log_likelihood(curves, ends, successes, weights)
        is_better = value > best_value + _LOOSE
        best[:, is_better], best_value[is_better] = ends[:, is_better], value[is_better]
        is_converged[is_better] = has_converged[is_better]
    return best, is_converged


def checked_counts(
    levels: FloatArray, successes: npt.ArrayLike, weights: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Return right answers and answers by level; ValueError on another shape or range."""
    k, n = np.asarray(successes, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    if k.shape != levels.shape or n.shape != levels.shape:
        raise ValueError(f"counts of shape {k.shape} and {n.shape} for {len(levels)} levels")
    if not ((k >= 0) & (k <= n) & np.isfinite(n)).all():
        raise ValueError("successes are not between 0 and the number of answers")
    return k, n


def _starts(curves: Curves) -> FloatArray:
    """Return the starting coordinates, ``(3, n_starts)``."""
    alphas, scales = (-1.0, 1.0, 3.0), (0.1, 0.3, 0.6, 1.5)
    shapes = (0.8, 2.0, 5.0) if curves.free[2] else (1.0,)
    grid = np.meshgrid(alphas, np.log(scales), np.log(shapes), indexing="ij")
    return np.stack([axis.ravel() for axis in grid])


def _saturated(successes: FloatArray, weights: FloatArray) -> float:
    failures = weights - successes
    share = np.divide(successes, weights, out=np.zeros_like(weights), where=weights > 0)
    return float((special.xlogy(successes, share) + special.xlogy(failures, 1 - share)).sum())


def _fit_status(
    curves: Curves, at: FloatArray, weights: FloatArray, *, is_converged: bool
) -> tuple[Status, tuple[str, ...]]:
    if at[0] <= BOUNDS[0, 0]:
        return Status.BASELINE_NOT_ABOVE_CHANCE, ()
    information = expected_information(curves, at[:, None], weights[:, None])[:, 0]
    is_bound = (at <= BOUNDS[:, 0]) | (at >= BOUNDS[:, 1]) | (information < _INFORMATION_LEAST)
    if (is_bound & np.array(curves.free))[1:].any():
        return Status.NOT_CONVERGED, ("scale or shape is not identified: use the isotonic fit",)
    if not is_converged:
        return Status.NOT_CONVERGED, ("the search for the maximum stopped early",)
    return Status.OK, ()


def _no_fit(family: Family, guess: float, levels: FloatArray, status: Status) -> DoseFit:
    return DoseFit(
        family=family, guess=guess, baseline=math.nan, scale=math.nan, shape=math.nan,
        log_likelihood=math.nan, deviance=math.nan, df=0, last_level=float(levels[-1]),
        coordinates=np.full(3, math.nan), status=status,
    )  # fmt: skip
