"""Text to scrambled text: pure, seeded, nested in the level; one file per family of methods."""

from scramblebench.scrambling.chain import DEFAULT_CHAIN
from scramblebench.scrambling.method import Method
from scramblebench.scrambling.registry import (
    METHODS,
    resolve_method,
    scramble,
    unscramble,
    validate_parameters,
)
from scramblebench.scrambling.scrambled import Scrambled

__all__ = [
    "DEFAULT_CHAIN",
    "METHODS",
    "Method",
    "Scrambled",
    "resolve_method",
    "scramble",
    "unscramble",
    "validate_parameters",
]
