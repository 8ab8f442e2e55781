"""Tables of what is computed, watched, said and kept: results, samples, alerts, notes, documents."""

from sqlalchemy import Index, Table, UniqueConstraint

from scramblebench.storage.columns import (
    exact,
    hash_column,
    integer_column,
    key,
    metadata,
    number,
    optional_float,
    optional_integer,
    optional_text,
    reference,
    text_column,
)

performance_metrics = Table(
    "performance_metrics",
    metadata,
    number(),
    reference("experiment_no", "experiments"),
    optional_integer("model_index"),
    optional_integer("condition_index"),
    text_column("metric"),
    optional_float("value"),
    optional_float("interval_low"),
    optional_float("interval_high"),
    integer_column("n_answered"),
    integer_column("n_planned"),
    integer_column("computed_at"),
    Index(None, "experiment_no", "metric"),
)

statistical_analyses = Table(
    "statistical_analyses",
    metadata,
    number(),
    reference("experiment_no", "experiments"),
    text_column("kind"),
    text_column("name"),
    hash_column("inputs_sha256"),
    integer_column("seed"),
    text_column("result_json"),
    integer_column("computed_at"),
    exact(),
    Index(None, "experiment_no", "kind"),
)

threshold_analyses = Table(
    "threshold_analyses",
    metadata,
    number(),
    reference("experiment_no", "experiments"),
    integer_column("model_index"),
    text_column("benchmark"),
    text_column("method"),
    text_column("definition"),
    optional_float("baseline_accuracy"),
    optional_float("threshold_level_pct"),
    optional_float("threshold_low_pct"),
    optional_float("threshold_high_pct"),
    optional_float("dependency_coefficient"),
    hash_column("inputs_sha256"),
    integer_column("seed"),
    text_column("result_json"),
    integer_column("computed_at"),
    exact(),
    Index(None, "experiment_no", "model_index"),
)

ab_tests = Table(
    "ab_tests",
    metadata,
    number(),
    text_column("id", is_unique=True),
    reference("experiment_no", "experiments"),
    text_column("name"),
    text_column("protocol_json"),
    integer_column("created_at"),
    exact(),
    Index(None, "experiment_no"),
)

latency_counts = Table(
    "latency_counts",
    metadata,
    key("experiment_no"),
    key("model_index"),
    key("bucket"),
    integer_column("n"),
    sqlite_with_rowid=False,
)

metric_samples = Table(
    "metric_samples",
    metadata,
    number(),
    integer_column("experiment_no"),
    text_column("runner_id"),
    integer_column("taken_at"),
    text_column("values_json"),
    Index(None, "experiment_no", "taken_at"),
)
"""``experiment_no`` is 0 for a machine itself; here and in ``alerts``."""

alerts = Table(
    "alerts",
    metadata,
    number(),
    integer_column("experiment_no"),
    text_column("rule"),
    text_column("severity"),
    text_column("message"),
    text_column("subject"),
    optional_float("value"),
    optional_float("threshold"),
    integer_column("raised_at"),
    optional_integer("resolved_at"),
    optional_integer("acknowledged_at"),
    optional_text("acknowledged_by"),
    optional_text("note"),
    integer_column("n_raised"),
    exact(),
    Index(None, "rule", "experiment_no", "subject"),
    Index(None, "experiment_no"),
)

alert_deliveries = Table(
    "alert_deliveries",
    metadata,
    number(),
    reference("alert_no", "alerts"),
    text_column("target"),
    text_column("message"),
    integer_column("n_attempts"),
    optional_integer("next_at"),
    optional_integer("delivered_at"),
    optional_text("last_error"),
    Index(None, "alert_no"),
)

notes = Table(
    "notes",
    metadata,
    number(),
    reference("experiment_no", "experiments"),
    optional_integer("question"),
    text_column("author"),
    text_column("text"),
    integer_column("written_at"),
    exact(),
    Index(None, "experiment_no"),
)

experiment_documents = Table(
    "experiment_documents",
    metadata,
    number(),
    reference("experiment_no", "experiments"),
    text_column("kind"),
    integer_column("at"),
    hash_column("sha256"),
    text_column("text"),
    exact(),
    UniqueConstraint("experiment_no", "kind", "sha256"),
)
"""Append-only."""
