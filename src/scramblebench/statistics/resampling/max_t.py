"""Several comparisons on the same items: step-down max-T, with p-values adjusted for all of them."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from scramblebench.statistics.clustering.clusters import cluster_index
from scramblebench.statistics.limit_warnings import cautious_test_warning
from scramblebench.statistics.resampling.sign_flip import DEFAULT_RESAMPLES, few_units_warning
from scramblebench.statistics.resampling.sign_vectors import Array, sign_sums
from scramblebench.statistics.results import Status

ENUMERATED_UNITS = 14
"""Up to this many units all 2^n sign vectors are enumerated."""

_TIE = 1e-9  # statistics nearer than this, relative to their scale, are the same
_ZERO = 1e-12  # a variance or sum this small beside the squares is rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxTTest:
    """Step-down max-T over comparisons; the rows have shape (n_comparisons,).

    ``statistics`` are t values, or mean differences where not ``is_studentized``. ``p_raw`` are of
    each comparison alone, ``p_adjusted`` control the family's error. ``counts`` are the units used by
    comparison, ``statuses`` say why a p is 1 or NaN. ``n_units`` had their signs flipped;
    ``n_resamples`` is 0 where all sign vectors were counted.
    """

    mean_differences: tuple[float, ...]
    statistics: tuple[float, ...]
    p_raw: tuple[float, ...]
    p_adjusted: tuple[float, ...]
    counts: tuple[int, ...]
    statuses: tuple[Status, ...]
    n_units: int
    n_resamples: int
    is_studentized: bool
    warnings: tuple[str, ...] = ()

    @property
    def is_exact(self) -> bool:
        """Return whether all sign vectors were counted."""
        return self.n_resamples == 0


def max_t(
    differences: npt.ArrayLike,
    rng: np.random.Generator,
    clusters: npt.ArrayLike | None = None,
    n_resamples: int = DEFAULT_RESAMPLES,
) -> MaxTTest:
    """Test several rows of paired differences on the same items, p adjusted by step-down max-T.

    ``differences`` has shape (n_comparisons, n_items); one sign is flipped per item, or cluster, for
    all comparisons together, so that their correlation counts: more power than Holm. The statistic is
    t = mean / (sd / sqrt(n)) of items or of cluster sums; by descending |t|, p is the share of flips
    whose largest |t*| among the comparisons not yet passed is at least |t|, made monotone. Complete
    enumeration up to 2^14 sign vectors, else (1 + #) / (B + 1); use at least 9,999 resamples. R:
    ``multtest::mt.maxT(test = "pairt", side = "abs", B = 0)``. Unlike R, where differences other than 0
    are all the same in a row, the means are compared for all rows (one scale): ``is_studentized``
    tells. A row of zeros has p = 1, ``all_zero``, and leaves the others as they are. NaN leaves an item
    out of that comparison; a row of NaN has p NaN, ``no_data``. Westfall & Young 1993; Ge, Dudoit &
    Speed 2003, doi:10.1007/BF02595811. Raises ValueError on another shape, labels that do not fit the
    items, and fewer than one resample.
    """
    table = np.asarray(differences, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"differences of shape {table.shape} are not comparisons by items")
    if n_resamples < 1:
        raise ValueError(f"{n_resamples} resamples are fewer than one")
    units, counts = _units(table, clusters)
    statuses = tuple(map(_status, units.T, counts.tolist()))
    tested = np.array([status not in _UNTESTED for status in statuses], dtype=np.bool_)
    is_studentized = all(status is Status.OK or status in _UNTESTED for status in statuses)
    flipped = units[:, tested].any(axis=1)
    statistics = np.where(counts > 0, 0.0, math.nan)
    p_raw = np.where(counts > 0, 1.0, math.nan)
    p_adjusted = p_raw.copy()
    is_exact = int(flipped.sum()) <= ENUMERATED_UNITS
    warnings = few_units_warning(int(flipped.sum())) if counts.any() else ()
    if tested.any():
        family = _Family.of(units[flipped][:, tested], counts[tested], is_studentized)
        statistics[tested] = family.statistics(family.units.sum(axis=0, keepdims=True))[0]
        p_raw[tested], p_adjusted[tested], largest = _p_values(
            family, None if is_exact else rng, n_resamples
        )
        warnings = warnings or cautious_test_warning(largest, tie=_TIE)
    return MaxTTest(
        mean_differences=tuple(_means(table)),
        statistics=tuple(statistics.tolist()),
        p_raw=tuple(p_raw.tolist()),
        p_adjusted=tuple(p_adjusted.tolist()),
        counts=tuple(counts.tolist()),
        statuses=statuses,
        n_units=int(flipped.sum()),
        n_resamples=0 if is_exact else n_resamples,
        is_studentized=is_studentized,
        warnings=warnings,
    )


_UNTESTED = (Status.NO_DATA, Status.ALL_ZERO)


@dataclass(frozen=True, slots=True)
class _Family:
    """The units that are flipped, shape (n_units, n_comparisons), and what no flip changes."""

    units: Array
    counts: npt.NDArray[np.int64]
    squares: Array
    is_studentized: bool

    @classmethod
    def of(cls, units: Array, counts: npt.NDArray[np.int64], is_studentized: bool) -> Self:
        return cls(units, counts, (units**2).sum(axis=0), is_studentized)

    def statistics(self, sums: Array) -> Array:
        """Return the statistics of sums, shape (n_flips, n_comparisons)."""
        if not self.is_studentized:
            return sums / self.counts
        spread = self.counts * self.squares - sums**2
        spread[spread <= _ZERO * self.counts * self.squares] = 0.0
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(sums == 0, 0.0, sums / np.sqrt(spread / (self.counts - 1)))

    def ties(self, observed: Array) -> Array:
        """Return how near to the observed statistics another is the same."""
        if self.is_studentized:
            return _TIE * np.maximum(1.0, observed)
        return _TIE * np.sqrt(self.squares / self.counts)


def _units(table: Array, clusters: npt.ArrayLike | None) -> tuple[Array, npt.NDArray[np.int64]]:
    """Return the units, shape (n_units, n_comparisons), missing ones 0, and their number by comparison."""
    known = ~np.isnan(table.T)
    values = np.where(known, table.T, 0.0)
    if clusters is None:
        return values, known.sum(axis=0)
    index = cluster_index(clusters, table.shape[1:])
    n_units = int(index.max(initial=-1)) + 1
    units, sizes = (np.zeros((n_units, len(table))) for _ in range(2))
    np.add.at(units, index, values)
    np.add.at(sizes, index, known)
    return units, (sizes > 0).sum(axis=0)


def _status(units: Array, count: int) -> Status:
    if count == 0:
        return Status.NO_DATA
    squares = float((units**2).sum())
    if squares == 0:
        return Status.ALL_ZERO
    if count == 1:
        return Status.N_LT_2
    is_constant = count * squares - float(units.sum()) ** 2 <= _ZERO * count * squares
    return Status.ZERO_VARIANCE if is_constant else Status.OK


def _means(table: Array) -> list[float]:
    known = [row[~np.isnan(row)] for row in table]
    return [float(row.mean()) if len(row) else math.nan for row in known]


def _p_values(
    family: _Family, rng: np.random.Generator | None, n_resamples: int
) -> tuple[Array, Array, Array]:
    """Return the p-value of each comparison alone, and step-down for all; the largest |t*| of each flip."""
    observed = np.abs(family.statistics(family.units.sum(axis=0, keepdims=True)))[0]
    order = np.argsort(-observed, kind="stable")
    thresholds = (observed - family.ties(observed))[order]
    raw, stepped = np.zeros(len(order)), np.zeros(len(order))
    maxima: list[Array] = []
    for sums in sign_sums(family.units, rng, n_resamples):
        flipped = np.abs(family.statistics(sums))[:, order]
        raw += (flipped >= thresholds).sum(axis=0)
        largest = np.maximum.accumulate(flipped[:, ::-1], axis=1)[:, ::-1]
        stepped += (largest >= thresholds).sum(axis=0)
        maxima.append(largest[:, 0])
    both = np.stack([raw, stepped])
    both = both / 2 ** len(family.units) if rng is None else (1 + both) / (n_resamples + 1)
    both[1] = np.maximum.accumulate(both[1])
    found = np.empty_like(both)
    found[:, order] = both
    return found[0], found[1], np.concatenate(maxima)
