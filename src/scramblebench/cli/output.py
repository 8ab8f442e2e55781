"""Words for people: to the terminal safely, as tables, as JSON."""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from math import isnan
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def safe(text: str) -> str:
    """Replace control and direction characters, which could drive a terminal, by U+FFFD."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def say(text: str = "") -> None:
    """Print a line to standard output."""
    print(safe(text))


def note(text: str) -> None:
    """Print a line to standard error: progress and advice, not results."""
    print(safe(text), file=sys.stderr)


def say_error(text: str) -> None:
    """Print a one-line error to standard error."""
    note("error: " + " ".join(text.split()))


def say_json(value: Any) -> None:
    """Print a value as JSON; what is not a number (NaN) becomes null, control characters escapes."""
    text = json.dumps(_without_nan(value), indent=2, ensure_ascii=False)
    print(_CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def _without_nan(value: Any) -> Any:
    if isinstance(value, float) and isnan(value):
        return None
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return value


PLAIN_WIDTH = 120
"""Columns of a table where the output is not a terminal."""


def console(*, to_stderr: bool = False) -> "Console":
    """Return a Rich console; plain and ``PLAIN_WIDTH`` wide where the output is not a terminal."""
    from rich.console import Console

    stream = sys.stderr if to_stderr else sys.stdout
    width = None if stream.isatty() else PLAIN_WIDTH
    return Console(stderr=to_stderr, width=width, highlight=False, markup=False)


def say_table(headings: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> None:
    """Print a table; columns whose heading begins with ">" are set flush right.

    Nothing is cut: where the terminal is narrow, headings and words are broken into lines, numbers never;
    where even that is too wide, lines are longer than the terminal.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    if title:
        say(title)
    cells = [[safe(cell) for cell in row] for row in rows]
    target = console()
    for gap in (3, 2):
        around = gap * (len(headings) - 1) + 2
        widths = _widths(headings, cells, target.width - around)
        if sum(widths) + around <= target.width:
            break
    target.width = max(target.width, sum(widths) + around)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, gap - 2))
    for heading, width in zip(headings, widths, strict=True):
        justify = "right" if heading.startswith(">") else "left"
        table.add_column(heading.removeprefix(">"), justify=justify, width=width, overflow="fold")
    for row in cells:
        table.add_row(*map(Text, row))
    with target.capture() as captured:
        target.print(table)
    for line in captured.get().splitlines():
        print(line.rstrip())


_LEAST_TEXT = 14
"""Columns that are left to words in a narrow terminal; a drawn point needs 13."""


def _widths(
    headings: Sequence[str], rows: Sequence[Sequence[str]], available: int
) -> Sequence[int]:
    """Return the width of each column; as narrow as needed, but never so that a number would break."""
    from rich.cells import cell_len

    widths: list[int] = []
    least: list[int] = []
    for place, heading in enumerate(headings):
        is_right, words = heading.startswith(">"), heading.removeprefix(">")
        longest = max((cell_len(row[place]) for row in rows), default=0)
        widths.append(max(longest, cell_len(words), 1))
        word = max((cell_len(word) for word in words.split()), default=1)
        least.append(max(word, longest if is_right else min(longest, _LEAST_TEXT)))
    while sum(widths) > available:
        spare = [width - few for width, few in zip(widths, least, strict=True)]
        if max(spare, default=0) <= 0:
            break
        widths[spare.index(max(spare))] -= 1
    return widths


def share(value: float | None, digits: int = 3) -> str:
    """Return a number between 0 and 1, a dash where it is unknown."""
    return "–" if value is None or isnan(value) else f"{value:.{digits}f}"


def duration(seconds: float | None) -> str:
    """Return a duration in the two largest units: ``2 h 5 min``."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole < 600 else f"{whole // 60} min"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86_400} d {whole % 86_400 // 3600} h"


def money(amount_microusd: int) -> str:
    """Return an amount in dollars, with as many digits as it needs."""
    dollars = amount_microusd / 1e6
    return f"${dollars:.2f}" if dollars >= 1 or dollars == 0 else f"${dollars:.4f}"


def short(experiment_id: str) -> str:
    """Return the beginning of an id, enough to name it."""
    return experiment_id[:8]
