"""What a table is: named columns, each with a kind, a unit and what an empty cell means."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a column's cells are; None in any of them is an empty cell."""

    TEXT = "text"  # str
    INTEGER = "integer"  # int
    NUMBER = "number"  # float, perhaps infinite, never NaN
    BOOLEAN = "boolean"  # bool
    TEXTS = "list of texts"  # list[str]
    MAPPING = "mapping"  # dict by text, of what JSON can hold


Row = tuple[Any, ...]
"""The cells of a row in the order of the columns, of the types that ``Kind`` says."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column; ``empty`` says what an empty cell means, "" that there is none.

    ``is_long`` marks texts that may be of any length.
    """

    name: str
    kind: Kind
    description: str
    unit: str = ""
    empty: str = ""
    is_long: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table by its name and columns; ``one_row`` says what a row is."""

    name: str
    one_row: str
    columns: tuple[Column, ...]

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names in the order of the cells."""
        return tuple(column.name for column in self.columns)

    def positions(self, *kinds: Kind) -> tuple[int, ...]:
        """Return where the columns of some kinds stand, from 0."""
        return tuple(n for n, column in enumerate(self.columns) if column.kind in kinds)


def text(name: str, description: str, unit: str = "", empty: str = "") -> Column:
    """Return a column of texts."""
    return Column(name, Kind.TEXT, description, unit, empty)


def long_text(name: str, description: str, empty: str = "") -> Column:
    """Return a column of texts that may be of any length."""
    return Column(name, Kind.TEXT, description, "", empty, is_long=True)


def integer(name: str, description: str, unit: str = "", empty: str = "") -> Column:
    """Return a column of integers."""
    return Column(name, Kind.INTEGER, description, unit, empty)


def number(name: str, description: str, unit: str = "", empty: str = "") -> Column:
    """Return a column of floating-point numbers."""
    return Column(name, Kind.NUMBER, description, unit, empty)


def boolean(name: str, description: str, empty: str = "") -> Column:
    """Return a column of true and false."""
    return Column(name, Kind.BOOLEAN, description, "", empty)


def texts(name: str, description: str, empty: str = "") -> Column:
    """Return a column of lists of texts."""
    return Column(name, Kind.TEXTS, description, "", empty)


def mapping(name: str, description: str) -> Column:
    """Return a column of mappings."""
    return Column(name, Kind.MAPPING, description)


def as_dicts(table: Table, rows: Iterator[Row]) -> Iterator[dict[str, Any]]:
    """Yield rows as dictionaries by column name."""
    names = table.column_names
    return (dict(zip(names, row, strict=True)) for row in rows)


def converted(convert: Callable[[Any], Any], values: Sequence[Any]) -> list[Any]:
    """Return a column's cells converted, empty ones as they are; an object that many rows share, once."""
    places = list(map(id, values))
    done = {
        place: None if value is None else convert(value)
        for place, value in dict(zip(places, values, strict=True)).items()
    }
    return list(map(done.__getitem__, places))
