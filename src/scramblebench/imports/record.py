"""What every format is read as: one response with all that the file says of it."""

from dataclasses import dataclass

from scramblebench.core.conditions import Condition
from scramblebench.core.trials import AnswerStatus

Where = int | str
"""Where in its file a response stands: a line from 1, or the name of a sample (readers -> errors)."""


@dataclass(frozen=True, slots=True)
class ImportedResponse:
    """One response as a file has it.

    ``condition`` is None in a file of questions, and ``text`` where the file knows that the question
    was asked and has no response: a trial that is missing. ``score`` is 0 to 1, None where the file
    does not judge; ``status`` belongs to it. ``judged_by`` says what judged. ``answers`` are as the
    file writes them, letters of choices included. Numbers that the file does not say are None.
    ``raw`` is the line or sample as it stands in the file.
    """

    where: Where
    benchmark: str
    source_id: str
    model: str
    condition: Condition | None
    raw: bytes
    repeat: int = 0
    text: str | None = None
    question: str = ""
    context: str = ""
    choices: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    domain: str = ""
    score: float | None = None
    status: AnswerStatus = AnswerStatus.ANSWERED
    answer: str | None = None
    judged_by: str = "file"
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost_microusd: int | None = None
    latency_s: float | None = None
    finish_reason: str | None = None
    served_model: str | None = None
    model_digest: str | None = None


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """What the user says that the files do not.

    ``answers`` choose among several judgements (fields, filters, metrics, scorers); ``n_choices`` gives
    letters as choices where a file has none; ``ignored`` are fields that may be left in ``raw`` alone.
    """

    method: str | None = None
    answers: tuple[str, ...] = ()
    n_choices: int | None = None
    is_rescored: bool = False
    ignored: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FileWords:
    """What was said of one file behind its name: ``FILE@level=33,method=letter_shuffle``."""

    level_pct: float | None = None
    method: str | None = None
    model: str | None = None
    benchmark: str | None = None
