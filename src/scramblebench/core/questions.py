"""What is asked: a question with its reference answer."""

from dataclasses import dataclass, replace

from scramblebench.core.canonical import content_hash


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a benchmark ("item" in statistics).

    ``id`` is the sha256 of the canonical content (benchmark, text, context, choices, answers) and,
    where one benchmark holds the same content several times, of the occurrence's number.
    ``answers`` are the accepted reference answers, at least one; with choices, it is the text of
    the right choice and ``correct_choice`` its position, from 0.
    """

    id: str
    benchmark: str
    text: str
    answers: tuple[str, ...]
    choices: tuple[str, ...] = ()
    correct_choice: int | None = None
    context: str = ""
    domain: str = ""
    difficulty: str = ""
    source_id: str = ""  # the id in the file, else "<file name>:<line>"

    @property
    def guess_rate(self) -> float:
        """Share of right answers by blind guessing: 1/choices, 0 for open questions."""
        return 1 / len(self.choices) if self.choices else 0.0


def question_id(question: Question, occurrence: int = 0) -> str:
    """Return the id of a question's content, 64 hex digits; ``occurrence`` tells equal contents apart."""
    content = {
        "benchmark": question.benchmark,
        "text": question.text,
        "context": question.context,
        "choices": list(question.choices),
        "answers": list(question.answers),
        "occurrence": occurrence,
    }
    return content_hash(content)


def identified(question: Question, occurrence: int = 0) -> Question:
    """Return the question with the id that its content gives it."""
    return replace(question, id=question_id(question, occurrence))


def told(question: Question) -> Question:
    """Return what an id is made of: a question whose text nobody knows is known by its id in the file."""
    return question if question.text else replace(question, text=f"item {question.source_id}")


def is_sound(question: Question) -> bool:
    """Return whether a question has the id that its content gives it, as one of many equal ones perhaps."""
    known = told(question)
    return any(question_id(known, number) == question.id for number in range(_MOST_EQUAL))


_MOST_EQUAL = 10_000
