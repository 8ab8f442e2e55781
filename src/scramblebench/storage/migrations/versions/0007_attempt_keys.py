"""The idempotency key of an attempt follows from its experiment and trial: it is not stored beside them."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Drop the column."""
    op.drop_column("attempts", "idempotency_key")
