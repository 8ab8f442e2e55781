"""whitespace_casing: letters in the other case, spaces doubled or lost."""

import numpy as np

from scramblebench.core.canonical import canonical_json
from scramblebench.core.conditions import Condition
from scramblebench.core.errors import UsageError
from scramblebench.core.randomness import random_bytes
from scramblebench.scrambling.alphabets import letter_of
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

_NAME = "whitespace_casing"


def _other_case(character: str) -> str:
    """Return a letter in its other case; "" for what has none (in an alphabet, "ı" goes with "İ")."""
    letter = letter_of(character)
    if letter is None or len(letter.alphabet.rows) == 1:
        return ""
    other = letter.alphabet.rows[1 - letter.row][letter.column]
    return other if other.lower() == character.lower() else ""


def _units(text: str, other_case: dict[str, str]) -> list[int]:
    """Return where letters with a case stand, and single spaces between other characters."""
    last = len(text) - 1
    return [
        place
        for place, character in enumerate(text)
        if other_case[character]
        or (
            character == " "
            and 0 < place < last
            and not text[place - 1].isspace()
            and not text[place + 1].isspace()
        )
    ]


def vary_surface(text: str, condition: Condition, key: str) -> Scrambled:
    """Flip the case of letters, double or remove spaces; see ``SURFACE``.

    A space is removed only between two letters with a case, so numbers never run together.
    """
    free = free_text(text, condition)
    other_case = {character: _other_case(character) for character in set(free)}
    units = _units(free, other_case)
    stream = stream_of(_NAME, condition, key)
    coins = random_bytes(len(units), "spaces:" + stream)
    ranks = sorted(chosen_units(len(units), condition.level_pct, stream).tolist())
    cells = list(text)
    for rank in ranks:
        place = units[rank]
        if text[place] != " ":
            cells[place] = other_case[text[place]]
        elif coins[rank] & 1 and other_case[free[place - 1]] and other_case[free[place + 1]]:
            cells[place] = ""
        else:
            cells[place] = "  "
    result = "".join(cells)
    altered = [units[rank] for rank in ranks]
    record = {
        "method": _NAME,
        "length": len(text),
        "altered": bitmap(np.array(altered, np.int64), len(text)),
        "removed": [place for place in altered if not cells[place]],
    }
    distance = edit_distance(text, result)
    return Scrambled(result, len(units), len(ranks), distance, canonical_json(record))


def restore_surface(scrambled: str, record: Record) -> str:
    """Flip the letters back and put the spaces as they were, where the record says."""
    altered = frozenset(bitmap_positions(record["altered"], record["length"]))
    removed = frozenset(record["removed"])
    restored: list[str] = []
    place = 0
    for original in range(record["length"]):
        if original in removed:
            restored.append(" ")
            continue
        if place >= len(scrambled):
            break
        character = scrambled[place]
        is_altered = original in altered
        restored.append(_other_case(character) or character if is_altered else character)
        place += 2 if is_altered and character == " " else 1
    if place != len(scrambled) or len(restored) != record["length"]:
        raise UsageError("the record belongs to another text")
    return "".join(restored)


SURFACE = Method(
    name=_NAME,
    aliases=(),
    unit="letter with a case, or space",
    summary="Letters change case; spaces are doubled or, between letters, removed.",
    preserves=(*ALWAYS_PRESERVED, "letters apart from case", "word order", "line breaks"),
    parameters=COMMON_PARAMETERS,
    apply=vary_surface,
    undo=restore_surface,
)
