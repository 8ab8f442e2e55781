"""A query that takes too long ends, and the connection is of use afterwards."""

from pathlib import Path

import pytest

from scramblebench.storage import StorageUnavailable, open_database
from scramblebench.storage.connection import Connections

_ENDLESS = """
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000)
    SELECT count(*) FROM n"""


def _connections(database: object) -> Connections:
    return database._connections  # type: ignore[attr-defined]


def _check(url: str) -> None:
    writer = open_database(url)
    writer.migrate()
    writer.close()
    database = open_database(url, read_only=True, deadline_s=0.2)
    for _ in range(2):
        with (
            pytest.raises(StorageUnavailable),
            _connections(database).reading() as connection,
        ):
            connection.rows(_ENDLESS)
        assert list(database.experiments.list()) == []
    database.close()


def test_sqlite_interrupts_what_takes_too_long(tmp_path: Path) -> None:
    _check(f"sqlite:///{tmp_path}/experiments.db")


def test_postgresql_cancels_what_takes_too_long(postgres_url: str) -> None:
    _check(postgres_url)
