"""Which units are altered: one fixed seeded priority per unit, cut at the level.

So the units altered at a level are among those altered at every higher one.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from scramblebench.core.conditions import Condition
from scramblebench.core.randomness import random_bytes

Positions = NDArray[np.intp]


def stream_of(method: str, condition: Condition, key: str) -> str:
    """Return the name of the random stream of a text; a prefix tells its uses apart."""
    return f"{method}:{condition.seed}:{key}"


def n_chosen(n_units: int, level_pct: float) -> int:
    """Return how many of the units a level alters: the share, rounded half up."""
    return min(n_units, int(n_units * level_pct / 100 + 0.5))


@lru_cache(maxsize=64)  # the levels of one text are asked in a row
def ranked_units(n_units: int, stream: str) -> Positions:
    """Return 0..n_units-1 in the order in which rising levels reach them; not to be written to.

    Sorted by 16 random bits and, where those are equal, by position: two units stand in their own
    order with a probability of 0.500008.
    """
    words = np.frombuffer(random_bytes(2 * n_units, "priority:" + stream), "<u2")
    ranked = words.argsort(kind="stable")
    ranked.setflags(write=False)
    return ranked


def chosen_units(n_units: int, level_pct: float, stream: str) -> Positions:
    """Return the units altered at a level: the first of the ranking, in any order."""
    size = n_chosen(n_units, level_pct)
    return np.arange(n_units) if size == n_units else ranked_units(n_units, stream)[:size]
