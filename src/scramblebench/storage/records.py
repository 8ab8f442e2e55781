"""What crosses the storage door: frozen values, no rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from scramblebench.core.conditions import Condition
from scramblebench.core.per_request import per_request
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
class ExperimentLimits:
    """What may be changed while an experiment runs; None sets no limit of its own.

    Costs are micro-dollars, a day is a day in UTC; ``max_concurrent_requests`` counts per model and
    stands above what the configuration says.
    """

    cost_limit_microusd: int | None = None
    daily_cost_limit_microusd: int | None = None
    max_concurrent_requests: int | None = None


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
    limits: ExperimentLimits = ExperimentLimits()


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
    limits: ExperimentLimits = ExperimentLimits()


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One entry of the append-only history: a change of state, or (both states equal) what ``reason`` says."""

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
    """One experiment's entry in the queue.

    ``waits_for`` are the dependencies not yet completed, ``blocked_by`` those of them that failed for
    good or were cancelled. ``servers`` says who is asked: (provider, base URL or "") of each model.
    ``is_free`` is whether a runner may take it as far as leases and dependencies go: queued, running
    without a live lease, or failed and due to be tried again (``retry_at``). ``is_suspect`` is one whose
    runner died and that has not had an answer since: it may be what killed it.
    """

    experiment_id: str
    priority: int
    enqueued_at: datetime
    requirements_json: str
    waits_for: tuple[str, ...] = ()
    runner_id: str | None = None
    is_lease_live: bool = False
    state: ExperimentState = ExperimentState.QUEUED
    blocked_by: tuple[str, ...] = ()
    servers: tuple[tuple[str, str], ...] = ()
    is_free: bool = False
    retry_at: datetime | None = None
    n_retries: int = 0
    lease_until: datetime | None = None
    is_suspect: bool = False


Choose = Callable[[Sequence[QueueRecord]], str | None]
"""Picks the next experiment of a queue, or none; runs inside the claim's transaction (queue -> storage)."""


def first_free(entries: Sequence[QueueRecord]) -> str | None:
    """Pick the first entry that is free: higher priority first, then first in, first out."""
    return next((entry.experiment_id for entry in entries if entry.is_free), None)


@dataclass(frozen=True, slots=True)
class RunnerRecord:
    """A runner and when it was last heard of; ``is_alive`` by the lease's clock.

    ``role`` is "worker" of one that takes shards of what others run.
    """

    id: str
    host: str
    pid: int
    started_at: datetime
    heartbeat_at: datetime
    is_alive: bool
    role: str = "runner"


@dataclass(frozen=True, slots=True)
class QueueTotals:
    """Experiments by state, and how long they took; times in seconds, None where there is nothing yet.

    ``mean_wait_s`` is from being queued to running, ``mean_run_s`` from the first start to the end of
    those completed; ``n_completed_last_hour`` counts the completions of the last 3,600 s.
    """

    by_state: dict[ExperimentState, int]
    mean_wait_s: float | None
    mean_run_s: float | None
    n_completed_last_hour: int


@per_request
class ScrambledRecord:
    """A question as it was scrambled: what the audit needs; the text can be made again."""

    question_id: str
    condition_id: str
    text_sha256: str
    realised_dose: float
    edit_distance: float
    n_units: int
    n_altered: int


@per_request
class Reservation:
    """Write intent: this attempt is about to be sent, and may cost ``attempt.reserved_microusd``.

    ``shard`` proves the right to it of a worker (``ShardClaim.proof``), beside the attempt's own fence.
    """

    attempt: Attempt
    shard: tuple[int, int] | None = None


class Refusal(StrEnum):
    """Why a reservation was not stored: nothing may be sent for it."""

    LEASE = "lease"  # the experiment left RUNNING, or a later claim has it, or its shard
    BUDGET = "budget"  # it could cost more than is left of the cost limit
    DAILY_BUDGET = "daily_budget"  # ... or of today's
    UNPRICED = "unpriced"  # there is a limit, and nobody knows what it can cost
    ANSWERED = "answered"  # an answer came late from a runner that was given up
    TAKEN = "taken"  # an attempt of another claim has its number


