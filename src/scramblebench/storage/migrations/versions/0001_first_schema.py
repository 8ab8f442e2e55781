"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """The first schema."""
    op.create_table(
        "attempts",
        sa.Column("experiment_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("trial_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("reserved_microusd", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("cost_microusd", sa.BigInteger(), nullable=True),
        sa.Column("failure_kind", sa.Text(), nullable=True),
        sa.Column("failure_message", sa.Text(), nullable=True),
        sa.Column("failure_status", sa.BigInteger(), nullable=True),
        sa.Column("retry_after_s", sa.Float(precision=53), nullable=True),
        sa.Column("exact", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("experiment_no", "trial_index", "number", name=op.f("pk_attempts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "benchmarks",
        sa.Column(
            "no",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_benchmarks")),
        sa.UniqueConstraint("name", name=op.f("uq_benchmarks_name")),
    )
    op.create_table(
        "counters",
        sa.Column("experiment_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("model_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("condition_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("n_answered", sa.BigInteger(), nullable=False),
        sa.Column("n_no_answer", sa.BigInteger(), nullable=False),
        sa.Column("n_failures", sa.BigInteger(), nullable=False),
        sa.Column("score_sum", sa.Float(precision=53), nullable=False),
        sa.Column("prompt_tokens", sa.BigInteger(), nullable=False),
        sa.Column("completion_tokens", sa.BigInteger(), nullable=False),
        sa.Column("cost_microusd", sa.BigInteger(), nullable=False),
        sa.Column("n_cost_unknown", sa.BigInteger(), nullable=False),
        sa.Column("latency_sum_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "experiment_no", "model_index", "condition_index", name=op.f("pk_counters")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "experiments",
        sa.Column(
            "no",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("spec_json", sa.Text(), nullable=False),
        sa.Column("source_text", sa.Text(), nullable=False),
        sa.Column("n_trials", sa.BigInteger(), nullable=False),
        sa.Column("n_repeats", sa.BigInteger(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("research_question", sa.Text(), nullable=False),
        sa.Column("hypothesis", sa.Text(), nullable=True),
        sa.Column("researcher_name", sa.Text(), nullable=False),
        sa.Column("institution", sa.Text(), nullable=True),
        sa.Column("tags_json", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("completed_at", sa.BigInteger(), nullable=True),
        sa.Column("exact", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_experiments")),
        sa.UniqueConstraint("id", name=op.f("uq_experiments_id")),
    )
    op.create_index(op.f("ix_experiments_state"), "experiments", ["state"], unique=False)
    op.create_table(
        "failure_totals",
        sa.Column("experiment_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("model_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("n_failures", sa.BigInteger(), nullable=False),
        sa.Column("last_message", sa.Text(), nullable=False),
        sa.Column("exact", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint(
            "experiment_no", "model_index", "kind", name=op.f("pk_failure_totals")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "models",
        sa.Column(
            "no",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_models")),
        sa.UniqueConstraint("id", name=op.f("uq_models_id")),
    )
    op.create_table(
        "provenances",
        sa.Column(
            "no",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("finish_reason", sa.Text(), nullable=True),
        sa.Column("cost_source", sa.Text(), nullable=True),
        sa.Column("served_model", sa.Text(), nullable=True),
        sa.Column("served_provider", sa.Text(), nullable=True),
        sa.Column("model_digest", sa.Text(), nullable=True),
        sa.Column("exact", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_provenances")),
        sa.UniqueConstraint("id", name=op.f("uq_provenances_id")),
    )
    op.create_table(
        "responses",
        sa.Column("experiment_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("trial_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("attempt_number", sa.BigInteger(), nullable=False),
        sa.Column("responded_at", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("latency_s", sa.Float(precision=53), nullable=False),
        sa.Column("prompt_tokens", sa.BigInteger(), nullable=True),
        sa.Column("completion_tokens", sa.BigInteger(), nullable=True),
        sa.Column("cost_microusd", sa.BigInteger(), nullable=True),
        sa.Column("provenance_no", sa.BigInteger(), nullable=False),
        sa.Column("provider_response_id", sa.Text(), nullable=True),
        sa.Column("is_truncated", sa.Boolean(), nullable=False),
        sa.Column("is_prompt_cut", sa.Boolean(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("exact", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("experiment_no", "trial_index", name=op.f("pk_responses")),
    )
    op.create_table(
        "runners",
        sa.Column("id", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("heartbeat_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runners")),
    )
    op.create_table(
        "scores",
        sa.Column("experiment_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("trial_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("scorer", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("is_first", sa.Boolean(), nullable=False),
        sa.Column("value", sa.Float(precision=53), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("exact", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("experiment_no", "trial_index", "scorer", name=op.f("pk_scores")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "scrambled_questions",
        sa.Column("experiment_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("condition_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("question_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("text_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("realised_dose", sa.Float(precision=53), nullable=False),
        sa.Column("edit_distance", sa.Float(precision=53), nullable=False),
        sa.Column("n_units", sa.BigInteger(), nullable=False),
        sa.Column("n_altered", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "experiment_no", "condition_index", "question_no", name=op.f("pk_scrambled_questions")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "experiment_benchmarks",
        sa.Column("experiment_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("benchmark_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("n_questions", sa.BigInteger(), nullable=False),
        sa.Column("files_json", sa.Text(), nullable=False),
        sa.Column("notes_json", sa.Text(), nullable=False),
        sa.Column("exact", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["benchmark_no"], ["benchmarks.no"], name=op.f("fk_experiment_benchmarks_benchmark_no")
        ),
        sa.ForeignKeyConstraint(
            ["experiment_no"],
            ["experiments.no"],
            name=op.f("fk_experiment_benchmarks_experiment_no"),
        ),
        sa.PrimaryKeyConstraint("experiment_no", "position", name=op.f("pk_experiment_benchmarks")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "experiment_conditions",
        sa.Column("experiment_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("condition_id", sa.LargeBinary(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("level_pct", sa.Float(precision=53), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("parameters_json", sa.Text(), nullable=False),
        sa.Column("exact", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["experiment_no"],
            ["experiments.no"],
            name=op.f("fk_experiment_conditions_experiment_no"),
        ),
        sa.PrimaryKeyConstraint("experiment_no", "position", name=op.f("pk_experiment_conditions")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "experiment_events",
        sa.Column(
            "no",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("experiment_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("happened_at", sa.BigInteger(), nullable=False),
        sa.Column("state_before", sa.Text(), nullable=True),
        sa.Column("state_after", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("exact", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["experiment_no"], ["experiments.no"], name=op.f("fk_experiment_events_experiment_no")
        ),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_experiment_events")),
    )
    op.create_index(
        op.f("ix_experiment_events_experiment_no"),
        "experiment_events",
        ["experiment_no"],
        unique=False,
    )
    op.create_table(
        "experiment_models",
        sa.Column("experiment_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("model_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("spec_json", sa.Text(), nullable=False),
        sa.Column("exact", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["experiment_no"], ["experiments.no"], name=op.f("fk_experiment_models_experiment_no")
        ),
        sa.ForeignKeyConstraint(
            ["model_no"], ["models.no"], name=op.f("fk_experiment_models_model_no")
        ),
        sa.PrimaryKeyConstraint("experiment_no", "position", name=op.f("pk_experiment_models")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "performance_metrics",
        sa.Column(
            "no",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("experiment_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("model_index", sa.BigInteger(), nullable=True),
        sa.Column("condition_index", sa.BigInteger(), nullable=True),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(precision=53), nullable=True),
        sa.Column("interval_low", sa.Float(precision=53), nullable=True),
        sa.Column("interval_high", sa.Float(precision=53), nullable=True),
        sa.Column("n_answered", sa.BigInteger(), nullable=False),
        sa.Column("n_planned", sa.BigInteger(), nullable=False),
        sa.Column("computed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["experiment_no"], ["experiments.no"], name=op.f("fk_performance_metrics_experiment_no")
        ),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_performance_metrics")),
    )
    op.create_index(
        op.f("ix_performance_metrics_experiment_no_metric"),
        "performance_metrics",
        ["experiment_no", "metric"],
        unique=False,
    )
    op.create_table(
        "questions",
        sa.Column(
            "no",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("benchmark_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("context", sa.Text(), nullable=False),
        sa.Column("choices_json", sa.Text(), nullable=False),
        sa.Column("answers_json", sa.Text(), nullable=False),
        sa.Column("exact", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["benchmark_no"], ["benchmarks.no"], name=op.f("fk_questions_benchmark_no")
        ),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_questions")),
        sa.UniqueConstraint("id", name=op.f("uq_questions_id")),
    )
    op.create_table(
        "queue_dependencies",
        sa.Column("experiment_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("depends_on_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["depends_on_no"], ["experiments.no"], name=op.f("fk_queue_dependencies_depends_on_no")
        ),
        sa.ForeignKeyConstraint(
            ["experiment_no"], ["experiments.no"], name=op.f("fk_queue_dependencies_experiment_no")
        ),
        sa.PrimaryKeyConstraint(
            "experiment_no", "depends_on_no", name=op.f("pk_queue_dependencies")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "queue_entries",
        sa.Column(
            "no",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("experiment_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("priority", sa.BigInteger(), nullable=False),
        sa.Column("enqueued_at", sa.BigInteger(), nullable=False),
        sa.Column("requirements_json", sa.Text(), nullable=False),
        sa.Column("runner_id", sa.Text(), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["experiment_no"], ["experiments.no"], name=op.f("fk_queue_entries_experiment_no")
        ),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_queue_entries")),
        sa.UniqueConstraint("experiment_no", name=op.f("uq_queue_entries_experiment_no")),
    )
    op.create_table(
        "statistical_analyses",
        sa.Column(
            "no",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("experiment_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("inputs_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("result_json", sa.Text(), nullable=False),
        sa.Column("computed_at", sa.BigInteger(), nullable=False),
        sa.Column("exact", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["experiment_no"],
            ["experiments.no"],
            name=op.f("fk_statistical_analyses_experiment_no"),
        ),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_statistical_analyses")),
    )
    op.create_index(
        op.f("ix_statistical_analyses_experiment_no_kind"),
        "statistical_analyses",
        ["experiment_no", "kind"],
        unique=False,
    )
    op.create_table(
        "threshold_analyses",
        sa.Column(
            "no",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("experiment_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("model_index", sa.BigInteger(), nullable=False),
        sa.Column("benchmark", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("baseline_accuracy", sa.Float(precision=53), nullable=True),
        sa.Column("threshold_level_pct", sa.Float(precision=53), nullable=True),
        sa.Column("threshold_low_pct", sa.Float(precision=53), nullable=True),
        sa.Column("threshold_high_pct", sa.Float(precision=53), nullable=True),
        sa.Column("dependency_coefficient", sa.Float(precision=53), nullable=True),
        sa.Column("inputs_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("result_json", sa.Text(), nullable=False),
        sa.Column("computed_at", sa.BigInteger(), nullable=False),
        sa.Column("exact", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["experiment_no"], ["experiments.no"], name=op.f("fk_threshold_analyses_experiment_no")
        ),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_threshold_analyses")),
    )
    op.create_index(
        op.f("ix_threshold_analyses_experiment_no_model_index"),
        "threshold_analyses",
        ["experiment_no", "model_index"],
        unique=False,
    )
    op.create_table(
        "experiment_questions",
        sa.Column("experiment_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("question_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("correct_choice", sa.BigInteger(), nullable=True),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("difficulty", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("exact", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["experiment_no"],
            ["experiments.no"],
            name=op.f("fk_experiment_questions_experiment_no"),
        ),
        sa.ForeignKeyConstraint(
            ["question_no"], ["questions.no"], name=op.f("fk_experiment_questions_question_no")
        ),
        sa.PrimaryKeyConstraint("experiment_no", "position", name=op.f("pk_experiment_questions")),
        sqlite_with_rowid=False,
    )
