"""A figure measured in inches from its upper left corner, so that nothing has to be guessed or moved.

Heights are known before anything is drawn: words are measured, then the sheet is made as high as they need.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scramblebench.publication.figures.lettering import text_width_in, wrapped
from scramblebench.publication.figures.style import FONT_PT, LINE_IN, QUIET, Look

EDGE_IN = 0.06
"""Left free on all sides."""
_HANDLE_EM, _PAD_EM, _GAP_EM = 2.6, 0.5, 1.4
_EM_IN = FONT_PT / 72
HANDLE_IN = (_HANDLE_EM + _PAD_EM) * _EM_IN
"""What stands before a name in a legend."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A figure; ``top_in`` is where its body begins, below title and banner."""

    figure: Any
    width_in: float
    height_in: float
    top_in: float

    def axes(self, left: float, top: float, width: float, height: float) -> Any:
        """Return new axes at a place."""
        return self.figure.add_axes(
            (
                left / self.width_in,
                1 - (top + height) / self.height_in,
                width / self.width_in,
                height / self.height_in,
            )
        )

    def write(self, left: float, top: float, words: str, **looks: Any) -> Any:
        """Write a line whose upper left corner is at a place, if not told otherwise."""
        place = (left / self.width_in, 1 - top / self.height_in)
        return self.figure.text(*place, words, **{"va": "top", "ha": "left", **looks})


@dataclass(frozen=True, slots=True)
class Footing:
    """What stands below the panels: a legend and notes, in inches ``height_in`` high."""

    handles: tuple[Any, ...]
    names: tuple[str, ...]
    n_columns: int
    notes: tuple[str, ...]

    @property
    def legend_in(self) -> float:
        """The height of the legend."""
        return -(-len(self.names) // self.n_columns) * LINE_IN + 0.06 if self.names else 0.0

    @property
    def height_in(self) -> float:
        """The height of legend and notes."""
        return self.legend_in + len(self.notes) * LINE_IN


def footing(width_in: float, entries: Mapping[str, Any], notes: Sequence[str]) -> Footing:
    """Return a legend with as many columns as fit, and notes as lines."""
    room_in = width_in - 2 * EDGE_IN
    names = tuple(entries)
    lines = [line for note in notes for line in wrapped(note, room_in)]
    return Footing(tuple(entries.values()), names, _columns(names, room_in), tuple(lines))


def _columns(names: Sequence[str], room_in: float) -> int:
    """Return how many columns of a legend fit; it is filled column by column."""
    widths = [text_width_in(name) + HANDLE_IN for name in names]
    for n_columns in range(len(names), 1, -1):
        n_rows, n_longer = divmod(len(names), n_columns)
        sizes = [n_rows + (column < n_longer) for column in range(n_columns)]
        starts = [sum(sizes[:column]) for column in range(n_columns)]
        widest = sum(max(widths[s : s + n]) for s, n in zip(starts, sizes, strict=True))
        if widest + (n_columns - 1) * _GAP_EM * _EM_IN <= room_in:
            return n_columns
    return 1


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above the panels: a title, and a banner where something must be known first."""

    title: tuple[str, ...]
    banner: tuple[str, ...]

    @property
    def banner_top_in(self) -> float:
        """Where the banner begins."""
        return EDGE_IN + len(self.title) * LINE_IN + (0.04 if self.title else 0.0)

    @property
    def banner_in(self) -> float:
        """The height of the banner."""
        return len(self.banner) * LINE_IN + 0.06 if self.banner else 0.0

    @property
    def height_in(self) -> float:
        """All that is above the panels."""
        return self.banner_top_in + self.banner_in + (0.06 if self.banner else 0.0)


def heading(width_in: float, title: str, banner: str) -> Heading:
    """Return title and banner as lines."""
    room_in = width_in - 2 * EDGE_IN
    return Heading(
        tuple(wrapped(title, room_in, "bold")), tuple(wrapped(banner, room_in - 0.12, "bold"))
    )


def new_sheet(width_in: float, body_in: float, head: Heading) -> Sheet:
    """Return a sheet with room for a body below title and banner."""
    from matplotlib.figure import Figure

    height_in = head.height_in + body_in + EDGE_IN
    sheet = Sheet(Figure(figsize=(width_in, height_in)), width_in, height_in, head.height_in)
    for number, line in enumerate(head.title):
        sheet.write(EDGE_IN, EDGE_IN + number * LINE_IN, line, weight="bold")
    if head.banner:
        _draw_banner(sheet, head)
    return sheet


def _draw_banner(sheet: Sheet, head: Heading) -> None:
    from matplotlib.patches import Rectangle

    top, height = head.banner_top_in, head.banner_in
    sheet.figure.add_artist(
        Rectangle(
            (EDGE_IN / sheet.width_in, 1 - (top + height) / sheet.height_in),
            1 - 2 * EDGE_IN / sheet.width_in,
            height / sheet.height_in,
            transform=sheet.figure.transFigure,
            facecolor="0.9",
            edgecolor="black",
            linewidth=0.8,
        )
    )
    for number, line in enumerate(head.banner):
        sheet.write(EDGE_IN + 0.06, top + 0.045 + number * LINE_IN, line, weight="bold")


def draw_footing(sheet: Sheet, foot: Footing) -> None:
    """Draw legend and notes at the lower edge."""
    top = sheet.height_in - EDGE_IN - foot.height_in
    if foot.names:
        sheet.figure.legend(
            list(foot.handles),
            list(foot.names),
            loc="upper left",
            bbox_to_anchor=(EDGE_IN / sheet.width_in, 1 - top / sheet.height_in),
            bbox_transform=sheet.figure.transFigure,
            ncols=foot.n_columns,
            frameon=False,
            borderpad=0,
            borderaxespad=0,
            labelspacing=LINE_IN / _EM_IN - 1,
            handlelength=_HANDLE_EM,
            handletextpad=_PAD_EM,
            columnspacing=_GAP_EM,
        )
    for number, line in enumerate(foot.notes):
        place = top + foot.legend_in + number * LINE_IN
        sheet.write(EDGE_IN, place, line, color=QUIET)


def line_handle(look: Look, *, is_line: bool = False, is_hollow: bool = False) -> Any:
    """Return what stands for a line in a legend."""
    from matplotlib.lines import Line2D

    return Line2D(
        [], [],
        color=look.colour, marker=look.marker, markersize=4, linewidth=1.1,
        linestyle=look.dashes if is_line else "none",
        markerfacecolor="white" if is_hollow else look.colour,
    )  # fmt: skip


def chance_handle() -> Any:
    """Return what stands for the line of chance in a legend."""
    from matplotlib.lines import Line2D

    return Line2D([], [], color="0.4", linestyle=":", linewidth=1)
