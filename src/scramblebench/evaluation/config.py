"""The configuration as the README's name for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scramblebench.settings import ExperimentSpec, SpecSource, load_spec, spec_from_mapping


@dataclass(frozen=True, slots=True)
class EvaluationConfig:
    """A checked experiment configuration, with the text it was read from."""

    source: SpecSource

    @classmethod
    def load_from_file(cls, path: str | Path) -> "EvaluationConfig":
        """Read a YAML file; raises ConfigError ``file:line: what is wrong; what to do``."""
        return cls(load_spec(Path(path)))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], base_dir: str | Path = ".") -> "EvaluationConfig":
        """Take a mapping of plain values; paths in it start from ``base_dir``. Raises ConfigError."""
        return cls(spec_from_mapping(values, Path(base_dir)))

    @property
    def spec(self) -> ExperimentSpec:
        """The checked values."""
        return self.source.spec
