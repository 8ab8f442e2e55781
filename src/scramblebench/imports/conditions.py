"""How a question was asked, from what a file says of it and what was said of the file."""

import re
from functools import lru_cache

from scramblebench.core.conditions import BASELINE, Condition
from scramblebench.core.errors import UsageError
from scramblebench.imports.record import FileWords, ImportOptions
from scramblebench.scrambling import resolve_method

BASELINE_WORDS = frozenset({"original", "baseline"})
"""Conditions and methods of this name are the unscrambled text, whatever else is said."""
_LEVEL_AT_END = re.compile(r"[\s_@:=-]*(\d+(?:\.\d+)?)\s*%?$")

Level = float | None
Parameters = tuple[tuple[str, str], ...]


@lru_cache(maxsize=4096)
def find_condition(
    label: str,
    method: str,
    level_pct: Level,
    seed: int,
    parameters: Parameters,
    words: FileWords,
    options: ImportOptions,
) -> Condition:
    """Return the condition of a response; "" and None are what the file does not say.

    ``label`` is a name for the condition as a whole, such as ``random_20%`` or ``keepfirst``: with a
    level, its method is what stands before the level; without one, it is a method at level 100.
    Raises UsageError where the level, or the method of a level, is said nowhere.
    """
    level = words.level_pct if level_pct is None else level_pct
    if level is None and label and label.lower() not in BASELINE_WORDS:
        return Condition(_canonical(label), 100.0, seed, parameters)
    if label.lower() in BASELINE_WORDS or method.lower() in BASELINE_WORDS:
        level = _no_level(level, label or method)
    if level is None:
        raise UsageError(
            "says neither a level nor a condition; add it to the file's name: FILE@level=33, or "
            "FILE@level=0 for the original text"
        )
    if not 0 <= level <= 100:
        raise UsageError(f"level {level:g} is not between 0 and 100, the percentage altered")
    if level == 0:
        return BASELINE
    name = method or words.method or options.method or _before_level(label, level)
    if not name:
        raise UsageError(f"level {level:g} is of no method; name it: --method letter_shuffle")
    return Condition(_canonical(name), float(level), seed, parameters)


def _no_level(level: Level, name: str) -> float:
    if level:
        raise UsageError(f"condition {name!r} is the original text and has level {level:g}")
    return 0.0


def _before_level(label: str, level: float) -> str:
    """Return ``random`` of ``random_20%`` at level 20."""
    found = _LEVEL_AT_END.search(label)
    return label[: found.start()] if found and float(found[1]) == level else label


def _canonical(name: str) -> str:
    """Return our name of a method where it is one of ours or an alias, else the name as it is."""
    try:
        return resolve_method(name).name
    except UsageError:
        return name
