"""Which units are altered: one fixed seeded priority per unit, cut at the level.

So the units altered at a level are among those altered at every higher one.
"""

import numpy as np
from numpy.typing import NDArray

from scramblebench.core.randomness import KeyPart, random_bytes

Positions = NDArray[np.int64]

_LOW_WORD = np.uint64(0xFFFFFFFF)


def n_chosen(n_units: int, level_pct: float) -> int:
    """Return how many of the units a level alters: the share, rounded half up."""
    return min(n_units, int(n_units * level_pct / 100 + 0.5))


def ranked_units(n_units: int, *stream: KeyPart) -> Positions:
    """Return 0..n_units-1 in the order in which rising levels reach them.

    Sorted by 32 random bits and, where those are equal, by position.
    """
    words = np.frombuffer(random_bytes(4 * n_units, *stream, "priority"), "<u4")
    keys = (words.astype(np.uint64) << np.uint64(32)) | np.arange(n_units, dtype=np.uint64)
    keys.sort()
    return (keys & _LOW_WORD).astype(np.int64)


def chosen_units(n_units: int, level_pct: float, *stream: KeyPart) -> Positions:
    """Return the units altered at a level, the ones that lower levels reach first."""
    return ranked_units(n_units, *stream)[: n_chosen(n_units, level_pct)]
