"""Repeats of the same questions: how much of the variance is theirs, and how often an answer flips."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scramblebench.statistics.results import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceComponents:
    """The variance of scores between items and between the repeats of an item.

    ``variance_items_raw`` may be negative, which is an estimate of 0: ``variance_items`` has that.
    ``icc1`` is the correlation of two repeats, ``icc1k`` the reliability of the mean over the repeats.
    ``standard_error`` is of the grand mean over items. ``flip_rate`` is the share of items whose
    repeats are not all alike. NaN is undefined, and ``status`` says why.
    """

    mean: float
    mean_square_between: float
    mean_square_within: float
    variance_repeats: float
    variance_items_raw: float
    icc1: float
    icc1k: float
    standard_error: float
    flip_rate: float
    n_items: int
    n_repeats: int
    n_missing: int
    status: Status

    @property
    def variance_items(self) -> float:
        """Return the variance between items, 0 where its estimate is negative."""
        return (
            self.variance_items_raw if self.variance_items_raw > 0 else 0 * self.variance_items_raw
        )


def variance_components(scores: npt.ArrayLike) -> VarianceComponents:
    """Split the variance of scores, shape (n_items, n_repeats), into items and repeats.

    One-way random effects: with MSB and MSW of R's ``aov(score ~ factor(item))`` and R repeats, the
    repeats' variance is MSW, the items' (MSB - MSW) / R, ICC1 = (MSB - MSW) / (MSB + (R - 1) MSW),
    ICC1k = (MSB - MSW) / MSB, and the standard error of the mean sqrt(MSB / (n R)). Items with a NaN
    are left out and counted. Fewer than two items or repeats: what needs them is NaN, ``n_lt_2``; no
    variance at all: the ICCs are NaN, ``zero_variance``; no complete item: ``no_complete_items``.
    Shrout & Fleiss 1979, doi:10.1037/0033-2909.86.2.420. Raises ValueError on another shape.
    """
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] == 0:
        raise ValueError(f"scores of shape {table.shape} are not items by repeats")
    complete = table[~np.isnan(table).any(axis=1)]
    n, n_repeats = complete.shape
    between, within = _mean_squares(complete)
    excess = between - within
    return VarianceComponents(
        mean=float(complete.mean()) if n else math.nan,
        mean_square_between=between,
        mean_square_within=within,
        variance_repeats=within,
        variance_items_raw=excess / n_repeats,
        icc1=_ratio(excess, between + (n_repeats - 1) * within),
        icc1k=_ratio(excess, between),
        standard_error=math.sqrt(between / (n * n_repeats)) if n else math.nan,
        flip_rate=_flip_rate(complete),
        n_items=n,
        n_repeats=n_repeats,
        n_missing=len(table) - n,
        status=_status(complete),
    )


def _mean_squares(table: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return the mean squares between and within items; constant rows have exactly none within."""
    n, n_repeats = table.shape
    between = within = math.nan
    if n > 1:
        between = n_repeats * float(table.mean(axis=1).var(ddof=1)) if np.ptp(table) else 0.0
    if n and n_repeats > 1:
        varied = table[np.ptp(table, axis=1) > 0]
        deviations = varied - varied.mean(axis=1, keepdims=True)
        within = float((deviations**2).sum()) / (n * (n_repeats - 1))
    return between, within


def _flip_rate(table: npt.NDArray[np.float64]) -> float:
    n, n_repeats = table.shape
    return float((np.ptp(table, axis=1) > 0).mean()) if n and n_repeats > 1 else math.nan


def _ratio(above: float, below: float) -> float:
    return above / below if below != 0 else math.nan


def _status(table: npt.NDArray[np.float64]) -> Status:
    if len(table) == 0:
        return Status.NO_COMPLETE_ITEMS
    if min(table.shape) < 2:
        return Status.N_LT_2
    return Status.OK if np.ptp(table) else Status.ZERO_VARIANCE
