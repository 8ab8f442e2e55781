"""keyboard_typos: what hurried fingers do on a US keyboard."""

import re
import struct

from scramblebench.core.conditions import Condition
from scramblebench.core.randomness import random_bytes
from scramblebench.scrambling.method import (
    ALWAYS_PRESERVED,
    COMMON_PARAMETERS,
    Method,
    free_text,
    has_numbers_preserved,
)
from scramblebench.scrambling.priorities import chosen_units, stream_of
from scramblebench.scrambling.scrambled import Scrambled, edit_distance
from scramblebench.scrambling.spans import Span
from scramblebench.scrambling.words import clusters, is_plain

_NAME = "keyboard_typos"
_KEYBOARD = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_SHIFT = (-0.25, 0.0, 0.25, 0.75)  # how far the rows stand to the right, in keys
_REACH = 1.2  # neighbours are at most so many keys away

_RUN = re.compile(r"[A-Za-z]+")
_RUN_DIGITS = re.compile(r"[A-Za-z0-9]+")


def _neighbours() -> dict[str, str]:
    """Return for every key the letters (for digits: digits) next to it, small and capital."""
    places = {
        key: (column + _SHIFT[row], row)
        for row, keys in enumerate(_KEYBOARD)
        for column, key in enumerate(keys)
    }
    near: dict[str, str] = {}
    for key, (x, y) in places.items():
        near[key] = "".join(
            other
            for other, (x2, y2) in places.items()
            if other != key
            and other.isdigit() == key.isdigit()
            and (x - x2) ** 2 + (y - y2) ** 2 <= _REACH**2
        )
    return near | {key.upper(): found.upper() for key, found in near.items()}


_NEAR = _neighbours()


def _runs(text: str, *, has_digits: bool) -> list[Span]:
    """Return the runs of keys; a last letter that carries marks is left out with its marks."""
    pattern = _RUN_DIGITS if has_digits else _RUN
    runs = [found.span() for found in pattern.finditer(text)]
    if is_plain(text):
        return runs
    return [(start, end - (len(clusters(text[end - 1 : end + 1])) == 1)) for start, end in runs]


def _typed(cells: list[str], place: int, run: Span, word: int) -> None:
    """Make one mistake in place: swap with the next key, double, leave out, or hit a neighbour.

    A word's first key is never left out; where a mistake would change nothing, a neighbour is hit.
    """
    start, end = run
    kind, draw = word % 4, word >> 2
    key = cells[place]
    if kind == 0 and place + 1 < end and cells[place + 1] != key:
        cells[place], cells[place + 1] = cells[place + 1], key
    elif kind == 1:
        cells[place] = key + key
    elif kind == 2 and place > start:
        cells[place] = ""
    else:
        near = _NEAR[key]
        cells[place] = near[draw % len(near)]


def add_typos(text: str, condition: Condition, key: str) -> Scrambled:
    """Mistype the share of the letters; see ``TYPOS``."""
    free = free_text(text, condition, is_letters_only=True)
    runs = _runs(free, has_digits=not has_numbers_preserved(condition))
    units = [(place, run) for run in runs for place in range(*run)]
    stream = stream_of(_NAME, condition, key)
    words = struct.unpack(f"<{len(units)}I", random_bytes(4 * len(units), "mistakes:" + stream))
    ranks = sorted(chosen_units(len(units), condition.level_pct, stream).tolist())
    cells = list(text)
    for rank in ranks:
        place, run = units[rank]
        _typed(cells, place, run, words[rank])
    result = "".join(cells)
    return Scrambled(result, len(units), len(ranks), edit_distance(text, result))


TYPOS = Method(
    name=_NAME,
    aliases=(),
    unit="basic Latin letter",
    summary="Keys are swapped, doubled, left out or missed for a neighbour, as on a US keyboard.",
    preserves=(*ALWAYS_PRESERVED, "first letters from loss", "word order", "punctuation"),
    parameters=COMMON_PARAMETERS,
    apply=add_typos,
)
