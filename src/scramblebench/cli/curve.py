"""A point of a curve with its interval, drawn in characters."""

from math import isnan

WIDTHS = ((110, 41), (92, 31), (84, 21), (0, 13))
"""Columns of the drawing by the least columns of the terminal."""


def width_for(columns: int) -> int:
    """Return how wide a drawing may be in a terminal; odd, so that 0.5 has a column."""
    return next(width for least, width in WIDTHS if columns >= least)


def scale(width: int) -> str:
    """Return the axis: 0 at the left, 0.5 in the middle, 1 at the right."""
    half = (width - 5) // 2
    return f"0{' ' * half}0.5{' ' * half}1"


def drawn(low: float, value: float, high: float, width: int) -> str:
    """Return ``   ├──●──┤   ``, ``width`` columns for 0 to 1; only the dot where there are no limits.

    Empty where there is no value.
    """
    if isnan(value):
        return ""
    cells = [" "] * width
    if not (isnan(low) or isnan(high)):
        first, last = _column(low, width), _column(high, width)
        cells[first : last + 1] = "─" * (last + 1 - first)
        cells[first], cells[last] = "├", "┤"
    cells[_column(value, width)] = "●"
    return "".join(cells)


def _column(value: float, width: int) -> int:
    return min(width - 1, max(0, round(value * (width - 1))))
