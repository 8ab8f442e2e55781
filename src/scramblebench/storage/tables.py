"""The schema, one for SQLite and PostgreSQL; what the migrations must add up to.

Only migrations and tests import this module: the stores speak SQL text, which keeps SQLAlchemy (a
quarter of a CPU second) out of every command that only reads.

Hot tables (attempts, responses, scores, counters) have small integer keys in plan order and no
foreign keys: their experiment is looked up in the transaction that writes them. ``responses`` is wide
and keeps a narrow index beside it; the others are stored in the order of their keys. Moments are
microseconds since 1970, money is micro-dollars, hashes are 32 raw bytes; ``exact`` is explained in
``sanitise``.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    false,
    text,
    true,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    }
)

_ROW_NUMBER = BigInteger().with_variant(Integer, "sqlite")


def _number() -> Column[int]:
    return Column("no", _ROW_NUMBER, primary_key=True, autoincrement=True)


def _key(name: str, kind: type[BigInteger | Text | LargeBinary] = BigInteger) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _reference(
    name: str, table: str, *, is_key: bool = False, is_unique: bool = False
) -> Column[int]:
    return Column(
        name,
        BigInteger,
        ForeignKey(f"{table}.no"),
        primary_key=is_key,
        autoincrement=False,
        nullable=False,
        unique=is_unique or None,
    )


def _text(name: str, *, is_unique: bool = False) -> Column[str]:
    return Column(name, Text, nullable=False, unique=is_unique or None)


def _optional_text(name: str) -> Column[str | None]:
    return Column(name, Text)


def _integer(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _count(name: str) -> Column[int]:
    """Return a count that a later version of the schema added: 0 in rows that were there."""
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


def _optional_integer(name: str) -> Column[int | None]:
    return Column(name, BigInteger)


def _float(name: str) -> Column[float]:
    return Column(name, Float(53), nullable=False)


def _optional_float(name: str) -> Column[float | None]:
    return Column(name, Float(53))


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _hash(name: str, *, is_unique: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False, unique=is_unique or None)


def _bytes(name: str) -> Column[bytes | None]:
    return Column(name, LargeBinary)


def _exact() -> Column[bytes | None]:
    return Column("exact", LargeBinary)


experiments = Table(
    "experiments",
    metadata,
    _number(),
    _text("id", is_unique=True),
    _text("name"),
    _text("state"),
    _optional_text("reason"),
    _integer("fence"),
    _text("spec_json"),
    _text("source_text"),
    _integer("n_trials"),
    _integer("n_repeats"),
    _text("description"),
    _text("research_question"),
    _optional_text("hypothesis"),
    _text("researcher_name"),
    _optional_text("institution"),
    _text("tags_json"),
    _integer("created_at"),
    _integer("updated_at"),
    _optional_integer("started_at"),
    _optional_integer("completed_at"),
    _exact(),
    _optional_integer("cost_limit_microusd"),
    _optional_integer("daily_cost_limit_microusd"),
    _optional_integer("max_concurrent_requests"),
    Index(None, "state"),
)

experiment_events = Table(
    "experiment_events",
    metadata,
    _number(),
    _reference("experiment_no", "experiments"),
    _integer("happened_at"),
    _optional_text("state_before"),
    _text("state_after"),
    _optional_text("reason"),
    _text("actor"),
    _integer("fence"),
    _exact(),
    Index(None, "experiment_no"),
)

benchmarks = Table("benchmarks", metadata, _number(), _text("name", is_unique=True))

experiment_benchmarks = Table(
    "experiment_benchmarks",
    metadata,
    _reference("experiment_no", "experiments", is_key=True),
    _key("position"),
    _reference("benchmark_no", "benchmarks"),
    _integer("n_questions"),
    _text("files_json"),
    _text("notes_json"),
    _exact(),
    sqlite_with_rowid=False,
)

models = Table(
    "models", metadata, _number(), _text("id", is_unique=True), _text("name"), _text("provider")
)

experiment_models = Table(
    "experiment_models",
    metadata,
    _reference("experiment_no", "experiments", is_key=True),
    _key("position"),
    _reference("model_no", "models"),
    _text("label"),
    _text("spec_json"),
    _exact(),
    sqlite_with_rowid=False,
)

experiment_conditions = Table(
    "experiment_conditions",
    metadata,
    _reference("experiment_no", "experiments", is_key=True),
    _key("position"),
    _hash("condition_id"),
    _text("method"),
    _float("level_pct"),
    _integer("seed"),
    _text("parameters_json"),
    _exact(),
    sqlite_with_rowid=False,
)

questions = Table(
    "questions",
    metadata,
    _number(),
    _hash("id", is_unique=True),
    _reference("benchmark_no", "benchmarks"),
    _text("text"),
    _text("context"),
    _text("choices_json"),
    _text("answers_json"),
    _exact(),
)

experiment_questions = Table(
    "experiment_questions",
    metadata,
    _reference("experiment_no", "experiments", is_key=True),
    _key("position"),
    _reference("question_no", "questions"),
    _optional_integer("correct_choice"),
    _text("domain"),
    _text("difficulty"),
    _text("source_id"),
    _exact(),
    sqlite_with_rowid=False,
)

scrambled_questions = Table(
    "scrambled_questions",
    metadata,
    _key("experiment_no"),
    _key("condition_index"),
    _key("question_no"),
    _hash("text_sha256"),
    _float("realised_dose"),
    _float("edit_distance"),
    _integer("n_units"),
    _integer("n_altered"),
    sqlite_with_rowid=False,
)

attempts = Table(
    "attempts",
    metadata,
    _key("experiment_no"),
    _key("trial_index"),
    _key("number"),
    _integer("fence"),
    _integer("started_at"),
    _text("idempotency_key"),
    _optional_integer("reserved_microusd"),
    _optional_integer("settled_at"),
    _text("outcome"),
    _optional_integer("cost_microusd"),
    _optional_text("failure_kind"),
    _optional_text("failure_message"),
    _optional_integer("failure_status"),
    _optional_float("retry_after_s"),
    _exact(),
    Column("is_reserved", Boolean, nullable=False, server_default=true()),
    sqlite_with_rowid=False,
)

ledger_totals = Table(
    "ledger_totals",
    metadata,
    _key("experiment_no"),
    _key("fence"),
    _key("day"),
    _integer("n_open"),
    _integer("open_microusd"),
    _integer("n_lost"),
    _integer("lost_microusd"),
    _integer("settled_microusd"),
    sqlite_with_rowid=False,
)

provenances = Table(
    "provenances",
    metadata,
    _number(),
    _hash("id", is_unique=True),
    _optional_text("finish_reason"),
    _optional_text("cost_source"),
    _optional_text("served_model"),
    _optional_text("served_provider"),
    _optional_text("model_digest"),
    _exact(),
)

responses = Table(
    "responses",
    metadata,
    _key("experiment_no"),
    _key("trial_index"),
    _integer("attempt_number"),
    _integer("responded_at"),
    _text("text"),
    _float("latency_s"),
    _optional_integer("prompt_tokens"),
    _optional_integer("completion_tokens"),
    _optional_integer("cost_microusd"),
    _integer("provenance_no"),
    _optional_text("provider_response_id"),
    _flag("is_truncated"),
    _flag("is_prompt_cut"),
    _bytes("raw"),
    _exact(),
    Column("is_cached", Boolean, nullable=False, server_default=false()),
)

scores = Table(
    "scores",
    metadata,
    _key("experiment_no"),
    _key("trial_index"),
    _key("scorer", Text),
    _flag("is_first"),
    _float("value"),
    _text("status"),
    _optional_text("answer"),
    _text("rule"),
    _exact(),
    sqlite_with_rowid=False,
)

counters = Table(
    "counters",
    metadata,
    _key("experiment_no"),
    _key("model_index"),
    _key("condition_index"),
    _integer("n_answered"),
    _integer("n_no_answer"),
    _integer("n_failures"),
    _float("score_sum"),
    _integer("prompt_tokens"),
    _integer("completion_tokens"),
    _integer("cost_microusd"),
    _integer("n_cost_unknown"),
    _integer("latency_sum_us"),
    _count("n_lost"),
    _count("n_cached"),
    sqlite_with_rowid=False,
)

failure_totals = Table(
    "failure_totals",
    metadata,
    _key("experiment_no"),
    _key("model_index"),
    _key("kind", Text),
    _integer("n_failures"),
    _text("last_message"),
    _exact(),
    sqlite_with_rowid=False,
)

queue_entries = Table(
    "queue_entries",
    metadata,
    _number(),
    _reference("experiment_no", "experiments", is_unique=True),
    _integer("priority"),
    _integer("enqueued_at"),
    _text("requirements_json"),
    _optional_text("runner_id"),
    _integer("fence"),
    _optional_integer("lease_until"),
    _count("n_recoveries"),
    _count("n_retries"),
    _optional_integer("n_answered_at_claim"),
    _optional_integer("retry_at"),
)

queue_dependencies = Table(
    "queue_dependencies",
    metadata,
    _reference("experiment_no", "experiments", is_key=True),
    _reference("depends_on_no", "experiments", is_key=True),
    sqlite_with_rowid=False,
)

runners = Table(
    "runners",
    metadata,
    _key("id", Text),
    _text("host"),
    _integer("pid"),
    _integer("started_at"),
    _integer("heartbeat_at"),
)

rate_limits = Table(
    "rate_limits", metadata, _key("key", Text), _integer("free_at"), sqlite_with_rowid=False
)

clocks = Table(
    "clocks", metadata, _key("host", Text), _integer("begin_us"), sqlite_with_rowid=False
)
"""SQLite only: the wall clock's time when a machine's monotonic clock began, once per boot."""

response_cache = Table(
    "response_cache",
    metadata,
    _key("key", LargeBinary),
    _integer("experiment_no"),
    _integer("trial_index"),
    sqlite_with_rowid=False,
)

performance_metrics = Table(
    "performance_metrics",
    metadata,
    _number(),
    _reference("experiment_no", "experiments"),
    _optional_integer("model_index"),
    _optional_integer("condition_index"),
    _text("metric"),
    _optional_float("value"),
    _optional_float("interval_low"),
    _optional_float("interval_high"),
    _integer("n_answered"),
    _integer("n_planned"),
    _integer("computed_at"),
    Index(None, "experiment_no", "metric"),
)

statistical_analyses = Table(
    "statistical_analyses",
    metadata,
    _number(),
    _reference("experiment_no", "experiments"),
    _text("kind"),
    _text("name"),
    _hash("inputs_sha256"),
    _integer("seed"),
    _text("result_json"),
    _integer("computed_at"),
    _exact(),
    Index(None, "experiment_no", "kind"),
)

threshold_analyses = Table(
    "threshold_analyses",
    metadata,
    _number(),
    _reference("experiment_no", "experiments"),
    _integer("model_index"),
    _text("benchmark"),
    _text("method"),
    _text("definition"),
    _optional_float("baseline_accuracy"),
    _optional_float("threshold_level_pct"),
    _optional_float("threshold_low_pct"),
    _optional_float("threshold_high_pct"),
    _optional_float("dependency_coefficient"),
    _hash("inputs_sha256"),
    _integer("seed"),
    _text("result_json"),
    _integer("computed_at"),
    _exact(),
    Index(None, "experiment_no", "model_index"),
)

ab_tests = Table(
    "ab_tests",
    metadata,
    _number(),
    _text("id", is_unique=True),
    _reference("experiment_no", "experiments"),
    _text("name"),
    _text("protocol_json"),
    _integer("created_at"),
    _exact(),
    Index(None, "experiment_no"),
)

latency_counts = Table(
    "latency_counts",
    metadata,
    _key("experiment_no"),
    _key("model_index"),
    _key("bucket"),
    _integer("n"),
    sqlite_with_rowid=False,
)

metric_samples = Table(
    "metric_samples",
    metadata,
    _number(),
    _integer("experiment_no"),
    _text("runner_id"),
    _integer("taken_at"),
    _text("values_json"),
    Index(None, "experiment_no", "taken_at"),
)
"""``experiment_no`` is 0 for a machine itself; here and in ``alerts``."""

alerts = Table(
    "alerts",
    metadata,
    _number(),
    _integer("experiment_no"),
    _text("rule"),
    _text("severity"),
    _text("message"),
    _text("subject"),
    _optional_float("value"),
    _optional_float("threshold"),
    _integer("raised_at"),
    _optional_integer("resolved_at"),
    _optional_integer("acknowledged_at"),
    _optional_text("acknowledged_by"),
    _optional_text("note"),
    _integer("n_raised"),
    _exact(),
    Index(None, "rule", "experiment_no", "subject"),
    Index(None, "experiment_no"),
)

alert_deliveries = Table(
    "alert_deliveries",
    metadata,
    _number(),
    _reference("alert_no", "alerts"),
    _text("target"),
    _text("message"),
    _integer("n_attempts"),
    _optional_integer("next_at"),
    _optional_integer("delivered_at"),
    _optional_text("last_error"),
    Index(None, "alert_no"),
)

notes = Table(
    "notes",
    metadata,
    _number(),
    _reference("experiment_no", "experiments"),
    _optional_integer("question"),
    _text("author"),
    _text("text"),
    _integer("written_at"),
    _exact(),
    Index(None, "experiment_no"),
)
