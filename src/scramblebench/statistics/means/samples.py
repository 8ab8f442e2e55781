"""Samples as the tests of means take them: checked arrays, complete pairs, what counts as constant."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

CONSTANT_TOLERANCE = 1e-12
"""Spread below this share of the largest value is rounding error: 0.9 - 0.8 is not 0.3 - 0.2."""


def as_sample(values: npt.ArrayLike) -> FloatArray:
    """Return the values as a float array (n,) without its missing ones (NaN or None).

    Raises ValueError unless the values are one-dimensional and none is infinite.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"a sample has one dimension, not {array.ndim}")
    _refuse_infinite(array)
    return array[~np.isnan(array)]


def as_groups(groups: Sequence[npt.ArrayLike]) -> list[FloatArray]:
    """Return every group as ``as_sample`` does."""
    return [as_sample(group) for group in groups]


def complete_pairs(
    first: npt.ArrayLike, second: npt.ArrayLike
) -> tuple[FloatArray, FloatArray, int]:
    """Return both arrays (n,) at the units that have both values, and how many units do not.

    Raises ValueError unless both are one-dimensional, of one length, and without infinities.
    """
    one, two = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if one.ndim != 1 or one.shape != two.shape:
        raise ValueError(f"paired values of shapes {one.shape} and {two.shape} do not pair")
    _refuse_infinite(one)
    _refuse_infinite(two)
    complete = ~(np.isnan(one) | np.isnan(two))
    return one[complete], two[complete], int(np.sum(~complete))


def complete_rows(table: npt.ArrayLike, dimensions: int) -> tuple[FloatArray, int]:
    """Return the units (first axis) that have every value, and how many do not.

    Raises ValueError unless the table has that many dimensions and no infinities.
    """
    array = np.asarray(table, dtype=np.float64)
    if array.ndim != dimensions:
        raise ValueError(f"a table of {dimensions} dimensions is needed, not {array.ndim}")
    _refuse_infinite(array)
    complete = ~np.isnan(array).any(axis=tuple(range(1, dimensions)))
    return array[complete], int(np.sum(~complete))


def magnitude(*arrays: FloatArray) -> float:
    """Return the largest absolute value; 0 where there is none."""
    return max((float(np.max(np.abs(array))) for array in arrays if array.size), default=0.0)


def is_negligible(spread: float, scale: float) -> bool:
    """Whether a spread (same unit as ``scale``) is no more than the rounding error of the values."""
    return spread <= CONSTANT_TOLERANCE * scale


def missing_note(n_missing: int, unit: str) -> tuple[str, ...]:
    """Return the warning that units were left out, if any were."""
    return (f"{unit} left out because of missing values: {n_missing}",) if n_missing else ()


def _refuse_infinite(array: FloatArray) -> None:
    if np.isinf(array).any():
        raise ValueError("values must be finite (NaN is missing)")
