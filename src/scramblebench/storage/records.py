"""What crosses the storage door: frozen values, no rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from scramblebench.core.conditions import Condition
from scramblebench.core.questions import Question
from scramblebench.core.states import ExperimentState
from scramblebench.core.trials import Attempt, Failure, Response, Score

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """A model of an experiment; ``spec_json`` is its resolved specification."""

    id: str
    name: str
    label: str
    provider: str
    spec_json: str


@dataclass(frozen=True, slots=True)
class BenchmarkRecord:
    """A benchmark of an experiment: its name and the files its questions came from."""

    name: str
    n_questions: int
    files: tuple[tuple[str, str], ...] = ()  # (file name, sha256)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewExperiment:
    """All that is known of an experiment when it is created.

    The order of ``models``, ``conditions`` and ``questions`` is the plan's: a trial's index is
    computed from positions in them.
    """

    id: str
    name: str
    spec_json: str
    source_text: str
    models: tuple[ModelRecord, ...]
    conditions: tuple[Condition, ...]
    questions: tuple[Question, ...]
    benchmarks: tuple[BenchmarkRecord, ...]
    n_trials: int
    n_repeats: int = 1
    description: str = ""
    research_question: str = ""
    hypothesis: str | None = None
    researcher_name: str = ""
    institution: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExperimentRecord:
    """An experiment as stored; times are aware and in UTC."""

    id: str
    name: str
    state: ExperimentState
    reason: str | None
    fence: int
    spec_json: str
    n_trials: int
    n_repeats: int
    n_answered: int
    description: str
    research_question: str
    hypothesis: str | None
    researcher_name: str
    institution: str | None
    tags: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One change of state in the append-only history."""

    experiment_id: str
    at: datetime
    before: ExperimentState | None
    after: ExperimentState
    reason: str | None
    actor: str
    fence: int


@dataclass(frozen=True, slots=True)
class Claim:
    """The right of one runner to an experiment until its lease ends; ``fence`` proves it."""

    experiment_id: str
    fence: int
    runner_id: str


@dataclass(frozen=True, slots=True)
class QueueRecord:
    """One experiment's entry in the queue; ``waits_for`` are the dependencies not yet completed."""

    experiment_id: str
    priority: int
    enqueued_at: datetime
    requirements_json: str
    waits_for: tuple[str, ...] = ()
    runner_id: str | None = None
    is_lease_live: bool = False


@dataclass(frozen=True, slots=True)
class ScrambledRecord:
    """A question as it was scrambled: what the audit needs; the text can be made again."""

    question_id: str
    condition_id: str
    text_sha256: str
    realised_dose: float
    edit_distance: float
    n_units: int
    n_altered: int


@dataclass(frozen=True, slots=True)
class Reservation:
    """Write intent: this attempt is about to be sent."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Settlement:
    """How an attempt ended: a response with its score, or a failure.

    With a response, ``model_index`` and ``condition_index`` name the counters it adds to, and
    ``scrambled`` the scrambled question where it is not known to be stored already.
    """

    attempt: Attempt
    model_index: int
    condition_index: int
    settled_at: datetime
    response: Response | None = None
    score: Score | None = None
    failure: Failure | None = None
    scrambled: ScrambledRecord | None = None


@dataclass(frozen=True, slots=True)
class CounterRecord:
    """Running totals of one model under one condition.

    ``score_sum`` adds the scores of all responses (no answer adds 0); ``n_no_answer`` counts responses
    without an answer; ``n_failures`` counts failed attempts; cost sums what is known, and
    ``n_cost_unknown`` counts the responses whose cost is not.
    """

    model_index: int
    condition_index: int
    n_answered: int = 0
    n_no_answer: int = 0
    n_failures: int = 0
    score_sum: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_microusd: int = 0
    n_cost_unknown: int = 0
    latency_sum_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ScoreColumns:
    """Scores in order of trial index; all arrays have shape (n_responses,).

    ``trial_index`` int64, ``value`` float64 in [0, 1], ``has_answer`` bool.
    """

    trial_index: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]
    has_answer: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ResponseRecord:
    """One stored response with its score (None where it has not been scored)."""

    trial_index: int
    response: Response
    score: Score | None
    n_attempts: int
    responded_at: datetime


@dataclass(frozen=True, slots=True)
class FailureTotal:
    """How often one kind of failure happened to one model, with the latest message."""

    model_index: int
    kind: str
    count: int
    last_message: str
