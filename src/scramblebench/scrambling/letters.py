"""letter_shuffle: the letters inside words in another order."""

import struct
from collections.abc import Callable, Iterator, Sequence

from scramblebench.core.conditions import Condition
from scramblebench.core.randomness import RandomStream, random_bytes
from scramblebench.scrambling.method import (
    ALWAYS_PRESERVED,
    COMMON_PARAMETERS,
    Method,
    free_text,
    has_numbers_preserved,
    options_of,
)
from scramblebench.scrambling.priorities import chosen_units, stream_of
from scramblebench.scrambling.scrambled import Scrambled, edit_distance
from scramblebench.scrambling.words import clusters, is_plain, letter_runs

_NAME = "letter_shuffle"
_N_DRAWS = 8
_KEPT_ENDS = {"any": (0, 0), "keep_first": (1, 0), "keep_first_last": (1, 1)}

Split = Callable[[str], list[str]]  # a word into its letters, each with its marks


def _orders(letters: list[str], keys: Sequence[int], stream: str) -> Iterator[str]:
    """Yield orders to try: by the keys, a few further draws, then every rotation."""
    if len(letters) > 2:
        yield "".join([letters[i] for i in sorted(range(len(letters)), key=keys.__getitem__)])
        source = RandomStream(stream)
        for _ in range(_N_DRAWS):
            yield "".join(source.shuffled(letters))
    for turn in range(1, len(letters)):
        yield "".join(letters[turn:] + letters[:turn])


def _shuffled(
    word: str, ends: tuple[int, int], split: Split, keys: Sequence[int], stream: str
) -> str:
    """Return the word with its free letters in another order; the word itself where none differs.

    Orders in which neighbours would merge into one grapheme cluster do not count.
    """
    letters = split(word)
    n_first, n_last = ends
    stop = max(n_first, len(letters) - n_last)
    free = letters[n_first:stop]
    first, last = "".join(letters[:n_first]), "".join(letters[stop:])
    for order in _orders(free, keys, stream):
        candidate = first + order + last
        if candidate != word and (split is list or len(split(candidate)) == len(letters)):
            return candidate
    return word


def shuffle_letters(text: str, condition: Condition, key: str) -> Scrambled:
    """Shuffle the letters of the share of the words; see ``LETTER_SHUFFLE``."""
    free = free_text(text, condition)
    split: Split = list if is_plain(free) else clusters
    runs = letter_runs(free, has_digits=not has_numbers_preserved(condition))
    units = [run for run in runs if run[1] - run[0] > 1 and len(split(free[slice(*run)])) > 1]
    stream = stream_of(_NAME, condition, key)
    ranks = sorted(chosen_units(len(units), condition.level_pct, stream).tolist())
    keys = struct.unpack(f"<{len(text)}I", random_bytes(4 * len(text), "letters:" + stream))
    ends = _KEPT_ENDS[options_of(condition.parameters).get("variant", "any")]
    pieces: list[str] = []
    copied, n_altered = 0, 0
    for rank in ranks:
        start, end = units[rank]
        word = text[start:end]
        shuffled = _shuffled(word, ends, split, keys[start:end], f"again:{start}:{stream}")
        n_altered += shuffled != word
        pieces += text[copied:start], shuffled
        copied = end
    result = "".join((*pieces, text[copied:]))
    return Scrambled(result, len(units), n_altered, edit_distance(text, result))


LETTER_SHUFFLE = Method(
    name=_NAME,
    aliases=(),
    unit="word of two or more letters",
    summary="Letters inside words are put in another order, which differs wherever one can.",
    preserves=(*ALWAYS_PRESERVED, "the letters of each word", "word order", "punctuation"),
    parameters={**COMMON_PARAMETERS, "variant": tuple(_KEPT_ENDS)},
    apply=shuffle_letters,
)
