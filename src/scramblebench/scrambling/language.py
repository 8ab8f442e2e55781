"""A constructed language: for each seed one injective map from words to pseudo-words.

Nothing is stored and no order of asking matters. A stem is read as a number whose digits are its
letters, each among the letters that may stand in its place (a vowel for a vowel, a consonant for a
consonant, in other scripts a letter for one of its alphabet); a keyed bijection without fixed points
on those numbers gives the pseudo-stem. The endings of ``morphology`` are kept. Pseudo-stems that
would be read as a real short word or as an inflection get the extra ending "ub"; no other has it.
"""

import struct
from functools import lru_cache
from hashlib import shake_128

from scramblebench.core.randomness import key_bytes
from scramblebench.scrambling.alphabets import BASIC_LATIN, letter_of
from scramblebench.scrambling.english import FUNCTION_WORDS, NUMBER_WORDS, SHORT_WORDS
from scramblebench.scrambling.morphology import Parts, inflections, parts_of

_EXTRA = "ub"
_KINDS = ("aeiouy", "bcdfghjklmnpqrstvwxz")
# A stem's last letter decides which endings it can take, so it stays within its kind.
_LAST_KINDS = ("ao", "i", "u", "ey", "s", "l", "bdgmnprt", "cfhjkqvwxz")
_REAL_WORDS = FUNCTION_WORDS | NUMBER_WORDS | SHORT_WORDS


def _siblings(character: str, *, is_last: bool) -> str:
    """Return what may stand in a character's place, itself among it; only itself if no letter."""
    letter = letter_of(character)
    if letter is None or letter.alphabet.name == "digits":
        return character
    if letter.alphabet is not BASIC_LATIN:
        return letter.siblings
    return next(kind for kind in (_LAST_KINDS if is_last else _KINDS) if character in kind)


def _moved(digits: list[int], sizes: list[int], half: int, sign: int, key: bytes) -> None:
    """Add to every second digit (``sign`` times) a number drawn from the others, in place."""
    rest = digits[1 - half :: 2]
    seed = key + struct.pack(f"<{len(rest) + 2}I", half, len(digits), *rest)
    n_words = len(range(half, len(digits), 2))
    words = struct.unpack(f"<{n_words}I", shake_128(seed).digest(4 * n_words))
    for index, word in zip(range(half, len(digits), 2), words, strict=True):
        digits[index] = (digits[index] + sign * word) % sizes[index]


def _permuted(digits: list[int], sizes: list[int], key: bytes) -> None:
    """Apply a keyed bijection without fixed points in place: a step by one, seen through a mix."""
    largest = max(range(len(sizes)), key=sizes.__getitem__)
    if sizes[largest] == 1:
        return
    half = 1 - largest % 2
    _moved(digits, sizes, 1 - half, 1, key)
    _moved(digits, sizes, half, 1, key)
    digits[largest] = (digits[largest] + 1) % sizes[largest]
    _moved(digits, sizes, half, -1, key)
    _moved(digits, sizes, 1 - half, -1, key)


def _is_readable(pseudo: str, forms: list[Parts]) -> bool:
    """Whether every inflection is read back as one, and none is a real word."""
    if pseudo.endswith(_EXTRA):
        return False
    words = [Parts(pseudo, form.ending, form.is_doubled) for form in forms]
    return all(w.joined() not in _REAL_WORDS and parts_of(w.joined()) == w for w in words)


@lru_cache(maxsize=1 << 16)
def pseudo_stem(seed: int, stem: str) -> str:
    """Return a lower-case stem's pseudo-stem in the language of that seed."""
    last = len(stem) - 1
    choices = [_siblings(c, is_last=i == last) for i, c in enumerate(stem)]
    digits = [choice.index(c) for choice, c in zip(choices, stem, strict=True)]
    _permuted(digits, [len(choice) for choice in choices], key_bytes("constructed language", seed))
    pseudo = "".join(choice[digit] for choice, digit in zip(choices, digits, strict=True))
    if pseudo == stem or _is_readable(pseudo, inflections(stem)):
        return pseudo
    return pseudo + _EXTRA


def pseudo_word(seed: int, word: str) -> str:
    """Return a lower-case word's pseudo-word in the language of that seed, its ending kept."""
    parts = parts_of(word)
    return parts._replace(stem=pseudo_stem(seed, parts.stem)).joined()
