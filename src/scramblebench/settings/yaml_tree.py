"""The plain values of a configuration, and where in its text they stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from scramblebench.core.canonical import JsonValue
from scramblebench.core.errors import Place

KeyPath: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class YamlTree:
    """The values of a file and where they stand; lines count from 1."""

    source: Path | str
    text: str
    value: Mapping[str, JsonValue]
    lines: Mapping[KeyPath, int]

    def place(self, path: KeyPath) -> Place:
        """Return where a key stands, or the nearest key above it."""
        while path and path not in self.lines:
            path = path[:-1]
        return Place(self.source, self.lines.get(path))
