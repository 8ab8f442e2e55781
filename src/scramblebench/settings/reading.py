"""A configuration file or mapping to an ExperimentSpec; every error is one line with place and remedy."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast, get_args

import orjson
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from scramblebench.core.canonical import JsonValue
from scramblebench.core.errors import ConfigError
from scramblebench.settings.experiment import ExperimentSpec
from scramblebench.settings.yaml_tree import KeyPath, YamlTree


@dataclass(frozen=True, slots=True)
class SpecSource:
    """A specification with the text it was read from, which knows where everything stands.

    ``base_dir`` is what relative paths in it start from.
    """

    spec: ExperimentSpec
    tree: YamlTree
    base_dir: Path

    @property
    def text(self) -> str:
        """The configuration as it was given."""
        return self.tree.text


def load_spec(path: Path) -> SpecSource:
    """Return the specification in a YAML file; raises ConfigError ``file:line: what; remedy``."""
    from scramblebench.settings.yaml_reading import read_yaml  # a run reads no YAML

    tree = read_yaml(path)
    return SpecSource(check_tree(tree), tree, path.resolve().parent)


def parse_spec(text: str, source: Path | str = "<text>") -> ExperimentSpec:
    """Return the specification in a YAML text; raises ConfigError."""
    from scramblebench.settings.yaml_reading import parse_yaml

    return check_tree(parse_yaml(text, source))


def spec_from_mapping(values: Mapping[str, Any], base_dir: Path = Path()) -> SpecSource:
    """Return the specification in a mapping of plain values; raises ConfigError without lines."""
    try:
        text = orjson.dumps(values, option=orjson.OPT_INDENT_2).decode()
    except TypeError as error:
        raise ConfigError(
            f"the configuration holds something YAML has no form for: {error}"
        ) from None
    tree = YamlTree("<dict>", text, values, {})
    return SpecSource(check_tree(tree), tree, base_dir.resolve())


def check_tree(tree: YamlTree) -> ExperimentSpec:
    """Return the specification that a parsed file holds; raises ConfigError."""
    try:
        return ExperimentSpec.model_validate_json(orjson.dumps(_without_empty(tree.value)))
    except ValidationError as error:
        errors = [e for e in error.errors() if not _is_other_branch(e)]
        first = min(errors or error.errors(), key=lambda e: _urgency(tree, e))
        raise _config_error(tree, first, len(errors)) from None
    except (TypeError, ValueError) as error:
        raise ConfigError(str(error), tree.place(())) from None


def _without_empty(value: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Drop sections that are named but left empty (``tracking:`` with nothing under it)."""
    return {key: section for key, section in value.items() if section is not None}


def _is_other_branch(error: ErrorDetails) -> bool:
    """Whether the error is of the branch "a name alone" of a value that is a section, or the reverse."""
    is_section = isinstance(error["input"], Mapping)
    wants_section = error["type"] in ("model_type", "model_attributes_type")
    return (error["type"] == "string_type" and is_section) or (wants_section and not is_section)


def _urgency(tree: YamlTree, error: ErrorDetails) -> tuple[int, int]:
    """Order errors by line; in one line a misspelt key comes first, since others follow from it."""
    line = tree.place(_key_path(tree, error)).line or 0
    return line, 0 if error["type"] == "extra_forbidden" else 1


def _key_path(tree: YamlTree, error: ErrorDetails) -> KeyPath:
    """Return pydantic's location without the names of union members, which no file has."""
    path: KeyPath = ()
    node: Any = tree.value
    for part in error["loc"]:
        if isinstance(node, Mapping) and part in node:
            node = cast("Mapping[str, Any]", node)[str(part)]
        elif (
            isinstance(node, list) and isinstance(part, int) and part < len(cast("list[Any]", node))
        ):
            node = cast("list[Any]", node)[part]
        elif error["type"] == "missing" and part == error["loc"][-1]:
            pass
        else:
            continue
        path = (*path, part)
    return path


def _config_error(tree: YamlTree, error: ErrorDetails, count: int) -> ConfigError:
    path = _key_path(tree, error)
    more = f" ({count - 1} more)" if count > 1 else ""
    return ConfigError(f"{_sentence(path, error)}{more}", tree.place(path))


