"""Dose-response: accuracy by level with intervals, bands, chance and thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from scramblebench.analysis import AccuracyRow, ThresholdRow
from scramblebench.publication.figures.curve_panels import Curve, CurvePanel, CurveSet, curve_set
from scramblebench.publication.figures.curve_words import HEADS, curve_alt, curve_cells
from scramblebench.publication.figures.drawings import Drawing, numbered
from scramblebench.publication.figures.lettering import folded, labels, shortened
from scramblebench.publication.figures.sheets import (
    EDGE_IN,
    HANDLE_IN,
    Footing,
    Heading,
    Sheet,
    chance_handle,
    draw_footing,
    footing,
    heading,
    line_handle,
    new_sheet,
)
from scramblebench.publication.figures.standing import Standing
from scramblebench.publication.figures.style import (
    INTERIM,
    LINE_IN,
    QUIET,
    SHARED,
    TALLEST_IN,
    Look,
    look,
)

NAME = "dose_response"
_LEFT_IN, _BETWEEN_IN, _X_LABELS_IN = 0.52, 0.12, 0.32
_X_RANGE = (-9, 111)
_BELOW_IN = 0.1
"""Left free below a panel."""
_LANE_IN = 0.075
"""Height of the strip below the axis in which one curve's threshold is marked."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """Sizes of panels in inches; ``n_lanes`` counts the curves that may have a threshold."""

    n_columns: int
    panel_in: tuple[float, float]
    titles_in: float
    n_lanes: int

    @property
    def row_in(self) -> float:
        """From one row of panels to the next, without labels of levels."""
        return self.titles_in + self.panel_in[1] + _BELOW_IN

    @property
    def lane(self) -> float:
        """Height of a lane in accuracy; accuracy takes what the lanes leave."""
        return _LANE_IN * 1.1 / (self.panel_in[1] - self.n_lanes * _LANE_IN)

    @property
    def low(self) -> float:
        """The lower end of the axis of accuracy."""
        return -0.05 - self.n_lanes * self.lane

    @property
    def step(self) -> float:
        """How far apart, in percent of level, the points of curves at one level are set."""
        return 0.048 * (_X_RANGE[1] - _X_RANGE[0]) / self.panel_in[0]


@dataclass(frozen=True, slots=True)
class _Page:
    """What all parts of the figure share."""

    found: CurveSet
    layout: _Layout
    head: Heading
    foot: Footing
    width_in: float
    standing: Standing

    def most_panels(self, tallest_in: float) -> int:
        """Return how many panels fit; all where height has no limit."""
        if not isfinite(tallest_in):
            return len(self.found.panels)
        beside_in = self.head.height_in + self.foot.height_in + _X_LABELS_IN + EDGE_IN
        n_rows = int((tallest_in - beside_in) / self.layout.row_in)
        return max(1, n_rows) * self.layout.n_columns


def dose_response(
    rows: Sequence[AccuracyRow],
    thresholds: Sequence[ThresholdRow],
    confidence: float,
    *,
    width_in: float,
    standing: Standing,
    title: str = "",
    tallest_in: float = TALLEST_IN,
) -> list[Drawing]:
    """Return the figure of accuracy against level, in parts where a page cannot hold all panels.

    Bars are the rows' intervals, bands hold for a whole curve at once, the dotted line is chance; below
    the axis the isotonic threshold is marked with its interval, where it was reached.
    """
    found = curve_set(rows, thresholds)
    shown = labels(found.names, width_in - 2 * EDGE_IN - HANDLE_IN)
    page = _Page(
        found,
        _layout(found, width_in),
        heading(width_in, title, standing.banner),
        footing(width_in, _entries(found, shown, standing), _notes(found, confidence)),
        width_in,
        standing,
    )
    size = page.most_panels(tallest_in)
    parts = [found.panels[at : at + size] for at in range(0, len(found.panels), size)]
    return numbered(
        [
            Drawing(
                name=NAME,
                title="Accuracy by scrambling level",
                figure=_draw(part, page).figure,
                heads=HEADS,
                rows=tuple(curve_cells(part)),
                alt=curve_alt(part, confidence, standing),
            )
            for part in parts
        ]
    )


