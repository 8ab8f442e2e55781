"""Intervals of one cell: a share of right answers, or a mean of partial credit."""

import math
from collections.abc import Sequence
from statistics import NormalDist

from scramblebench.statistics.results import DEFAULT_CONFIDENCE, Interval, check_confidence

_EMPTY = Interval(math.nan, math.nan, math.nan)


def wilson(successes: float, n: int, confidence_level: float = DEFAULT_CONFIDENCE) -> Interval:
    """Return the share successes / n of independent binary items with its Wilson score interval.

    No continuity correction: R's ``prop.test(k, n, correct = FALSE)``. Limits are within [0, 1], and
    exactly 0 (1) where no (every) item is right; of sums of partial credit they are too wide rather than
    too narrow. n = 0 gives NaN. Wilson 1927,
    doi:10.1080/01621459.1927.10502953. Raises ValueError unless 0 <= successes <= n and
    0 < confidence_level < 1.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n} is not a share")
    check_confidence(confidence_level)
    if n == 0:
        return _EMPTY
    z2 = NormalDist().inv_cdf((1 - confidence_level) / 2) ** 2
    share = successes / n
    centre = (successes + z2 / 2) / (n + z2)
    half = math.sqrt(z2) / (n + z2) * math.sqrt(n * share * (1 - share) + z2 / 4)
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return Interval(share, low, high)


def mean_t(values: Sequence[float], confidence_level: float = DEFAULT_CONFIDENCE) -> Interval:
    """Return the mean of item means, each 0 to 1, with its t interval: mean +- t(n-1) sd / sqrt(n).

    R's ``t.test(values, conf.level = ...)$conf.int``; the limits are not clipped to [0, 1]. Without
    variance: all 0 or all 1 gives the Wilson interval on n, any other constant has no limits (NaN),
    as has a single value between. No values give NaN. Raises ValueError on a confidence level out of
    (0, 1).
    """
    check_confidence(confidence_level)
    n = len(values)
    if n == 0:
        return _EMPTY
    first = float(values[0])
    if all(value == first for value in values):
        if first in (0.0, 1.0):
            return wilson(round(first) * n, n, confidence_level)
        return Interval(first, math.nan, math.nan)
    mean = math.fsum(values) / n
    variance = math.fsum((value - mean) ** 2 for value in values) / (n - 1)
    half = _t_quantile(n - 1, (1 + confidence_level) / 2) * math.sqrt(variance / n)
    return Interval(mean, mean - half, mean + half)


def _t_quantile(df: int, probability: float) -> float:
    """Return the quantile of Student's t: R's ``qt(probability, df)``."""
    from scipy.special import stdtrit  # a third of a second that commands without a t interval save

    return float(stdtrit(df, probability))
