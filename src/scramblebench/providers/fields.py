"""Fields of JSON that others wrote: each comes as its type, or as nothing."""

from collections.abc import Mapping, Sequence
from typing import cast

_MAX_COUNT = 2**53


def as_mapping(value: object) -> Mapping[str, object]:
    """Return an object's fields; none where the value is no object."""
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def as_sequence(value: object) -> Sequence[object]:
    """Return a list's items; none where the value is no list."""
    return cast("Sequence[object]", value) if isinstance(value, list) else ()


def as_text(value: object) -> str | None:
    """Return a text, or None where the value is no text."""
    return value if isinstance(value, str) else None


def as_int(value: object) -> int | None:
    """Return a whole number, or None where the value is none (booleans are none)."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def as_count(value: object) -> int | None:
    """Return a number of things: a whole number from 0 to 2**53, else None."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    number = as_int(value)
    return number if number is not None and 0 <= number <= _MAX_COUNT else None
