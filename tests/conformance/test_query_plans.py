"""No statement of the stores walks through a table that grows: each finds its rows by a key or an index."""

import sqlite3
from collections.abc import Generator
from itertools import pairwise
from pathlib import Path

import pytest

from scramblebench.storage import Database, open_database
from scramblebench.storage.sqlite import SqliteDialect
from scramblebench.testing.store_conformance import StoreConformance

GROWING = {
    "attempts", "responses", "scores", "scrambled_questions", "questions", "experiment_questions",
    "response_cache", "metric_samples", "latency_counts", "counters", "experiment_events", "shards",
    "ledger_totals", "failure_totals", "documents", "notes", "statistical_analyses",
}  # fmt: skip


SMALL_INDEX = "ix_shards_worker_id"
"""Has only the shards that are held."""
UPKEEP = ("FROM metric_samples WHERE taken_at < ?", "sum(n_answered), 0) FROM counters")
"""What is done once an hour, or by `tidy`, without a lock."""


class TestQueryPlans(StoreConformance):
    @pytest.fixture
    def database(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Database]:
        asked: set[str] = set()
        as_it_was, stream = SqliteDialect.sql, SqliteDialect.stream

        def noting_sql(dialect, statement):
            asked.add(statement)
            return as_it_was(dialect, statement)

        def noting_stream(dialect, raw, statement, values, chunk_rows):
            asked.add(statement)
            return stream(dialect, raw, statement, values, chunk_rows)

        monkeypatch.setattr(SqliteDialect, "sql", noting_sql)
        monkeypatch.setattr(SqliteDialect, "stream", noting_stream)
        database = open_database(f"sqlite:///{tmp_path}/experiments.db")
        database.migrate()
        yield database
        database.close()
        assert walks(tmp_path / "experiments.db", asked) == []


def walks(path: Path, statements: set[str]) -> list[tuple[str, str]]:
    """Return each step of a statement's plan that reads all of a growing table."""
    found: list[tuple[str, str]] = []
    with sqlite3.connect(path) as raw:
        for statement in sorted(statements):
            found += [
                (step, statement) for step in plan(raw, statement) if is_walk(raw, step, statement)
            ]
    return found


def plan(raw: sqlite3.Connection, statement: str) -> list[str]:
    values = (None,) * statement.count("?")
    return [row[3] for row in raw.execute(f"EXPLAIN QUERY PLAN {statement}", values)]


def is_walk(raw: sqlite3.Connection, step: str, statement: str) -> bool:
    words = step.split()
    if words[0] != "SCAN" or SMALL_INDEX in words or any(part in statement for part in UPKEEP):
        return False
    name = words[1]
    table = name if name in GROWING else aliased(statement, name)
    return table in GROWING


def aliased(statement: str, alias: str) -> str:
    """Return the table that goes by an alias in a statement."""
    words = statement.replace("(", " ").replace(")", " ").replace(",", " ").split()
    for before, after in pairwise(words):
        if after == alias and before in GROWING:
            return before
    return alias


def test_a_walk_is_noticed(tmp_path: Path):
    database = open_database(f"sqlite:///{tmp_path}/x.db")
    database.migrate()
    database.close()
    for statement in (
        "SELECT count(*) FROM responses WHERE text = ?",
        "SELECT r.text FROM responses r WHERE r.latency_s > ?",
    ):
        assert len(walks(tmp_path / "x.db", {statement})) == 1
    assert walks(tmp_path / "x.db", {"SELECT text FROM responses WHERE experiment_no = ?"}) == []
