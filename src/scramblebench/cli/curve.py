"""A point of a curve with its interval, drawn in characters."""

from math import isnan

WIDTH = 41
SCALE = "0" + " " * 18 + "0.5" + " " * 18 + "1"


def drawn(low: float, value: float, high: float) -> str:
    """Return ``   ├──●──┤   ``, ``WIDTH`` columns for 0 to 1; empty where there is no value."""
    if isnan(value):
        return ""
    first, middle, last = (_column(x) for x in (low, value, high))
    cells = [" "] * WIDTH
    for column in range(first, last + 1):
        cells[column] = "─"
    cells[first], cells[last] = "├", "┤"
    cells[middle] = "●"
    return "".join(cells)


def _column(value: float) -> int:
    return min(WIDTH - 1, max(0, round(value * (WIDTH - 1))))
