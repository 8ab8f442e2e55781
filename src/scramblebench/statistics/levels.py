"""The levels of a curve: shares 0 to 1, and the weights that integrate over them."""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def checked_levels(levels: npt.ArrayLike) -> FloatArray:
    """Return the levels as an array, shape ``(n_levels,)``.

    Raises ValueError unless they rise strictly within 0 to 1: shares, not percent.
    """
    values = np.asarray(levels, dtype=np.float64)
    if values.ndim != 1 or not len(values):
        raise ValueError(f"a row of levels is needed, not an array of shape {values.shape}")
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"levels {values.tolist()} are not shares between 0 and 1")
    if (np.diff(values) <= 0).any():
        raise ValueError(f"levels {values.tolist()} do not rise: each may be there once, in order")
    return values


def trapezoid_weights(levels: npt.ArrayLike) -> FloatArray:
    """Return the weight of each level in the trapezoid mean over their range; the weights sum to 1.

    A level weighs half the distance between its neighbours, over s_max - s_min, so that unequally
    spaced grids agree. Raises ValueError on fewer than two levels and as ``checked_levels`` does.
    """
    values = checked_levels(levels)
    if len(values) < 2:
        raise ValueError("one level has no range to average over")
    steps = np.diff(values)
    weights = np.zeros(len(values))
    weights[:-1] += steps / 2
    weights[1:] += steps / 2
    return weights / (values[-1] - values[0])
