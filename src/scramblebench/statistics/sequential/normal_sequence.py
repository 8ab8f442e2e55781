"""Anytime-valid tests and intervals of a mean difference that lean on the normal distribution.

They need a variance that is known, or a large n. Binary items: prefer ``eprocess`` and
``paired_sequence``, which need neither.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scramblebench.statistics.limit_warnings import ANYTIME_WARNING
from scramblebench.statistics.results import (
    DEFAULT_CONFIDENCE,
    Estimate,
    HypothesisTest,
    Status,
    check_confidence,
)

_Floats = npt.NDArray[np.float64]
LEAST_ASYMPTOTIC_N = 50
_NEARLY = (f"fewer than {LEAST_ASYMPTOTIC_N} items: the interval is approximate",)


@dataclass(frozen=True, slots=True, kw_only=True)
class MixtureTest:
    """A mixture sequential probability ratio test after all items; ``log_ratios`` after each one."""

    test: HypothesisTest
    log_ratios: _Floats


def mixture_sprt(
    differences: npt.ArrayLike, variance: float, effect_variance: float
) -> MixtureTest:
    """Test a mean of 0 with the likelihood ratio mixed over effects ~ N(0, effect_variance).

    After n items, L = sqrt(v / (v + n t)) exp(n^2 t mean^2 / (2 v (v + n t))) with v the KNOWN variance
    of a difference and t the effect variance, both fixed beforehand. ``p_value`` is the anytime-valid
    min(1, 1 / max L), ``statistic`` the log L after the last item. A variance estimated from the same
    items makes it approximate. Johari et al. 2022, doi:10.1287/opre.2021.2135. ``differences`` in order,
    shape (n,); none gives NaN and ``no_data``. Raises ValueError on NaN, or a variance not positive.
    """
    if not (variance > 0 and effect_variance > 0):
        raise ValueError(f"variance {variance} or {effect_variance} is not positive")
    values = _row(differences)
    n = np.arange(1, values.size + 1)
    sums = np.cumsum(values)
    spread = variance + n * effect_variance
    exponent = sums**2 * effect_variance / (2 * variance * spread)
    log_ratios = 0.5 * np.log(variance / spread) + exponent
    empty = values.size == 0
    test = HypothesisTest(
        method="mixture sequential probability ratio test",
        p_value=math.nan if empty else math.exp(-max(0.0, float(log_ratios.max()))),
        statistic=math.nan if empty else float(log_ratios[-1]),
        estimate=math.nan if empty else float(values.mean()),
        n=values.size,
        status=Status.NO_DATA if empty else Status.OK,
    )
    return MixtureTest(test=test, log_ratios=log_ratios)


def asymptotic_sequence(
    differences: npt.ArrayLike,
    tuning: float,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> Estimate:
    """Return the mean with the asymptotic confidence sequence after the last item.

    mean +- sd sqrt(2 (n r + 1) / (n^2 r) ln(sqrt(n r + 1) / alpha)), r = ``tuning`` fixed beforehand
    (narrowest near n = 8.2 / r at 95 %), sd with divisor n. Waudby-Smith et al. 2024,
    doi:10.1214/24-AOS2408, theorem 2.2. Valid for large n only: below 50 items a warning says so. Not
    clipped. No items, or one, or no variance: NaN limits and a status. Raises ValueError on NaN, a
    tuning not positive, or a confidence level out of (0, 1).
    """
    check_confidence(confidence_level)
    if not tuning > 0:
        raise ValueError(f"tuning {tuning} is not positive")
    values = _row(differences)
    mean = float(values.mean()) if values.size else math.nan
    status = _status(values)
    half = math.nan
    if status is Status.OK:
        half = float(values.std()) * _half_width(values.size, tuning, 1 - confidence_level)
    few = values.size < LEAST_ASYMPTOTIC_N
    return Estimate(
        method="mean difference",
        estimate=mean,
        low=mean - half,
        high=mean + half,
        confidence_level=confidence_level,
        interval_method="asymptotic confidence sequence",
        n=values.size,
        status=status,
        warnings=(ANYTIME_WARNING, *_NEARLY * few),
    )


def _half_width(n: int, tuning: float, alpha: float) -> float:
    """Return the half-width in standard deviations."""
    mixed = n * tuning + 1
    return math.sqrt(2 * mixed / (n * n * tuning) * math.log(math.sqrt(mixed) / alpha))


def _status(values: _Floats) -> Status:
    if values.size == 0:
        return Status.NO_DATA
    if values.size == 1:
        return Status.N_LT_2
    return Status.OK if bool((values != values[0]).any()) else Status.ZERO_VARIANCE


def _row(differences: npt.ArrayLike) -> _Floats:
    values = np.asarray(differences, dtype=np.float64)
    if values.ndim != 1 or bool(np.isnan(values).any()):
        raise ValueError("differences are a row of numbers, without missing ones")
    return values
