"""Whether a comparison on the same questions can stop asking, decided as the answers come.

Two models (or A and B) on the same questions, or one model at level 0 and at level s: each question
gives a difference, second minus first. The question that is asked is declared beforehand
(``StoppingRule``); the answer is read off an anytime-valid confidence sequence, so that looking after
every batch costs no error: the chance of ever stating something false is at most alpha.

Which sequence: binary answers use ``paired_sequence``. With 14 % lost and 4 % gained, a look every 10
questions and 1,000 questions in all, it stops after 162 on average, always on the right side (2,000
runs). Without a difference it states one in 2.5 % of the runs (9 % lost and gained), 2.4 % (2 %) and 1.6 %
(25 %). Beside the betting and the asymptotic sequence in 300 runs each: 172 questions against 187 and
174, half-width after 1,000 questions 0.0403 against 0.0434 and 0.0404; with 13 % lost and 7 % gained,
572 against 638 and 486 questions. The asymptotic one promises nothing at small n; this one always does,
depends on the counts alone, and is the e-process of the discordant questions at 0. Partial credit needs
``betting_sequence``.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt

from scramblebench.statistics.results import Interval, check_confidence
from scramblebench.statistics.sequential.betting_sequence import BettingSequence
from scramblebench.statistics.sequential.paired_sequence import PairedSequence


class DifferenceSequence(Protocol):
    """A confidence sequence of a mean difference: an immutable state, advanced by ``update``."""

    @property
    def n(self) -> int:
        """How many units were used."""
        ...

    @property
    def confidence_level(self) -> float:
        """The confidence that all intervals hold the difference."""
        ...

    @property
    def interval(self) -> Interval:
        """The difference with its limits now; NaN limits where the sequence is empty."""
        ...

    @property
    def p_value(self) -> float:
        """The anytime-valid p-value of no difference."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the interval has to know."""
        ...

    def update(self, differences: npt.ArrayLike) -> Self:
        """Return the state after further differences, in their planned order."""
        ...


class Question(StrEnum):
    """What is to be found out."""

    SIGN = "sign"  # is there a difference from zero, and in which direction
    MARGIN = "margin"  # is the difference within the margin, or beyond it
    PRECISION = "precision"  # an interval of the wanted half-width


class Answer(StrEnum):
    """What was found; all but ``UNDECIDED`` stop."""

    UNDECIDED = "undecided"
    HIGHER = "higher"  # above 0; above the margin where one was asked for
    LOWER = "lower"  # below 0; below -margin where one was asked for
    WITHIN_MARGIN = "within_margin"
    PRECISE = "precise"
    EXHAUSTED = "exhausted"  # all questions are used and nothing was found


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppingRule:
    """The question with its numbers, fixed before the first answer.

    ``n_max`` is the number of questions there are, ``n_min`` how many are asked in any case. ``margin``
    belongs to MARGIN, ``half_width`` to PRECISION; both are differences of accuracy, 0 to 1. Raises
    ValueError on a number that is missing, unused or out of its range.
    """

    question: Question
    n_max: int
    n_min: int = 1
    alpha: float = 0.05
    margin: float | None = None
    half_width: float | None = None

    def __post_init__(self) -> None:
        check_confidence(1 - self.alpha)
        if not 1 <= self.n_min <= self.n_max:
            raise ValueError(f"n_min {self.n_min} is not between 1 and n_max {self.n_max}")
        for name, value, user in (
            ("margin", self.margin, Question.MARGIN),
            ("half_width", self.half_width, Question.PRECISION),
        ):
            if (value is not None) != (self.question is user):
                raise ValueError(f"{name} {value} does not belong to the question {self.question}")
            if value is not None and not 0 < value < 1:
                raise ValueError(f"{name} {value} is not between 0 and 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyStopping:
    """A rule with what is known so far; ``update`` returns the next state."""

    rule: StoppingRule
    sequence: DifferenceSequence
    answer: Answer = Answer.UNDECIDED

    @classmethod
    def of_binary(cls, rule: StoppingRule) -> Self:
        """Return the state before the first answer, for answers that are right or wrong."""
        return cls(rule=rule, sequence=PairedSequence(confidence_level=1 - rule.alpha))

    @classmethod
    def of_bounded(cls, rule: StoppingRule) -> Self:
        """Return the state before the first answer, for scores (or cluster means) of 0 to 1."""
        return cls(rule=rule, sequence=BettingSequence.start(1 - rule.alpha))

    @property
    def has_stopped(self) -> bool:
        """Whether asking can stop."""
        return self.answer is not Answer.UNDECIDED

    @property
    def n(self) -> int:
        """The number of complete pairs that the answer rests on."""
        return self.sequence.n

    @property
    def interval(self) -> Interval:
        """The difference with its confidence sequence."""
        return self.sequence.interval

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the interval has to know."""
        return self.sequence.warnings

    def update(self, differences: npt.ArrayLike) -> Self:
        """Return the state after one more look, at the end of this batch; shape (n,).

        Differences of complete pairs, second minus first, in the planned order: a random permutation
        fixed beforehand, never the order in which answers arrive, because slow answers differ from
        quick ones. Give the longest complete beginning of that order; a pair that will never be complete
        is left out. What comes after an answer, or beyond ``n_max``, is not used. Raises ValueError on
        differences that the sequence does not take, NaN among them.
        """
        batch = np.asarray(differences, dtype=np.float64)
        if self.has_stopped or batch.size == 0:
            return self
        sequence = self.sequence.update(batch[: self.rule.n_max - self.n])
        answer = Answer.UNDECIDED
        if sequence.n >= self.rule.n_min:
            answer = _ANSWERS[self.rule.question](self.rule, sequence.interval)
        if answer is Answer.UNDECIDED and sequence.n >= self.rule.n_max:
            answer = Answer.EXHAUSTED
        return replace(self, sequence=sequence, answer=answer)


def _sign(_: StoppingRule, interval: Interval) -> Answer:
    return _beyond(0.0, interval)


def _margin(rule: StoppingRule, interval: Interval) -> Answer:
    margin = rule.margin or math.nan
    if -margin < interval.low and interval.high < margin:
        return Answer.WITHIN_MARGIN
    return _beyond(margin, interval)


def _precision(rule: StoppingRule, interval: Interval) -> Answer:
    wanted = rule.half_width or math.nan
    is_precise = (interval.high - interval.low) / 2 <= wanted
    return Answer.PRECISE if is_precise else Answer.UNDECIDED


def _beyond(margin: float, interval: Interval) -> Answer:
    if interval.low > margin:
        return Answer.HIGHER
    return Answer.LOWER if interval.high < -margin else Answer.UNDECIDED


_ANSWERS: dict[Question, Callable[[StoppingRule, Interval], Answer]] = {
    Question.SIGN: _sign,
    Question.MARGIN: _margin,
    Question.PRECISION: _precision,
}
