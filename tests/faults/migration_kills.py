"""Migrate a database, killed with SIGKILL before every statement in turn, until none is left to kill.

Run as a process of its own, ``python -m tests.faults.migration_kills URL REFERENCE_URL EVERY``: it
forks. REFERENCE_URL is a database that was migrated from the same beginning without any kill. Prints a
line that begins with "violation" for each state that is neither before nor after, exits 1 then, and ends
with the number of kills.
"""

import os
import signal
import sqlite3
import sys
from collections.abc import Iterator
from itertools import count
from typing import Any

from scramblebench.core.clock import SystemClock
from scramblebench.storage import open_database, sqlite
from scramblebench.storage.connection import Connections
from scramblebench.storage.location import SqliteLocation, resolve_location
from scramblebench.storage.sqlite import SqliteDialect


def main() -> int:
    """Kill a migration at each of its statements; return the exit code."""
    url, reference_url, every = sys.argv[1], sys.argv[2], int(sys.argv[3])
    before, migrated = describe(url), describe(reference_url)
    if before == migrated:
        raise SystemExit("there is nothing to migrate")
    warm_up()
    n_kills = n_violations = 0
    for number in count(1, every):
        was_killed = migrate_until(url, number)
        after = describe(url)
        n_kills += was_killed
        if after not in (before, migrated) or not (was_killed or after == migrated):
            print(f"violation: killed at statement {number}, the schema is neither old nor new")
            n_violations += 1
        if after != before:
            break
    database = open_database(url)
    database.migrate()
    database.experiments.list()
    database.close()
    print(f"{n_kills} kills")
    return 1 if n_violations else 0


def warm_up() -> None:
    """Import what migrating needs, so that a fork is all that a run costs."""
    database = open_database("sqlite://")
    database.migrate()
    database.close()


def migrate_until(url: str, number: int) -> bool:
    """Migrate in a child that dies before its statement of that number; False where it had fewer."""
    child = os.fork()
    if child == 0:
        try:
            kill_at(number)
            database = open_database(url)
            database.migrate()
            database.close()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def kill_at(number: int) -> None:
    """Make this process die before its ``number``-th statement, on whatever connection."""
    numbers = count(1)

    def count_statement(*_: object) -> None:
        if next(numbers) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    connect = sqlite._connect

    def traced(*arguments: Any) -> sqlite3.Connection:
        raw = connect(*arguments)
        raw.set_trace_callback(count_statement)
        return raw

    sqlite._connect = traced
    _count_postgresql(count_statement)


def _count_postgresql(count_statement: Any) -> None:
    import psycopg

    for owner, name in ((psycopg.Cursor, "execute"), (psycopg.Connection, "commit")):
        original = getattr(owner, name)

        def counted(self: Any, *arguments: Any, _original: Any = original, **options: Any) -> Any:
            count_statement()
            return _original(self, *arguments, **options)

        setattr(owner, name, counted)


def describe(url: str) -> object:
    """Return the revision and every table, column and index there is."""
    connections = _connect(url)
    try:
        with connections.raw() as raw:
            return tuple(_described(raw, "sqlite" in url))
    finally:
        connections.close()


def _described(raw: Any, is_sqlite: bool) -> Iterator[object]:
    if is_sqlite:
        catalog = "SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2"
        has_version = "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
    else:
        catalog = """
            SELECT table_name, column_name, data_type, is_nullable, column_default
            FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"""
        has_version = "SELECT 1 FROM pg_tables WHERE tablename = 'alembic_version'"
        yield raw.execute(
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
        ).fetchall()
    yield raw.execute(catalog).fetchall()
    if raw.execute(has_version).fetchone():
        yield raw.execute("SELECT version_num FROM alembic_version").fetchall()


def _connect(url: str) -> Connections:
    location = resolve_location(url)
    if isinstance(location, SqliteLocation):
        sqlite.create_file(location.path)
        return sqlite.connect_sqlite(location, SqliteDialect(SystemClock()), is_read_only=False)
    from scramblebench.storage.postgresql import connect_postgresql

    return connect_postgresql(location, is_read_only=False)


if __name__ == "__main__":
    sys.exit(main())
