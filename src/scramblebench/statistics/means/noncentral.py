"""Limits of a noncentrality parameter: the values at which an observed t or F is a tail quantile."""

import math
from collections.abc import Callable
from typing import cast

import numpy as np
from scipy.optimize import brentq
from scipy.special import ncfdtr, nctdtr

LARGEST_T = 1e4
"""Beyond, and beyond its square for F, the distributions take minutes or are NaN."""
_SMALLEST_T = (
    1e-50  # nearer to 0 than the limits' last digit, and its square is not yet NaN to scipy
)
_DOUBLINGS = 60


def noncentral_t_limits(t: float, df: float, confidence_level: float) -> tuple[float, float]:
    """Return the two noncentralities at which t has 1 - a/2 and a/2 of the distribution below it.

    NaN where t is not finite or beyond 10,000 either way, or df is not positive. Steiger & Fouladi 1997. R: ``uniroot`` on ``pt(t, df, ncp)``.
    """
    if not (abs(t) <= LARGEST_T and df > 0):
        return math.nan, math.nan
    tail = (1 - confidence_level) / 2
    t = t if abs(t) > _SMALLEST_T else 0.0

    def below(ncp: float) -> float:
        return float(nctdtr(df, ncp, t))

    step = max(1.0, abs(t))
    return _root(below, 1 - tail, t, step), _root(below, tail, t, step)


def noncentral_f_limits(
    f: float, df1: float, df2: float, confidence_level: float
) -> tuple[float, float]:
    """Return the noncentralities at which f has 1 - a/2 and a/2 of the distribution below it.

    A limit is 0 where f is below that quantile of the central F already. NaN where f df1 is not finite
    or beyond 10^8, or a df is not positive. Steiger 2004, doi:10.1037/1082-989X.9.2.164. R: ``uniroot`` on
    ``pf(f, df1, df2, ncp)``.
    """
    if not (abs(f) * df1 <= LARGEST_T**2 and df1 > 0 and df2 > 0):
        return math.nan, math.nan
    tail = (1 - confidence_level) / 2

    def below(ncp: float) -> float:
        return float(ncfdtr(df1, df2, max(ncp, 0.0), f))

    step = max(1.0, f * df1)
    return _root(below, 1 - tail, 0.0, step, 0.0), _root(below, tail, 0.0, step, 0.0)


def _root(
    below: Callable[[float], float],
    share: float,
    start: float,
    step: float,
    least: float = -math.inf,
) -> float:
    """Return where a falling function passes ``share``; ``least`` where it never was above it."""
    low = high = start
    with np.errstate(all="ignore"):  # far out the distribution underflows or is NaN, judged below
        for doubling in range(_DOUBLINGS):
            if below(low) >= share:
                break
            if low <= least:
                return least
            high, low = low, max(least, start - step * 2.0**doubling)
        for doubling in range(_DOUBLINGS):
            if below(high) < share:
                break
            low, high = high, start + step * 2.0**doubling
        ends = below(low) - share, below(high) - share
        if not (ends[0] >= 0 > ends[1]):
            return math.nan

        def excess(ncp: float) -> float:
            return below(ncp) - share

        try:
            return cast(float, brentq(excess, low, high, xtol=1e-13))
        except ValueError:  # the distribution is NaN on the way
            return math.nan
