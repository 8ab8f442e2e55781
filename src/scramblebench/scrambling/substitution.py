"""character_substitution and letter_noise: letters replaced one for one, in place."""

import struct

import numpy as np

from scramblebench.core.canonical import canonical_json
from scramblebench.core.conditions import Condition
from scramblebench.core.errors import UsageError
from scramblebench.core.randomness import KeyPart, random_bytes
from scramblebench.scrambling.alphabets import (
    BASIC_LATIN,
    LATIN_CAPITAL,
    LATIN_SMALL,
    Alphabet,
    Letter,
    letter_of,
    random_columns,
)
from scramblebench.scrambling.codes import bitmap, bitmap_positions, decoded, encoded
from scramblebench.scrambling.method import (
    ALWAYS_PRESERVED,
    COMMON_PARAMETERS,
    Method,
    Record,
    has_numbers_preserved,
    options_of,
    spans_for,
)
from scramblebench.scrambling.priorities import chosen_units
from scramblebench.scrambling.scrambled import Scrambled, edit_distance
from scramblebench.scrambling.spans import blanked

_SUBSTITUTION = "character_substitution"
_NOISE = "letter_noise"
_LATIN_CODES = tuple(map(ord, LATIN_SMALL + LATIN_CAPITAL))


def _unit(character: str, *, is_digit_unit: bool) -> Letter | None:
    """Return the place of a character that is a unit; digits only where asked for."""
    letter = letter_of(character)
    if letter and letter.alphabet.name == "digits" and not is_digit_unit:
        return None
    return letter


def _alphabet_stream(condition: Condition, key: str) -> tuple[KeyPart, ...]:
    """Return what the alphabet depends on: the key, or the number of a shared alphabet."""
    kind, _, number = options_of(condition.parameters).get("alphabet", "per_key").partition(":")
    if kind == "shared":
        return (_SUBSTITUTION, condition.seed, "shared alphabet", number)
    return (_SUBSTITUTION, condition.seed, "alphabet", key)


def _other_letters(
    text: str, stream: tuple[KeyPart, ...], *, is_digit_unit: bool
) -> dict[str, str]:
    """Return what replaces those letters (and digits) of the text that are not basic Latin."""
    columns: dict[Alphabet, list[int]] = {}
    replaced: dict[str, str] = {}
    for character in sorted(set(text)):
        letter = _unit(character, is_digit_unit=is_digit_unit)
        if letter is None or letter.alphabet is BASIC_LATIN:
            continue
        alphabet = letter.alphabet
        if alphabet not in columns:
            columns[alphabet] = random_columns(alphabet, *stream)
        replaced[character] = letter.siblings[columns[alphabet][letter.column]]
    return replaced


def _record(alphabet: str, others: dict[str, str], positions: str) -> str:
    return canonical_json(
        {
            "method": _SUBSTITUTION,
            "alphabet": alphabet,
            "from": "".join(others),
            "to": "".join(others.values()),
            "positions": positions,
        }
    )


def substitute_characters(text: str, condition: Condition, key: str) -> Scrambled:
    """Replace the share of the letters through a seeded alphabet; see ``SUBSTITUTION``."""
    stream = _alphabet_stream(condition, key)
    alphabet = "".join(map(LATIN_SMALL.__getitem__, random_columns(BASIC_LATIN, *stream)))
    table = dict(zip(_LATIN_CODES, alphabet + alphabet.upper(), strict=True))
    others: dict[str, str] = {}
    free = blanked(text, spans_for(text, condition))
    is_digit_unit = not has_numbers_preserved(condition)
    if is_digit_unit or not text.isascii():
        others = _other_letters(free, stream, is_digit_unit=is_digit_unit)
        table |= str.maketrans(others)
    before, after = encoded(free), encoded(free.translate(table))
    units = np.flatnonzero(before != after)
    ranks = chosen_units(len(units), condition.level_pct, _SUBSTITUTION, condition.seed, key)
    chosen = units[ranks]
    codes = encoded(text).copy()
    codes[chosen] = after[chosen]
    result = decoded(codes)
    record = _record(alphabet, others, bitmap(chosen, len(text)))
    return Scrambled(result, len(units), len(chosen), edit_distance(text, result), record)


def restore_characters(scrambled: str, record: Record) -> str:
    """Put the letters back through the record's alphabet, where the record says."""
    alphabet = record["alphabet"]
    original = dict(zip(alphabet + alphabet.upper(), LATIN_SMALL + LATIN_CAPITAL, strict=True))
    original |= dict(zip(record["to"], record["from"], strict=True))
    characters = list(scrambled)
    for position in bitmap_positions(record["positions"], len(scrambled)):
        if characters[position] not in original:
            raise UsageError("the record belongs to another text")
        characters[position] = original[characters[position]]
    return "".join(characters)


def add_noise(text: str, condition: Condition, key: str) -> Scrambled:
    """Replace the share of the letters by random other ones; see ``NOISE``."""
    is_digit_unit = not has_numbers_preserved(condition)
    free = blanked(text, spans_for(text, condition))
    known = {c: _unit(c, is_digit_unit=is_digit_unit) for c in set(free)}
    units = [position for position, character in enumerate(free) if known[character]]
    stream = (_NOISE, condition.seed, key)
    words = struct.unpack(f"<{len(units)}I", random_bytes(4 * len(units), *stream, "letters"))
    characters = list(text)
    ranks = chosen_units(len(units), condition.level_pct, *stream).tolist()
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
