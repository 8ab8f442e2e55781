"""The JSON Schema of the configuration, with what the source says of each key."""

import ast
import inspect
import json
from itertools import pairwise
from textwrap import dedent
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from scramblebench.settings.experiment import ExperimentSpec


def json_schema() -> str:
    """Return the JSON Schema of the configuration, for editors."""
    schema = ExperimentSpec.model_json_schema(schema_generator=_WithDocstrings)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "ScrambleBench experiment"
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


class _WithDocstrings(GenerateJsonSchema):
    """Describes each key by the string under it.

    pydantic can read those itself, but does so whenever the models are imported: an eighth of what a run
    takes to start.
    """

    def model_schema(self, schema: Any) -> dict[str, Any]:
        """Return the schema of a model."""
        made = super().model_schema(schema)
        for name, text in _attribute_docstrings(schema["cls"]).items():
            made["properties"][name].setdefault("description", text)
        return made


def _attribute_docstrings(model: type) -> dict[str, str]:
    (body,) = ast.parse(dedent(inspect.getsource(model))).body
    assert isinstance(body, ast.ClassDef)
    return {
        field.target.id: inspect.cleandoc(said.value.value)
        for field, said in pairwise(body.body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(said, ast.Expr)
        and isinstance(said.value, ast.Constant)
        and isinstance(said.value.value, str)
    }
