"""A drawing: the figure, the numbers that it shows, the words that tell them; and its files."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from io import StringIO
from math import isnan
from pathlib import Path
from typing import Any, TypeAlias

from scramblebench.publication.exports.escapes import IN_CSV, escaped, guarded
from scramblebench.publication.figures.style import DPI

Cell: TypeAlias = str | float | int | bool | None


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure with all that it draws; ``heads`` name the columns of ``rows`` with their units."""

    name: str
    title: str
    figure: Any
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    alt: str


def save(drawing: Drawing, folder: Path, stamp: datetime) -> list[Path]:
    """Write a drawing as PDF, SVG, PNG, CSV and text; return the paths.

    The same drawing has the same bytes: the only date in the files is the stamp.
    """
    pdf, svg, png, table, alt = (
        folder / f"{drawing.name}.{suffix}" for suffix in ("pdf", "svg", "png", "csv", "alt.txt")
    )
    _save_pdf(drawing, pdf, stamp)
    _save_svg(drawing, svg, stamp)
    save_png(drawing, png)
    table.write_text(_table(drawing), "utf-8", "backslashreplace", newline="")
    alt.write_text(drawing.alt + "\n", "utf-8", "backslashreplace", newline="")
    return [pdf, svg, png, table, alt]


def save_png(drawing: Drawing, path: Path) -> Path:
    """Write the picture alone, without a program's name or a date; return the path."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(drawing.figure)
    canvas.print_figure(path, format="png", dpi=DPI, metadata={"Software": None})
    return path


def _save_pdf(drawing: Drawing, path: Path, stamp: datetime) -> None:
    from matplotlib.backends.backend_pdf import FigureCanvasPdf

    metadata = {
        "Title": drawing.title, "Subject": drawing.alt, "Creator": "ScrambleBench",
        "Producer": None, "CreationDate": stamp,
    }  # fmt: skip
    FigureCanvasPdf(drawing.figure).print_figure(path, format="pdf", dpi=DPI, metadata=metadata)


def _save_svg(drawing: Drawing, path: Path, stamp: datetime) -> None:
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    metadata = {
        "Title": drawing.title, "Description": drawing.alt, "Creator": "ScrambleBench",
        "Date": stamp.isoformat(),
    }  # fmt: skip
    FigureCanvasSVG(drawing.figure).print_figure(path, format="svg", dpi=DPI, metadata=metadata)


def _table(drawing: Drawing) -> str:
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(drawing.heads)
    writer.writerows([_plain(cell) for cell in row] for row in drawing.rows)
    return text.getvalue()


def _plain(cell: Cell) -> Cell:
    """Return a cell as it is written: what is undefined is empty, and no name is a formula."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, str):
        return guarded(escaped(cell, IN_CSV))
    return None if cell is None or isnan(cell) else cell


def numbered(drawings: Sequence[Drawing]) -> list[Drawing]:
    """Return the parts of a figure with names of their own, ``name``, ``name_2``, and told apart in words."""
    if len(drawings) == 1:
        return list(drawings)
    return [
        replace(
            part,
            name=part.name if number == 1 else f"{part.name}_{number}",
            alt=f"Part {number} of {len(drawings)}. {part.alt}",
        )
        for number, part in enumerate(drawings, 1)
    ]
