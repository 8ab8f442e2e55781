"""Which tables are exported of a publication, and where their rows come from."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from math import isnan
from typing import Any, Protocol

import numpy as np

from scramblebench.analysis import Report, ScoreCube
from scramblebench.analysis.plain import plain
from scramblebench.core.errors import UsageError
from scramblebench.plan import Plan
from scramblebench.publication.exports.columns import Column, Kind, Row, Table
from scramblebench.publication.exports.data_rows import (
    Answered,
    answered_trials,
    asked_conditions,
    missing_rows,
    question_rows,
    response_rows,
    score_rows,
    scrambled_rows,
)
from scramblebench.publication.exports.data_tables import (
    DATA_TABLES,
    MISSING,
    PROMPTED_RESPONSES,
    QUESTIONS,
    RESPONSES,
    SCORES,
    SCRAMBLED_QUESTIONS,
)
from scramblebench.publication.exports.result_tables import RESULT_TABLES
from scramblebench.storage import ResponseRecord

TABLES: Mapping[str, Table] = {table.name: table for table in (*DATA_TABLES, *RESULT_TABLES)}
"""All tables by name, in the order in which they are written."""


class TableSource(Protocol):
    """What tables are made of: a publication, or an experiment of which no more is read than they need."""

    @property
    def plan(self) -> Plan:
        """What was asked."""
        ...

    @property
    def n_answered(self) -> int:
        """How many responses there are."""
        ...

    @property
    def cube(self) -> ScoreCube:
        """The scores."""
        ...

    @property
    def report(self) -> Report:
        """The analysis."""
        ...

    @property
    def stamp(self) -> datetime:
        """The time that files bear."""
        ...

    @property
    def responses(self) -> Callable[[], Iterator[ResponseRecord]]:
        """Streams the responses, each time anew."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """A table to be exported: ``rows`` makes its rows anew each time, ``n_rows`` of them."""

    table: Table
    n_rows: int
    rows: Callable[[], Iterator[Row]]


def find_tables(names: Sequence[str] | None) -> tuple[str, ...]:
    """Return table names in the order of ``TABLES``, None for all; raises UsageError for an unknown one."""
    for name in names or ():
        if name not in TABLES:
            raise UsageError(f"there is no table {name!r}; there are {', '.join(TABLES)}")
    return tuple(name for name in TABLES if names is None or name in names)


def make_parts(
    source: TableSource, names: Iterable[str], *, include_prompts: bool
) -> tuple[Part, ...]:
    """Return the tables; responses are read once more where a table needs to know all."""
    parts = _Parts(source, include_prompts)
    return tuple(parts.part(name) for name in names)


class _Parts:
    """The tables of a source; what several tables need is made once."""

    def __init__(self, source: TableSource, include_prompts: bool) -> None:
        self._source = source
        self._include_prompts = include_prompts

    @cached_property
    def _simulated(self) -> set[str]:
        cube = self._source.cube
        return {name for name, is_so in zip(cube.models, cube.simulated, strict=True) if is_so}

    @cached_property
    def _answered(self) -> Answered:
        return answered_trials(self._source.plan, self._source.responses())

    def part(self, name: str) -> Part:
        """Return a table by name."""
        source, plan = self._source, self._source.plan
        if name == QUESTIONS.name:
            return Part(QUESTIONS, len(plan.questions), lambda: question_rows(plan.questions))
        if name == SCRAMBLED_QUESTIONS.name:
            n_asked = int(np.count_nonzero(asked_conditions(plan, self._answered)))
            return Part(SCRAMBLED_QUESTIONS, n_asked, lambda: scrambled_rows(plan, self._answered))
        if name == RESPONSES.name:
            table = PROMPTED_RESPONSES if self._include_prompts else RESPONSES
            return Part(table, source.n_answered, self._response_rows)
        if name == SCORES.name:
            n_scored = int(source.cube.n_answered.sum())
            return Part(SCORES, n_scored, lambda: score_rows(source.responses()))
        if name == MISSING.name:
            n_missing = len(plan) - int(np.count_nonzero(self._answered))
            return Part(MISSING, n_missing, lambda: missing_rows(plan, self._answered))
        found: Sequence[Any] = getattr(source.report, name)
        table = TABLES[name]
        return Part(table, len(found), lambda: (self._result(table, row) for row in found))

    def _response_rows(self) -> Iterator[Row]:
        responses = self._source.responses()
        return response_rows(self._source.plan, responses, include_prompts=self._include_prompts)

    def _result(self, table: Table, row: Any) -> Row:
        return tuple(self._cell(column, row) for column in table.columns)

    def _cell(self, column: Column, row: Any) -> Any:
        if column.name == "is_simulated" and not hasattr(row, "is_simulated"):
            return row.model in self._simulated
        return _plain_cell(column.kind, getattr(row, column.name))


def _plain_cell(kind: Kind, value: Any) -> Any:
    """Return a field of an analysis row as a cell; NaN is an empty one."""
    if value is None or (kind is Kind.NUMBER and isnan(value)):
        return None
    if kind in (Kind.TEXTS, Kind.MAPPING):
        return plain(value)
    return {Kind.TEXT: str, Kind.INTEGER: int, Kind.NUMBER: float, Kind.BOOLEAN: bool}[kind](value)
