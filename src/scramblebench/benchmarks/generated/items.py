"""What a template makes: a question without a place in a benchmark."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from scramblebench.core.numerals import NUMERALS
from scramblebench.core.randomness import RandomStream


@dataclass(frozen=True, slots=True)
class Item:
    """A question with its accepted answers, the first one being the usual form.

    With ``distractors`` it is multiple choice: the first answer among them at a place chosen later.
    Items with the same ``topic`` ask for the same thing in other words; "" is the text itself.
    """

    text: str
    answers: tuple[str, ...]
    distractors: tuple[str, ...] = ()
    context: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A family of templates of one domain and difficulty.

    ``make`` draws from the stream; its second argument counts the kind's items from 0, so that
    yes and no, for instance, can take turns.
    """

    name: str
    make: Callable[[RandomStream, int], Item]


Family: TypeAlias = Mapping[str, Sequence[Kind]]  # the kinds of one domain by difficulty


def number_answers(number: int) -> tuple[str, ...]:
    """Return the accepted forms of a whole number: digits, and the word up to twenty."""
    if 0 <= number < len(NUMERALS):
        return (str(number), NUMERALS[number])
    return (str(number),)
