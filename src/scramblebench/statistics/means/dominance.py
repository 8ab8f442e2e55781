"""How often a value of one sample exceeds one of another: Cliff's delta with its limits."""

import math
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from scramblebench.statistics.means.samples import FloatArray, as_sample, missing_note
from scramblebench.statistics.results import (
    DEFAULT_CONFIDENCE,
    Estimate,
    Status,
    check_confidence,
)


def cliffs_delta(
    first: npt.ArrayLike, second: npt.ArrayLike, confidence_level: float = DEFAULT_CONFIDENCE
) -> Estimate:
    """Return Cliff's delta of disjoint samples: P(second > first) - P(second < first), from -1 to 1.

    Limits by Cliff's consistent variance and the asymmetric formula, on the normal quantile z; at -1
    and 1 the inner limit is (m - z^2) / (m + z^2), m the smaller sample. NaN or None is
    dropped, with a warning. An empty group: no_data; a group of one has no limits: n_lt_2. Cliff 1993,
    doi:10.1037/0033-2909.114.3.494; Feng & Cliff 2004, doi:10.22237/jmasm/1099267560. R: estimate of
    ``effsize::cliff.delta(second, first)``, whose limits use t in place of z.
    """
    check_confidence(confidence_level)
    one, two = as_sample(first), as_sample(second)
    method, n = "Cliff's delta, independent groups", len(one) + len(two)
    note = missing_note(np.size(first) + np.size(second) - n, "values")
    if not (len(one) and len(two)):
        return Estimate(
            method=method, estimate=math.nan, confidence_level=confidence_level, n=n,
            status=Status.NO_DATA, warnings=note,
        )  # fmt: skip
    dominance = np.sign(two[:, None] - one[None, :])
    delta = float(np.mean(dominance))
    has_limits = min(dominance.shape) > 1
    low, high = (
        _cliff_limits(dominance, delta, confidence_level) if has_limits else (math.nan, math.nan)
    )
    return Estimate(
        method=method, estimate=delta, low=low, high=high, confidence_level=confidence_level,
        interval_method="Cliff, consistent variance" if has_limits else "", n=n, warnings=note,
        status=Status.OK if has_limits else Status.N_LT_2,
    )  # fmt: skip


def _cliff_limits(dominance: FloatArray, delta: float, level: float) -> tuple[float, float]:
    z = NormalDist().inv_cdf((1 + level) / 2)
    if abs(delta) == 1:
        smaller = min(dominance.shape)
        inner = (smaller - z * z) / (smaller + z * z)
        return (inner, 1.0) if delta > 0 else (-1.0, -inner)
    n2, n1 = dominance.shape
    rows = n1**2 * float(np.sum((np.mean(dominance, axis=1) - delta) ** 2))
    columns = n2**2 * float(np.sum((np.mean(dominance, axis=0) - delta) ** 2))
    cells = float(np.sum((dominance - delta) ** 2))
    variance = (rows + columns - cells) / (n1 * n2 * (n1 - 1) * (n2 - 1))
    variance = max(variance, (1 - delta**2) / (n1 * n2 - 1))
    root = z * math.sqrt(variance * ((1 - delta**2) ** 2 + z * z * variance))
    below = 1 - delta**2 + z * z * variance
    return (
        max(-1.0, (delta - delta**3 - root) / below),
        min(1.0, (delta - delta**3 + root) / below),
    )
