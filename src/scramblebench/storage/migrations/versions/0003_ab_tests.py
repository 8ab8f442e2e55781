"""A/B tests as they were declared."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add their table."""
    op.create_table(
        "ab_tests",
        sa.Column(
            "no",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("experiment_no", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("protocol_json", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("exact", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["experiment_no"], ["experiments.no"], name=op.f("fk_ab_tests_experiment_no")
        ),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_ab_tests")),
        sa.UniqueConstraint("id", name=op.f("uq_ab_tests_id")),
    )
    op.create_index(op.f("ix_ab_tests_experiment_no"), "ab_tests", ["experiment_no"])
