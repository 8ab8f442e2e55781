"""Values that JSON can hold, and their canonical text."""

import json
from collections.abc import Mapping
from math import isinf, isnan
from typing import Any

from scramblebench.core.canonical import canonical_json


def plain(value: Any) -> Any:
    """Return a value that JSON can hold: no NaN, no infinity, no enum."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return None if isnan(value) else str(value) if isinf(value) else value
    return str(value) if isinstance(value, str) else value


def to_json(values: Any) -> str:
    """Return canonical JSON of plain values."""
    return canonical_json(plain(values))


def to_file_text(values: Any) -> str:
    """Return JSON as result files hold it, for readers: sorted, indented, the same text for the same values."""
    return json.dumps(plain(values), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
