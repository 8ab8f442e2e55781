"""The schema, one for SQLite and PostgreSQL; what the migrations must add up to.

Only migrations and tests import this module: the stores speak SQL text, which keeps SQLAlchemy (a
quarter of a CPU second) out of every command that only reads.

Hot tables (attempts, responses, scores, counters) have small integer keys in plan order and no
foreign keys: their experiment is looked up in the transaction that writes them. ``responses`` is wide
and keeps a narrow index beside it; the others are stored in the order of their keys. What is derived or
watched is in ``derived_tables``.
"""

from sqlalchemy import Boolean, Column, Index, LargeBinary, Table, Text, false, text, true

from scramblebench.storage import derived_tables
from scramblebench.storage.columns import (
    bytes_column,
    count,
    exact,
    flag,
    float_column,
    hash_column,
    integer_column,
    key,
    metadata,
    number,
    optional_float,
    optional_integer,
    optional_text,
    reference,
    small_column,
    text_column,
)

__all__ = ["derived_tables", "metadata"]

experiments = Table(
    "experiments",
    metadata,
    number(),
    text_column("id", is_unique=True),
    text_column("name"),
    text_column("state"),
    optional_text("reason"),
    integer_column("fence"),
    text_column("spec_json"),
    text_column("source_text"),
    integer_column("n_trials"),
    integer_column("n_repeats"),
    text_column("description"),
    text_column("research_question"),
    optional_text("hypothesis"),
    text_column("researcher_name"),
    optional_text("institution"),
    text_column("tags_json"),
    integer_column("created_at"),
    integer_column("updated_at"),
    optional_integer("started_at"),
    optional_integer("completed_at"),
    exact(),
    optional_integer("cost_limit_microusd"),
    optional_integer("daily_cost_limit_microusd"),
    optional_integer("max_concurrent_requests"),
    Index(None, "state"),
)

experiment_events = Table(
    "experiment_events",
    metadata,
    number(),
    reference("experiment_no", "experiments"),
    integer_column("happened_at"),
    optional_text("state_before"),
    text_column("state_after"),
    optional_text("reason"),
    text_column("actor"),
    integer_column("fence"),
    exact(),
    Index(None, "experiment_no"),
)

benchmarks = Table("benchmarks", metadata, number(), text_column("name", is_unique=True))

experiment_benchmarks = Table(
    "experiment_benchmarks",
    metadata,
    reference("experiment_no", "experiments", is_key=True),
    key("position"),
    reference("benchmark_no", "benchmarks"),
    integer_column("n_questions"),
    text_column("files_json"),
    text_column("notes_json"),
    exact(),
    sqlite_with_rowid=False,
)

models = Table(
    "models",
    metadata,
    number(),
    text_column("id", is_unique=True),
    text_column("name"),
    text_column("provider"),
)

experiment_models = Table(
    "experiment_models",
    metadata,
    reference("experiment_no", "experiments", is_key=True),
    key("position"),
    reference("model_no", "models"),
    text_column("label"),
    text_column("spec_json"),
    exact(),
    sqlite_with_rowid=False,
)

experiment_conditions = Table(
    "experiment_conditions",
    metadata,
    reference("experiment_no", "experiments", is_key=True),
    key("position"),
    hash_column("condition_id"),
    text_column("method"),
    float_column("level_pct"),
    integer_column("seed"),
    text_column("parameters_json"),
    exact(),
    sqlite_with_rowid=False,
)

questions = Table(
    "questions",
    metadata,
    number(),
    hash_column("id", is_unique=True),
    reference("benchmark_no", "benchmarks"),
    text_column("text"),
    text_column("context"),
    text_column("choices_json"),
    text_column("answers_json"),
    exact(),
)

experiment_questions = Table(
    "experiment_questions",
    metadata,
    reference("experiment_no", "experiments", is_key=True),
    key("position"),
    reference("question_no", "questions"),
    optional_integer("correct_choice"),
    text_column("domain"),
    text_column("difficulty"),
    text_column("source_id"),
    exact(),
    sqlite_with_rowid=False,
)

scrambled_questions = Table(
    "scrambled_questions",
    metadata,
    key("experiment_no"),
    key("condition_index"),
    key("question_no"),
    hash_column("text_sha256"),
    float_column("realised_dose"),
    float_column("edit_distance"),
    integer_column("n_units"),
    integer_column("n_altered"),
    sqlite_with_rowid=False,
)

attempts = Table(
    "attempts",
    metadata,
    key("experiment_no"),
    key("trial_index"),
    key("number"),
    integer_column("fence"),
    integer_column("started_at"),
    optional_integer("reserved_microusd"),
    optional_integer("took_us"),
    small_column("outcome"),
    optional_integer("cost_microusd"),
    optional_text("failure_kind"),
    optional_text("failure_message"),
    optional_integer("failure_status"),
    optional_float("retry_after_s"),
    exact(),
    Column("is_reserved", Boolean, nullable=False, server_default=true()),
    sqlite_with_rowid=False,
)

