"""How a coefficient goes with the size of models: an association, not an effect of size.

Models are the sample (5 to 15), those of one family are alike, and all answered the same items. Size
comes with tokeniser, data and training.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, stdtr, stdtrit

from scramblebench.statistics.models.meta_regression import (
    Heterogeneity,
    MetaRegression,
    meta_regression,
)
from scramblebench.statistics.results import (
    DEFAULT_CONFIDENCE,
    Estimate,
    HypothesisTest,
    Status,
    check_confidence,
)

_ROUNDING = 1e-24  # of the total sum of squares; residuals below are none

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLogLine:
    """log(value) = intercept + exponent * log(size): natural logarithms, unweighted.

    ``r_squared`` of a handful of models is no criterion of anything.
    """

    intercept: float
    exponent: HypothesisTest
    r_squared: float
    n_models: int
    status: Status = Status.OK
    warnings: tuple[str, ...] = ()


def log_log_line(
    sizes: Vector, values: Vector, confidence_level: float = DEFAULT_CONFIDENCE
) -> LogLogLine:
    """Fit a straight line to the logarithms, with the t interval of its slope.

    ``sizes`` (n_models,) are positive, in any unit; ``values`` (n_models,). R: ``lm(log(y) ~ log(N))``
    and ``confint``. Fewer than 2 different sizes: NaN, n_lt_2. A value not above 0 has no logarithm:
    NaN, no_data, with a warning. 2 models, or a perfect line: no interval nor test, zero_variance.
    Raises ValueError on sizes that are not positive, NaN, and shapes.
    """
    check_confidence(confidence_level)
    sizes, values = checked_sizes(sizes, values)
    n = len(sizes)
    if len(np.unique(sizes)) < 2:
        return _no_line(n, Status.N_LT_2, ())
    if not (values > 0).all():
        return _no_line(n, Status.NO_DATA, ("a value not above 0 has no logarithm",))
    x, y = np.log(sizes), np.log(values)
    offset = x - x.mean()
    exponent = float(offset @ y / (offset @ offset))
    residual = y - y.mean() - exponent * offset
    rss, total = float(residual @ residual), float(((y - y.mean()) ** 2).sum())
    is_defined = n > 2 and rss > _ROUNDING * float(y @ y)
    df = float(n - 2)
    error = math.sqrt(rss / df / float(offset @ offset)) if is_defined else math.nan
    half = float(stdtrit(df, (1 + confidence_level) / 2)) * error if is_defined else math.nan
    status = Status.OK if is_defined else Status.ZERO_VARIANCE
    return LogLogLine(
        intercept=float(y.mean() - exponent * x.mean()),
        exponent=HypothesisTest(
            method="log-log line", p_value=float(2 * stdtr(df, -abs(exponent / error))),
            statistic=exponent / error, df=df, estimate=exponent, low=exponent - half,
            high=exponent + half, confidence_level=confidence_level, interval_method="t",
            standard_error=error, n=n, status=status,
        ),
        r_squared=1 - rss / total if total > 0 else math.nan,
        n_models=n,
        status=status,
    )  # fmt: skip


def scaling_regression(
    sizes: Vector,
    values: Vector,
    covariance: Vector,
    kind: Heterogeneity = Heterogeneity.RANDOM,
    *,
    minimum_scale: float = 1.0,
) -> MetaRegression:
    """Fit value = a + b log10(size) by ``meta_regression``: b is the change for ten times the size.

    ``covariance`` is that of the values' errors (n_models, n_models), or their variances. R:
    ``metafor::rma(y, V, mods = ~ log10(N))``. Fewer than 2 different sizes: NaN, n_lt_2. Raises
    ValueError on sizes that are not positive, and as ``meta_regression``.
    """
    sizes, values = checked_sizes(sizes, values)
    design = np.column_stack([np.ones(len(sizes)), np.log10(sizes)])
    if len(np.unique(sizes)) < 2:
        design, covariance = design[:1], np.ones(min(1, len(sizes)))
        values = values[:1]
    return meta_regression(values, covariance, design, kind, minimum_scale=minimum_scale)


def leave_one_family_out(
    sizes: Vector,
    values: Vector,
    covariance: Vector,
    families: npt.NDArray[np.generic],
    kind: Heterogeneity = Heterogeneity.RANDOM,
) -> dict[str, MetaRegression]:
    """Return ``scaling_regression`` without each family in turn, by the family left out.

    ``families`` (n_models,) names the family of each model. A slope that one family makes alone shows
    by its absence.
    """
    full = np.diag(covariance) if np.ndim(covariance) == 1 else np.asarray(covariance)
    fits: dict[str, MetaRegression] = {}
    for family in np.unique(families):
        kept = np.flatnonzero(families != family)
        fits[str(family)] = scaling_regression(
            sizes[kept], values[kept], full[np.ix_(kept, kept)], kind
        )
    return fits


def size_at(
    fit: MetaRegression,
    threshold: float,
    observed_sizes: Vector,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> Estimate:
    """Return the size at which the line of ``scaling_regression`` crosses a threshold, with limits.

    Inverse prediction: all sizes are limits at which the line does not differ from the threshold
    (Fieller 1954, doi:10.1111/j.2517-6161.1954.tb00159.x). Limits may lie at 0 or infinity; where the
    slope itself may be 0 they are 0 and infinity, with a warning. An estimate outside the observed
    sizes is an extrapolation: the number is given with status not_reached. A slope of 0: NaN,
    division_by_zero. Sizes in the unit of the fit.
    """
    check_confidence(confidence_level)
    method = f"size at which the line is {threshold:g}"
    if fit.status is not Status.OK:
        return Estimate(method=method, estimate=math.nan, n=fit.n_models, status=fit.status)
    intercept, slope = fit.coefficients
    if slope == 0:
        status = Status.DIVISION_BY_ZERO
        return Estimate(method=method, estimate=math.nan, n=fit.n_models, status=status)
    share = (1 + confidence_level) / 2
    quantile = float(ndtri(share) if math.isinf(fit.df) else stdtrit(fit.df, share))
    low, high = _fieller(float(intercept) - threshold, float(slope), fit.covariance, quantile)
    place = (threshold - float(intercept)) / float(slope)
    is_inside = np.log10(observed_sizes.min()) <= place <= np.log10(observed_sizes.max())
    notes = () if is_inside else ("outside the sizes observed: an extrapolation",)
    if math.isinf(low) and math.isinf(high):
        notes += ("the slope may be 0: any size is possible",)
    return Estimate(
        method=method, estimate=_power(place), low=_power(low), high=_power(high),
        confidence_level=confidence_level, interval_method="Fieller", df=fit.df, n=fit.n_models,
        status=Status.OK if is_inside else Status.NOT_REACHED, warnings=notes,
    )  # fmt: skip


def _fieller(
    height: float, slope: float, covariance: Vector, quantile: float
) -> tuple[float, float]:
    """Return where (height + slope x)^2 equals quantile^2 times its variance."""
    t2 = quantile**2
    square = slope**2 - t2 * float(covariance[1, 1])
    cross = height * slope - t2 * float(covariance[0, 1])
    constant = height**2 - t2 * float(covariance[0, 0])
    if square <= 0:
        return -math.inf, math.inf
    spread = math.sqrt(max(0.0, cross**2 - square * constant))
    return (-cross - spread) / square, (-cross + spread) / square


def _power(exponent: float) -> float:
    """Return 10 to an exponent; infinity where that is no number."""
    return 10.0**exponent if exponent < 308 else math.inf


def checked_sizes(sizes: Vector, values: Vector) -> tuple[Vector, Vector]:
    """Return both as arrays; raises ValueError unless finite, of one shape, with sizes above 0."""
    sizes, values = np.asarray(sizes, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if sizes.ndim != 1 or sizes.shape != values.shape:
        raise ValueError(f"sizes {sizes.shape} and values {values.shape} do not fit together")
    if not (np.isfinite(sizes).all() and np.isfinite(values).all()):
        raise ValueError("a size or a value is not finite")
    if not (sizes > 0).all():
        raise ValueError("a size is not above 0")
    return sizes, values


def _no_line(n: int, status: Status, notes: tuple[str, ...]) -> LogLogLine:
    nothing = HypothesisTest(method="log-log line", p_value=math.nan, n=n, status=status)
    return LogLogLine(
        intercept=math.nan, exponent=nothing, r_squared=math.nan, n_models=n, status=status,
        warnings=notes,
    )  # fmt: skip
