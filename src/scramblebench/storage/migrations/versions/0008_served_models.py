"""Who answered for each model of an experiment, without reading its responses."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the table, with what responses say."""
    op.create_table(
        "served_models",
        sa.Column("experiment_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("model_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("provenance_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint(
            "experiment_no", "model_index", "provenance_no", name=op.f("pk_served_models")
        ),
        sqlite_with_rowid=False,
    )
    op.execute("""
        INSERT INTO served_models (experiment_no, model_index, provenance_no)
        SELECT DISTINCT r.experiment_no, r.trial_index / (e.n_trials / m.n_models), r.provenance_no
        FROM responses r
        JOIN experiments e ON e.no = r.experiment_no
        JOIN (SELECT experiment_no, count(*) AS n_models FROM experiment_models GROUP BY experiment_no) m
            ON m.experiment_no = r.experiment_no
        WHERE NOT r.is_cached""")
