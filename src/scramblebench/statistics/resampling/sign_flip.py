"""Sign-flip permutation test of paired differences: without an effect, each sign was a coin toss.

Exact where it can be (few units, or values on a grid such as differences of 0/1 scores), else by
drawn flips with p = (1 + #) / (B + 1). Assumes that differences are symmetric about 0 without an
effect, as they are where the two conditions are then exchangeable within a pair.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from scramblebench.statistics.clustering.clusters import cluster_index
from scramblebench.statistics.limit_warnings import cautious_test_warning
from scramblebench.statistics.resampling.sign_vectors import (
    ENUMERATED_UNITS,
    Array,
    exact_sums,
    sign_sums,
)
from scramblebench.statistics.results import Status

DEFAULT_RESAMPLES = 9_999

_TIE = 1e-9  # statistics nearer than this, relative to their scale, are the same
_ZERO = 1e-12  # a sum this small beside the differences is rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class SignFlipTest:
    """A sign-flip test that the mean of differences is 0.

    ``p_value`` is two-sided; ``p_less`` and ``p_greater`` are for a mean below and above 0. ``n`` units
    (items, or clusters where ``n_clusters`` is given) were used, of which ``n_nonzero`` can make a
    difference. ``n_resamples`` is the number of drawn flips, 0 where all sign vectors were counted.
    NaN is undefined, and ``status`` says why.
    """

    mean_difference: float
    p_value: float = math.nan
    p_less: float = math.nan
    p_greater: float = math.nan
    n: int
    n_nonzero: int
    n_clusters: int | None = None
    n_missing: int = 0
    n_resamples: int = 0
    status: Status = Status.OK
    warnings: tuple[str, ...] = ()

    @property
    def is_exact(self) -> bool:
        """Return whether all sign vectors were counted."""
        return self.n_resamples == 0


def sign_flip(
    differences: npt.ArrayLike, rng: np.random.Generator, n_resamples: int = DEFAULT_RESAMPLES
) -> SignFlipTest:
    """Test whether the mean of paired differences, shape (n_items,), is 0 by flipping their signs.

    The statistic is the sum; zeros do not matter. Exact up to 20 differences that are not 0, and for
    any number on a grid; for differences of -1, 0 and 1 it is the exact McNemar test. Dividing by the
    standard error orders the sign vectors alike, since no flip changes a square: the studentised test
    has the same p. R: ``exactRankTests::perm.test(d, paired = TRUE, exact = TRUE)`` on whole numbers.
    NaN is left out and counted. All zero: p = 1, ``all_zero``; no value: NaN, ``no_data``. The
    smallest two-sided p is 2 / 2^n_nonzero. A warning says where that is above 0.05, and where the test
    rejects less than 4 % of true nulls at 5 %. Raises ValueError on another shape and on fewer than one
    resample.
    """
    values = np.asarray(differences, dtype=np.float64)
    if values.ndim != 1:
        raise ValueError(f"differences of shape {values.shape} are not one row")
    _check_resamples(n_resamples)
    used = values[~np.isnan(values)]
    frame = _frame(values, used, used)
    return _with_sums(frame, used, rng, n_resamples) if frame.status is Status.OK else frame


def sign_flip_clustered(
    differences: npt.ArrayLike,
    clusters: npt.ArrayLike,
    rng: np.random.Generator,
    n_resamples: int = DEFAULT_RESAMPLES,
    *,
    studentized: bool = False,
) -> SignFlipTest:
    """Test whether the mean of paired differences is 0 by flipping the signs of whole clusters.

    As ``sign_flip`` on the cluster sums. ``studentized`` divides the mean by its cluster standard
    error (CR0), which orders the sign vectors otherwise where clusters differ in size: for
    differences that may be skewed. R: full enumeration on ``tapply(d, cluster, sum)``. Raises
    ValueError also unless there is one label per difference, none missing.
    """
    values = np.asarray(differences, dtype=np.float64)
    index = cluster_index(clusters, values.shape)
    _check_resamples(n_resamples)
    used = ~np.isnan(values)
    _, index = np.unique(index[used], return_inverse=True)
    sums = np.bincount(index, weights=values[used]).astype(np.float64)
    sums[np.abs(sums) <= _ZERO * np.bincount(index, weights=np.abs(values[used]))] = 0.0
    frame = replace(_frame(values, values[used], sums), n_clusters=len(sums))
    if frame.status is not Status.OK:
        return frame
    if studentized:
        return _studentized(frame, sums, np.bincount(index), rng, n_resamples)
    return _with_sums(frame, sums, rng, n_resamples)


def few_units_warning(n_units: int) -> tuple[str, ...]:
    """Return the warning of a test whose smallest two-sided p is above 0.05, if it is one."""
    if n_units <= 5:
        return (f"with {n_units} units p cannot be below {min(1.0, 2 / 2**n_units):.4g}",)
    return ()


def _frame(values: Array, used: Array, units: Array) -> SignFlipTest:
    """Return the test without p-values; p = 1 where no unit can be flipped."""
    n_nonzero = int(np.count_nonzero(units))
    frame = SignFlipTest(
        mean_difference=float(used.mean()) if len(used) else math.nan,
        n=len(units),
        n_nonzero=n_nonzero,
        n_missing=len(values) - len(used),
        warnings=few_units_warning(n_nonzero) if len(used) else (),
    )
    if len(used) == 0:
        return replace(frame, status=Status.NO_DATA)
    if n_nonzero == 0:
        return replace(frame, p_value=1.0, p_less=1.0, p_greater=1.0, status=Status.ALL_ZERO)
    return frame


def _with_sums(
    frame: SignFlipTest, units: Array, rng: np.random.Generator, n_resamples: int
) -> SignFlipTest:
    active = units[units != 0]
    active = active / np.abs(active).max()
    observed, tie = float(active.sum()), _TIE
    exact = exact_sums(active)
    if exact is not None:
        return _with_p(frame, *exact, observed, tie)
    drawn = np.concatenate(list(sign_sums(active[:, np.newaxis], rng, n_resamples)))
    return _with_p(frame, drawn[:, 0], None, observed, tie, n_resamples)


def _studentized(
    frame: SignFlipTest,
    units: Array,
    sizes: npt.NDArray[np.int64],
    rng: np.random.Generator,
    n_resamples: int,
) -> SignFlipTest:
    """Return the test of the sum over its CR0 standard error, which is flipped with it."""
    units = units / np.abs(units).max()
    active = units != 0
    n, squares = int(sizes.sum()), float((units**2).sum())
    columns = np.column_stack([units, units * sizes])[active]

    def statistic(sums: Array) -> Array:
        mean = sums[:, 0] / n
        variance = squares - 2 * mean * sums[:, 1] + mean**2 * float((sizes**2).sum())
        variance[variance <= _ZERO * squares] = 0.0
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(sums[:, 0] == 0, 0.0, sums[:, 0] / np.sqrt(variance))

    observed = float(statistic(columns.sum(axis=0, keepdims=True))[0])
    tie = _TIE * max(1.0, abs(observed)) if math.isfinite(observed) else 0.0
    is_exact = len(columns) <= ENUMERATED_UNITS
    flips = sign_sums(columns, None if is_exact else rng, n_resamples)
    values = np.concatenate([statistic(sums) for sums in flips])
    return _with_p(frame, values, None, observed, tie, 0 if is_exact else n_resamples)


def _with_p(
    frame: SignFlipTest,
    values: Array,
    probabilities: Array | None,
    observed: float,
    tie: float,
    n_resamples: int = 0,
) -> SignFlipTest:
    """Return the test with p-values from the statistics of all flips, or of those that were drawn."""
    extreme = (
        values <= observed + tie,
        values >= observed - tie,
        np.abs(values) >= abs(observed) - tie,
    )
    if probabilities is not None:
        shares = [float(probabilities[tail].sum()) for tail in extreme]
    elif n_resamples:
        shares = [(1 + np.count_nonzero(tail)) / (n_resamples + 1) for tail in extreme]
    else:
        shares = [np.count_nonzero(tail) / len(values) for tail in extreme]
    p_less, p_greater, p_value = (min(share, 1.0) for share in shares)
    return replace(
        frame,
        p_value=p_value,
        p_less=p_less,
        p_greater=p_greater,
        n_resamples=n_resamples,
        warnings=frame.warnings or cautious_test_warning(np.abs(values), probabilities, tie),
    )


def _check_resamples(n_resamples: int) -> None:
    if n_resamples < 1:
        raise ValueError(f"{n_resamples} resamples are fewer than one")
