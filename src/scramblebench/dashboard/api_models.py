"""What the API takes and gives; NaN and infinity are null."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from scramblebench.dashboard.actions import MOST_NAME, MOST_NOTE, MOST_REASON

Reference = Annotated[str, Field(description="Full id, unique beginning, name or @last")]


class Payload(BaseModel):
    """What is sent: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class ReasonPayload(Payload):
    """Why a state is changed; kept in the history."""

    reason: str = Field("", max_length=MOST_REASON)


class QueuePayload(Payload):
    """The priority in the queue; without one, what it was."""

    priority: int | None = Field(None, ge=-(2**31) + 1, le=2**31 - 1)


class TagsPayload(Payload):
    """All tags of an experiment."""

    tags: list[Annotated[str, Field(max_length=100)]] = Field(max_length=50)


class NotePayload(Payload):
    """A note about an experiment, or about the question at a position (from 0)."""

    author: str = Field(min_length=1, max_length=MOST_NAME)
    text: str = Field(min_length=1, max_length=MOST_NOTE)
    question: int | None = Field(None, ge=0, le=2**53)


class AcknowledgePayload(Payload):
    """Who has seen an alert."""

    by: str = Field(min_length=1, max_length=MOST_NAME)
    note: str = Field("", max_length=MOST_REASON)


class Problem(BaseModel):
    """Why a request was refused."""

    error: str


class ExperimentSummary(BaseModel):
    """One experiment of a list."""

    experiment_id: str
    name: str
    status: str
    progress: float
    n_answered: int
    n_planned: int
    is_interrupted: bool
    is_simulated: bool
    waiting_reason: str | None
    researcher_name: str
    tags: list[str]
    created_at: str
    started_at: str | None
    completed_at: str | None


class ExperimentPage(BaseModel):
    """Experiments, newest first; ``next`` is the ``before`` of the next page."""

    experiments: list[ExperimentSummary]
    next: str | None


class StateChanged(BaseModel):
    """The state of an experiment after a change."""

    experiment_id: str
    status: str


class TagsChanged(BaseModel):
    """The tags of an experiment after a change."""

    tags: list[str]


class Note(BaseModel):
    """A stored note; ``question`` is a position, from 0."""

    no: int
    author: str
    text: str
    question: int | None
    written_at: str


class LevelTotals(BaseModel):
    """One model under one condition; the interval is Wilson's at 95 %."""

    method: str
    level: float
    parameters: dict[str, str]
    n_answered: int
    n_planned: int
    n_no_answer: int
    n_failures: int
    accuracy: float | None
    low: float | None
    high: float | None
    is_interim: bool


class ResponseTimes(BaseModel):
    """Quantiles in seconds."""

    p50: float | None
    p95: float | None
    p99: float | None


class FailureCount(BaseModel):
    """Failed attempts of one kind."""

    kind: str
    count: int
    last_message: str


class ModelTotals(BaseModel):
    """One model of an experiment."""

    index: int
    label: str
    provider: str
    is_simulated: bool
    n_answered: int
    n_planned: int
    answers_per_minute: float | None
    tokens_per_second: float | None
    cost_usd: float
    response_times: ResponseTimes
    failures: list[FailureCount]
    conditions: list[LevelTotals]


class Progress(BaseModel):
    """An experiment by model and condition."""

    experiment_id: str
    at: str
    is_live: bool
    models: list[ModelTotals]


class HistorySeries(BaseModel):
    """An experiment over time; all lists are as long as ``at_s`` (seconds since 1970)."""

    at_s: list[float]
    answered: list[float | None]
    failures: list[float | None]
    cost_usd: list[float | None]
    calls_per_minute: list[float | None]
    tokens_per_s: list[float | None]
    error_rate: list[float | None]
    p50_s: list[float | None]
    p95_s: list[float | None]
    accuracy: list[list[float | None]]
    accuracy_labels: list[str]


class MachineSeries(BaseModel):
    """One machine over time."""

    host: str
    at_s: list[float]
    values: dict[str, list[float | None]]


class ResponseItem(BaseModel):
    """One response."""

    trial_index: int
    model: str
    method: str
    level: float
    repeat: int
    question: int
    question_id: str
    verdict: str
    score: float | None
    answer: str | None
    expected: str
    text: str
    latency_s: float
    prompt_tokens: int | None
    completion_tokens: int | None
    cost_microusd: int | None
    n_attempts: int
    responded_at: str


class ResponseItems(BaseModel):
    """A page of responses; ``next`` is the ``from`` of the next one."""

    responses: list[ResponseItem]
    next: int | None
    n_examined: int


class LadderCell(BaseModel):
    """One model's first repeat under one condition."""

    model: str
    verdict: str
    is_flip: bool
    answer: str | None
    text: str | None
    score: float | None


class LadderRung(BaseModel):
    """One question under one condition."""

    method: str
    level: float
    text: str | None
    realised_dose: float | None
    cells: list[LadderCell]


class LadderPage(BaseModel):
    """One question through all levels and models; positions count from 0."""

    question: int
    n_questions: int
    question_id: str
    benchmark: str
    text: str
    expected: str
    previous: int | None
    next: int | None
    rungs: list[LadderRung]


class AlertItem(BaseModel):
    """An alert."""

    no: int
    rule: str
    severity: str
    message: str
    experiment_id: str | None
    subject: str
    value: float | None
    threshold: float | None
    raised_at: str
    resolved_at: str | None
    acknowledged_at: str | None
    acknowledged_by: str | None
    note: str | None
    n_raised: int
    is_open: bool


class QueueItem(BaseModel):
    """An entry of the queue."""

    experiment_id: str
    name: str
    priority: int
    standing: str
    position: int | None
    waiting_reason: str | None
    n_answered: int
    n_planned: int
    runner: str | None
    n_retries: int
    queued_at: str


class RunnerItem(BaseModel):
    """A runner of the last day."""

    id: str
    host: str
    pid: int
    is_alive: bool
    started_at: str
    heartbeat_at: str
    experiments: list[str]


class Started(BaseModel):
    """A computation goes on in the background; its results are under ``statistics``."""

    is_started: bool


class Statistics(BaseModel):
    """The stored analysis of an experiment; rows as ``analyze --json`` gives them."""

    has_report: bool
    is_stale: bool
    n_analysed: int
    preregistration: dict[str, Any] | None
    accuracy: list[dict[str, Any]]
    dependency: list[dict[str, Any]]
    thresholds: list[dict[str, Any]]
    trends: list[dict[str, Any]]
    comparisons: list[dict[str, Any]]
    contrasts: list[dict[str, Any]]
    cautions: list[str]
    sentences: list[str]
