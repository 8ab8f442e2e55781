"""What scrambling changed of a text, word by word."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

MOST_WORDS = 1_500
"""Longer texts are shown without marks: comparing takes the square of their length."""
_PIECES = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a text; ``is_changed`` where it differs from the original."""

    text: str
    is_changed: bool


def word_diff(original: str, text: str) -> list[Segment]:
    """Return the text in segments, marked where words differ from the original's."""
    if original == text:
        return [Segment(text, is_changed=False)]
    before, after = _PIECES.findall(original), _PIECES.findall(text)
    if len(before) > MOST_WORDS or len(after) > MOST_WORDS:
        return [Segment(text, is_changed=False)]
    if len(before) == len(after):  # the usual case: words altered in their places
        flags = [old != new for old, new in zip(before, after, strict=True)]
    else:
        flags = _flags(before, after)
    return _joined(after, flags)


def _flags(before: Sequence[str], after: Sequence[str]) -> list[bool]:
    flags = [True] * len(after)
    for block in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
        flags[block.b : block.b + block.size] = [False] * block.size
    return flags


def _joined(pieces: Sequence[str], flags: Sequence[bool]) -> list[Segment]:
    segments: list[Segment] = []
    for piece, is_changed in zip(pieces, flags, strict=True):
        kept = is_changed and not piece.isspace()
        if segments and segments[-1].is_changed == kept:
            segments[-1] = Segment(segments[-1].text + piece, kept)
        else:
            segments.append(Segment(piece, kept))
    return segments