@per_request
class Settlement:
    """How an attempt ended: a response with its score, or a failure.

    With a response, ``model_index`` and ``condition_index`` name the counters it adds to, and
    ``scrambled`` the scrambled question where it is not known to be stored already. ``cache_key`` (32
    bytes) makes the response the answer to later requests of the same key. A response that is cached
    itself was never sent: its attempt has number 0 and no reservation.
    """

    attempt: Attempt
    model_index: int
    condition_index: int
    settled_at: datetime
    response: Response | None = None
    score: Score | None = None
    failure: Failure | None = None
    scrambled: ScrambledRecord | None = None
    cache_key: bytes | None = None


@dataclass(frozen=True, slots=True)
class LedgerTotals:
    """The money of an experiment in micro-dollars, and the attempts that stand for it.

    ``settled_microusd`` is what stored answers cost. ``open_microusd`` is the most that the ``n_open``
    attempts of the latest claim can cost that are not settled: they are in flight while that claim is
    alive. ``unknown_microusd`` is the same of the ``n_unknown`` attempts whose outcome or price nobody
    can tell: open ones of earlier claims, and those that were sent and brought no whole answer or none
    with a price. ``today_microusd`` is what the attempts of this day (UTC) cost or may cost.
    """

    settled_microusd: int = 0
    open_microusd: int = 0
    unknown_microusd: int = 0
    n_open: int = 0
    n_unknown: int = 0
    today_microusd: int = 0

    @property
    def held_microusd(self) -> int:
        """What counts against the budget: all that was charged or may have been."""
        return self.settled_microusd + self.open_microusd + self.unknown_microusd


@dataclass(frozen=True, slots=True)
class CounterRecord:
    """Running totals of one model under one condition.

    ``score_sum`` adds the scores of all responses (no answer adds 0); ``n_no_answer`` counts responses
    without an answer; ``n_failures`` counts failed attempts, ``n_lost`` those of them that may have been
    charged; cost sums what is known, and ``n_cost_unknown`` counts the responses whose cost is not;
    ``n_cached`` counts the responses that came from the cache.
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
    n_lost: int = 0
    n_cached: int = 0


@dataclass(frozen=True, slots=True)
class ScoreColumns:
    """Scores in order of trial index; all arrays have shape (n_responses,).

    ``trial_index`` int64, ``value`` float64 in [0, 1], ``has_answer`` bool.
    """

    trial_index: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]
    has_answer: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CallColumns:
    """When and by whom responses were given, in order of trial index; all arrays have shape (n_responses,).

    ``responded_at_us`` int64, microseconds since 1970; ``latency_s`` float64; ``is_cached`` bool; ``who``
    int64, a key of ``served``: model, provider and digest as they were told.
    """

    trial_index: npt.NDArray[np.int64]
    responded_at_us: npt.NDArray[np.int64]
    latency_s: npt.NDArray[np.float64]
    is_cached: npt.NDArray[np.bool_]
    who: npt.NDArray[np.int64]
    served: Mapping[int, tuple[str | None, str | None, str | None]]


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


class DocumentKind(StrEnum):
    """What a document is."""

    ENVIRONMENT = "environment"  # a snapshot of where a runner ran, JSON
    PREREGISTRATION = "preregistration"  # what was frozen before the first response, JSON


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A text as it was stored; ``sha256`` (64 hex digits) is of its UTF-8 bytes."""

    experiment_id: str
    kind: DocumentKind
    at: datetime
    sha256: str
    text: str


@dataclass(frozen=True, slots=True)
class EngineRecord:
    """Which database there is ("sqlite", "postgresql"), and the version of its library or server."""

    dialect: str
    version: str


@dataclass(frozen=True, slots=True)
class ServedModel:
    """Who answered for a model of the plan, as far as it was told."""

    model_index: int
    served_model: str | None
    served_provider: str | None
    model_digest: str | None


@dataclass(frozen=True, slots=True)
class StoredSize:
    """Bytes on disk: of the database, and by table with its indexes, largest first; and what they hold."""

    n_bytes: int
    tables: Mapping[str, int]
    n_responses: int