ledger_totals = Table(
    "ledger_totals",
    metadata,
    key("experiment_no"),
    key("fence"),
    key("day"),
    integer_column("n_open"),
    integer_column("open_microusd"),
    integer_column("n_lost"),
    integer_column("lost_microusd"),
    integer_column("settled_microusd"),
    sqlite_with_rowid=False,
)

provenances = Table(
    "provenances",
    metadata,
    number(),
    hash_column("id", is_unique=True),
    optional_text("finish_reason"),
    optional_text("cost_source"),
    optional_text("served_model"),
    optional_text("served_provider"),
    optional_text("model_digest"),
    exact(),
    bytes_column("sample"),
)

responses = Table(
    "responses",
    metadata,
    key("experiment_no"),
    key("trial_index"),
    integer_column("attempt_number"),
    integer_column("responded_at"),
    text_column("text"),
    float_column("latency_s"),
    optional_integer("prompt_tokens"),
    optional_integer("completion_tokens"),
    optional_integer("cost_microusd"),
    integer_column("provenance_no"),
    optional_text("provider_response_id"),
    flag("is_truncated"),
    flag("is_prompt_cut"),
    bytes_column("raw"),
    exact(),
    Column("is_cached", Boolean, nullable=False, server_default=false()),
)

served_models = Table(
    "served_models",
    metadata,
    key("experiment_no"),
    key("model_index"),
    key("provenance_no"),
    sqlite_with_rowid=False,
)
"""Who gave answers that were asked for, not taken from the cache: a look at it reads no responses."""

scores = Table(
    "scores",
    metadata,
    key("experiment_no"),
    key("trial_index"),
    key("scorer", Text),
    flag("is_first"),
    float_column("value"),
    small_column("status"),
    optional_text("answer"),
    integer_column("rule_no"),
    exact(),
    sqlite_with_rowid=False,
)

rules = Table(
    "rules", metadata, number(), hash_column("id", is_unique=True), text_column("rule"), exact()
)
"""How answers were read out of responses."""

counters = Table(
    "counters",
    metadata,
    key("experiment_no"),
    key("model_index"),
    key("condition_index"),
    integer_column("n_answered"),
    integer_column("n_no_answer"),
    integer_column("n_failures"),
    float_column("score_sum"),
    integer_column("prompt_tokens"),
    integer_column("completion_tokens"),
    integer_column("cost_microusd"),
    integer_column("n_cost_unknown"),
    integer_column("latency_sum_us"),
    count("n_lost"),
    count("n_cached"),
    sqlite_with_rowid=False,
)

failure_totals = Table(
    "failure_totals",
    metadata,
    key("experiment_no"),
    key("model_index"),
    key("kind", Text),
    integer_column("n_failures"),
    text_column("last_message"),
    exact(),
    sqlite_with_rowid=False,
)

queue_entries = Table(
    "queue_entries",
    metadata,
    number(),
    reference("experiment_no", "experiments", is_unique=True),
    integer_column("priority"),
    integer_column("enqueued_at"),
    text_column("requirements_json"),
    optional_text("runner_id"),
    integer_column("fence"),
    optional_integer("lease_until"),
    count("n_recoveries"),
    count("n_retries"),
    optional_integer("n_answered_at_claim"),
    optional_integer("retry_at"),
)

queue_dependencies = Table(
    "queue_dependencies",
    metadata,
    reference("experiment_no", "experiments", is_key=True),
    reference("depends_on_no", "experiments", is_key=True),
    sqlite_with_rowid=False,
)

runners = Table(
    "runners",
    metadata,
    key("id", Text),
    text_column("host"),
    integer_column("pid"),
    integer_column("started_at"),
    integer_column("heartbeat_at"),
    Column("role", Text, nullable=False, server_default=text("'runner'")),
)

shards = Table(
    "shards",
    metadata,
    key("experiment_no"),
    key("first_index"),
    integer_column("end_index"),
    integer_column("model_index"),
    integer_column("experiment_fence"),
    optional_integer("most_requests"),
    integer_column("fence"),
    optional_text("worker_id"),
    optional_integer("lease_until"),
    integer_column("n_granted"),
    integer_column("n_deaths"),
    optional_integer("n_answered_at_claim"),
    flag("is_over"),
    optional_text("last_failure"),
    flag("is_passing"),
    optional_text("stop_reason"),
    optional_text("stop_budget"),
    Index(
        None,
        "worker_id",
        sqlite_where=text("worker_id IS NOT NULL"),
        postgresql_where=text("worker_id IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)

rate_limits = Table(
    "rate_limits", metadata, key("key", Text), integer_column("free_at"), sqlite_with_rowid=False
)

clocks = Table(
    "clocks", metadata, key("host", Text), integer_column("begin_us"), sqlite_with_rowid=False
)
"""SQLite only: the wall clock's time when a machine's monotonic clock began, once per boot."""

response_cache = Table(
    "response_cache",
    metadata,
    key("key", LargeBinary),
    integer_column("experiment_no"),
    integer_column("trial_index"),
    sqlite_with_rowid=False,
)
