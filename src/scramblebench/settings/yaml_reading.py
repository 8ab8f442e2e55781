"""YAML text to plain values, with the line of every key; nothing is executed, shared or overwritten."""

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import yaml

from scramblebench.core.canonical import JsonValue
from scramblebench.core.errors import ConfigError, Place
from scramblebench.settings.yaml_tree import KeyPath, YamlTree

MAX_FILE_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_DIGITS = 400


def read_yaml(path: Path) -> YamlTree:
    """Read a configuration file; raises ConfigError with place and remedy."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise ConfigError("larger than 1 MiB; a configuration is a few kilobytes", Place(path))
        text = content.decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(
            "no such file; `scramblebench-experiment init` writes an example", Place(path)
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"byte {error.start} is not UTF-8; save the file as UTF-8", Place(path)
        ) from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", Place(path)) from None
    return parse_yaml(text, path)


def parse_yaml(text: str, source: Path | str) -> YamlTree:
    """Parse YAML text; raises ConfigError on anything that could mean two things."""
    if len(text) > MAX_FILE_BYTES:
        raise ConfigError("larger than 1 MiB; a configuration is a few kilobytes", Place(source))
    try:
        node = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise _syntax_error(error, source) from None
    except RecursionError:
        raise ConfigError("nested too deeply", Place(source)) from None
    reader = _Reader(source)
    value = reader.read(node, ()) if node is not None else {}
    if not isinstance(value, Mapping):
        raise ConfigError("must be keys and values, such as `models:`", Place(source, 1))
    return YamlTree(source, text, value, reader.lines)


class _Loader(yaml.SafeLoader):
    """YAML's safe loader with JSON's plain scalars (no dates, octal or base-60 numbers), no aliases."""

    yaml_implicit_resolvers: ClassVar[dict[str, object]] = {}  # pyright: ignore[reportIncompatibleVariableOverride]

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse aliases: ten of them can stand for a billion values."""
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()
            raise yaml.MarkedYAMLError(
                problem="aliases (*name) are not allowed; write the value out",
                problem_mark=event.start_mark,
            )
        return super().compose_node(parent, index)


_INT = r"[-+]?(?:0|[1-9][0-9]*)"
_FLOAT = r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?"
for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", _INT, list("-+0123456789")),
    ("float", _FLOAT, list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first
    )


class _Reader:
    """Turns YAML nodes into values and remembers the line of each."""

    def __init__(self, source: Path | str) -> None:
        self.lines: dict[KeyPath, int] = {}
        self._source = source

    def read(self, node: yaml.Node, path: KeyPath) -> JsonValue:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if len(path) > MAX_DEPTH:
            raise self._error("nested too deeply", node)
        if isinstance(node, yaml.MappingNode):
            return self._read_mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*path, i)) for i, item in enumerate(node.value)]
        return self._read_scalar(node)

    def _read_mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, JsonValue]:
        values: dict[str, JsonValue] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._error("a key must be a word", key_node)
            key = str(key_node.value)
            if key in values:
                first = self.lines[(*path, key)]
                raise self._error(f'key "{key}" is given twice; first in line {first}', key_node)
            self.lines[(*path, key)] = key_node.start_mark.line + 1
            values[key] = self.read(value_node, (*path, key))
        return values

    def _read_scalar(self, node: yaml.Node) -> JsonValue:
        text = str(node.value)
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        if kind == "str":
            return text
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        if kind in ("int", "float") and len(text) <= MAX_DIGITS:
            return self._read_number(text, kind, node)
        raise self._error(f"{node.tag} {text[:40]!r} is not allowed; plain values only", node)

    def _read_number(self, text: str, kind: str, node: yaml.Node) -> int | float:
        try:
            number = int(text) if kind == "int" else float(text)
        except ValueError:
            raise self._error(f"{text!r} is not a number", node) from None
        if not math.isfinite(number):
            raise self._error(f"{text!r} is too large a number", node)
        return number

    def _error(self, message: str, node: yaml.Node) -> ConfigError:
        return ConfigError(message, Place(self._source, node.start_mark.line + 1))


def _syntax_error(error: yaml.YAMLError, source: Path | str) -> ConfigError:
    """Return YAML's own complaint as one line with a place."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        words = (error.problem or error.context or "not valid YAML").strip()
        line = mark.line + 1 if mark else None
        if "found character" in words and "\\t" in words:
            words = "a tab stands where YAML wants spaces; indent with spaces"
        return ConfigError(" ".join(words.split()), Place(source, line))
    return ConfigError(" ".join(str(error).split()), Place(source))
