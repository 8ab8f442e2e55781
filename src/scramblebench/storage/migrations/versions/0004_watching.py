"""Samples over time, latencies, alerts with their deliveries, notes."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def _number() -> sa.Column[int]:
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column("no", kind, autoincrement=True, nullable=False)


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "latency_counts",
        sa.Column("experiment_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("model_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bucket", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "experiment_no", "model_index", "bucket", name=op.f("pk_latency_counts")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "metric_samples",
        _number(),
        sa.Column("experiment_no", sa.BigInteger(), nullable=False),
        sa.Column("runner_id", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.Column("values_json", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_metric_samples")),
    )
    op.create_index(
        op.f("ix_metric_samples_experiment_no_taken_at"),
        "metric_samples",
        ["experiment_no", "taken_at"],
    )
    op.create_table(
        "alerts",
        _number(),
        sa.Column("experiment_no", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(53), nullable=True),
        sa.Column("threshold", sa.Float(53), nullable=True),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("n_raised", sa.BigInteger(), nullable=False),
        sa.Column("exact", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_alerts")),
    )
    op.create_index(
        op.f("ix_alerts_rule_experiment_no_subject"), "alerts", ["rule", "experiment_no", "subject"]
    )
    op.create_index(op.f("ix_alerts_experiment_no"), "alerts", ["experiment_no"])
    op.create_table(
        "alert_deliveries",
        _number(),
        sa.Column("alert_no", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("n_attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["alert_no"], ["alerts.no"], name=op.f("fk_alert_deliveries_alert_no")
        ),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_alert_deliveries")),
    )
    op.create_index(op.f("ix_alert_deliveries_alert_no"), "alert_deliveries", ["alert_no"])
    op.create_table(
        "notes",
        _number(),
        sa.Column("experiment_no", sa.BigInteger(), nullable=False),
        sa.Column("question", sa.BigInteger(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.Column("exact", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["experiment_no"], ["experiments.no"], name=op.f("fk_notes_experiment_no")
        ),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_notes")),
    )
    op.create_index(op.f("ix_notes_experiment_no"), "notes", ["experiment_no"])
