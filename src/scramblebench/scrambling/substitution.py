"""character_substitution and letter_noise: letters replaced one for one, in place."""

import struct
from functools import lru_cache
from typing import NamedTuple

from scramblebench.core.conditions import Condition
from scramblebench.core.errors import UsageError
from scramblebench.core.randomness import random_bytes
from scramblebench.scrambling.alphabets import (
    BASIC_LATIN,
    Alphabet,
    Letter,
    letter_of,
    random_cycle,
    replacements,
)
from scramblebench.scrambling.codes import Codes, bitmap, bitmap_positions, decoded, encoded
from scramblebench.scrambling.method import (
    ALWAYS_PRESERVED,
    COMMON_PARAMETERS,
    Method,
    Record,
    free_text,
    has_numbers_preserved,
    options_of,
)
from scramblebench.scrambling.priorities import Positions, chosen_units, stream_of
from scramblebench.scrambling.scrambled import Scrambled, edit_distance

_SUBSTITUTION = "character_substitution"
_NOISE = "letter_noise"


def _unit(character: str, *, is_digit_unit: bool) -> Letter | None:
    """Return the place of a character that is a unit; digits only where asked for."""
    letter = letter_of(character)
    if letter and letter.alphabet.name == "digits" and not is_digit_unit:
        return None
    return letter


def _alphabet_stream(condition: Condition, key: str) -> str:
    """Return what the alphabet depends on: the key, or the number of a shared alphabet."""
    kind, _, number = options_of(condition.parameters).get("alphabet", "per_key").partition(":")
    if kind == "shared":
        return f"shared:{condition.seed}:{number}"
    return stream_of(_SUBSTITUTION, condition, key)


def _replacements(text: str, stream: str, *, is_digit_unit: bool) -> tuple[str, str]:
    """Return letters and what replaces them: all of basic Latin, of others those in the text."""
    letters, replaced = random_cycle(BASIC_LATIN, stream)
    if text.isascii() and not is_digit_unit:
        return letters, replaced
    others: dict[Alphabet, str] = {}
    for character in sorted(set(text)):
        letter = _unit(character, is_digit_unit=is_digit_unit)
        if letter and letter.alphabet is not BASIC_LATIN:
            others[letter.alphabet] = others.get(letter.alphabet, "") + character
    for alphabet, characters in others.items():
        letters += characters
        replaced += replacements(alphabet, characters, stream)
    return letters, replaced


class _Exchange(NamedTuple):
    """A text with all its letters replaced; ``letters`` and ``replaced`` are the alphabet used."""

    letters: str
    replaced: str
    codes: Codes
    """Of the text as it is."""
    exchanged: Codes
    units: Positions
    """Where the two differ."""


@lru_cache(
    maxsize=8
)  # the levels of one text are asked in a row; of a long one this takes ten times as much
def _exchange(text: str, free: str, stream: str, *, is_digit_unit: bool) -> _Exchange:
    """Return the exchange of a text of which the letters in ``free`` may be replaced."""
    letters, replaced = _replacements(free, stream, is_digit_unit=is_digit_unit)
    if free.isascii():  # so are its letters; a table of bytes is many times as fast
        table = bytes.maketrans(letters.encode(), replaced.encode())
        other = free.encode().translate(table).decode()
    else:
        other = free.translate(str.maketrans(letters, replaced))
    exchanged = encoded(other)
    units = (encoded(free) != exchanged).nonzero()[0]
    return _Exchange(letters, replaced, encoded(text), exchanged, units)


def substitute_characters(text: str, condition: Condition, key: str) -> Scrambled:
    """Replace the share of the letters through a seeded alphabet; see ``SUBSTITUTION``."""
    letters, replaced, codes, exchanged, units = _exchange(
        text,
        free_text(text, condition, is_letters_only=True),
        _alphabet_stream(condition, key),
        is_digit_unit=not has_numbers_preserved(condition),
    )
    stream = stream_of(_SUBSTITUTION, condition, key)
    chosen = units[chosen_units(len(units), condition.level_pct, stream)]
    altered = codes.copy()
    altered[chosen] = exchanged[chosen]
    result = decoded(altered)
    # Canonical JSON as it stands: letters and digits need no escapes, the names are in order.
    record = (
        f'{{"letters":"{letters}","method":"{_SUBSTITUTION}",'
        f'"positions":"{bitmap(chosen, len(text))}","replaced_by":"{replaced}"}}'
    )
    return Scrambled(result, len(units), len(chosen), edit_distance(text, result), record)


def restore_characters(scrambled: str, record: Record) -> str:
    """Put the letters back through the record's alphabet, where the record says."""
    original = dict(zip(record["replaced_by"], record["letters"], strict=True))
    characters = list(scrambled)
    for position in bitmap_positions(record["positions"], len(scrambled)):
        if characters[position] not in original:
            raise UsageError("the record belongs to another text")
        characters[position] = original[characters[position]]
    return "".join(characters)


def add_noise(text: str, condition: Condition, key: str) -> Scrambled:
    """Replace the share of the letters by random other ones; see ``NOISE``."""
    is_digit_unit = not has_numbers_preserved(condition)
    free = free_text(text, condition, is_letters_only=True)
    known = {c: _unit(c, is_digit_unit=is_digit_unit) for c in set(free)}
    units = [position for position, character in enumerate(free) if known[character]]
    stream = stream_of(_NOISE, condition, key)
    words = struct.unpack(f"<{len(units)}I", random_bytes(4 * len(units), "letters:" + stream))
    characters = list(text)
    ranks = chosen_units(len(units), condition.level_pct, stream).tolist()
    for rank in ranks:
        letter = known[characters[units[rank]]]
        assert letter is not None, "only letters are units"
        column = letter.column + 1 + words[rank] % (letter.alphabet.size - 1)
        characters[units[rank]] = letter.siblings[column % letter.alphabet.size]
    result = "".join(characters)
    return Scrambled(result, len(units), len(ranks), edit_distance(text, result))


_KEPT = (*ALWAYS_PRESERVED, "case", "script", "word lengths", "punctuation")

SUBSTITUTION = Method(
    name=_SUBSTITUTION,
    aliases=("character",),
    unit="letter",
    summary="Letters are replaced through a seeded alphabet without fixed points.",
    preserves=_KEPT,
    parameters={**COMMON_PARAMETERS, "alphabet": ("per_key", "shared:<number>")},
    apply=substitute_characters,
    undo=restore_characters,
)
NOISE = Method(
    name=_NOISE,
    aliases=(),
    unit="letter",
    summary="Letters are replaced by random other letters: the floor condition.",
    preserves=_KEPT,
    parameters=COMMON_PARAMETERS,
    apply=add_noise,
)
