"""What crosses the storage door of derived results: they can always be computed again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AnalysisRecord:
    """A named result: what it was computed from (64 hex digits), by which seed, and its JSON."""

    kind: str
    name: str
    inputs_sha256: str
    seed: int
    result_json: str


@dataclass(frozen=True, slots=True)
class MetricRecord:
    """One number of a model under a condition; None stands for all of them, or for what is undefined."""

    model_index: int | None
    condition_index: int | None
    metric: str
    value: float | None
    low: float | None
    high: float | None
    n_answered: int
    n_planned: int


@dataclass(frozen=True, slots=True)
class ThresholdRecord:
    """A threshold of one curve in percent of scrambling; None where it is undefined or not reached."""

    model_index: int
    benchmark: str
    method: str
    definition: str
    baseline_accuracy: float | None
    level_pct: float | None
    low_pct: float | None
    high_pct: float | None
    dependency_coefficient: float | None
    inputs_sha256: str
    seed: int
    result_json: str


@dataclass(frozen=True, slots=True)
class ABTestRecord:
    """An A/B test as it was declared; ``protocol_json`` never changes."""

    id: str
    experiment_id: str
    name: str
    protocol_json: str
    created_at: datetime
