"""Budgets and their totals, shared rates, the response cache, recoveries and retries."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_FILL_TOTALS = """
    INSERT INTO ledger_totals (experiment_no, fence, day, n_open, open_microusd, n_lost,
                               lost_microusd, settled_microusd)
    SELECT experiment_no, fence, started_at / 86400000000,
           sum(CASE WHEN outcome = 'unknown' THEN 1 ELSE 0 END),
           sum(CASE WHEN outcome = 'unknown' THEN coalesce(reserved_microusd, 0) ELSE 0 END),
           0, 0,
           sum(CASE WHEN outcome = 'answered' THEN coalesce(cost_microusd, 0) ELSE 0 END)
    FROM attempts GROUP BY experiment_no, fence, started_at / 86400000000"""


def upgrade() -> None:
    """Add columns and tables; book what attempts there are."""
    for name in ("cost_limit_microusd", "daily_cost_limit_microusd", "max_concurrent_requests"):
        op.add_column("experiments", sa.Column(name, sa.BigInteger(), nullable=True))
    op.add_column(
        "responses",
        sa.Column("is_cached", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column(
        "attempts",
        sa.Column("is_reserved", sa.Boolean(), nullable=False, server_default=sa.true()),
    )
    for table, name in (
        ("counters", "n_lost"),
        ("counters", "n_cached"),
        ("queue_entries", "n_recoveries"),
        ("queue_entries", "n_retries"),
    ):
        op.add_column(
            table, sa.Column(name, sa.BigInteger(), nullable=False, server_default=sa.text("0"))
        )
    for name in ("n_answered_at_claim", "retry_at"):
        op.add_column("queue_entries", sa.Column(name, sa.BigInteger(), nullable=True))
    op.create_table(
        "ledger_totals",
        sa.Column("experiment_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("n_open", sa.BigInteger(), nullable=False),
        sa.Column("open_microusd", sa.BigInteger(), nullable=False),
        sa.Column("n_lost", sa.BigInteger(), nullable=False),
        sa.Column("lost_microusd", sa.BigInteger(), nullable=False),
        sa.Column("settled_microusd", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("experiment_no", "fence", "day", name=op.f("pk_ledger_totals")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rate_limits",
        sa.Column("key", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("free_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_limits")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "clocks",
        sa.Column("host", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("begin_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_clocks")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "response_cache",
        sa.Column("key", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("experiment_no", sa.BigInteger(), nullable=False),
        sa.Column("trial_index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_response_cache")),
        sqlite_with_rowid=False,
    )
    op.execute(_FILL_TOTALS)
