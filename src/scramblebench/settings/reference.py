"""The configuration's reference, from the JSON Schema: ``python -m scramblebench.settings.reference``."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from scramblebench.settings.schema import json_schema

Schema = Mapping[str, Any]

INTRODUCTION = """\
# Configuration

Every key of the YAML file, its type, its default and what it does. Written by
`python -m scramblebench.settings.reference`; a test keeps it true. Unknown keys are refused with the nearest known one.
"""

_LIMITS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
}


def reference() -> str:
    """Return the reference as Markdown: one table per section, in alphabetic order of the schema."""
    schema: Schema = json.loads(json_schema())
    sections: Mapping[str, Schema] = schema["$defs"]
    parts = [INTRODUCTION, _section("Top level", schema)]
    parts += [_section(name, part) for name, part in sections.items() if "properties" in part]
    parts += [_words(name, part) for name, part in sections.items() if "enum" in part]
    return "\n".join(parts)


def _section(title: str, schema: Schema) -> str:
    rows = ["| key | type | default | meaning |", "|---|---|---|---|", *_rows(schema)]
    return f"## {title}\n\n{_one_line(schema.get('description', ''))}\n\n" + "\n".join(rows) + "\n"


def _words(title: str, schema: Schema) -> str:
    values = ", ".join(f"`{value}`" for value in schema["enum"])
    return f"## {title}\n\n{_one_line(schema.get('description', ''))} {values}\n"


def _rows(schema: Schema) -> Iterator[str]:
    required: list[str] = schema.get("required", [])
    for name, part in schema["properties"].items():
        default = "required" if name in required else _default(part.get("default"))
        cells = (f"`{name}`", _type(part), default, _one_line(part.get("description", "")))
        yield "| " + " | ".join(cells) + " |"


def _type(part: Schema) -> str:
    """Return a type in words: "list of number, at least 0, at most 100"."""
    if "$ref" in part:
        name = part["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in part:
        kinds = [_type(option) for option in part["anyOf"] if option.get("type") != "null"]
        return " or ".join(dict.fromkeys(kinds))
    if "enum" in part or "const" in part:
        return ", ".join(f"`{value}`" for value in part.get("enum", [part.get("const")]))
    if part.get("type") == "array":
        return f"list of {_type(part['items'])}"
    if part.get("type") == "object":
        return f"names with {_type(part['additionalProperties'])}"
    limits = [f"{word} {part[key]:g}" for key, word in _LIMITS.items() if key in part]
    return ", ".join([str(part.get("type", "")), *limits])


def _default(value: object) -> str:
    if isinstance(value, dict):
        return "as there"
    return "" if value in (None, "", []) else f"`{json.dumps(value)}`"


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "or")


if __name__ == "__main__":
    print(reference(), end="")
