"""From a record to a question without id: what the fields say, before answers are looked up."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from scramblebench.benchmarks.answers import (
    find_choice,
    read_answers,
    split_answers,
    whole_number,
)
from scramblebench.benchmarks.choices import Choices, letter, read_choices, split_options
from scramblebench.benchmarks.layout import TRUTHFULQA_ANSWERS, TRUTHFULQA_CHOICES, Layout
from scramblebench.benchmarks.records import (
    Malformed,
    Record,
    Value,
    is_blank,
    kind_of,
    plain_number,
)
from scramblebench.core.questions import Question
from scramblebench.core.randomness import RandomStream

_SENTENCE_ENDS = (".", "?", "!", ":", ";", ",", "…", "。", "？", "！")
_QUESTION_WORDS = frozenset(
    [
        "How",
        "What",
        "Which",
        "Who",
        "Whose",
        "Where",
        "When",
        "Why",
        "Did",
        "Do",
        "Does",
        "Is",
        "Are",
    ]
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a record says; ``answer`` is None where ``question`` is complete already."""

    record: Record
    question: Question
    choices: Choices | None
    answer: Value
    is_shuffled: bool = False


def read_draft(record: Record, layout: Layout, choice_seed: int) -> Draft:
    """Return the draft of a record; raises Malformed where it has no question or answer."""
    fields = record.fields
    text = join_texts([_required_text(record, name) for name in layout.question])
    choices = read_choices(record, layout.choices, layout.labels)
    if not layout.choices:
        text, choices = split_options(text)
    question = Question(
        id="",
        benchmark="",
        text=text,
        answers=(),
        context=_optional_text(fields.get(layout.context), "context"),
        domain=_optional_text(fields.get(layout.domain), "domain"),
        difficulty=_optional_text(fields.get(layout.difficulty), "difficulty"),
        source_id=_optional_text(fields.get(layout.id), "id"),
    )
    if layout.answer == (TRUTHFULQA_CHOICES,):
        return _with_shuffled_choices(record, question, choice_seed)
    if choices is None:
        return Draft(record, _with_answers(question, record, layout.answer), None, None)
    value = fields.get(layout.answer[0])
    if is_blank(value):
        raise _no_answer(layout.answer[0])
    return Draft(record, question, choices, value)


def join_texts(parts: Sequence[str]) -> str:
    """Join texts with a blank, or with a comma where one ends without a sentence's end.

    After the comma a question word goes on in lower case: "If a pack costs 76, how much ...".
    """
    text = parts[0]
    for part in parts[1:]:
        if text.endswith(_SENTENCE_ENDS):
            text = f"{text} {part}"
        else:
            has_question_word = part.split(maxsplit=1)[0] in _QUESTION_WORDS
            text = f"{text}, {part[0].lower() + part[1:] if has_question_word else part}"
    return text


def _required_text(record: Record, name: str) -> str:
    value = record.fields.get(name)
    if is_blank(value):
        raise Malformed(f'the question (field "{name}") is empty; fill it in or remove the record')
    if not isinstance(value, str):
        raise Malformed(f'the question (field "{name}") is {kind_of(value)}, not text')
    return value.strip()


def _optional_text(value: Value, role: str) -> str:
    match value:
        case None:
            return ""
        case str():
            return value.strip()
        case int() | Decimal():
            return plain_number(value)
        case list() | dict():
            raise Malformed(f"the {role} is {kind_of(value)}, not text")


def _with_answers(question: Question, record: Record, names: tuple[str, ...]) -> Question:
    answers: list[str] = []
    for name in names:
        value = record.fields.get(name)
        if name == TRUTHFULQA_ANSWERS[1] and isinstance(value, str):
            answers += split_answers(value)
        else:
            answers += read_answers(value, name)
    if not answers:
        raise _no_answer(names[0])
    return replace(question, answers=tuple(dict.fromkeys(answers)))


def _no_answer(name: str) -> Malformed:
    return Malformed(f'the answer (field "{name}") is empty; fill it in or remove the record')


def _with_shuffled_choices(record: Record, question: Question, choice_seed: int) -> Draft:
    """Read ``{"true option": 1, "false option": 0, ...}``, its order shuffled by the question's text."""
    targets = record.fields[TRUTHFULQA_CHOICES]
    if not isinstance(targets, dict):
        raise Malformed(f"{TRUTHFULQA_CHOICES} is {kind_of(targets)}, not an object of options")
    right = [option for option, mark in targets.items() if mark == 1]
    if len(right) != 1 or len(targets) < 2:
        raise Malformed(
            f"{TRUTHFULQA_CHOICES} marks {len(right)} options as true; mark exactly one"
        )
    texts = tuple(RandomStream("choices", choice_seed, question.text).shuffled(list(targets)))
    labels = tuple(letter(index) for index in range(len(texts)))
    at = texts.index(right[0])
    complete = replace(question, answers=(right[0],), choices=texts, correct_choice=at)
    return Draft(record, complete, Choices(texts, labels), None, is_shuffled=True)


def numbers_are_positions(drafts: Sequence[Draft]) -> bool:
    """Whether the whole numbers among a file's answers are positions from 0, not texts of choices.

    They are unless one is no position and every one is the text of a choice.
    """
    numbered = [
        (whole, draft.choices)
        for draft in drafts
        if draft.choices and (whole := whole_number(draft.answer)) is not None
    ]
    are_positions = all(0 <= whole < len(choices.texts) for whole, choices in numbered)
    are_texts = all(str(whole) in choices.texts for whole, choices in numbered)
    return are_positions or not are_texts


def complete(draft: Draft, *, is_index: bool) -> Question:
    """Return the question of a draft with its right choice; raises Malformed where there is none."""
    if draft.answer is None or draft.choices is None:
        return draft.question
    right = find_choice(draft.answer, draft.choices, is_index=is_index)
    texts = draft.choices.texts
    return replace(draft.question, choices=texts, correct_choice=right, answers=(texts[right],))
