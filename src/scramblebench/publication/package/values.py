"""Files of numbers compared by their values: the last digit of a sum depends on the processor."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from math import isclose
from pathlib import Path
from typing import Any

from scramblebench.publication.exports import read_export
from scramblebench.publication.exports.excel import sheet_names

ROUNDING = 1e-9
"""Numbers that differ relatively (near 0: absolutely) by no more are equal."""
NUMERIC = ("results/*.json", "results/*.xlsx", "paper/figures/*.csv")
"""The files of a package that hold numbers with all their digits."""


def same_value(old: Any, new: Any) -> bool:
    """Return whether two values of JSON are equal, numbers to ``ROUNDING``."""
    match old, new:
        case bool(), _:
            return old is new
        case float() | int(), float() | int():
            return isclose(old, new, rel_tol=ROUNDING, abs_tol=ROUNDING)
        case Mapping(), Mapping():
            return old.keys() == new.keys() and all(same_value(old[key], new[key]) for key in old)
        case (list() | tuple(), list() | tuple()):
            return len(old) == len(new) and all(map(same_value, old, new))
        case _:
            return old == new


def same_values(old: Path, new: Path) -> bool:
    """Return whether two files of the same kind (JSON, CSV, Excel) hold the same values."""
    match old.suffix:
        case ".json":
            return same_value(
                *(json.loads(p.read_text("utf-8", "surrogatepass")) for p in (old, new))
            )
        case ".csv":
            return _same_rows(*(_csv_rows(path) for path in (old, new)))
        case _:
            sheets = [sheet_names(path) for path in (old, new)]
            return sheets[0] == sheets[1] and all(
                _same_rows(*(read_export(path, sheet).rows() for path in (old, new)))
                for sheet in sheets[0]
            )


def _same_rows(old: Iterable[Sequence[Any]], new: Iterable[Sequence[Any]]) -> bool:
    return all(same_value(*pair) for pair in zip_longest(old, new))


def _csv_rows(path: Path) -> Iterable[Sequence[Any]]:
    with path.open(encoding="utf-8", errors="surrogatepass", newline="") as file:
        for row in csv.reader(file):
            yield [_number(cell) for cell in row]


def _number(cell: str) -> float | str:
    try:
        return float(cell)
    except ValueError:
        return cell
