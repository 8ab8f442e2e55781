"""A snapshot read back: a mapping, JSON or a file of it, checked before anything is compared."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scramblebench.core.errors import UsageError
from scramblebench.snapshot.capture import SCHEMA, Snapshot

_FAMILY = SCHEMA.partition("/")[0]
_SECTIONS = (
    "python", "platform", "hardware", "packages", "package_sources", "git", "variables", "locale",
)  # fmt: skip


def read_snapshot(given: Mapping[str, Any] | Path | str) -> Snapshot:
    """Return a snapshot; text that begins with a brace is JSON, any other is a path.

    Raises UsageError, in one line with the place, where it is no snapshot or one of a newer version.
    """
    if isinstance(given, Mapping):
        return _checked(given, "the snapshot")
    if isinstance(given, str) and given.lstrip().startswith("{"):
        return _checked(_parsed(given, "the snapshot"), "the snapshot")
    path = Path(given)
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is not text in UTF-8, so no snapshot") from None
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"{str(path)[:200]}: cannot be read: {said}") from None
    return _checked(_parsed(text, str(path)), str(path))


def _parsed(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise UsageError(f"{place}: is not JSON{where}; `--save FILE` writes a snapshot") from None


def _checked(value: Any, place: str) -> Snapshot:
    schema = value.get("schema") if isinstance(value, Mapping) else None
    if not isinstance(schema, str) or schema.partition("/")[0] != _FAMILY:
        raise UsageError(f"{place}: is no snapshot of an environment; `--save FILE` writes one")
    if schema != SCHEMA:
        raise UsageError(
            f"{place}: is of version {schema[:60]!r}, and this one reads {SCHEMA}; upgrade scramblebench"
        )
    snapshot: Snapshot = value
    for section in _SECTIONS:
        if not isinstance(snapshot.get(section), Mapping):
            raise UsageError(f"{place}: its section {section!r} is missing or damaged")
    return snapshot
