"""A power law that falls to an offset: value = factor * size^-exponent + offset."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar, root_scalar
from scipy.special import stdtrit

from scramblebench.statistics.models.scaling import checked_sizes
from scramblebench.statistics.results import (
    DEFAULT_CONFIDENCE,
    Estimate,
    Status,
    check_confidence,
)

MIN_MODELS = 8
"""With fewer, report the log-log line: three parameters want more."""

SMALLEST_EXPONENT, LARGEST_EXPONENT = 1e-3, 10.0

_GRID = 400
_ROUNDING = 1e-15  # of the total sum of squares; residuals below are those of the search
_FURTHEST = 1e6  # ranges of the values; an offset farther away is infinite

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerLaw:
    """The least-squares power law with offset.

    ``standard_errors`` are those of factor, exponent and offset, from the linearised model: only the
    offset has limits, from its profile. ``is_offset_supported`` is False with fewer than 8 models or
    where the limits of the offset include 0: then report ``scaling.log_log_line``.
    """

    factor: float
    exponent: float
    offset: Estimate
    standard_errors: Vector
    rss: float
    n_models: int
    is_offset_supported: bool
    status: Status = Status.OK
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Data:
    """Sizes as logarithms around their mean, and values."""

    log_size: Vector
    values: Vector
    centre: float

    def curve(self, exponent: float) -> Vector:
        """Return (size^-exponent - 1) / exponent: minus the logarithm as the exponent goes to 0."""
        return np.expm1(-exponent * self.log_size) / exponent

    def rss(self, exponent: float) -> float:
        """Return the residual sum of squares with the best factor and offset."""
        curve = self.curve(exponent)
        offset = curve - curve.mean()
        centred = self.values - self.values.mean()
        slope = float(offset @ centred) / float(offset @ offset)
        return float(((centred - slope * offset) ** 2).sum())

    def rss_at(self, offset: float, exponent: float) -> float:
        """Return the residual sum of squares with the best factor for a given offset."""
        shape = np.exp(-exponent * (self.log_size - self.log_size.min()))
        rest = self.values - offset
        return float(((rest - float(shape @ rest) / float(shape @ shape) * shape) ** 2).sum())


def power_law(
    sizes: Vector, values: Vector, confidence_level: float = DEFAULT_CONFIDENCE
) -> PowerLaw:
    """Fit value = factor * size^-exponent + offset by separable least squares.

    For each exponent, from 0.001 to 10, factor and offset are linear: only the exponent is searched, so
    there is no starting value to choose. ``sizes`` (n_models,) are positive; the factor is in the
    unit that makes the size 1. Standard errors are those of R's ``nls(y ~ a * x^(-b) + g)``; the limits
    of the offset are where its profile sum of squares reaches (1 + t^2 / df) times the least, as
    ``confint(nls)``, and may be infinite.

    Fewer than 4 different sizes: NaN, n_lt_2. Values all alike: NaN, zero_variance. An exponent at an
    end of its range: NaN, not_converged (no law with an offset fits better than a line in the logarithm,
    or a step). A perfect fit: no limits nor errors, offset with status zero_variance. Golub & Pereyra
    1973, doi:10.1137/0710036. Raises ValueError on sizes that are not positive, NaN, shapes.
    """
    check_confidence(confidence_level)
    data = _data(sizes, values)
    n = len(data.values)
    if len(np.unique(data.log_size)) < 4:
        return _undefined(n, Status.N_LT_2)
    if np.ptp(data.values) == 0:
        return _undefined(n, Status.ZERO_VARIANCE)
    exponent = _lowest(data.rss)
    if not SMALLEST_EXPONENT * 1.01 < exponent < LARGEST_EXPONENT / 1.01:
        return _undefined(n, Status.NOT_CONVERGED)
    return _fit(data, exponent, confidence_level)


def _data(sizes: Vector, values: Vector) -> _Data:
    sizes, values = checked_sizes(sizes, values)
    logs = np.log(sizes)
    centre = float(logs.mean()) if len(logs) else 0.0
    return _Data(logs - centre, values, centre)


def _lowest(loss: Callable[[float], float]) -> float:
    """Return the exponent with the least loss: a grid, then its best cell."""
    grid = np.geomspace(SMALLEST_EXPONENT, LARGEST_EXPONENT, _GRID)
    best = int(np.argmin([loss(float(at)) for at in grid]))
    around = float(grid[max(0, best - 1)]), float(grid[min(_GRID - 1, best + 1)])
    found = minimize_scalar(loss, bounds=around, method="bounded", options={"xatol": 1e-12})
    return float(found.x)


def _fit(data: _Data, exponent: float, confidence_level: float) -> PowerLaw:
    n = len(data.values)
    size = np.exp(-exponent * data.log_size)
    factor, offset = np.linalg.lstsq(np.column_stack([size, np.ones(n)]), data.values, rcond=None)[
        0
    ].tolist()
    rss = data.rss(exponent)
    unit = math.exp(exponent * data.centre)  # back from sizes around their mean
    is_perfect = n <= 3 or rss <= _ROUNDING * n * float(np.var(data.values))
    estimate = Estimate(
        method="power law with offset", estimate=offset, confidence_level=confidence_level, n=n,
        df=float(n - 3), interval_method="profile", status=Status.ZERO_VARIANCE,
    )  # fmt: skip
    errors = np.full(3, math.nan)
    if not is_perfect:
        errors = _errors(data, exponent, factor, rss)
        low, high = _offset_limits(data, offset, rss, confidence_level)
        estimate = Estimate(
            method=estimate.method, estimate=offset, low=low, high=high, df=float(n - 3), n=n,
            confidence_level=confidence_level, interval_method="profile",
            standard_error=float(errors[2]),
        )  # fmt: skip
    excludes_0 = estimate.low > 0 or estimate.high < 0
    return PowerLaw(
        factor=factor * unit, exponent=exponent, offset=estimate, standard_errors=errors, rss=rss,
        n_models=n, is_offset_supported=n >= MIN_MODELS and excludes_0,
        warnings=() if n >= MIN_MODELS else (f"{n} models are few for three parameters",),
    )  # fmt: skip


def _errors(data: _Data, exponent: float, factor: float, rss: float) -> Vector:
    """Return the standard errors of factor (in the unit that makes size 1), exponent and offset."""
    n = len(data.values)
    size = np.exp(-exponent * data.log_size)
    unit = math.exp(exponent * data.centre)
    log_size = data.log_size + data.centre
    jacobian = np.column_stack([size / unit, -factor * log_size * size, np.ones(n)])
    scale = np.sqrt((jacobian**2).sum(axis=0))
    inverse = np.linalg.inv((jacobian / scale).T @ (jacobian / scale))
    return np.sqrt(np.diag(inverse) * rss / (n - 3)) / scale


def _offset_limits(
    data: _Data, offset: float, rss: float, confidence_level: float
) -> tuple[float, float]:
    df = len(data.values) - 3
    critical = rss * (1 + float(stdtrit(df, (1 + confidence_level) / 2)) ** 2 / df)

    def excess(at: float) -> float:
        def loss(exponent: float) -> float:
            return data.rss_at(at, exponent)

        return loss(_lowest(loss)) - critical

    step = float(np.ptp(data.values)) / 50
    return _crossing(excess, offset, -step), _crossing(excess, offset, step)


def _crossing(excess: Callable[[float], float], start: float, step: float) -> float:
    """Return where the excess becomes positive, walking from the start; infinite if nowhere."""
    furthest = _FURTHEST * abs(step)
    inner, outer = start, start + step
    while excess(outer) < 0:
        if abs(outer - start) > furthest:
            return math.copysign(math.inf, step)
        inner, outer = outer, start + 2 * (outer - start)
    return float(root_scalar(excess, bracket=(inner, outer), method="brentq").root)


def _undefined(n: int, status: Status) -> PowerLaw:
    return PowerLaw(
        factor=math.nan, exponent=math.nan, rss=math.nan, n_models=n, is_offset_supported=False,
        offset=Estimate(
            method="power law with offset", estimate=math.nan, n=n, status=status
        ),
        standard_errors=np.full(3, math.nan), status=status,
    )  # fmt: skip
