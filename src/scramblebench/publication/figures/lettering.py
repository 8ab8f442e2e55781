"""Names as they can be drawn: literally, in one line, in the room that there is."""

from collections.abc import Iterable
from functools import cache, lru_cache

from scramblebench.publication.figures.style import FONT, FONT_PT

ELLIPSIS = "…"
_SIMULATED = " (simulated)"
_SEPARATORS = " -_/:.@"
_LONGEST = 400
"""Characters of a name that are looked at; no figure has room for so many."""


@cache
def _glyphs() -> frozenset[int]:
    """Return the code points that the font can draw."""
    from matplotlib.font_manager import findfont
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(findfont(FONT)).get_charmap())


@lru_cache(maxsize=4096)
def text_width_in(text: str, weight: str = "normal") -> float:
    """Return how wide a line of text is drawn."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    font = FontProperties(family=FONT, size=FONT_PT, weight=weight)
    width_pt, _, _ = TextToPath().get_text_width_height_descent(text, font, ismath=False)
    return width_pt / 72


def readable(text: str) -> str:
    """Return text in one line; what cannot be seen stands as its code point: ``<U+202E>``."""
    return "".join(" " if c.isspace() else c if c.isprintable() else _code(c) for c in text)


def literal(text: str) -> str:
    """Return readable text as the font can draw it; what it has not stands as its code point."""
    return "".join(c if ord(c) in _glyphs() else _code(c) for c in readable(text))


def _code(character: str) -> str:
    return f"<U+{ord(character):04X}>"


def shortened(text: str, room_in: float, weight: str = "normal") -> str:
    """Return text that fits in the room, an ellipsis in the middle where something is left out."""
    whole = literal(text[:_LONGEST] + (ELLIPSIS if len(text) > _LONGEST else ""))
    if text_width_in(whole, weight) <= room_in:
        return whole
    low, high = 0, len(whole) - 1
    while low < high:
        middle = (low + high + 1) // 2
        fits = text_width_in(_cut(whole, middle), weight) <= room_in
        low, high = (middle, high) if fits else (low, middle - 1)
    return _cut(whole, low)


def _cut(text: str, n_kept: int) -> str:
    n_end = n_kept // 2
    return text[: n_kept - n_end] + ELLIPSIS + text[len(text) - n_end :]


def folded(text: str, room_in: float) -> list[str]:
    """Return a name in one line, or in two where it is too long: broken after a separator if it can be."""
    whole = literal(text[:_LONGEST])
    if text_width_in(whole) <= room_in:
        return [whole]
    n_fit = max(n for n in range(1, len(whole)) if n == 1 or text_width_in(whole[:n]) <= room_in)
    breaks = [n for n in range(n_fit // 3 + 1, n_fit + 1) if whole[n - 1] in _SEPARATORS]
    whole_ends = [n for n in breaks if text_width_in(whole[n:]) <= room_in]
    at = min(whole_ends or breaks[-1:] or [n_fit], key=lambda n: abs(2 * n - len(whole)))
    return [whole[:at].rstrip(), shortened(whole[at:].lstrip(), room_in)]


def labels(names: Iterable[str], room_in: float) -> dict[str, str]:
    """Return a label for each name that fits in the room; where two would be equal, a number tells them apart.

    A label that is cut still says that a model is simulated.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in dict.fromkeys(names):
        label, number = _label(name, "", room_in), 1
        while label in taken:
            number += 1
            label = _label(name, f" #{number}", room_in)
        taken.add(label)
        found[name] = label
    return found


def _label(name: str, mark: str, room_in: float) -> str:
    whole = literal(name[:_LONGEST])
    if not mark and len(name) <= _LONGEST and text_width_in(whole) <= room_in:
        return whole
    is_simulated = name.endswith(_SIMULATED)
    end = mark + (" (sim.)" if is_simulated else "")
    own = name.removesuffix(_SIMULATED) if is_simulated else name
    return shortened(own, room_in - text_width_in(end)) + end


def wrapped(text: str, room_in: float, weight: str = "normal") -> list[str]:
    """Return text as lines that fit in the room; a word that is too long is shortened."""
    lines: list[str] = []
    for word in literal(text).split():
        longer = f"{lines[-1]} {word}" if lines else ""
        if longer and text_width_in(longer, weight) <= room_in:
            lines[-1] = longer
        else:
            lines.append(shortened(word, room_in, weight))
    return lines
