"""Figures of results."""

from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import Any

from scramblebench.analysis import AccuracyRow, DependencyRow, ThresholdRow
from scramblebench.core.errors import MissingDependency

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000")
"""Okabe-Ito colours that keep 3:1 contrast on white."""
MARKERS = ("o", "s", "^", "D", "v")
DASHES = ("-", "--", "-.", ":", (0, (3, 1, 1, 1)))
_MOST_IN_ONE = len(COLOURS)
"""Models that share a panel; more of them become small multiples, a panel each."""
_DPI = 150


def draw_curves(
    rows: Sequence[AccuracyRow],
    path: Path,
    title: str,
    confidence_level: float,
    thresholds: Sequence[ThresholdRow] = (),
) -> Path:
    """Draw accuracy against level; return the path.

    One panel per benchmark and method with a line per model; where there are more than five models, a
    panel per benchmark and model with a line per method. Bars are the rows' intervals, bands hold for the
    whole curve, the dotted line is chance, and a tick at the bottom the isotonic threshold of above-chance
    accuracy with its interval. Raises MissingDependency where matplotlib is not installed.
    """
    is_multiple = len({row.shown_model for row in rows}) > _MOST_IN_ONE
    names = list(dict.fromkeys(_line_name(row, is_multiple) for row in rows))
    panels: dict[tuple[str, str], list[AccuracyRow]] = {}
    for row in rows:
        other = row.shown_model if is_multiple else row.method
        panels.setdefault((row.benchmark, other), []).append(row)
    n_columns = min(5 if is_multiple else 3, len(panels))
    figure, axes = _grid(len(panels), n_columns, (2.5, 2.2) if is_multiple else (3.6, 3.0))
    lines: dict[str, Any] = {}
    for axis, (key, found) in zip(axes, panels.items(), strict=False):
        for number, name in enumerate(names):
            points = [row for row in found if _line_name(row, is_multiple) == name]
            if points:
                lines[name] = _draw_line(axis, points, number)
                _draw_threshold(axis, points[0], thresholds, number)
        axis.axhline(found[0].chance, color="0.4", linestyle=":", linewidth=1)
        axis.set(xlim=(-3, 103), ylim=(-0.02, 1.02))
        title_of_panel = "\n".join(key) if is_multiple else " · ".join(key)
        axis.set_title(title_of_panel, parse_math=False, fontsize=8 if is_multiple else 10)
        axis.grid(alpha=0.25)
    figure.suptitle(title, parse_math=False)
    for axis in axes[-n_columns:]:
        axis.set_xlabel("scrambling level (%)")
        axis.tick_params(labelbottom=True)
    figure.supylabel(f"accuracy, {confidence_level * 100:g} % interval")
    _legend(figure, lines)
    figure.savefig(path, dpi=_DPI)
    return path


def _line_name(row: AccuracyRow, is_multiple: bool) -> str:
    return row.method if is_multiple else row.shown_model


def draw_dependency(
    rows: Sequence[DependencyRow], path: Path, title: str, confidence_level: float
) -> Path:
    """Draw dependency coefficients with their intervals, the smallest above; return the path.

    One panel per benchmark and method; what is undefined is left out. Raises MissingDependency where
    matplotlib is not installed.
    """
    panels: dict[tuple[str, str], list[DependencyRow]] = {}
    for row in rows:
        if isfinite(row.estimate):
            panels.setdefault((row.benchmark, row.method), []).append(row)
    most = max(map(len, panels.values()))
    figure, axes = _grid(
        len(panels), min(3, len(panels)), (4.2, 0.9 + 0.24 * most), is_shared=False
    )
    for axis, ((benchmark, method), found) in zip(axes, panels.items(), strict=False):
        ordered = sorted(found, key=lambda row: row.estimate)
        for place, row in enumerate(ordered):
            if isfinite(row.low) and isfinite(row.high):
                axis.plot([row.low, row.high], [place, place], color=COLOURS[0], linewidth=1.5)
            axis.plot(row.estimate, place, marker="o", color=COLOURS[0], markersize=5)
        axis.axvline(0, color="0.4", linewidth=0.8)
        names = [f"{row.model} (simulated)" if row.is_simulated else row.model for row in ordered]
        axis.set_yticks(range(len(ordered)), names, fontsize=8, parse_math=False)
        axis.set_ylim(len(ordered) - 0.5, -0.5)
        axis.set_title(f"{benchmark} · {method}", parse_math=False, fontsize=10)
        axis.grid(axis="x", alpha=0.25)
    figure.suptitle(title, parse_math=False)
    figure.supxlabel(f"dependency coefficient, {confidence_level * 100:g} % interval")
    figure.savefig(path, dpi=_DPI)
    return path


def _grid(
    n_panels: int, n_columns: int, size: tuple[float, float], *, is_shared: bool = True
) -> tuple[Any, list[Any]]:
    """Return a figure with so many axes, those that are too many hidden."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingDependency(
            'plots need matplotlib: pip install "scramblebench[plots]"'
        ) from None
    n_rows = -(-n_panels // n_columns)
    width, height = size
    figure = Figure(figsize=(1.2 + width * n_columns, 0.8 + height * n_rows), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(n_rows, n_columns, squeeze=False, sharex=is_shared, sharey=is_shared)
    axes = list(grid.flat)
    for axis in axes[n_panels:]:
        axis.set_visible(False)
    return figure, axes[:n_panels]


def _legend(figure: Any, lines: dict[str, Any]) -> None:
    widest_in = 0.5 + 0.09 * max(map(len, lines))
    n_columns = max(1, min(4, len(lines), int(figure.get_figwidth() / widest_in)))
    legend = figure.legend(
        list(lines.values()), list(lines), loc="outside lower center", ncols=n_columns
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def _draw_line(axis: Any, points: Sequence[AccuracyRow], number: int) -> Any:
    """Draw one model's curve; return what stands for it in the legend.

    Two points are drawn as two points: nothing was asked between them.
    """
    answered = [point for point in points if point.n_answered]
    levels = [point.level_pct for point in answered]
    colour = COLOURS[number % len(COLOURS)]
    is_curve = len(levels) > 2
    if is_curve:
        axis.fill_between(
            levels,
            [point.band_low for point in answered],
            [point.band_high for point in answered],
            color=colour,
            alpha=0.12,
            linewidth=0,
        )
    return axis.errorbar(
        levels,
        [point.accuracy for point in answered],
        yerr=[
            [point.accuracy - point.low for point in answered],
            [point.high - point.accuracy for point in answered],
        ],
        color=colour,
        marker=MARKERS[number % len(MARKERS)],
        linestyle=DASHES[number % len(DASHES)] if is_curve else "none",
        capsize=3,
        markersize=5,
        linewidth=1.3,
    )


def _draw_threshold(
    axis: Any, curve: AccuracyRow, thresholds: Sequence[ThresholdRow], number: int
) -> None:
    """Mark the isotonic threshold of above-chance accuracy at the bottom, with its interval."""
    for row in thresholds:
        is_own = (row.model, row.benchmark, row.method) == (
            curve.model, curve.benchmark, curve.method,
        )  # fmt: skip
        if not is_own or row.estimator != "isotonic" or "above-chance" not in row.definition:
            continue
        if not isfinite(row.level_pct):
            return
        colour, height = COLOURS[number % len(COLOURS)], 0.02 + 0.025 * number
        high = row.high_pct if isfinite(row.high_pct) else 103.0
        if isfinite(row.low_pct):
            axis.plot([row.low_pct, high], [height, height], color=colour, linewidth=1.5)
        axis.plot(row.level_pct, height, marker="|", color=colour, markersize=9)
        return