def _layout(found: CurveSet, width_in: float) -> _Layout:
    n = len(found.panels)
    wanted = (1 if width_in < 5 else 2) if not found.is_multiple else int((width_in - 0.4) / 1.22)
    n_columns = min(wanted, n)
    width = (width_in - _LEFT_IN - EDGE_IN - 0.06 - (n_columns - 1) * _BETWEEN_IN) / n_columns
    if found.is_multiple:
        height = 0.85
    else:
        height = min(2.6, width * 0.8) if n == 1 else min(1.9, width * 0.75)
    n_lanes = max((sum(curve.has_mark for curve in p.curves) for p in found.panels), default=0)
    n_titles = max(len(_title_lines(panel, width)) for panel in found.panels)
    return _Layout(n_columns, (width, height + n_lanes * _LANE_IN), n_titles * LINE_IN, n_lanes)


def _entries(found: CurveSet, shown: dict[str, str], standing: Standing) -> dict[str, Any]:
    """Return what stands for each name in the legend; only curves of three points have a line."""
    lines = {c.name for panel in found.panels for c in panel.curves if c.is_line}
    entries = {
        shown[name]: line_handle(
            look(number), is_line=name in lines, is_hollow=standing.is_interim
        )
        for number, name in enumerate(found.names)
    }  # fmt: skip
    if any(panel.baseline for panel in found.panels):
        entries["level 0"] = line_handle(SHARED, is_hollow=standing.is_interim)
    return entries | {"chance": chance_handle()}


def _notes(found: CurveSet, confidence: float) -> list[str]:
    percent = f"{confidence * 100:g} %"
    notes = f"Bars: {percent} intervals."
    if any(len(panel.curves) > 1 for panel in found.panels):
        notes += " Points at one level stand side by side."
    if any(curve.is_line for panel in found.panels for curve in panel.curves):
        notes += f" Shaded: {percent} bands for a whole curve."
    if any(curve.has_mark for panel in found.panels for curve in panel.curves):
        notes += (
            f" In the strip below: level at which accuracy falls to {found.definition}, "
            "with its interval."
        )
    return [notes]


