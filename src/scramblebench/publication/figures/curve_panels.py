"""Which curves share a panel, and which panels a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from scramblebench.analysis import AccuracyRow, ThresholdRow
from scramblebench.publication.figures.style import COLOURS

MOST_IN_ONE = len(COLOURS)
"""Models that share a panel; more of them become small multiples, a panel each."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve by its name in the legend; ``number`` gives it its look everywhere."""

    name: str
    number: int
    points: tuple[AccuracyRow, ...]
    threshold: ThresholdRow | None

    @property
    def answered(self) -> list[AccuracyRow]:
        """The points with at least one response."""
        return [point for point in self.points if point.n_answered]

    @property
    def is_line(self) -> bool:
        """Whether points are joined: between two points nothing was asked."""
        return len(self.answered) > 2

    @property
    def has_mark(self) -> bool:
        """Whether the threshold was reached."""
        return self.threshold is not None and isfinite(self.threshold.level_pct)


@dataclass(frozen=True, slots=True)
class CurvePanel:
    """Curves in one system of axes; ``titles`` are the lines above."""

    titles: tuple[str, ...]
    curves: tuple[Curve, ...]

    @property
    def baseline(self) -> AccuracyRow | None:
        """The point at level 0 that all curves of one model begin with; None where there is no such point."""
        first, *others = (curve.points[0] for curve in self.curves)
        key = (first.model, first.level_pct, first.accuracy)
        is_shared = bool(others) and all((r.model, r.level_pct, r.accuracy) == key for r in others)
        return first if is_shared and not first.level_pct and first.n_answered else None

    @property
    def chance(self) -> float:
        """The accuracy of blind guessing."""
        return self.curves[0].points[0].chance


@dataclass(frozen=True, slots=True)
class CurveSet:
    """All panels of a figure; with ``is_multiple`` a panel is one model and a line one method."""

    panels: tuple[CurvePanel, ...]
    names: tuple[str, ...]
    is_multiple: bool
    benchmark: str
    """The only benchmark, "" where there are several: panels then say which."""
    definition: str
    """The threshold that is marked, "" where none was computed."""


def curve_set(rows: Sequence[AccuracyRow], thresholds: Sequence[ThresholdRow]) -> CurveSet:
    """Return the panels of all curves.

    One panel per benchmark and method with a line per model; where there are more than five models, a
    panel per benchmark and model with a line per method.
    """
    is_multiple = len({row.shown_model for row in rows}) > MOST_IN_ONE
    names = tuple(dict.fromkeys(r.method if is_multiple else r.shown_model for r in rows))
    marks = _marks(thresholds)
    benchmarks = {row.benchmark for row in rows}
    benchmark = min(benchmarks) if len(benchmarks) == 1 else ""
    found: dict[tuple[str, str], dict[str, list[AccuracyRow]]] = {}
    for row in rows:
        other, name = row.shown_model, row.method
        if not is_multiple:
            other, name = name, other
        found.setdefault((row.benchmark, other), {}).setdefault(name, []).append(row)
    panels = tuple(
        CurvePanel(
            _titles(key, lines, is_multiple, has_several=not benchmark),
            tuple(
                Curve(name, names.index(name), tuple(points), marks.get(_key(points[0])))
                for name, points in lines.items()
            ),
        )
        for key, lines in found.items()
    )
    definition = next(iter(marks.values())).definition if marks else ""
    return CurveSet(panels, names, is_multiple, benchmark, definition)


def _titles(
    key: tuple[str, str],
    lines: dict[str, list[AccuracyRow]],
    is_multiple: bool,
    *,
    has_several: bool,
) -> tuple[str, ...]:
    benchmark, other = key
    second = (benchmark,) if has_several else ()
    row = next(iter(lines.values()))[0]
    if not is_multiple:
        return (*second, other)
    return (row.model, *second, *(("(simulated)",) if row.is_simulated else ()))


def _marks(thresholds: Sequence[ThresholdRow]) -> dict[tuple[str, str, str], ThresholdRow]:
    """Return the thresholds to mark: the first isotonic definition above chance, else the first."""
    isotonic = [row for row in thresholds if row.estimator == "isotonic"]
    wanted = [row.definition for row in isotonic if "above-chance" in row.definition]
    definition = next(iter(wanted or [row.definition for row in isotonic]), None)
    return {_key(row): row for row in isotonic if row.definition == definition}


def _key(row: AccuracyRow | ThresholdRow) -> tuple[str, str, str]:
    return row.model, row.benchmark, row.method
