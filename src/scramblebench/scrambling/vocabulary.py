"""vocabulary_substitution: content words give way to the words of a constructed language.

The unit is the distinct content word of the text (its stem), not its occurrences: what is altered is
altered everywhere in the text. The language depends on the seed alone; which words go first, on the
seed and the question, so that question, context and choices agree as far as the levels allow.
"""

import re
from hashlib import blake2b

from scramblebench.core.canonical import canonical_json
from scramblebench.core.conditions import Condition
from scramblebench.core.errors import UsageError
from scramblebench.core.randomness import key_bytes
from scramblebench.scrambling.alphabets import letter_of
from scramblebench.scrambling.english import FUNCTION_WORDS, NUMBER_WORDS
from scramblebench.scrambling.language import pseudo_word
from scramblebench.scrambling.method import (
    ALWAYS_PRESERVED,
    COMMON_PARAMETERS,
    Method,
    Record,
    free_text,
    has_numbers_preserved,
)
from scramblebench.scrambling.morphology import parts_of
from scramblebench.scrambling.priorities import n_chosen
from scramblebench.scrambling.scrambled import Scrambled, edit_distance
from scramblebench.scrambling.spans import Span, filled
from scramblebench.scrambling.words import letter_runs

_NAME = "vocabulary_substitution"
_KEPT_WORDS = FUNCTION_WORDS | NUMBER_WORDS
_CONTRACTION = re.compile(
    r"(?:(?<![A-Za-z])(?:ca|wo|sha|ai))?n['’]t(?![A-Za-z])|['’](?:s|t|d|m|ll|re|ve)(?![A-Za-z])",
    re.IGNORECASE,
)


def _small(character: str) -> str:
    letter = letter_of(character)
    return letter.alphabet.rows[0][letter.column] if letter else character


def _capital(character: str) -> str:
    letter = letter_of(character)
    return letter.alphabet.rows[-1][letter.column] if letter else character


def _lowered(word: str) -> str:
    return word.lower() if word.isascii() else "".join(map(_small, word))


def _cased_like(pseudo: str, word: str) -> str:
    """Return a lower-case pseudo-word in the case of the word, letter by letter."""
    if word.islower():
        return pseudo
    has_capital = [_small(character) != character for character in word]
    has_capital += [all(has_capital)] * (len(pseudo) - len(word))
    return "".join(
        _capital(c) if is_big else c for c, is_big in zip(pseudo, has_capital, strict=True)
    )


def _content_words(text: str, kept: frozenset[str]) -> list[tuple[Span, str]]:
    """Return where the content words stand, with their lower-case form."""
    contractions = {
        place for found in _CONTRACTION.finditer(text) for place in range(*found.span())
    }
    words: list[tuple[Span, str]] = []
    for start, end in letter_runs(text):
        while end > start and end - 1 in contractions:
            end -= 1
        lowered = _lowered(text[start:end])
        if end - start > 1 and lowered not in kept:
            words.append(((start, end), lowered))
    return words


def _chosen_stems(stems: set[str], condition: Condition, key: str) -> set[str]:
    question = key.rpartition("/")[0] or key
    ranking_key = key_bytes(_NAME, condition.seed, question, "priority")

    def priority(stem: str) -> tuple[bytes, str]:
        data = stem.encode("utf-8", "surrogatepass")
        return blake2b(data, key=ranking_key, digest_size=8).digest(), stem

    ranked = sorted(stems, key=priority)
    return set(ranked[: n_chosen(len(ranked), condition.level_pct)])


def substitute_vocabulary(text: str, condition: Condition, key: str) -> Scrambled:
    """Replace the share of the distinct content words; see ``VOCABULARY``."""
    kept = _KEPT_WORDS if has_numbers_preserved(condition) else FUNCTION_WORDS
    words = _content_words(free_text(text, condition), kept)
    stems = {lowered: parts_of(lowered).stem for _, lowered in words}
    chosen = _chosen_stems(set(stems.values()), condition, key)
    dictionary = {
        lowered: pseudo_word(condition.seed, lowered)
        for lowered, stem in stems.items()
        if stem in chosen
    }
    altered = [(place, low) for place, low in words if dictionary.get(low, low) != low]
    places = [place for place, _ in altered]
    originals = [text[start:end] for start, end in places]
    pieces = [
        _cased_like(dictionary[low], word)
        for (_, low), word in zip(altered, originals, strict=True)
    ]
    result, starts = filled(text, places, pieces)
    return Scrambled(
        text=result,
        n_units=len(set(stems.values())),
        n_altered=len({stems[low] for _, low in altered}),
        edit_distance=edit_distance(text, result),
        record=_record(originals, pieces, starts),
        dictionary=tuple((low, pseudo) for low, pseudo in dictionary.items() if low != pseudo),
    )


def _record(originals: list[str], pieces: list[str], starts: list[int]) -> str:
    entries = sorted(set(zip(originals, pieces, strict=True)))
    number = {entry: index for index, entry in enumerate(entries)}
    found = zip(starts, zip(originals, pieces, strict=True), strict=True)
    return canonical_json(
        {"method": _NAME, "dictionary": entries, "at": [[start, number[e]] for start, e in found]}
    )


def restore_vocabulary(scrambled: str, record: Record) -> str:
    """Put the original words back, where the record says."""
    places: list[Span] = []
    words: list[str] = []
    for start, index in record["at"]:
        word, pseudo = record["dictionary"][index]
        if not scrambled.startswith(pseudo, start):
            raise UsageError("the record belongs to another text")
        places.append((start, start + len(pseudo)))
        words.append(word)
    return filled(scrambled, places, words)[0]


VOCABULARY = Method(
    name=_NAME,
    aliases=("vocabulary",),
    unit="distinct content word",
    summary="Content words are replaced by the pseudo-words of one constructed language per seed.",
    preserves=(
        *ALWAYS_PRESERVED,
        "function words",
        "number words",
        "endings",
        "case",
        "word order",
    ),
    parameters=COMMON_PARAMETERS,
    apply=substitute_vocabulary,
    undo=restore_vocabulary,
)
