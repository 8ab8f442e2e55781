"""The contract of the storage door for what is computed, watched and kept word for word.

What ``protocols`` says of all stores holds for these.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from scramblebench.storage.analysis_records import (
    ABTestRecord,
    AnalysisRecord,
    MetricRecord,
    ThresholdRecord,
)
from scramblebench.storage.monitor_records import (
    AlertRecord,
    DeliveryRecord,
    LatencyCount,
    NewAlert,
    NoteRecord,
    SampleRecord,
)
from scramblebench.storage.records import DocumentKind, DocumentRecord


class AnalysisStore(Protocol):
    """Derived results, which can always be computed again, and A/B tests as they were declared."""

    def save(
        self,
        experiment_id: str,
        analyses: Sequence[AnalysisRecord] = (),
        metrics: Sequence[MetricRecord] = (),
        thresholds: Sequence[ThresholdRecord] = (),
    ) -> None:
        """Store results in one transaction, in place of those of the same name and inputs.

        Metrics replace all of the same name: they are those of the latest analysis.
        """
        ...

    def analyses(self, experiment_id: str, kind: str | None = None) -> Sequence[AnalysisRecord]:
        """Return the results of an experiment, in the order in which they were stored."""
        ...

    def metrics(self, experiment_id: str) -> Sequence[MetricRecord]:
        """Return the metrics of the latest analysis."""
        ...

    def thresholds(self, experiment_id: str) -> Sequence[ThresholdRecord]:
        """Return the thresholds of an experiment, in the order in which they were stored."""
        ...

    def add_ab_test(self, test: ABTestRecord) -> None:
        """Store an A/B test as it was declared; raises StorageError where its id is taken."""
        ...

    def ab_test(self, reference: str) -> ABTestRecord:
        """Return the A/B test of an id, the beginning of one or a name (the newest); raises UsageError."""
        ...

    def ab_tests(self, experiment_id: str | None = None) -> Sequence[ABTestRecord]:
        """Return the A/B tests, of one experiment or of all, oldest first."""
        ...


class MonitorStore(Protocol):
    """What is seen while experiments run: samples, latencies, alerts; and what people write."""

    def add_samples(self, samples: Sequence[SampleRecord]) -> None:
        """Store what was measured."""
        ...

    def samples(
        self, experiment_id: str | None, since: datetime | None = None, limit: int = 1000
    ) -> Sequence[SampleRecord]:
        """Return the latest samples of an experiment, or (None) of the machines, oldest first."""
        ...

    def thin_samples(self, keep_days: float, *, is_trial: bool = False) -> int:
        """Delete samples older than ``keep_days``; keep one a minute after an hour, one in ten after a day.

        Returns how many; a trial only counts them.
        """
        ...

    def latencies(self, experiment_id: str) -> Sequence[LatencyCount]:
        """Return how long answers took, by model and bucket; kept with the responses, never recounted."""
        ...

    def raise_alert(self, new: NewAlert, targets: Sequence[str] = ()) -> AlertRecord:
        """Raise an alert, or bring up to date the open one of its rule, experiment and subject.

        One that was over less than a day comes back in its row, its acknowledgement taken away. A delivery
        to each target is due when it is raised or comes back, not while it only goes on.
        """
        ...

    def resolve_alert(self, rule: str, experiment_id: str | None = None, subject: str = "") -> bool:
        """Say that what an alert says is over; return whether one was open."""
        ...

    def acknowledge_alert(self, no: int, by: str, note: str = "") -> AlertRecord:
        """Note that somebody has seen an alert; raises UsageError for one that is not there."""
        ...

    def alerts(
        self,
        experiment_id: str | None = None,
        *,
        is_open: bool | None = None,
        limit: int = 100,
        before_no: int | None = None,
    ) -> Sequence[AlertRecord]:
        """Return alerts, newest first; of one experiment, or of all; open ones, others, or both."""
        ...

    def due_deliveries(self, limit: int = 20) -> Sequence[DeliveryRecord]:
        """Return messages that are to be sent now, oldest first."""
        ...

    def deliveries(self, alert_no: int) -> Sequence[DeliveryRecord]:
        """Return all messages about an alert, oldest first."""
        ...

    def take_delivery(self, no: int, for_s: float) -> bool:
        """Take a message that is due, so that nobody else sends it for so many seconds; False where it is not."""
        ...

    def delivered(self, no: int) -> None:
        """Note that a message was taken by its target."""
        ...

    def delivery_failed(self, no: int, error: str, again_in_s: float | None) -> None:
        """Note why a message was not taken; it is due again in so many seconds, None: never."""
        ...

    def add_note(
        self, experiment_id: str, author: str, text: str, question: int | None = None
    ) -> NoteRecord:
        """Store what somebody wrote about an experiment or about one question (its position)."""
        ...

    def notes(self, experiment_id: str) -> Sequence[NoteRecord]:
        """Return what was written about an experiment, oldest first."""
        ...


class DocumentStore(Protocol):
    """What is kept of an experiment word for word; append-only: nothing is changed or taken away."""

    def add(self, experiment_id: str, kind: DocumentKind, text: str) -> DocumentRecord:
        """Store a document; return it as stored. One of the same kind and text stays as it was."""
        ...

    def list(
        self, experiment_id: str, kind: DocumentKind | None = None
    ) -> Sequence[DocumentRecord]:
        """Return the documents of an experiment, of one kind or of all, oldest first."""
        ...
