"""Fields of JSON objects as what they should be; raises UsageError where they are not."""

import json
from collections.abc import Mapping
from typing import Any, cast

import orjson

from scramblebench.benchmarks.records import Value, kind_of
from scramblebench.core.errors import UsageError

Fields = Mapping[str, Any]
_LARGEST = 10**12
"""No count of tokens, micro-dollars or seconds is larger; sums of them must fit 64 bits."""


def parse_object(data: bytes) -> Fields:
    """Return a JSON object; raises UsageError. NaN and lone surrogates, which logs hold, are taken."""
    try:
        value: Any = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        value = _parse_slowly(data, error)
    if not isinstance(value, dict):
        raise UsageError("is not a JSON object; one object a line is expected")
    return cast(Fields, value)


def _parse_slowly(data: bytes, first: Exception) -> Any:
    try:
        return json.loads(data)
    except UnicodeDecodeError as error:
        raise UsageError(f"byte 0x{data[error.start]:02x} is not UTF-8; save it as UTF-8") from None
    except (ValueError, RecursionError):
        raise UsageError(f"not JSON: {first}; is the file cut off or damaged?") from None


def text_of(value: object) -> str:
    """Return a text, or a number or truth value as text; "" for null."""
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"{value:g}" if isinstance(value, float) else str(value)
        case _:
            raise UsageError(f"is {kind_of(cast(Value, value))} where a text is expected")


def texts_of(value: object) -> tuple[str, ...]:
    """Return a list of texts; one text is a list of one, null and blank texts are left out."""
    parts = cast(list[object], value) if isinstance(value, list) else [value]
    return tuple(text for text in map(text_of, parts) if text.strip())


def count_of(value: object) -> int | None:
    """Return a count, None where it is null."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST:
        raise UsageError(f"{value!r} is not a count")
    return value


def number_of(value: object) -> float | None:
    """Return a number, None where it is null."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise UsageError(f"{value!r} is not a number")
    return float(value)


def seconds_of(value: object) -> float | None:
    """Return a duration in seconds, None where it is null."""
    number = number_of(value)
    if number is not None and not 0 <= number <= _LARGEST:
        raise UsageError(f"{value!r} is not a duration in seconds")
    return number


def score_of(value: object) -> float:
    """Return a judgement as 0 to 1: a truth value or a number."""
    number = float(value) if isinstance(value, bool) else number_of(value)
    if number is None or not 0 <= number <= 1:
        raise UsageError(f"{value!r} is no score from 0 to 1")
    return number


def fields_of(value: object) -> Fields:
    """Return an object, empty where there is none."""
    return cast(Fields, value) if isinstance(value, dict) else {}


def list_of(value: object) -> list[Any]:
    """Return a list, empty where there is none."""
    return cast(list[Any], value) if isinstance(value, list) else []
