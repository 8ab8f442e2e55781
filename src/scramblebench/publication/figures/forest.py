"""Dependency coefficients as a forest plot: a row per model, grouped by benchmark and method."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from scramblebench.analysis import DependencyRow
from scramblebench.analysis.wording import dependency_words, number, reason
from scramblebench.publication.figures.drawings import Drawing, numbered
from scramblebench.publication.figures.forest_lines import (
    Line,
    forest_lines,
    labelled,
    parts_of,
)
from scramblebench.publication.figures.forest_words import HEADS, forest_alt, forest_cells, rounded
from scramblebench.publication.figures.lettering import labels, shortened, text_width_in
from scramblebench.publication.figures.sheets import (
    EDGE_IN,
    Footing,
    Heading,
    Sheet,
    draw_footing,
    footing,
    heading,
    new_sheet,
)
from scramblebench.publication.figures.standing import Standing
from scramblebench.publication.figures.style import COLOURS, INTERIM, QUIET, TALLEST_IN

NAME = "dependency_forest"
_ROW_IN = 0.17
_HEADS_IN, _X_LABELS_IN = 0.2, 0.38
_ESTIMATE_IN = 1.5
_FARTHEST = (-0.5, 1.5)
"""The axis ends here at the latest; an interval that goes on ends in an arrow."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the columns are, in inches from the left; the estimate is written where there is room."""

    width_in: float
    names_in: float
    has_estimate: bool
    x_range: tuple[float, float]
    shown: dict[str, str]
    """Labels of the models, the same in all parts."""
    marks: dict[str, str]
    """Letters that stand for reasons where there is no room for these."""

    @property
    def number_in(self) -> float:
        """The width of a column of numbers."""
        return 0.44 if self.has_estimate else 0.36

    @property
    def digits(self) -> int:
        """Digits after the point of the numbers beside."""
        return 3 if self.has_estimate else 2

    @property
    def axis_in(self) -> float:
        """The width of the axis."""
        beside = 2 * self.number_in + (_ESTIMATE_IN if self.has_estimate else 0.0)
        return self.width_in - 2 * EDGE_IN - self.names_in - beside - 0.12

    @property
    def axis_left_in(self) -> float:
        """Where the axis begins."""
        return EDGE_IN + self.names_in + 0.06


def dependency_forest(
    rows: Sequence[DependencyRow],
    confidence: float,
    *,
    width_in: float,
    standing: Standing,
    title: str = "",
    tallest_in: float = TALLEST_IN,
) -> list[Drawing]:
    """Return the figure of coefficients, the smallest above, in parts where a page cannot hold all rows.

    Accuracy at the baseline and what is lost of it stand beside; a coefficient that is undefined has its
    reason in the place of the dot.
    """
    layout = _layout(rows, width_in)
    head = heading(width_in, title, standing.banner)
    note = (
        f"Bars: {confidence * 100:g} % intervals. 0: nothing is lost; 1: all above chance is lost at the "
        "slightest scramble. A(0): accuracy unscrambled; drop: accuracy lost at the highest level."
    )
    note += "".join(f" {mark}: {words}." for words, mark in layout.marks.items())
    foot = footing(width_in, {}, [note])
    room_in = tallest_in - head.height_in - foot.height_in - _HEADS_IN - _X_LABELS_IN - EDGE_IN
    lines = forest_lines(rows)
    parts = parts_of(lines, max(4, int(room_in / _ROW_IN)) if isfinite(room_in) else len(lines))
    return numbered(
        [
            Drawing(
                name=NAME,
                title="Dependency coefficients",
                figure=_draw(part, layout, head, foot, standing).figure,
                heads=HEADS,
                rows=tuple(forest_cells(part)),
                alt=forest_alt(part, confidence, standing),
            )
            for part in parts
        ]
    )


def _layout(rows: Sequence[DependencyRow], width_in: float) -> _Layout:
    is_narrow = width_in < 5
    most_in = 1.3 if is_narrow else 1.6
    shown = labels(map(labelled, rows), most_in)
    names_in = max(0.7, *(text_width_in(name) for name in shown.values()))
    ends = [v for row in rows for v in (row.estimate, row.low, row.high) if isfinite(v)]
    low, high = min([0.0, *ends]), max([1.0, *ends])
    x_range = max(low, _FARTHEST[0]) - 0.04, min(high, _FARTHEST[1]) + 0.04
    why = dict.fromkeys(reason(row.status) for row in rows if not isfinite(row.estimate))
    marks = {words: chr(ord("a") + place) for place, words in enumerate(why)} if is_narrow else {}
    return _Layout(width_in, names_in, not is_narrow, x_range, shown, marks)


