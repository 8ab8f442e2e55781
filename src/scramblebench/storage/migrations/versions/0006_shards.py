"""Shards: parts of an experiment that many workers take; what a runner does."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the table and the column."""
    op.create_table(
        "shards",
        sa.Column("experiment_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("end_index", sa.BigInteger(), nullable=False),
        sa.Column("model_index", sa.BigInteger(), nullable=False),
        sa.Column("experiment_fence", sa.BigInteger(), nullable=False),
        sa.Column("most_requests", sa.BigInteger(), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("worker_id", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("n_granted", sa.BigInteger(), nullable=False),
        sa.Column("n_deaths", sa.BigInteger(), nullable=False),
        sa.Column("n_answered_at_claim", sa.BigInteger(), nullable=True),
        sa.Column("is_over", sa.Boolean(), nullable=False),
        sa.Column("last_failure", sa.Text(), nullable=True),
        sa.Column("is_passing", sa.Boolean(), nullable=False),
        sa.Column("stop_reason", sa.Text(), nullable=True),
        sa.Column("stop_budget", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("experiment_no", "first_index", name=op.f("pk_shards")),
        sqlite_with_rowid=False,
    )
    op.add_column(
        "runners", sa.Column("role", sa.Text(), nullable=False, server_default=sa.text("'runner'"))
    )
