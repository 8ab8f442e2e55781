"""The band around a curve of accuracies: Wilson's limits at the quantile that holds for all levels at once.

Estimate -+ c se is too narrow near 0 and 1 and with few units (83 % for 25 unequal clusters, 85 % for 350
items at 0.98), and a level where all is right has none. Wilson's shape holds 93 to 97 % at about
the same width, 90 % for 30 items at 0.98 (``make calibration``).
"""

import math

import numpy as np
import numpy.typing as npt
from scipy import special

from scramblebench.statistics.clustering.cell import COARSE_ITEMS
from scramblebench.statistics.proportions.shares import wilson_limits
from scramblebench.statistics.resampling.bootstrap_limits import Band, simultaneous_band
from scramblebench.statistics.results import DEFAULT_CONFIDENCE, Status


def accuracy_band(
    replicates: npt.ArrayLike,
    accuracy: npt.ArrayLike,
    n_units: int,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> Band:
    """Return limits of the accuracy at every level that hold for the whole curve at once, within [0, 1].

    ``replicates`` ``(n_resamples, n_levels)`` of ``accuracy`` ``(n_levels,)``, each 0 to 1, resampling
    ``n_units`` items or clusters. c is the quantile of the largest deviation (``simultaneous_band``), as
    the quantile of t with n_units - 1 degrees of freedom that has its level; limits are Wilson's with it
    on p (1 - p) / se^2 items, se the replicates' standard deviation times sqrt(G / (G - 1)). A level
    without variance is as many items as there are units; it binds no resample, so that c is then
    Bonferroni's over all levels. A NaN accuracy has NaN limits; below ten units, or where most resamples are not finite, all are NaN with the
    statuses of ``simultaneous_band``. Raises ValueError as that does.
    """
    points = np.asarray(accuracy, dtype=np.float64)
    plain = simultaneous_band(replicates, points, n_units, confidence_level)
    statuses = [
        Status.OK if status is Status.ZERO_VARIANCE else status for status in plain.statuses
    ]
    low, high = np.full(len(points), math.nan), np.full(len(points), math.nan)
    critical = math.nan
    if any(status is Status.OK for status in statuses):
        critical = _critical(plain, n_units)
        errors = (plain.high - plain.low) / (2 * plain.critical_value)
        errors = np.nan_to_num(errors) * math.sqrt(n_units / (n_units - 1))
        for level, (share, error) in enumerate(zip(points.tolist(), errors.tolist(), strict=True)):
            if not math.isnan(share):
                n_alike = share * (1 - share) / error**2 if error > 0 else n_units
                low[level], high[level] = wilson_limits(share, n_alike, critical)
    return Band(
        low=low, high=high, critical_value=critical, statuses=tuple(statuses),
        warnings=(*plain.warnings, *_few_units_warning(n_units)), confidence_level=confidence_level,
    )  # fmt: skip


def _few_units_warning(n_units: int) -> tuple[str, ...]:
    if n_units < COARSE_ITEMS:
        return (f"a band from {n_units} units covers too little near 0 and 1",)
    return ()


def _critical(plain: Band, n_units: int) -> float:
    """Return the quantile of t that holds for the whole curve."""
    level = float(special.ndtr(plain.critical_value))
    if Status.ZERO_VARIANCE in plain.statuses:
        level = 1 - (1 - plain.confidence_level) / (2 * len(plain.statuses))
    return float(special.stdtrit(n_units - 1, level))
