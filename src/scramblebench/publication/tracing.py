"""From a number back to the responses behind it: what the row is, how it was computed, which trials it rests on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any
from urllib.parse import unquote

import numpy as np

from scramblebench.analysis import (
    AccuracyRow,
    ComparisonRow,
    ContrastRow,
    DeclaredRow,
    DependencyRow,
    ThresholdRow,
    TrendRow,
)
from scramblebench.analysis.cube import Integers, curves
from scramblebench.core.errors import UsageError
from scramblebench.publication.families import FamilyCount
from scramblebench.publication.numbers import Row, number_id, own_field
from scramblebench.publication.results import row_of, rows_by_id
from scramblebench.publication.source import ModelFacts, Publication

_TABLES: Mapping[str, tuple[str, ...]] = {
    "summary": ("accuracy",),
    "model_comparison": ("dependency", "threshold", "accuracy"),
    "significance_tests": ("comparison",),
    "comparison": ("comparison",),
    "thresholds": ("threshold",),
    "cost": ("model",),
    "domains": ("domain",),
}
"""Kinds of rows by the table that shows them."""
_MOST_NAMED = 10

_COMPUTED_BY: Mapping[type, str] = {
    AccuracyRow: "scramblebench.analysis.accuracy",
    DependencyRow: "scramblebench.analysis.dependency",
    ThresholdRow: "scramblebench.analysis.thresholds",
    TrendRow: "scramblebench.analysis.trends",
    ComparisonRow: "scramblebench.analysis.comparisons",
    ContrastRow: "scramblebench.analysis.contrasts",
    DeclaredRow: "scramblebench.analysis.declared",
    FamilyCount: "scramblebench.publication.families",
    ModelFacts: "scramblebench.publication.collecting",
    Publication: "scramblebench.publication.collecting",
}


@dataclass(frozen=True, slots=True)
class Trace:
    """A number with what it rests on; ``trials`` are the indices of the planned trials behind it, in order.

    ``value`` is as in results.json: null where undefined. ``versions`` are those of the code that
    computed it.
    """

    id: str
    field: str
    value: Any
    row: Mapping[str, Any]
    computed_by: str
    versions: Mapping[str, str]
    inputs_sha256: str
    seed: int
    trials: Integers


def trace(publication: Publication, reference: str) -> Trace:
    """Return what is behind a number: its id, or a table's label with words of it.

    ``accuracy/llama3:8b/gsm8k/letter_shuffle/50#low`` and ``tab:summary/llama3:8b/50`` are references.
    Raises UsageError where no number fits, or several do.
    """
    stem, field = _resolved(publication, reference)
    row = row_of(publication, stem)
    assert row is not None  # the id was found among the rows
    values = rows_by_id(publication)[stem]
    field = field or own_field(row)
    if field not in values:
        raise UsageError(f"{stem} has no {field!r}; it has {', '.join(values)}")
    return Trace(
        id=number_id(row, field),
        field=field,
        value=values[field],
        row=values,
        computed_by=_COMPUTED_BY[type(row)],
        versions=publication.report.versions,
        inputs_sha256=publication.report.inputs_sha256,
        seed=publication.report.seed,
        trials=_trials(publication, row),
    )


def _resolved(publication: Publication, reference: str) -> tuple[str, str]:
    """Return the id of the row that a reference means, and the field it names ("" for the row's own)."""
    words, _, field = reference.strip().partition("#")
    known = list(rows_by_id(publication))
    if words in known:
        return words, field
    label, _, rest = words.partition("/")
    kinds = _TABLES.get(label.partition(":")[2]) if label.startswith("tab:") else None
    if label.startswith("tab:") and kinds is None:
        raise UsageError(f"there is no table {label!r}; there are tab:{', tab:'.join(_TABLES)}")
    wanted = [unquote(part) for part in (rest if kinds else words).split("/") if part]
    fitting = [key for key in known if wanted and _fits(key, wanted, kinds)]
    if len(fitting) == 1:
        return fitting[0], field
    if fitting:
        shown = ", ".join(fitting[:_MOST_NAMED]) + (", ..." if len(fitting) > _MOST_NAMED else "")
        raise UsageError(f"{reference!r} could be {len(fitting)} numbers: {shown}")
    nearest = get_close_matches(words, known, n=1, cutoff=0.0)
    raise UsageError(f"no number is called {reference!r}; the nearest is {nearest[0]}")


def _fits(key: str, wanted: Sequence[str], kinds: Sequence[str] | None) -> bool:
    """Return whether an id is of one of the kinds and has all the words, in order."""
    parts = [unquote(part) for part in key.split("/")]
    if kinds is not None and parts[0] not in kinds:
        return False
    rest = iter(parts)
    return all(word in rest for word in wanted)


def _trials(publication: Publication, row: Row) -> Integers:
    """Return the indices of the trials that a row is computed from."""
    grid, items = publication.plan.grid, publication.cube.items
    models = [
        number for number, name in enumerate(publication.cube.models) if _has_model(row, name)
    ]
    asked = np.ones(grid.n_questions, dtype=np.bool_)
    if (benchmarks := _benchmarks(row)) is not None:
        asked = np.isin(items.benchmark, [items.benchmarks.index(name) for name in benchmarks])
    if isinstance(row, AccuracyRow) and row.domain is not None:
        asked &= items.domain == items.domains.index(row.domain)
    conditions = sorted(set(_conditions(publication, row)))
    cells = np.ix_(models, range(grid.n_repeats), np.flatnonzero(asked).tolist(), conditions)
    everything = np.arange(len(grid), dtype=np.int64).reshape(
        grid.n_models, grid.n_repeats, grid.n_questions, grid.n_conditions
    )
    return np.sort(everything[cells], axis=None)


def _has_model(row: Row, name: str) -> bool:
    match row:
        case ComparisonRow():
            return name in (row.first, row.second)
        case ModelFacts():
            return name == row.spec.shown_name
        case Publication() | DeclaredRow() | FamilyCount():
            return True
        case _:
            return name == row.model


def _benchmarks(row: Row) -> tuple[str, ...] | None:
    match row:
        case ModelFacts() | Publication() | DeclaredRow():
            return None
        case ContrastRow(kind="difference_in_differences"):
            return row.benchmark, row.control
        case _:
            return (row.benchmark,)


def _conditions(publication: Publication, row: Row) -> Iterator[int]:
    """Yield the positions of the conditions that a row is about."""
    if isinstance(row, ModelFacts | Publication | DeclaredRow):
        yield from range(len(publication.plan.conditions))
        return
    methods, levels = {row.method}, _levels(row)
    if isinstance(row, ContrastRow) and row.kind == "relative_performance_gain":
        methods.add(row.control)
    for method, level, positions in curves(publication.plan.conditions):
        is_floor = method in methods and method != row.method
        if method in methods and (levels is None or level in levels or is_floor):
            yield from positions


def _levels(row: Row) -> set[float] | None:
    """Return the levels in percent that a row is about, None for all."""
    match row:
        case AccuracyRow():
            return {row.level_pct}
        case ComparisonRow(level_pct=float() | int() as level):
            return {0.0, level} if row.kind == "level" else {level}
        case ContrastRow():
            return {0.0, row.level_pct}
        case _:
            return None
