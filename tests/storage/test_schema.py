"""The migrations add up to the schema, on both databases, from whoever runs them first."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from scramblebench.core.errors import StorageError
from scramblebench.storage import open_database, schema
from scramblebench.storage.tables import metadata

README_TABLES = {
    "experiments",
    "benchmarks",
    "models",
    "questions",
    "responses",
    "performance_metrics",
    "statistical_analyses",
    "threshold_analyses",
}


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/new.db"
    return request.getfixturevalue("empty_postgres_url")


def _differences(url: str) -> list[object]:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        differences = compare_metadata(context, metadata)
    engine.dispose()
    return differences


def test_the_migrated_schema_is_the_declared_one(empty_url: str) -> None:
    database = open_database(empty_url)
    database.migrate()
    database.close()
    assert _differences(empty_url) == []
    assert set(metadata.tables) >= README_TABLES


def test_a_difference_would_be_seen(empty_url: str) -> None:
    database = open_database(empty_url)
    database.migrate()
    database.close()
    engine = create_engine(empty_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE runners ADD COLUMN more BIGINT")
        connection.exec_driver_sql("DROP INDEX ix_experiments_state")
    engine.dispose()
    assert len(_differences(empty_url)) == 2


def test_the_listed_revisions_are_the_ones_there_are() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    script = ScriptDirectory.from_config(config)
    revisions = [revision.revision for revision in script.walk_revisions()]
    assert tuple(reversed(revisions)) == schema.REVISIONS


def test_before_migrating_the_way_out_is_named(empty_url: str) -> None:
    database = open_database(empty_url)
    with pytest.raises(StorageError, match="scramblebench-experiment init-db"):
        database.experiments.list()
    database.migrate()
    assert list(database.experiments.list()) == []
    database.migrate()
    database.close()


def test_a_newer_schema_is_refused(empty_url: str) -> None:
    database = open_database(empty_url)
    database.migrate()
    database.close()
    engine = create_engine(empty_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    database = open_database(empty_url)
    with pytest.raises(StorageError, match="9999, newer than"):
        database.experiments.list()
    with pytest.raises(StorageError, match="9999, newer than"):
        database.migrate()
    database.close()


def test_migrating_at_once_is_migrating_once(empty_url: str) -> None:
    databases = [open_database(empty_url) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda database: database.migrate(), databases))
    for database in databases:
        assert list(database.experiments.list()) == []
        database.close()


def test_a_migration_that_fails_leaves_nothing(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alembic import op

    create_table = op.create_table
    created: list[str] = []

    def fail_late(name: str, *arguments: object, **options: object) -> object:
        created.append(name)
        if len(created) == 10:
            raise sqlite3.OperationalError("the machine went down")
        return create_table(name, *arguments, **options)

    monkeypatch.setattr(op, "create_table", fail_late)
    database = open_database(empty_url)
    with pytest.raises((StorageError, sqlite3.OperationalError)):
        database.migrate()
    monkeypatch.undo()
    with pytest.raises(StorageError, match="init-db"):
        database.experiments.list()
    database.migrate()
    database.close()
    assert _differences(empty_url) == []


@pytest.fixture
def old_url(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database of schema 0008."""
    upgrade = command.upgrade
    monkeypatch.setattr(command, "upgrade", lambda config, _: upgrade(config, "0008"))
    database = open_database(empty_url)
    database.migrate()
    database.close()
    monkeypatch.undo()
    return empty_url


def _run(url: str, *statements: str) -> None:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def _blob(url: str, content: bytes) -> str:
    return f"x'{content.hex()}'" if "sqlite" in url else f"'\\x{content.hex()}'"


_OLD_ATTEMPTS = """
    INSERT INTO attempts (experiment_no, trial_index, number, fence, started_at, settled_at, outcome)
    VALUES (1, 0, 1, 1, 1000, 1250, 'answered'), (1, 1, 1, 1, 1000, NULL, 'unknown'),
           (1, 2, 1, 1, 1000, 900, 'failed'), (1, 3, 2, 1, 1000, 1000, 'lost')"""
_OLD_SCORES = """
    INSERT INTO scores (experiment_no, trial_index, scorer, is_first, value, status, answer, rule, exact)
    VALUES (1, {}, '{}', true, 0.5, '{}', 'a', '{}', {})"""


def test_scores_and_attempts_are_the_same_in_fewer_bytes(old_url: str) -> None:
    statuses = ("answered", "refusal", "empty", "unparsable", "truncated")
    scores = [(i, "s@1", status, "last number", "NULL") for i, status in enumerate(statuses)]
    exact = _blob(old_url, b'{"answer": "\\u0000", "rule": "by\\u0000"}')
    scores += [(7, "s@1", "answered", "none", "NULL"), (7, "t@1", "answered", "by\ufffd", exact)]
    scores += [(8, "s@1", "answered", "by\ufffd", "NULL")]
    _run(old_url, _OLD_ATTEMPTS, *(_OLD_SCORES.format(*row) for row in scores))
    database = open_database(old_url)
    database.migrate()
    database.close()
    engine = create_engine(old_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        attempts = connection.exec_driver_sql(
            "SELECT trial_index, number, took_us, outcome FROM attempts ORDER BY 1"
        )
        assert [tuple(row) for row in attempts] == [
            (0, 1, 250, 1), (1, 1, None, 0), (2, 1, -100, 2), (3, 2, 0, 3),
        ]  # fmt: skip
        read = connection.exec_driver_sql("""
            SELECT s.trial_index, s.scorer, s.status, r.rule, r.exact
            FROM scores s JOIN rules r ON r.no = s.rule_no ORDER BY s.trial_index, s.scorer""")
        found = [(*row[:4], None if row[4] is None else bytes(row[4])) for row in read]
    engine.dispose()
    told = b'{"rule": "by\\u0000"}'
    assert found == [
        *((i, "s@1", i, "last number", None) for i in range(5)),
        (7, "s@1", 0, "none", None),
        (7, "t@1", 0, "by\ufffd", told),
        (8, "s@1", 0, "by\ufffd", None),
    ]
    assert _differences(old_url) == []


@pytest.mark.parametrize(
    ("status", "exact"),
    [("answerde", None), ("answered", b"[]"), ("answered", b"{"), ("answered", b"\xff")],
)
def test_what_was_never_written_is_refused(old_url: str, status: str, exact: bytes | None) -> None:
    blob = "NULL" if exact is None else _blob(old_url, exact)
    _run(old_url, _OLD_SCORES.format(0, "s@1", status, "none", blob))
    database = open_database(old_url)
    with pytest.raises(StorageError):
        database.migrate()
    with pytest.raises(StorageError, match="schema 0008"):
        database.experiments.list()
    database.close()


def test_no_running_experiment_loses_its_schema(old_url: str) -> None:
    _run(
        old_url,
        """INSERT INTO experiments
           (id, name, state, fence, spec_json, source_text, n_trials, n_repeats, description,
            research_question, researcher_name, tags_json, created_at, updated_at)
           VALUES ('e', 'e', 'running', 1, '{}', '', 1, 1, '', '', '', '[]', 1, 1)""",
        """INSERT INTO queue_entries (experiment_no, priority, enqueued_at, requirements_json, fence, lease_until)
           VALUES (1, 1, 1, '{}', 1, 9000000000000000)""",
    )
    database = open_database(old_url)
    with pytest.raises(StorageError, match="1 of its experiments is being run"):
        database.migrate()
    _run(old_url, "UPDATE queue_entries SET lease_until = 1")
    database.migrate()
    database.close()
    assert _differences(old_url) == []
