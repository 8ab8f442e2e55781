"""Figures of results."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scramblebench.analysis import AccuracyRow
from scramblebench.core.errors import MissingDependency

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000")
"""Okabe-Ito colours that keep 3:1 contrast on white."""
MARKERS = ("o", "s", "^", "D", "v")
DASHES = ("-", "--", "-.", ":", (0, (3, 1, 1, 1)))


def draw_curves(
    rows: Sequence[AccuracyRow], path: Path, title: str, confidence_level: float
) -> Path:
    """Draw accuracy against level, one panel per benchmark and method, one line per model.

    Bars are the rows' intervals. Raises MissingDependency where matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingDependency(
            'plots need matplotlib: pip install "scramblebench[plots]"'
        ) from None
    panels = list(dict.fromkeys((row.benchmark, row.method) for row in rows))
    models = list(dict.fromkeys(row.shown_model for row in rows))
    n_columns = min(3, len(panels))
    n_rows = -(-len(panels) // n_columns)
    figure = Figure(figsize=(1.2 + 3.6 * n_columns, 0.8 + 3.0 * n_rows), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(n_rows, n_columns, squeeze=False, sharex=True, sharey=True)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    lines: list[Any] = [None] * len(models)
    for axes, (benchmark, method) in zip(grid.flat, panels, strict=False):
        for number, model in enumerate(models):
            points = [
                r
                for r in rows
                if (r.shown_model, r.benchmark, r.method) == (model, benchmark, method)
            ]
            lines[number] = _draw_line(axes, points, number)
        axes.set(xlim=(-3, 103), ylim=(-0.02, 1.02))
        axes.set_title(f"{benchmark} · {method}", parse_math=False)
        axes.grid(alpha=0.25)
    for axes in grid[-1]:
        axes.set_xlabel("scrambling level (%)")
    for axes in grid[:, 0]:
        axes.set_ylabel(f"accuracy, {confidence_level * 100:g} % interval")
    figure.suptitle(title, parse_math=False)
    legend = figure.legend(lines, models, loc="outside lower center", ncols=min(4, len(models)))
    for text in legend.get_texts():
        text.set_parse_math(False)
    figure.savefig(path, dpi=150)
    return path


def _draw_line(axes: Any, points: Sequence[AccuracyRow], number: int) -> Any:
    """Draw one model's curve; return what stands for it in the legend."""
    answered = [point for point in points if point.n_answered]
    return axes.errorbar(
        [point.level_pct for point in answered],
        [point.accuracy for point in answered],
        yerr=[
            [point.accuracy - point.low for point in answered],
            [point.high - point.accuracy for point in answered],
        ],
        color=COLOURS[number % len(COLOURS)],
        marker=MARKERS[number % len(MARKERS)],
        linestyle=DASHES[number % len(DASHES)],
        capsize=3,
        markersize=5,
        linewidth=1.3,
    )
