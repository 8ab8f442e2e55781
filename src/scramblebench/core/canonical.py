"""Canonical JSON and content hashes: the same content has the same bytes on every machine."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias, Union

JsonValue: TypeAlias = Union[  # noqa: UP007 - a recursive alias needs forward references
    bool, int, float, str, Sequence["JsonValue"], Mapping[str, "JsonValue"], None
]


def canonical_json(value: JsonValue) -> str:
    """Return ``value`` as JSON with sorted keys, no white space and no escapes beyond JSON's own.

    Raises ValueError on NaN and infinities, TypeError on anything JSON has no form for.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def content_hash(value: JsonValue) -> str:
    """Return the sha256 of ``canonical_json(value)`` as 64 hex digits.

    Lone surrogates, which UTF-8 cannot carry, are hashed as their three-byte form.
    """
    return hashlib.sha256(canonical_json(value).encode("utf-8", "surrogatepass")).hexdigest()
