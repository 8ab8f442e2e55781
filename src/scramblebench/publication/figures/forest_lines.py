"""The lines of a forest plot: groups, coefficients in order, and what is undefined."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite, isnan

from scramblebench.analysis import DependencyRow


@dataclass(frozen=True, slots=True)
class Line:
    """A heading (``group``), one coefficient, or all of a group that are undefined for one reason."""

    group: str
    rows: tuple[DependencyRow, ...] = ()


def labelled(row: DependencyRow) -> str:
    """Return the model's name, labelled where its answers are simulated."""
    return f"{row.model} (simulated)" if row.is_simulated else row.model


def forest_lines(rows: Sequence[DependencyRow]) -> list[Line]:
    """Return all lines in order: benchmarks, their methods, coefficients from the smallest, undefined last."""
    benchmarks = list(dict.fromkeys(row.benchmark for row in rows))
    groups: dict[tuple[str, str], list[DependencyRow]] = {}
    for row in rows:
        groups.setdefault((row.benchmark, row.method), []).append(row)
    ordered = sorted(
        groups,
        key=lambda key: (benchmarks.index(key[0]), all(isnan(r.estimate) for r in groups[key])),
    )
    return [line for key in ordered for line in _group(" · ".join(key), groups[key])]


def _group(name: str, rows: Sequence[DependencyRow]) -> Iterator[Line]:
    yield Line(name)
    if len(rows) > 1 and all(isnan(r.estimate) and r.status is rows[0].status for r in rows):
        yield Line("", tuple(rows))
        return
    for row in sorted(rows, key=lambda r: (not isfinite(r.estimate), r.estimate)):
        yield Line("", (row,))


def parts_of(lines: Sequence[Line], size: int) -> list[list[Line]]:
    """Return lines in parts of at most ``size``; a group that goes on has its heading again."""
    parts: list[list[Line]] = [[]]
    group = Line("")
    for place, line in enumerate(lines):
        is_lonely = bool(line.group) and len(parts[-1]) == size - 1 and place < len(lines) - 1
        if len(parts[-1]) == size or is_lonely:
            parts.append([] if line.group else [Line(f"{group.group} (continued)")])
        group = line if line.group else group
        parts[-1].append(line)
    return parts
