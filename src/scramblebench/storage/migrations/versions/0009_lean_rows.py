"""Rows say by number what they repeat: outcome, status, rule; bodies are deflated against a sample."""

import json

import sqlalchemy as sa
from alembic import op

from scramblebench.core.canonical import content_hash

revision = "0009"
down_revision = "0008"

_FILL_ATTEMPTS = """
    INSERT INTO attempts
        (experiment_no, trial_index, number, fence, started_at, reserved_microusd, took_us, outcome,
         cost_microusd, failure_kind, failure_message, failure_status, retry_after_s, exact, is_reserved)
    SELECT experiment_no, trial_index, number, fence, started_at, reserved_microusd,
           settled_at - started_at,
           CASE outcome WHEN 'unknown' THEN 0 WHEN 'answered' THEN 1 WHEN 'failed' THEN 2 WHEN 'lost' THEN 3 END,
           cost_microusd, failure_kind, failure_message, failure_status, retry_after_s, exact, is_reserved
    FROM old_attempts ORDER BY experiment_no, trial_index, number"""
_FILL_SCORES = """
    INSERT INTO scores
        (experiment_no, trial_index, scorer, is_first, value, status, answer, rule_no, exact)
    SELECT s.experiment_no, s.trial_index, s.scorer, s.is_first, s.value,
           CASE s.status WHEN 'answered' THEN 0 WHEN 'refusal' THEN 1 WHEN 'empty' THEN 2
                         WHEN 'unparsable' THEN 3 WHEN 'truncated' THEN 4 END,
           s.answer, m.rule_no, s.exact
    FROM old_scores s LEFT JOIN rules_met m ON m.rule = s.rule AND m.exact = coalesce(s.exact, :none)
    ORDER BY s.experiment_no, s.trial_index, s.scorer"""


def upgrade() -> None:
    """Write attempts and scores anew; add rules and samples.

    What these versions never wrote becomes NULL in a column that takes none: a damaged database is refused.
    """
    op.add_column("provenances", sa.Column("sample", sa.LargeBinary(), nullable=True))
    op.create_table(
        "rules",
        sa.Column(
            "no",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("exact", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_rules")),
        sa.UniqueConstraint("id", name=op.f("uq_rules_id")),
    )
    _put_aside("attempts")
    op.create_table(
        "attempts",
        sa.Column("experiment_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("trial_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("reserved_microusd", sa.BigInteger(), nullable=True),
        sa.Column("took_us", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.SmallInteger(), nullable=False),
        sa.Column("cost_microusd", sa.BigInteger(), nullable=True),
        sa.Column("failure_kind", sa.Text(), nullable=True),
        sa.Column("failure_message", sa.Text(), nullable=True),
        sa.Column("failure_status", sa.BigInteger(), nullable=True),
        sa.Column("retry_after_s", sa.Float(precision=53), nullable=True),
        sa.Column("exact", sa.LargeBinary(), nullable=True),
        sa.Column("is_reserved", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.PrimaryKeyConstraint("experiment_no", "trial_index", "number", name=op.f("pk_attempts")),
        sqlite_with_rowid=False,
    )
    op.execute(_FILL_ATTEMPTS)
    op.drop_table("old_attempts")
    _put_aside("scores")
    op.create_table(
        "scores",
        sa.Column("experiment_no", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("trial_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("scorer", sa.Text(), autoincrement=False, nullable=False),
        sa.Column("is_first", sa.Boolean(), nullable=False),
        sa.Column("value", sa.Float(precision=53), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("rule_no", sa.BigInteger(), nullable=False),
        sa.Column("exact", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("experiment_no", "trial_index", "scorer", name=op.f("pk_scores")),
        sqlite_with_rowid=False,
    )
    _fill_scores()
    op.drop_table("old_scores")


def _put_aside(table: str) -> None:
    op.rename_table(table, f"old_{table}")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE old_{table} RENAME CONSTRAINT pk_{table} TO pk_old_{table}")


def _fill_scores() -> None:
    """Copy the scores by way of a table of the rules as they were stored, and where ``exact`` says more."""
    bind = op.get_bind()
    rules = sa.table(
        "rules", sa.column("no"), sa.column("id"), sa.column("rule"), sa.column("exact")
    )
    met = op.create_table(
        "rules_met",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("exact", sa.LargeBinary(), nullable=False),
        sa.Column("rule_no", sa.BigInteger(), nullable=False),
    )
    numbers: dict[str, int] = {}
    stored = bind.execute(sa.text("SELECT DISTINCT rule, exact FROM old_scores")).fetchall()
    for rule, exact in stored:
        true_rule = rule if exact is None else _true_rule(rule, bytes(exact))
        if true_rule not in numbers:
            number = numbers[true_rule] = len(numbers) + 1
            told = None if true_rule == rule else _exact(true_rule)
            row = {
                "no": number,
                "id": bytes.fromhex(content_hash(true_rule)),
                "rule": rule,
                "exact": told,
            }
            bind.execute(rules.insert(), row)
        kept = b"" if exact is None else bytes(exact)
        bind.execute(met.insert(), {"rule": rule, "exact": kept, "rule_no": numbers[true_rule]})
    if bind.dialect.name == "postgresql":
        bind.execute(
            sa.text("SELECT setval('rules_no_seq', :next, false)"), {"next": len(numbers) + 1}
        )
    bind.execute(sa.text(_FILL_SCORES), {"none": b""})
    op.drop_table("rules_met")


def _true_rule(rule: str, exact: bytes) -> str:
    return json.loads(exact.decode("utf-8", "surrogatepass")).get("rule", rule)


def _exact(rule: str) -> bytes:
    return json.dumps({"rule": rule}, ensure_ascii=False).encode("utf-8", "surrogatepass")
