"""What a database has taken so far: bytes by table, write-ahead log, CPU of its server."""

import os
import sqlite3
from pathlib import Path

from scramblebench.testing.postgres import PostgresServer

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_SIZES = """
    SELECT relname, pg_total_relation_size(oid) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"""
_INDEXES = """
    SELECT sum(pg_relation_size(oid)) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'i'"""


def database_sizes(url: str) -> dict[str, int]:
    """Return the bytes of each table, its indexes included."""
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            owners = dict(connection.execute("SELECT name, tbl_name FROM sqlite_master").fetchall())
            sizes: dict[str, int] = {}
            for name, size in connection.execute(
                "SELECT name, sum(pgsize) FROM dbstat GROUP BY name"
            ):
                owner = owners.get(name, name)
                sizes[owner] = sizes.get(owner, 0) + size
            return sizes
    import psycopg

    with psycopg.connect(url) as connection:
        return dict(connection.execute(_SIZES).fetchall())


def index_bytes(url: str) -> int:
    """Return the bytes of all indexes of PostgreSQL; 0 for SQLite."""
    if url.startswith("sqlite"):
        return 0
    import psycopg

    with psycopg.connect(url) as connection:
        row = connection.execute(_INDEXES).fetchone()
        assert row is not None
        return int(row[0])


def wal_bytes(url: str) -> int:
    """Return the bytes of write-ahead log that PostgreSQL has written so far; 0 for SQLite."""
    if url.startswith("sqlite"):
        return 0
    import psycopg

    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone()
        assert row is not None
        return int(row[0])


def server_cpu_s(server: PostgresServer | None) -> float:
    """Return the CPU seconds of a server's processes, those that have ended included; 0 without one."""
    if server is None:
        return 0.0
    postmaster = (server.directory / "data" / "postmaster.pid").read_text().split()[0]
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended since
            continue
        if stat.parent.name == postmaster:
            total += sum(map(int, fields[11:15]))  # with the children that it has waited for
        elif fields[1] == postmaster:
            total += sum(map(int, fields[11:13]))
    return total / _TICKS_PER_S