def _draw(
    lines: Sequence[Line], layout: _Layout, head: Heading, foot: Footing, standing: Standing
) -> Sheet:
    body_in = _HEADS_IN + len(lines) * _ROW_IN + _X_LABELS_IN + foot.height_in
    sheet = new_sheet(layout.width_in, body_in, head)
    top = sheet.top_in + _HEADS_IN
    axis = sheet.axes(layout.axis_left_in, top, layout.axis_in, len(lines) * _ROW_IN)
    axis.set(xlim=layout.x_range, ylim=(len(lines) - 0.5, -0.5))
    axis.set_yticks([])
    axis.spines["left"].set_visible(False)
    ticks = [v for v in (-0.5, 0, 0.5, 1, 1.5) if layout.x_range[0] <= v <= layout.x_range[1]]
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.grid(axis="x")
    axis.axvline(0, color=QUIET, linewidth=0.8, zorder=1)
    if standing.is_interim:
        axis.set_facecolor(INTERIM)
    _write_heads(sheet, layout)
    for place, line in enumerate(lines):
        _draw_line(sheet, axis, layout, line, place, standing)
    below = top + len(lines) * _ROW_IN + 0.2
    middle = layout.axis_left_in + layout.axis_in / 2
    sheet.write(middle, below, "dependency coefficient", ha="center")
    draw_footing(sheet, foot)
    return sheet


def _write_heads(sheet: Sheet, layout: _Layout) -> None:
    right = layout.width_in - EDGE_IN
    top = sheet.top_in + 0.02
    sheet.write(right, top, "drop", ha="right")
    sheet.write(right - layout.number_in, top, "A(0)", ha="right")
    if layout.has_estimate:
        sheet.write(right - 2 * layout.number_in, top, "coefficient", ha="right")


def _draw_line(
    sheet: Sheet,
    axis: Any,
    layout: _Layout,
    line: Line,
    place: int,
    standing: Standing,
) -> None:
    middle = sheet.top_in + _HEADS_IN + (place + 0.5) * _ROW_IN
    if line.group:
        axis.axhspan(place - 0.5, place + 0.5, color="white", zorder=3)
        words = shortened(line.group, layout.width_in - 2 * EDGE_IN, "bold")
        sheet.write(EDGE_IN, middle, words, weight="bold", va="center_baseline", zorder=6)
        return
    right = layout.width_in - EDGE_IN
    row, *others = line.rows
    if others:
        sheet.write(EDGE_IN, middle, f"all {len(line.rows)} models", va="center_baseline")
    else:
        sheet.write(EDGE_IN, middle, layout.shown[labelled(row)], va="center_baseline")
        sheet.write(
            right, middle, rounded(row.drop, layout.digits), ha="right", va="center_baseline"
        )
        at = right - layout.number_in
        sheet.write(
            at,
            middle,
            number(row.baseline_accuracy, layout.digits),
            ha="right",
            va="center_baseline",
        )
    if not isfinite(row.estimate):
        why = reason(row.status)
        words = shortened(f"– {layout.marks.get(why, why)}", layout.axis_in + _ESTIMATE_IN)
        left = layout.axis_left_in + 0.04
        words_on = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
        sheet.write(left, middle, words, color=QUIET, va="center_baseline", bbox=words_on)
        return
    _draw_interval(axis, row, place, layout.x_range, standing)
    if layout.has_estimate:
        at = right - 2 * layout.number_in
        sheet.write(at, middle, dependency_words(row), ha="right", va="center_baseline")


def _draw_interval(
    axis: Any, row: DependencyRow, place: int, x_range: tuple[float, float], standing: Standing
) -> None:
    """Draw a dot with its limits; a limit beyond the axis is an arrow at its end."""
    colour = COLOURS[0]
    if row.low == row.low and row.high == row.high:
        low, high = max(row.low, x_range[0]), min(row.high, x_range[1])
        axis.plot([low, high], [place, place], color=colour, linewidth=1.3)
        for limit, end, marker in ((row.low, low, "<"), (row.high, high, ">")):
            if limit != end:
                axis.plot(end, place, marker=marker, color=colour, markersize=4)
    fill = "white" if standing.is_interim else colour
    axis.plot(
        row.estimate, place, marker="o", color=colour, markerfacecolor=fill, markersize=4.5
    )  # fmt: skip
