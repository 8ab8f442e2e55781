"""Sums under all, or under random, flips of signs: what the sign-flip tests count in."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy import stats

ENUMERATED_UNITS = 20
"""Up to this many units the 2^n sign vectors of one sum are enumerated."""

_GRID_PARTS = 120  # the finest grid looked for has this many steps in the smallest unit
_GRID_WORK = 100_000_000  # additions that an exact distribution on a grid may take
_GRID_ROUNDING = 1e-9
_SIGNS_AT_ONCE = 1 << 22

Array = npt.NDArray[np.float64]


def exact_sums(units: Array) -> tuple[Array, Array] | None:
    """Return the possible sums of ``units``, shape (n,), under sign flips, and their probabilities.

    Enumerated up to ``ENUMERATED_UNITS`` units; beyond, convolved where the units are whole multiples
    of some step, as differences of 0/1 scores and of means of a few repeats are. None where neither
    works. Units must not be 0.
    """
    if len(units) <= ENUMERATED_UNITS:
        sums = np.zeros(1)
        for unit in units.tolist():
            sums = np.concatenate([sums - unit, sums + unit])
        return sums, np.full(len(sums), 1 / len(sums))
    sizes, counts = np.unique(np.abs(units), return_counts=True)
    step = _grid_step(sizes)
    if step is None:
        return None
    steps = np.rint(sizes / step).astype(np.int64)
    if _grid_work(steps, counts) > _GRID_WORK:
        return None
    probabilities = _convolved(steps, counts)
    positions = 2 * np.arange(len(probabilities)) - (len(probabilities) - 1)
    return step * positions.astype(np.float64), probabilities


def sign_sums(units: Array, rng: np.random.Generator | None, n_flips: int) -> Iterator[Array]:
    """Yield column sums of ``units``, shape (n_units, n_columns), with the rows' signs flipped.

    One sign per row, for all columns together. Each array has shape (n_some, n_columns), in all
    ``n_flips`` rows of independent random signs; without a generator all 2^n_units sign vectors, once
    each. Memory is bounded whatever the numbers.
    """
    n_units = len(units)
    total = units.sum(axis=0)
    n_flips = 2**n_units if rng is None else n_flips
    at_once = max(1, _SIGNS_AT_ONCE // max(n_units, 1))
    for start in range(0, n_flips, at_once):
        n_some = min(at_once, n_flips - start)
        if rng is None:
            positive = np.arange(start, start + n_some)[:, np.newaxis] >> np.arange(n_units) & 1
        else:
            positive = _random_bits(n_some, n_units, rng)
        yield 2 * (positive.astype(np.float64) @ units) - total


def _random_bits(n_rows: int, n_columns: int, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    n_bits = n_rows * n_columns
    packed = np.frombuffer(rng.bytes(-(-n_bits // 8)), dtype=np.uint8)
    return np.unpackbits(packed, count=n_bits).reshape(n_rows, n_columns)


def _grid_step(sizes: Array) -> float | None:
    """Return the largest step of which all sizes are whole multiples, if a coarse one exists."""
    smallest = float(sizes.min())
    for parts in range(1, _GRID_PARTS + 1):
        multiples = sizes * parts / smallest
        if bool((np.abs(multiples - np.rint(multiples)) <= _GRID_ROUNDING * multiples).all()):
            return smallest / parts
    return None


def _grid_work(steps: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> int:
    return int((np.cumsum(steps * counts) * (counts + 1)).sum())


def _convolved(steps: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> Array:
    """Return the distribution of the sum of the units that kept their sign, in steps.

    The units of one size are a binomial number of times that size.
    """
    found = np.ones(1)
    for size, count in zip(steps.tolist(), counts.tolist(), strict=True):
        wider = np.zeros(len(found) + size * count)
        for kept, probability in enumerate(stats.binom.pmf(np.arange(count + 1), count, 0.5)):
            wider[size * kept : size * kept + len(found)] += probability * found
        found = wider
    return found
