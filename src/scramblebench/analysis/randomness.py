"""Generators for what an analysis draws: one per purpose, from the analysis's own seed."""

import numpy as np

from scramblebench.core.randomness import key_bytes


def generator(seed: int, *purpose: str) -> np.random.Generator:
    """Return a generator of the seed and a purpose: the order of computing changes nothing."""
    key = key_bytes("analysis", seed, *purpose)
    return np.random.Generator(np.random.PCG64(int.from_bytes(key[:16], "little")))
