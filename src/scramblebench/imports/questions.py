"""Questions put together from what the responses to them say, whatever was scrambled."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from scramblebench.benchmarks.answers import find_choice
from scramblebench.benchmarks.choices import Choices, read_choices
from scramblebench.benchmarks.records import Malformed, Record
from scramblebench.core.errors import ImportFileError, Place, UsageError
from scramblebench.core.questions import Question, question_id, told
from scramblebench.imports.record import ImportedResponse

_DIGITS = re.compile(r"\d+")
_AS_WRITTEN = -1.0
"""The level of a file of questions: before any text that was asked."""


@dataclass(slots=True)
class QuestionDraft:
    """What is known of a question so far: texts of the lowest level, the reference of all.

    ``number`` is its place in order of appearance; ``judge_at`` the first response that the files do
    not judge.
    """

    number: int
    benchmark: str
    source_id: str
    place: Place
    level_pct: float
    text: str
    context: str
    choices: tuple[str, ...]
    answers: tuple[str, ...]
    domain: str
    judge_at: Place | None = None

    def add(self, record: ImportedResponse, place: Place) -> None:
        """Take what another response says; raises ImportFileError where the references differ."""
        if record.answers and record.answers != self.answers:
            self._add_answers(record, place)
        level = level_of(record)
        is_lower = level < self.level_pct
        if record.question and (is_lower or not self.text):
            self.text = record.question
        if record.context and (is_lower or not self.context):
            self.context = record.context
        if record.choices and (is_lower or not self.choices):
            self.choices = record.choices
        self.domain = self.domain or record.domain
        self.level_pct = min(level, self.level_pct)

    def _add_answers(self, record: ImportedResponse, place: Place) -> None:
        if not self.answers:
            self.answers = record.answers
            return
        choices = record.choices or self.choices
        positions = (_position(self.answers, self.choices), _position(record.answers, choices))
        if positions[0] is None or positions[0] != positions[1]:
            raise ImportFileError(
                f"the reference answer of {self.source_id!r} is {_shown(record.answers)} here and "
                f"{_shown(self.answers)} at {self.place}; are they the same questions? "
                "If not: FILE@benchmark=NAME",
                place,
            )


def new_draft(number: int, record: ImportedResponse, place: Place) -> QuestionDraft:
    """Return a draft with what the first response says."""
    return QuestionDraft(
        number, record.benchmark, record.source_id, place, level_of(record), record.question,
        record.context, record.choices, record.answers, record.domain,
    )  # fmt: skip


def level_of(record: ImportedResponse) -> float:
    """Return the level that a question's text stands for."""
    return record.condition.level_pct if record.condition is not None else _AS_WRITTEN


def natural(text: str) -> str:
    """Return a key that sorts item-9 before item-10."""
    return _DIGITS.sub(lambda found: found[0].zfill(20), text)


def make_questions(
    drafts: Iterable[QuestionDraft], n_choices: int | None
) -> tuple[tuple[Question, ...], tuple[int, ...]]:
    """Return the questions by benchmark and id, in natural order, and their drafts' numbers.

    Raises ImportFileError where the reference answer is not among the choices.
    """
    ordered = sorted(drafts, key=lambda d: (d.benchmark, natural(d.source_id), d.source_id))
    seen: Counter[str] = Counter()
    questions: list[Question] = []
    for draft in ordered:
        question = _question(draft, n_choices)
        content = question_id(told(question))
        seen[content] += 1
        occurrence = seen[content] - 1
        questions.append(
            replace(question, id=question_id(told(question), occurrence) if occurrence else content)
        )
    return tuple(questions), tuple(draft.number for draft in ordered)


def _question(draft: QuestionDraft, n_choices: int | None) -> Question:
    bare = Question(
        id="",
        benchmark=draft.benchmark,
        text=draft.text,
        answers=draft.answers,
        context=draft.context,
        domain=draft.domain,
        source_id=draft.source_id,
    )
    labelled = draft.choices or _letters(n_choices)
    if not labelled:
        return bare
    try:
        choices = _choices(labelled)
        if len(draft.answers) != 1:
            return replace(bare, choices=choices.texts)
        right = find_choice(draft.answers[0], choices, is_index=False)
    except Malformed as error:
        raise ImportFileError(f"{draft.source_id!r}: {error}", draft.place) from error
    texts = choices.texts
    return replace(bare, choices=texts, correct_choice=right, answers=(texts[right],))


def _choices(labelled: tuple[str, ...]) -> Choices:
    found = read_choices(Record(0, {"choices": list(labelled)}), ("choices",), ())
    assert found is not None
    return found


def _letters(n: int | None) -> tuple[str, ...]:
    return tuple(chr(ord("A") + position) for position in range(n or 0))


def _position(answers: tuple[str, ...], choices: tuple[str, ...]) -> int | None:
    """Return which choice one answer names, None where that cannot be told."""
    if len(answers) != 1 or not choices:
        return None
    try:
        return find_choice(answers[0], _choices(choices), is_index=False)
    except Malformed:
        return None


def _shown(answers: tuple[str, ...]) -> str:
    return " | ".join(repr(answer[:60]) for answer in answers)


def check_references(drafts: Iterable[QuestionDraft]) -> None:
    """Raise ImportFileError where a response is to be judged and its question has no reference."""
    for draft in drafts:
        if draft.judge_at is not None and not draft.answers:
            raise ImportFileError(
                f"{draft.source_id!r} has no reference answer (gold or expected) to judge its "
                "responses by; add it, or the judgements",
                draft.judge_at,
            )


def check_name(what: str, name: str, longest: int) -> None:
    """Raise UsageError for a name that is empty or too long to be stored."""
    if not name.strip():
        raise UsageError(f"the {what} has no name")
    if len(name) > longest:
        raise UsageError(f"the {what} {name[:40]!r}... is longer than {longest} characters")
