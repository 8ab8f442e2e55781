"""One datum's way: trial, attempt, response, score."""

from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from json.encoder import encode_basestring

from scramblebench.core.conditions import Condition
from scramblebench.core.errors import ErrorKind
from scramblebench.core.per_request import per_request
from scramblebench.core.questions import Question


@per_request
class Trial:
    """A question under a condition for a model, the ``repeat``-th time: what is to be asked once.

    ``index`` is its place in the plan, ``model_index`` and ``condition_index`` the places of its
    model and condition there; ``repeat`` counts from 0.
    """

    index: int
    question: Question
    condition: Condition
    condition_index: int
    model_index: int
    repeat: int = 0


def trial_key(trial: Trial) -> str:
    """Return the key of what a model is asked, wherever it stands in a plan: 64 hex digits.

    The model is not part of it: another one, or a replay of this one, is asked under the same key.
    """
    return trial_key_of(trial.question.id, trial.condition.id, trial.repeat)


def trial_key_of(question_id: str, condition_id: str, repeat: int) -> str:
    """Return a trial's key: the ``content_hash`` of its three parts by name, in a third of the time."""
    condition, question = encode_basestring(condition_id), encode_basestring(question_id)
    text = f'{{"condition":{condition},"question":{question},"repeat":{repeat}}}'
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class AttemptOutcome(StrEnum):
    """How a try to send a trial ended."""

    UNKNOWN = "unknown"  # reserved, never settled: it may or may not have been sent and paid
    ANSWERED = "answered"
    FAILED = "failed"  # not answered, and surely not charged
    LOST = "lost"  # sent, and no whole answer came back: it may have been charged


@per_request
class Attempt:
    """One try to send a trial; committed before anything is sent.

    ``number`` counts from 1 within the trial over all runs. What the provider is told to know the request
    by, should it come twice, follows from experiment and trial. ``reserved_microusd`` is the most it can
    cost, None where the price is not known.
    """

    experiment_id: str
    trial_index: int
    number: int
    fence: int
    started_at: datetime
    reserved_microusd: int | None = None


@per_request
class Failure:
    """How an attempt failed; ``retry_after_s`` as the provider asked.

    ``may_be_charged`` says that the request left and nobody can tell whether it was paid for.
    """

    kind: ErrorKind
    message: str
    status: int | None = None
    retry_after_s: float | None = None
    may_be_charged: bool = False

    @property
    def was_sent(self) -> bool:
        """Whether the request left, so that the failure says something of the provider."""
        return self.kind is not ErrorKind.NOT_SENT


@per_request
class Response:
    """What came back, stored once per trial.

    Tokens and cost are None where the provider did not say and no price is known: unknown is never
    zero. ``raw`` is the body as it came; None where the provider has none. ``is_cached`` marks an
    answer for which nothing was sent: it was given to exactly the same request before, or imported.
    """

    text: str
    finish_reason: str | None = None
    latency_s: float = 0.0
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost_microusd: int | None = None
    cost_source: str | None = None
    served_model: str | None = None
    served_provider: str | None = None
    model_digest: str | None = None
    provider_response_id: str | None = None
    is_truncated: bool = False
    is_prompt_cut: bool = False
    raw: bytes | None = None
    is_cached: bool = False


class AnswerStatus(StrEnum):
    """Whether the response holds an answer at all."""

    ANSWERED = "answered"
    REFUSAL = "refusal"
    EMPTY = "empty"
    UNPARSABLE = "unparsable"
    TRUNCATED = "truncated"

    @property
    def is_answer(self) -> bool:
        """Whether there is an answer to judge; the others score 0 and are counted apart."""
        return self is AnswerStatus.ANSWERED


@per_request
class Score:
    """The judgement of a response by ``scorer``, which names its version: ``number@1``.

    ``value`` is 0 to 1; 0 with a status other than ANSWERED means "no answer". ``answer`` is what was
    extracted (None where nothing was), ``rule`` says how.
    """

    value: float
    status: AnswerStatus
    answer: str | None
    rule: str
    scorer: str
