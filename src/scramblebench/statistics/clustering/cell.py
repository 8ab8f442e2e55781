"""The accuracy of one cell (a model at a level): the interval that its scores allow."""

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from scramblebench.statistics.clustering.clusters import (
    cluster_index,
    cluster_mean,
    wilson_clustered,
)
from scramblebench.statistics.limit_warnings import FEW_DECIDING, few_different_warning
from scramblebench.statistics.proportions.intervals import mean_t, wilson
from scramblebench.statistics.results import (
    DEFAULT_CONFIDENCE,
    Estimate,
    Status,
    check_confidence,
)

FEW_ITEMS = 10
"""Below this many items an estimate carries a warning."""


COARSE_ITEMS = 40
"""Below this many right-or-wrong items the limits can only take few values, and coverage follows them."""


def _few_right_warning(right: int, n: int) -> tuple[str, ...]:
    """Return the warning of few right-or-wrong items, or of few that are right or wrong, if it is one."""
    if n >= COARSE_ITEMS:
        fewer, what = min((right, " are right"), (n - right, " are wrong"))
        if fewer >= FEW_DECIDING:
            return ()
        few = f"{fewer} of {n} items{what}"
    else:
        few = f"{n} items"
    return (f"only {few}: coverage of 93 to 98 %, depending on the accuracy",)


def item_means(scores: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return each item's mean over its repeats: scores (n_items, n_repeats) become (n_items,).

    Missing repeats (NaN) are left out; an item without any is NaN. Raises ValueError on another shape.
    """
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"scores of shape {table.shape} are not items by repeats")
    known = ~np.isnan(table)
    counts = known.sum(axis=1)
    sums = np.where(known, table, 0.0).sum(axis=1)
    return np.where(counts > 0, sums / np.maximum(counts, 1), math.nan)


def cell_accuracy(
    scores: npt.ArrayLike,
    clusters: npt.ArrayLike | None = None,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> Estimate:
    """Return the mean of item scores, each within [0, 1], with the interval that fits them.

    All 0 or 1: Wilson (R: ``prop.test(correct = FALSE)``); with ``clusters`` Wilson on the effective
    number of items. Partial credit or means of repeats: t (R: ``t.test``), with clusters CR2 and
    Satterthwaite's df (R: ``clubSandwich``); these limits are not clipped. Clusters of one item each
    are no clusters. Scores have shape (n_items,): average repeats first with ``item_means``. NaN is left
    out: ``n`` counts the rest. No score: NaN, ``no_data``. No limits: partial scores all the same
    (``zero_variance``), a single one (``n_lt_2``), one cluster (``few_clusters``). Warnings tell of
    fewer than 10 items or clusters, of fewer than 40 right-or-wrong items or 10 right or wrong ones, and
    where t limits cover too seldom: partial credit that is all
    alike but for a few items (near 0 or 1), very unequal clusters. Raises ValueError on scores out of [0, 1], labels that do not fit,
    and a confidence level out of (0, 1).
    """
    check_confidence(confidence_level)
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 1 or bool(((values < 0) | (values > 1)).any()):
        raise ValueError("scores must be one row of numbers between 0 and 1")
    used = ~np.isnan(values)
    values = values[used]
    is_binary = bool(np.isin(values, (0.0, 1.0)).all())
    if clusters is not None:
        labels = cluster_index(clusters, used.shape)[used]
        if len(np.unique(labels)) < len(labels):
            return _clustered(values, labels, is_binary, confidence_level)
    return _independent(values, is_binary, confidence_level)


def missing_bounds(
    scores: npt.ArrayLike,
    clusters: npt.ArrayLike | None = None,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> tuple[Estimate, Estimate]:
    """Return the cell's accuracy if every missing (NaN) score were 0, and if every one were 1.

    As ``cell_accuracy`` otherwise. The interval from the first's low to the second's high holds
    whatever the missing scores are.
    """
    values = np.asarray(scores, dtype=np.float64)
    filled = (np.where(np.isnan(values), score, values) for score in (0.0, 1.0))
    first, second = (cell_accuracy(scores, clusters, confidence_level) for scores in filled)
    return first, second


def _independent(
    values: npt.NDArray[np.float64], is_binary: bool, confidence_level: float
) -> Estimate:
    n = len(values)
    if is_binary:
        found = wilson(round(float(values.sum())), n, confidence_level)
    else:
        found = mean_t(values.tolist(), confidence_level)
    return Estimate(
        method="accuracy",
        estimate=found.estimate,
        low=found.low,
        high=found.high,
        confidence_level=confidence_level,
        interval_method="Wilson" if is_binary else "t",
        standard_error=float(values.std(ddof=1)) / math.sqrt(n) if n > 1 else math.nan,
        df=math.nan if is_binary or n < 2 else n - 1,
        n=n,
        status=_status(n, is_undefined=math.isnan(found.low)),
        warnings=_notes(values, is_binary),
    )


def _notes(values: npt.NDArray[np.float64], is_binary: bool) -> tuple[str, ...]:
    n = len(values)
    few = (f"only {n} items",) if 0 < n < FEW_ITEMS else ()
    if is_binary:
        return few or _few_right_warning(round(float(values.sum())), n) * (n > 0)
    return (*few, *few_different_warning(values))


def _status(n: int, *, is_undefined: bool) -> Status:
    if n == 0:
        return Status.NO_DATA
    if not is_undefined:
        return Status.OK
    return Status.N_LT_2 if n == 1 else Status.ZERO_VARIANCE


def _clustered(
    values: npt.NDArray[np.float64],
    labels: npt.NDArray[np.int64],
    is_binary: bool,
    confidence_level: float,
) -> Estimate:
    if is_binary:
        return replace(wilson_clustered(values, labels, confidence_level), method="accuracy")
    found = cluster_mean(values, labels, confidence_level)
    return Estimate(
        method="accuracy",
        estimate=found.mean,
        low=found.low,
        high=found.high,
        confidence_level=confidence_level,
        interval_method="t, clustered (CR2)",
        standard_error=found.standard_error_cr2,
        df=found.df,
        n=found.n,
        n_clusters=found.n_clusters,
        status=found.status,
        warnings=found.warnings,
    )