def _draw(panels: Sequence[CurvePanel], page: _Page) -> Sheet:
    layout, width_in = page.layout, page.width_in
    panels_in = -(-len(panels) // layout.n_columns) * layout.row_in
    sheet = new_sheet(width_in, panels_in + _X_LABELS_IN + page.foot.height_in, page.head)
    for number, panel in enumerate(panels):
        row, column = divmod(number, layout.n_columns)
        axis = _axis(sheet, layout, row, column, page.standing)
        _title(axis, panel, layout.panel_in[0])
        is_lowest = number + layout.n_columns >= len(panels)
        axis.tick_params(labelleft=column == 0, labelbottom=is_lowest)
        _draw_panel(axis, panel, layout, page.standing)
    where = f" · {page.found.benchmark}" if page.found.benchmark else ""
    words = shortened(f"scrambling level (%){where}", width_in - _LEFT_IN)
    middle = (_LEFT_IN + width_in - EDGE_IN) / 2
    sheet.write(middle, sheet.top_in + panels_in - _BELOW_IN + 0.2, words, ha="center")
    centre = sheet.top_in + panels_in / 2
    sheet.write(EDGE_IN, centre, "accuracy", rotation=90, va="center")
    draw_footing(sheet, page.foot)
    return sheet


def _axis(sheet: Sheet, layout: _Layout, row: int, column: int, standing: Standing) -> Any:
    width, height = layout.panel_in
    left = _LEFT_IN + column * (width + _BETWEEN_IN)
    axis = sheet.axes(left, sheet.top_in + row * layout.row_in + layout.titles_in, width, height)
    is_wide = width > 2
    axis.set(xlim=_X_RANGE, ylim=(layout.low, 1.05))
    axis.set_xticks([0, 25, 50, 75, 100] if is_wide else [0, 50, 100])
    axis.set_yticks([0, 0.25, 0.5, 0.75, 1] if height > 1.5 else [0, 0.5, 1])
    axis.grid()
    if standing.is_interim:
        axis.set_facecolor(INTERIM)
    return axis


def _title_lines(panel: CurvePanel, room_in: float) -> list[str]:
    return [line for title in panel.titles for line in folded(title, room_in)]


def _title(axis: Any, panel: CurvePanel, room_in: float) -> None:
    lines = _title_lines(panel, room_in)
    axis.set_title("\n".join(lines), loc="left", pad=3, linespacing=LINE_IN * 72 / 8 / 1.2)


def _draw_panel(axis: Any, panel: CurvePanel, layout: _Layout, standing: Standing) -> None:
    axis.axhline(panel.chance, color="0.4", linestyle=":", linewidth=1, zorder=1.5)
    middle = (len(panel.curves) - 1) / 2
    lane = 0
    for place, curve in enumerate(panel.curves):
        _draw_curve(axis, curve, (place - middle) * layout.step, panel.baseline, standing)
        if curve.has_mark:
            _draw_threshold(axis, curve, -0.05 - (lane + 0.5) * layout.lane)
            lane += 1
    if panel.baseline:
        _draw_points(axis, [panel.baseline], [0.0], SHARED, standing)
    if layout.n_lanes:
        axis.axhline(-0.05, color=QUIET, linewidth=0.4, zorder=1)


def _draw_curve(
    axis: Any, curve: Curve, shift: float, baseline: AccuracyRow | None, standing: Standing
) -> None:
    """Draw one curve; its points stand a little aside, so that those of others are seen."""
    points, style = curve.answered, look(curve.number)
    levels = [p.level_pct if baseline and not p.level_pct else p.level_pct + shift for p in points]
    if curve.is_line:
        axis.fill_between(
            [point.level_pct for point in points],
            [point.band_low for point in points],
            [point.band_high for point in points],
            color=style.colour, alpha=0.11, linewidth=0,
        )  # fmt: skip
        accuracies = [point.accuracy for point in points]
        axis.plot(levels, accuracies, color=style.colour, linestyle=style.dashes, linewidth=1.1)
    n_shared = 1 if baseline and points and not points[0].level_pct else 0
    _draw_points(axis, points[n_shared:], levels[n_shared:], style, standing)


def _draw_points(
    axis: Any,
    points: Sequence[AccuracyRow],
    levels: Sequence[float],
    style: Look,
    standing: Standing,
) -> None:
    axis.errorbar(
        levels,
        [point.accuracy for point in points],
        yerr=[
            [max(point.accuracy - point.low, 0.0) for point in points],  # NaN stays
            [max(point.high - point.accuracy, 0.0) for point in points],
        ],
        color=style.colour,
        marker=style.marker,
        markerfacecolor="white" if standing.is_interim else style.colour,
        linestyle="none",
        capsize=1.5,
        markersize=3.5 if style is not SHARED else 5,
        elinewidth=0.8,
        zorder=2.5,
    )


def _draw_threshold(axis: Any, curve: Curve, height: float) -> None:
    """Mark a threshold in its lane; an interval that has no end in the levels tested ends in an arrow."""
    row, style = curve.threshold, look(curve.number)
    if row is None:
        return
    if isfinite(row.low_pct):
        high = row.high_pct if isfinite(row.high_pct) else _X_RANGE[1] - 3.0
        axis.plot([row.low_pct, high], [height, height], color=style.colour, linewidth=1)
        if not isfinite(row.high_pct):
            axis.plot(high, height, marker=">", color=style.colour, markersize=3)
    axis.plot(row.level_pct, height, marker=style.marker, color=style.colour, markersize=3.5)