def _sentence(path: KeyPath, error: ErrorDetails) -> str:
    """Return what is wrong with one value, and what to do, in one line."""
    key = str(path[-1]) if path else "the file"
    name = _dotted(path)
    shown = _shown(error["input"])
    context = error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            return _unknown_key(key, path)
        case "missing":
            return f"{name} is missing; add it"
        case "too_short":
            return f"{name} is empty; name at least one"
        case "literal_error" | "enum":
            expected = str(context.get("expected", ""))
            near = get_close_matches(str(error["input"]), _quoted_words(expected), 1)
            hint = f"; did you mean {near[0]}?" if near else f"; one of {expected}"
            return f"{name}: {shown} is not known{hint}"
        case "greater_than_equal" | "less_than_equal" | "greater_than" | "less_than":
            return f"{_range_words(name, shown, key, error)}"
        case "value_error":
            words = str(context.get("error", error["msg"]))
            return f"{name}: {words}" if path else words
        case _:
            words = error["msg"].removeprefix("Input ").strip()
            return f"{name}: {shown} {words}{_type_hint(error)}"


def _range_words(name: str, shown: str, key: str, error: ErrorDetails) -> str:
    bounds = error.get("ctx", {})
    words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    limit = ", ".join(f"{words[k]} {v:g}" for k, v in bounds.items() if k in words)
    if "levels" in name and isinstance(error["input"], int | float):
        return f"level {shown} is not between 0 and 100{_level_hint(error['input'])}"
    return f"{name}: {shown} is out of range; {key} must be {limit}"


def _level_hint(level: float) -> str:
    """Guess what a level above 100 was meant to be."""
    if 120 < level <= 1000 and level % 10 == 0:
        return f"; did you mean {level / 10:g}?"
    return "; levels are percent"


def _type_hint(error: ErrorDetails) -> str:
    value = error["input"]
    if error["type"] == "bool_type" and str(value).lower() in ("yes", "on", "no", "off"):
        return "; write true or false"
    if error["type"] in ("int_type", "float_type") and isinstance(value, str):
        return "; write the number without quotes or units"
    if error["type"] == "string_type" and isinstance(value, int | float):
        return f'; write it in quotes: "{value}"'
    return ""


def _unknown_key(key: str, path: KeyPath) -> str:
    known = sorted(_known_keys(path[:-1]))
    where = f" in {_dotted(path[:-1])}" if len(path) > 1 else ""
    if near := get_close_matches(key, known, 1, cutoff=0.8):
        return f'unknown key "{key}"{where}; did you mean "{near[0]}"?'
    elsewhere = [section for section, name in _all_keys(ExperimentSpec) if name == key]
    if elsewhere:
        return f'unknown key "{key}"{where}; it belongs under "{elsewhere[0]}"'
    near = get_close_matches(key, known, 1, cutoff=0.5)
    if near:
        return f'unknown key "{key}"{where}; did you mean "{near[0]}"?'
    return f'unknown key "{key}"{where}; known are {", ".join(known)}'


def _known_keys(path: KeyPath) -> frozenset[str]:
    """Return the keys a section may have, all members of a union together."""
    models: list[type[BaseModel]] = [ExperimentSpec]
    for part in path:
        fields = [
            m.model_fields[part] for m in models if isinstance(part, str) and part in m.model_fields
        ]
        if fields:
            models = [m for f in fields for m in _models_in(f.annotation)]
    return frozenset(name for model in models for name in model.model_fields)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the sections inside a type such as ``tuple[ModelSpec, ...] | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)


def _all_keys(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, info in model.model_fields.items():
        if prefix:
            yield prefix, name
        for section in _models_in(info.annotation):
            yield from _all_keys(section, f"{prefix}.{name}" if prefix else name)


def _dotted(path: KeyPath) -> str:
    """Return ``models[0].name``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "the file"


def _shown(value: object) -> str:
    text = str(value) if isinstance(value, int | float | bool) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _quoted_words(expected: str) -> list[str]:
    return [word for word in expected.split("'") if word.strip(" ,") not in ("", "or")]
