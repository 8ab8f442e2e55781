"""The options of a multiple-choice question in comparable form."""

import re
from dataclasses import dataclass
from functools import lru_cache

from scramblebench.core.questions import Question
from scramblebench.scoring.quantities import Quantity, is_same, read_sentence, read_whole
from scramblebench.scoring.text import clean, normalised, tokens

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BRACKETED = re.compile(r"\(([A-Za-z])\)\.?")
_NONE_OF_THEM = re.compile(
    r"none (?:of )?(?:these|above|those|options|choices|them|given|listed|answers)\b"
)


@dataclass(frozen=True, slots=True)
class Options:
    """Comparable texts by position, their numbers where all are numbers, and the right positions.

    Options of equal text are the same answer: each of them is right where one is.
    """

    texts: tuple[str, ...]
    quantities: tuple[Quantity, ...]
    right: frozenset[int]
    none_of_them: int | None

    def __len__(self) -> int:
        return len(self.texts)

    def letter_index(self, letter: str) -> int | None:
        """Return the position of a letter of either case, None where no option has it."""
        index = LETTERS.find(letter.upper())
        return index if 0 <= index < len(self.texts) else None

    def match_whole(self, text: str) -> int | None:
        """Return the option whose text this is, apart from case, punctuation and articles."""
        plain = normalised(text)
        if plain in self.texts:
            return self.texts.index(plain)
        quantity = read_whole(text.strip().rstrip(".")) if self.quantities else None
        if quantity is not None:
            return self._same_number(quantity)
        return self._none_of_them(plain)

    def match_start(self, text: str) -> int | None:
        """Return the longest option that the text begins with, by whole words."""
        padded = " ".join(tokens(text)) + " "
        fitting = [one for one in self.texts if one and padded.startswith(one + " ")]
        if fitting:
            return self.texts.index(max(fitting, key=len))
        return self._none_of_them(padded)

    def match_number(self, sentence: str) -> tuple[int | None, bool]:
        """Return the option of the number a sentence gives, and whether it gives one at all.

        (None, False) where not every option is a number.
        """
        found = read_sentence(sentence) if self.quantities else None
        return (None, False) if found is None else (self._same_number(found[0]), True)

    def mentioned(self, text: str) -> frozenset[int]:
        """Return the options whose text occurs by whole words; inside a longer option it does not count."""
        padded = f" {' '.join(tokens(text))} "
        found: set[int] = set()
        for one in sorted(set(self.texts), key=len, reverse=True):
            if one and f" {one} " in padded:
                found.add(self.texts.index(one))
                padded = padded.replace(f" {one} ", " \n ")
        return frozenset(found)

    def _same_number(self, quantity: Quantity) -> int | None:
        same = [index for index, one in enumerate(self.quantities) if is_same(quantity, one)]
        is_clear = len({self.texts[index] for index in same}) == 1
        return same[0] if is_clear else None

    def _none_of_them(self, plain: str) -> int | None:
        return self.none_of_them if _NONE_OF_THEM.match(plain) else None


def question_options(question: Question) -> Options:
    """Return the options of a question; one whose answers are "(B)" has 26 without text."""
    return _options(question.choices, question.correct_choice, question.answers)


@lru_cache(maxsize=4096)
def _options(
    choices: tuple[str, ...], correct_choice: int | None, answers: tuple[str, ...]
) -> Options:
    if not choices:
        return _letters_only(answers)
    plain = [clean(choice) for choice in choices]
    texts = tuple(normalised(choice) for choice in plain)
    quantities = [read_whole(choice) for choice in plain]
    are_numbers = all(one is not None for one in quantities)
    accepted = {normalised(clean(answer)) for answer in answers}
    if correct_choice is not None:
        accepted = {texts[correct_choice]}
    none = [index for index, text in enumerate(texts) if _NONE_OF_THEM.match(text)]
    return Options(
        texts,
        tuple(one for one in quantities if one is not None) if are_numbers else (),
        frozenset(index for index, text in enumerate(texts) if text in accepted),
        none[0] if len(none) == 1 else None,
    )


def _letters_only(answers: tuple[str, ...]) -> Options:
    letters = [answer.strip().strip("().").upper() for answer in answers]
    right = frozenset(LETTERS.index(one) for one in letters if len(one) == 1 and one in LETTERS)
    return Options(("",) * len(LETTERS), (), right, None)


def are_bracketed_letters(answers: tuple[str, ...]) -> bool:
    """Whether the reference answers are option letters, "(B)", of options that stand in the text."""
    return all(_BRACKETED.fullmatch(answer.strip()) for answer in answers)
