"""Documents: what is kept of an experiment word for word."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the table."""
    kind = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "experiment_documents",
        sa.Column("no", kind, autoincrement=True, nullable=False),
        sa.Column("experiment_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("exact", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["experiment_no"],
            ["experiments.no"],
            name=op.f("fk_experiment_documents_experiment_no"),
        ),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_experiment_documents")),
        sa.UniqueConstraint(
            "experiment_no",
            "kind",
            "sha256",
            name=op.f("uq_experiment_documents_experiment_no_kind_sha256"),
        ),
    )
