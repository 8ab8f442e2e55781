"""Which tables are exported of a publication, and where their rows come from."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isnan
from typing import Any

import numpy as np

from scramblebench.analysis.plain import plain
from scramblebench.core.errors import UsageError
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
from scramblebench.publication.source import Publication

TABLES: Mapping[str, Table] = {table.name: table for table in (*DATA_TABLES, *RESULT_TABLES)}
"""All tables by name, in the order in which they are written."""


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
    publication: Publication, names: Iterable[str], *, include_prompts: bool
) -> tuple[Part, ...]:
    """Return the tables of a publication; responses are read once more where a table needs to know all."""
    source = _Source(publication, include_prompts)
    return tuple(source.part(name) for name in names)


class _Source:
    """A publication as tables; what several tables need is made once."""

    def __init__(self, publication: Publication, include_prompts: bool) -> None:
        self._publication = publication
        self._include_prompts = include_prompts
        self._simulated = {
            name
            for name, is_simulated in zip(
                publication.cube.models, publication.cube.simulated, strict=True
            )
            if is_simulated
        }

    @cached_property
    def _answered(self) -> Answered:
        return answered_trials(self._publication.plan, self._publication.responses())

    def part(self, name: str) -> Part:
        """Return a table by name."""
        publication, plan = self._publication, self._publication.plan
        n_answered = sum(model.n_answered for model in publication.models)
        if name == QUESTIONS.name:
            return Part(QUESTIONS, len(plan.questions), lambda: question_rows(plan.questions))
        if name == SCRAMBLED_QUESTIONS.name:
            n_asked = int(np.count_nonzero(asked_conditions(plan, self._answered)))
            return Part(SCRAMBLED_QUESTIONS, n_asked, lambda: scrambled_rows(plan, self._answered))
        if name == RESPONSES.name:
            table = PROMPTED_RESPONSES if self._include_prompts else RESPONSES
            return Part(table, n_answered, self._response_rows)
        if name == SCORES.name:
            n_scored = int(publication.cube.n_answered.sum())
            return Part(SCORES, n_scored, lambda: score_rows(publication.responses()))
        if name == MISSING.name:
            n_missing = len(plan) - int(np.count_nonzero(self._answered))
            return Part(MISSING, n_missing, lambda: missing_rows(plan, self._answered))
        found: Sequence[Any] = getattr(publication.report, name)
        table = TABLES[name]
        return Part(table, len(found), lambda: (self._result(table, row) for row in found))

    def _response_rows(self) -> Iterator[Row]:
        responses = self._publication.responses()
        return response_rows(
            self._publication.plan, responses, include_prompts=self._include_prompts
        )

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
