"""Flipped signs and drawn units: permutation tests, the bootstrap and the limits read off it."""
