"""Bootstrap by resampling weights: clusters (else items) are drawn, and all their rows go along.

A resample is a row of counts, how often each unit was drawn, so that the sums of every cell in every
resample are one matrix product: all models and levels share the resamples, and their differences are
paired. Never resample rows, or within a condition. Limits from replicates: ``bootstrap_limits``.
Efron & Tibshirani 1993; Davison & Hinkley 1997, doi:10.1017/CBO9780511802843.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scramblebench.statistics.clustering.clusters import cluster_index

FloatArray = npt.NDArray[np.float64]
DEFAULT_RESAMPLES = 10_000

_CHUNK_BYTES = 32 * 2**20  # of one array of counts; about three are alive at once


@dataclass(frozen=True, slots=True)
class UnitSums:
    """What each unit (item or cluster) adds to each cell: sums of scores and weights (answers).

    Both ``(n_units, n_cells)``; the mean of a cell is its total sum over its total weight. ``labels``
    ``(n_units,)`` are the cluster of each unit, in order.
    """

    sums: FloatArray
    weights: FloatArray
    labels: npt.NDArray[np.generic]

    @property
    def n_units(self) -> int:
        """The number of units that are drawn."""
        return len(self.sums)

    @property
    def means(self) -> FloatArray:
        """The mean of each cell, ``(n_cells,)``, NaN without an answer."""
        return _quotient(self.sums.sum(axis=0), self.weights.sum(axis=0))

    @property
    def means_without_one(self) -> FloatArray:
        """The mean of each cell without each unit in turn, ``(n_units, n_cells)``: the jackknife."""
        sums = self.sums.sum(axis=0) - self.sums
        weights = self.weights.sum(axis=0) - self.weights
        return _quotient(sums, np.where(weights > 1e-9, weights, 0.0))


def unit_sums(values: npt.ArrayLike, clusters: npt.ArrayLike | None = None) -> UnitSums:
    """Return the sums and counts by unit of item values ``(n_items, n_cells)``; NaN is missing.

    A cell is a model at a level (of a benchmark: NaN for other benchmarks' items). Raises ValueError on
    another shape and on missing labels.
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"values of shape {table.shape} are not items by cells")
    is_known = ~np.isnan(table)
    sums, weights = np.where(is_known, table, 0.0), is_known.astype(np.float64)
    if clusters is None:
        return UnitSums(sums, weights, np.arange(len(table)))
    labels = np.asarray(clusters)
    index = cluster_index(labels, (len(table),))
    order = np.argsort(index, kind="stable")
    first = np.flatnonzero(np.diff(index[order], prepend=-1))
    return UnitSums(
        np.add.reduceat(sums[order], first), np.add.reduceat(weights[order], first),
        labels[order][first],
    )  # fmt: skip


def resample_counts(
    rng: np.random.Generator,
    n_units: int,
    n_resamples: int = DEFAULT_RESAMPLES,
    strata: npt.ArrayLike | None = None,
) -> Iterator[FloatArray]:
    """Yield resamples as counts, chunks of shape ``(some, n_units)``; ``n_resamples`` rows in all.

    Each row is n_units draws with replacement, within each stratum as many as it has units. ``strata``
    is one label per unit. A chunk takes some 30 MB. The rows depend on the generator, the number of
    units and the strata alone. Raises ValueError on fewer than one unit or resample.
    """
    if n_units < 1 or n_resamples < 1:
        raise ValueError(f"{n_resamples} resamples of {n_units} units: one of each is the least")
    groups = [np.arange(n_units)] if strata is None else _members(strata, n_units)
    rows = max(1, _CHUNK_BYTES // (8 * n_units))
    for start in range(0, n_resamples, rows):
        size = min(rows, n_resamples - start)
        if len(groups) == 1:
            yield _drawn(rng, size, n_units)
            continue
        counts = np.empty((size, n_units))
        for members in groups:
            counts[:, members] = _drawn(rng, size, len(members))
        yield counts


def replicate_means(
    units: UnitSums,
    rng: np.random.Generator,
    n_resamples: int = DEFAULT_RESAMPLES,
    strata: npt.ArrayLike | None = None,
) -> FloatArray:
    """Return the mean of each cell in each resample, ``(n_resamples, n_cells)``.

    NaN where a resample holds no answer of a cell. Raises ValueError as ``resample_counts``.
    """
    sums, weights = replicate_sums(units, rng, n_resamples, strata)
    return _quotient(sums, weights)


def replicate_sums(
    units: UnitSums,
    rng: np.random.Generator,
    n_resamples: int = DEFAULT_RESAMPLES,
    strata: npt.ArrayLike | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return the summed scores and the weights of each cell in each resample, both
    ``(n_resamples, n_cells)``: right answers and answers, as the refits of curves take them.

    Cells whose weights are the same in every unit share one column of the product. Raises ValueError
    as ``resample_counts``.
    """
    distinct, column = np.unique(units.weights, axis=1, return_inverse=True)
    both = np.ascontiguousarray(np.hstack([units.sums, distinct]))
    n_cells = units.sums.shape[1]
    chunks = [counts @ both for counts in resample_counts(rng, units.n_units, n_resamples, strata)]
    products = np.concatenate(chunks)
    return products[:, :n_cells], products[:, n_cells:][:, column.ravel()]


def _members(strata: npt.ArrayLike, n_units: int) -> list[npt.NDArray[np.intp]]:
    index = cluster_index(strata, (n_units,))
    return [np.flatnonzero(index == stratum) for stratum in range(int(index.max()) + 1)]


def _drawn(rng: np.random.Generator, n_rows: int, n_units: int) -> FloatArray:
    """Return how often each unit was drawn in each row, ``(n_rows, n_units)``."""
    draws = rng.integers(0, n_units, size=(n_rows, n_units), dtype=np.int64)
    draws += np.arange(n_rows)[:, None] * n_units
    counts = np.bincount(draws.ravel(), minlength=n_rows * n_units)
    return counts.reshape(n_rows, n_units).astype(np.float64)


def _quotient(sums: FloatArray, weights: FloatArray) -> FloatArray:
    return np.divide(sums, weights, out=np.full_like(sums, math.nan), where=weights > 0)
