"""What crosses the storage door of watching: samples over time, latencies, alerts, notes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """What a runner measured at one moment; ``values_json`` holds numbers by name, and perhaps a reason to wait.

    ``experiment_id`` is None for the machine itself. Counts in it are running totals, so that samples
    between two may be left out.
    """

    experiment_id: str | None
    runner_id: str
    taken_at: datetime
    values_json: str


@dataclass(frozen=True, slots=True)
class LatencyCount:
    """How many answers of one model took as long as a bucket says; see ``latency_bucket``."""

    model_index: int
    bucket: int
    n: int


@dataclass(frozen=True, slots=True)
class NewAlert:
    """A rule that has struck: what it is about and by how much; ``subject`` tells two of one rule apart."""

    rule: str
    severity: str
    message: str
    experiment_id: str | None = None
    subject: str = ""
    value: float | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """An alert as stored: raised, perhaps acknowledged by somebody, perhaps over.

    ``n_raised`` counts how often the value came back; coming back takes an acknowledgement away.
    """

    no: int
    rule: str
    severity: str
    message: str
    experiment_id: str | None
    subject: str
    value: float | None
    threshold: float | None
    raised_at: datetime
    resolved_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    note: str | None
    n_raised: int

    @property
    def is_open(self) -> bool:
        """Whether what it says is still so."""
        return self.resolved_at is None


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A message about an alert to one target, which waits to be sent or was."""

    no: int
    alert_no: int
    severity: str
    target: str
    message: str
    n_attempts: int
    delivered_at: datetime | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class NoteRecord:
    """What somebody wrote about an experiment, or about one question of it (its position)."""

    no: int
    experiment_id: str
    question: int | None
    author: str
    text: str
    written_at: datetime
