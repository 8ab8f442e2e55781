"""PostgreSQL keeps the contract."""

from collections.abc import Generator

import pytest

from scramblebench.storage import Database, open_database
from scramblebench.testing.store_conformance import StoreConformance


class TestPostgres(StoreConformance):
    @pytest.fixture
    def database(self, postgres_url: str) -> Generator[Database]:
        database = open_database(postgres_url)
        yield database
        database.close()
