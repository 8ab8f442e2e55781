"""What crosses the storage door of looking into responses: filters, and a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from scramblebench.storage.records import ResponseRecord

RIGHT_FROM = 0.5
"""The score from which on an answer counts as right where right and wrong are told apart."""


class Verdict(StrEnum):
    """How a response was judged when it came."""

    RIGHT = "right"
    WRONG = "wrong"
    NO_ANSWER = "no_answer"
    UNSCORED = "unscored"


@dataclass(frozen=True, slots=True)
class ResponseFilter:
    """Which responses of an experiment to show; what is None or "" does not matter.

    ``first_index`` and ``last_index`` (excluded) bound the trials: a model's are one range. ``text`` is
    looked for in the response and the extracted answer, whatever its case.
    """

    n_conditions: int
    n_questions: int
    first_index: int = 0
    last_index: int | None = None
    condition_index: int | None = None
    benchmark: str | None = None
    verdict: Verdict | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class ResponsePage:
    """Some responses in order of trial index, and the index from which to go on (None: that was all).

    A page may hold fewer than were asked for, or none, and still have a next one: only so many
    responses are looked at for one page.
    """

    records: tuple[ResponseRecord, ...]
    next_index: int | None
    n_examined: int


@dataclass(frozen=True, slots=True)
class QuestionFilter:
    """Questions that one model got right under one condition and wrong under another.

    ``first_index`` is the index of the model's first trial: only its first repeat counts. A condition
    of None does not matter; no answer counts as wrong, no response as neither.
    """

    first_index: int
    n_conditions: int
    right_at: int | None = None
    wrong_at: int | None = None


@dataclass(frozen=True, slots=True)
class QuestionPage:
    """Positions of questions in order, and the position from which to go on (None: that was all)."""

    positions: tuple[int, ...]
    next_position: int | None
