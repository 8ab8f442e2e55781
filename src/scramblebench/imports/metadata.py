"""What a log says of the text that was asked: its level, method and item, where someone wrote them there."""

from collections.abc import Sequence

from scramblebench.core.conditions import Condition
from scramblebench.imports.conditions import find_condition
from scramblebench.imports.record import FileWords, ImportOptions
from scramblebench.imports.values import Fields, count_of, fields_of, text_of

_ITEM = ("item", "source_id")


def said_condition(places: Sequence[Fields], words: FileWords, options: ImportOptions) -> Condition:
    """Return the condition of a sample; what was said of the file goes before its metadata.

    A log's ``level`` may be anything (MATH writes "Level 5"); only numbers are taken for ours.
    """
    level = words.level_pct
    if level is None:
        level = next((found for place in places if (found := _level(place)) is not None), None)
    parameters = next((fields_of(p["parameters"]) for p in places if "parameters" in p), {})
    return find_condition(
        _said(places, "condition") if words.level_pct is None else "",
        words.method or _said(places, "method"),
        level,
        next((count_of(p["seed"]) or 0 for p in places if "seed" in p), 0),
        tuple(sorted((name, text_of(value)) for name, value in parameters.items())),
        words,
        options,
    )


def said_item(places: Sequence[Fields]) -> str:
    """Return the id of the question, the same at every level; "" where there is none."""
    return next((text for name in _ITEM if (text := _said(places, name))), "")


def _level(place: Fields) -> float | None:
    level = place.get("level")
    return float(level) if isinstance(level, int | float) and not isinstance(level, bool) else None


def _said(places: Sequence[Fields], name: str) -> str:
    values = (place.get(name) for place in places)
    return next(
        (str(v) for v in values if isinstance(v, str | int) and not isinstance(v, bool)), ""
    )
