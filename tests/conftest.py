"""What all suites share: a PostgreSQL server per session, emptied for each test."""

import os
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from scramblebench.storage import open_database
from scramblebench.testing.postgres import PostgresServer, start_postgres

_MIGRATED = "migrated"

# Time says nothing about correctness on a busy machine; CI repeats the same examples, developers new ones.
settings.register_profile(
    "house",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
settings.load_profile("house")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the tests that share a browser in one process (xdist 3.8 loses its groups under pytest 9.2)."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "browser" if "browser/" in nodeid.partition("::")[0] else nodeid

    return Scheduling(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.fixture(scope="session")
def postgres_server() -> Generator[PostgresServer]:
    """A server of this session's own, with a migrated database in it."""
    server = start_postgres()
    try:
        server.run(f"CREATE DATABASE {_MIGRATED}")
        database = open_database(server.url(_MIGRATED))
        database.migrate()
        database.close()
        yield server
    finally:
        server.stop()


@pytest.fixture
def empty_postgres_url(postgres_server: PostgresServer) -> Generator[str]:
    """The URL of a database without any table."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    """The URL of a migrated database without any row."""
    postgres_server.empty(_MIGRATED)
    return postgres_server.url(_MIGRATED)
