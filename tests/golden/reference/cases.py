"""The reference cases: read, and compared within the tolerances they state."""

import csv
import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SHARED = Path(os.environ.get("SCRAMBLEBENCH_SHARED", Path(__file__).parents[4] / "shared"))
FOLDER = Path(os.environ.get("SCRAMBLEBENCH_REFERENCE", SHARED / "statistics-reference" / "open"))


@dataclass(frozen=True)
class Case:
    """One case: ``input`` holds numbers, or names a table that ``table`` reads."""

    id: str
    method: str
    input: Mapping[str, Any]
    expected: Mapping[str, Any]
    tolerance: Mapping[str, Any]
    folder: Path

    def table(self) -> list[dict[str, str]]:
        """Return the rows of the case's table; an empty cell is missing."""
        with (self.folder / self.input["data_csv"]).open(newline="") as file:
            return list(csv.DictReader(file))

    def columns(self) -> dict[str, list[float]]:
        """Return the table's columns as numbers, empty cells as NaN."""
        rows = self.table()
        return {name: [float(row[name] or "nan") for row in rows] for name in rows[0]}


@dataclass(frozen=True)
class Difference:
    """A value that is not what was expected; ``where`` is its path in the case."""

    where: str
    expected: object
    actual: object

    def __str__(self) -> str:
        return f"{self.where}: expected {self.expected!r}, got {self.actual!r}"


def read_cases(folder: Path = FOLDER) -> list[Case]:
    """Return the cases of a folder by id; none where there is no such folder."""
    found = []
    for path in sorted((folder / "cases").glob("*.json")):
        case = json.loads(path.read_text())
        found.append(
            Case(
                case["id"], case["method"], case["input"], case["expected"],
                case["tolerance"], folder,
            )
        )  # fmt: skip
    return found


def differences(
    case: Case, actual: Mapping[str, Any], not_computed: Sequence[str]
) -> list[Difference]:
    """Return what differs between a case and our values; ``not_computed`` keys are left out."""
    return list(_compare(case, case.expected, actual, "", None, not_computed))


def _compare(
    case: Case,
    expected: object,
    actual: object,
    where: str,
    tolerance: object,
    not_computed: Sequence[str],
) -> Iterator[Difference]:
    if tolerance == "skip":
        return
    if isinstance(expected, Mapping):
        for key, value in expected.items():
            path = f"{where}.{key}" if where else key
            if key in not_computed:
                continue
            if not isinstance(actual, Mapping) or key not in actual:
                yield Difference(path, value, "nothing")
                continue
            own = case.tolerance.get("fields", {}).get(key, tolerance)
            yield from _compare(case, value, actual[key], path, own, not_computed)
    elif isinstance(expected, list):
        values = list(actual) if hasattr(actual, "__iter__") else None  # type: ignore[call-overload]
        if values is None or len(values) != len(expected):
            yield Difference(where, expected, actual)
            return
        for index, (value, ours) in enumerate(zip(expected, values, strict=True)):
            yield from _compare(case, value, ours, f"{where}[{index}]", tolerance, not_computed)
    elif not _agrees(expected, actual, tolerance or case.tolerance, case.tolerance):
        yield Difference(where, expected, actual)


def _agrees(expected: object, actual: object, tolerance: Any, default: Mapping[str, Any]) -> bool:
    if expected is None:
        return actual is None or (isinstance(actual, float) and math.isnan(actual))
    if isinstance(expected, bool) or (isinstance(expected, str) and "Inf" not in expected):
        return bool(expected == actual)
    wanted = float(str(expected).replace("Inf", "inf")) if isinstance(expected, str) else expected
    if not isinstance(wanted, int | float) or actual is None:
        return False
    ours = float(actual)  # type: ignore[arg-type]
    if math.isinf(wanted):
        return ours == wanted
    error = abs(ours - wanted)
    relative = tolerance.get("rel", 0.0 if "abs" in tolerance else default.get("rel", 0.0))
    absolute = tolerance.get("abs", default.get("abs", 0.0))
    return error <= relative * abs(wanted) or error <= absolute
