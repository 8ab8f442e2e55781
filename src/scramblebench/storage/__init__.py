"""The storage door: SQLite and PostgreSQL behind one contract; the only room that speaks SQL."""

from scramblebench.storage.database import open_database
from scramblebench.storage.protocols import Database, ExperimentStore, QueueStore, TrialStore
from scramblebench.storage.records import (
    BenchmarkRecord,
    Claim,
    CounterRecord,
    EventRecord,
    ExperimentRecord,
    FailureTotal,
    ModelRecord,
    NewExperiment,
    QueueRecord,
    Reservation,
    ResponseRecord,
    ScoreColumns,
    ScrambledRecord,
    Settlement,
)
from scramblebench.storage.runners import new_runner_id
from scramblebench.storage.sqlite import describe_sqlite
from scramblebench.storage.writer import Writer

__all__ = [
    "BenchmarkRecord",
    "Claim",
    "CounterRecord",
    "Database",
    "EventRecord",
    "ExperimentRecord",
    "ExperimentStore",
    "FailureTotal",
    "ModelRecord",
    "NewExperiment",
    "QueueRecord",
    "QueueStore",
    "Reservation",
    "ResponseRecord",
    "ScoreColumns",
    "ScrambledRecord",
    "Settlement",
    "TrialStore",
    "Writer",
    "describe_sqlite",
    "new_runner_id",
    "open_database",
]
