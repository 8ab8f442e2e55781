"""homoglyph: Latin letters replaced by letters of other scripts that look the same.

The pairs are from Unicode's confusables (UTS 39), all in the basic plane, only those that most fonts
draw alike; the letters without one (b, f, k, m, r, t; D, R) are no units.
"""

import numpy as np

from scramblebench.core.canonical import canonical_json
from scramblebench.core.conditions import Condition
from scramblebench.core.errors import UsageError
from scramblebench.scrambling.codes import bitmap, bitmap_positions
from scramblebench.scrambling.method import (
    ALWAYS_PRESERVED,
    COMMON_PARAMETERS,
    Method,
    Record,
    free_text,
)
from scramblebench.scrambling.priorities import chosen_units, stream_of
from scramblebench.scrambling.scrambled import Scrambled, edit_distance

_NAME = "homoglyph"
_LATIN = "acdeghijlnopqsuvwxyzABCEFGHIJKLMNOPQSTUVWXYZ"
_ALIKE = "асԁеɡһіјӏոорԛѕսѵԝхуᴢАВСЕϜԌНІЈКᏞМΝОРԚЅТՍѴԜХҮΖ"
_LOOK = dict(zip(_LATIN, _ALIKE, strict=True))
_LOOK_BACK = dict(zip(_ALIKE, _LATIN, strict=True))


def substitute_homoglyphs(text: str, condition: Condition, key: str) -> Scrambled:
    """Replace the share of the letters by look-alikes; see ``HOMOGLYPH``."""
    free = free_text(text, condition, is_letters_only=True)
    units = [position for position, character in enumerate(free) if character in _LOOK]
    stream = stream_of(_NAME, condition, key)
    ranks = chosen_units(len(units), condition.level_pct, stream).tolist()
    chosen = [units[rank] for rank in ranks]
    characters = list(text)
    for position in chosen:
        characters[position] = _LOOK[characters[position]]
    result = "".join(characters)
    positions = bitmap(np.array(chosen, np.int64), len(text))
    record = canonical_json({"method": _NAME, "positions": positions})
    return Scrambled(result, len(units), len(chosen), edit_distance(text, result), record)


def restore_homoglyphs(scrambled: str, record: Record) -> str:
    """Put the Latin letters back, where the record says."""
    characters = list(scrambled)
    for position in bitmap_positions(record["positions"], len(scrambled)):
        if characters[position] not in _LOOK_BACK:
            raise UsageError("the record belongs to another text")
        characters[position] = _LOOK_BACK[characters[position]]
    return "".join(characters)


HOMOGLYPH = Method(
    name=_NAME,
    aliases=(),
    unit="Latin letter that has a look-alike",
    summary="Latin letters are replaced by letters of other scripts that look the same.",
    preserves=(*ALWAYS_PRESERVED, "looks", "case", "word lengths", "punctuation"),
    parameters=COMMON_PARAMETERS,
    apply=substitute_homoglyphs,
    undo=restore_homoglyphs,
)
