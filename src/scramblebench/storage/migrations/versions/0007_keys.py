"""Keys: an attempt's idempotency key follows from its experiment and trial; shards are found by who holds them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Drop the column, make the index."""
    op.drop_column("attempts", "idempotency_key")
    op.create_index(
        op.f("ix_shards_worker_id"),
        "shards",
        ["worker_id"],
        sqlite_where=sa.text("worker_id IS NOT NULL"),
        postgresql_where=sa.text("worker_id IS NOT NULL"),
    )
