"""SQLite keeps the contract: in a file and in memory."""

from collections.abc import Generator
from pathlib import Path

import pytest

from scramblebench.storage import Database, open_database
from scramblebench.testing.store_conformance import StoreConformance


class TestSqliteFile(StoreConformance):
    @pytest.fixture
    def database(self, tmp_path: Path) -> Generator[Database]:
        database = open_database(f"sqlite:///{tmp_path}/experiments.db")
        database.migrate()
        yield database
        database.close()


class TestSqliteInMemory(StoreConformance):
    @pytest.fixture
    def database(self) -> Generator[Database]:
        database = open_database("sqlite://")
        database.migrate()
        yield database
        database.close()
