"""The storage door: SQLite and PostgreSQL behind one contract; the only room that speaks SQL."""

from scramblebench.storage.analysis_records import (
    ABTestRecord,
    AnalysisRecord,
    MetricRecord,
    ThresholdRecord,
)
from scramblebench.storage.connection import StorageUnavailable
from scramblebench.storage.database import open_database
from scramblebench.storage.protocols import (
    AnalysisStore,
    Database,
    ExperimentStore,
    QueueStore,
    RateStore,
    TrialStore,
)
from scramblebench.storage.records import (
    BenchmarkRecord,
    Choose,
    Claim,
    CounterRecord,
    EventRecord,
    ExperimentLimits,
    ExperimentRecord,
    FailureTotal,
    LedgerTotals,
    ModelRecord,
    NewExperiment,
    QueueRecord,
    QueueTotals,
    Refusal,
    Reservation,
    ResponseRecord,
    RunnerRecord,
    ScoreColumns,
    ScrambledRecord,
    Settlement,
    first_free,
)
from scramblebench.storage.runners import new_runner_id
from scramblebench.storage.sqlite import describe_sqlite
from scramblebench.storage.writer import PATIENCE_S, Writer

__all__ = [
    "PATIENCE_S",
    "ABTestRecord",
    "AnalysisRecord",
    "AnalysisStore",
    "BenchmarkRecord",
    "Choose",
    "Claim",
    "CounterRecord",
    "Database",
    "EventRecord",
    "ExperimentLimits",
    "ExperimentRecord",
    "ExperimentStore",
    "FailureTotal",
    "LedgerTotals",
    "MetricRecord",
    "ModelRecord",
    "NewExperiment",
    "QueueRecord",
    "QueueStore",
    "QueueTotals",
    "RateStore",
    "Refusal",
    "Reservation",
    "ResponseRecord",
    "RunnerRecord",
    "ScoreColumns",
    "ScrambledRecord",
    "Settlement",
    "StorageUnavailable",
    "ThresholdRecord",
    "TrialStore",
    "Writer",
    "describe_sqlite",
    "first_free",
    "new_runner_id",
    "open_database",
]
