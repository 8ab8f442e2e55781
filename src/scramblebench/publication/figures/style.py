"""What all figures look like, whatever matplotlib is set to elsewhere.

Every text has 8 points at the printed size. Fonts are embedded in PDF files as they are (type 42), so that
text can be searched; in SVG files text is drawn as outlines, so that it has the same width on a machine
without the font. Math in names is never parsed.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

from scramblebench.core.errors import MissingDependency, UsageError

WIDTHS_IN = (3.25, 5.5, 6.75)
"""Width of a column, of a page with one column, of a page with two."""
TALLEST_IN = 8.0
"""Height of a page with room for a caption; what is taller goes on in another part."""
FONT = "DejaVu Sans"
FONT_PT = 8.0
DPI = 300
LINE_IN = 0.15
"""From one line of text to the next."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000")
"""Okabe-Ito colours that keep 3:1 contrast on white."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (3, 1, 1, 1)))
QUIET = "0.35"
"""The grey of notes and of what is undefined."""
INTERIM = "0.93"
"""The background of panels whose numbers may still change."""

_STYLE: dict[Any, Any] = {
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
    "font.family": [FONT],
    "font.size": FONT_PT,
    "axes.titlesize": FONT_PT,
    "axes.labelsize": FONT_PT,
    "xtick.labelsize": FONT_PT,
    "ytick.labelsize": FONT_PT,
    "legend.fontsize": FONT_PT,
    "figure.titlesize": FONT_PT,
    "text.parse_math": False,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "0.85",
    "grid.linewidth": 0.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.major.pad": 2,
    "ytick.major.pad": 2,
    "hatch.linewidth": 0.5,
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "scramblebench",
}
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Look:
    """How one line is told from others, in colour and in grey."""

    colour: str
    marker: str
    dashes: Any


def look(number: int) -> Look:
    """Return the look of a line by its number; the first 35 are different."""
    return Look(
        COLOURS[number % len(COLOURS)],
        MARKERS[number % len(MARKERS)],
        DASHES[number % len(DASHES)],
    )


SHARED = Look("#000000", "*", "none")
"""The look of a point that all curves of a panel share."""


@contextmanager
def styled() -> Generator[None]:
    """Draw and save with this style, then give back what was set; one thread at a time.

    Raises MissingDependency where matplotlib is not installed.
    """
    try:
        import matplotlib
    except ImportError:
        raise MissingDependency(
            'plots need matplotlib: pip install "scramblebench[plots]"'
        ) from None
    with _lock, matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def checked_width(width_in: float) -> float:
    """Return the width; raises UsageError where no page of a journal has it."""
    if width_in not in WIDTHS_IN:
        allowed = ", ".join(f"{width:g}" for width in WIDTHS_IN)
        raise UsageError(f"a figure is {allowed} in wide, not {width_in:g}")
    return width_in
