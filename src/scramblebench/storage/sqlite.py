"""SQLite: one file, many processes, durable commits."""

import os
import sqlite3
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import lru_cache
from itertools import chain
from math import inf
from pathlib import Path
from typing import Any, LiteralString, TypeVar

from scramblebench.core.clock import Clock
from scramblebench.core.errors import DatabaseMissing, StorageError
from scramblebench.storage.connection import (
    BulkInsert,
    Connections,
    Row,
    StorageUnavailable,
    Value,
)
from scramblebench.storage.location import SqliteLocation
from scramblebench.storage.moments import microseconds
from scramblebench.storage.runners import host_identity

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

BUSY_TIMEOUT_S = 30.0
_OLDEST_VERSION = (3, 35, 0)  # RETURNING
_CACHE_KIB, _READERS_CACHE_KIB = 8 * 1024, 2 * 1024
"""Of each connection: a dashboard has many that only read, and the system keeps the file in memory for all."""
_CHUNKS = (256, 64, 16, 4, 1)
_POLL_S = 0.002
_PRIMARY_CODE = 0xFF
_STEPS_BETWEEN_LOOKS = 10_000
_PASSING_CODES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)

C = TypeVar("C", bound=sqlite3.Connection)


class FileConnection(sqlite3.Connection):
    """A connection that knows which file it opened: one may be deleted or replaced under it."""

    path: Path
    file_id: tuple[int, int]
    ends_s: float = inf

    def limit_time(self, monotonic_s: Callable[[], float]) -> None:
        """Interrupt statements that still run when ``ends_s`` has come."""
        self.set_progress_handler(lambda: monotonic_s() > self.ends_s, _STEPS_BETWEEN_LOOKS)

    def remember_file(self, path: Path) -> None:
        """Remember what stands at ``path`` now."""
        self.path, self.file_id = path, _file_id(path)

    def check_file(self) -> None:
        """Raise StorageError unless the same file stands there: what is written now would be lost."""
        try:
            is_same = _file_id(self.path) == self.file_id
        except FileNotFoundError:
            is_same = False
        if not is_same:
            raise StorageError(f"{self.path} was removed or replaced while it was in use")


def _file_id(path: Path) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_dev, found.st_ino


class SqliteDialect:
    """What is SQLite's own.

    Leases are measured by this machine's monotonic clock, which neither people nor sleep advance, from a
    beginning that the first writer after a boot notes: the wall clock's time.
    """

    error: type[Exception] = sqlite3.Error
    name: str = "sqlite"
    sqlalchemy_url: str = "sqlite://"
    row_lock: LiteralString = ""

    def __init__(self, clock: Clock, deadline_s: float | None = None) -> None:
        self._clock = clock
        self._deadline_s = deadline_s
        self._begin_us: int | None = None

    def sql(self, statement: LiteralString) -> str:
        """Return the statement as it is."""
        return statement

    def begin(self, raw: sqlite3.Connection, is_writing: bool, *, in_a_row: bool = False) -> None:  # noqa: ARG002 - no server is waited for
        """Begin; a writer takes the one write lock at once, so that it never has to upgrade."""
        if is_writing and isinstance(raw, FileConnection):
            raw.check_file()
        if self._deadline_s is not None and isinstance(raw, FileConnection):
            if raw.ends_s == inf:
                raw.limit_time(self._clock.monotonic_s)
            raw.ends_s = self._clock.monotonic_s() + self._deadline_s
        raw.execute("BEGIN IMMEDIATE" if is_writing else "BEGIN")
        if self._begin_us is None and self.has_table(raw, "clocks"):
            self._begin_us = self._noted_begin_us(raw, is_writing)

    def commit(self, raw: sqlite3.Connection) -> None:
        """Commit."""
        raw.execute("COMMIT")

    def roll_back(self, raw: sqlite3.Connection) -> None:
        """Roll back."""
        raw.execute("ROLLBACK")

    def lock(self, raw: sqlite3.Connection, name: LiteralString) -> None:
        """Do nothing: a writer is alone already."""

    def prepare(self, raw: sqlite3.Connection) -> None:
        """Turn on the write-ahead log: readers then never wait."""
        raw.execute("PRAGMA journal_mode = WAL")

    def end_cut_off(self, raw: sqlite3.Connection) -> None:
        """Do nothing: locks of a file end with their process."""

    def has_table(self, raw: sqlite3.Connection, name: LiteralString) -> bool:
        """Whether there is a table of that name."""
        query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
        return raw.execute(query, (name,)).fetchone() is not None

    def stream(
        self,
        raw: sqlite3.Connection,
        statement: LiteralString,
        values: Sequence[Value],
        chunk_rows: int,
    ) -> Iterator[list[Row]]:
        """Yield the rows in chunks."""
        cursor = raw.execute(statement, values)
        while chunk := cursor.fetchmany(chunk_rows):
            yield chunk

    def insert(
        self, raw: sqlite3.Connection, insert: BulkInsert, rows: Sequence[Sequence[Value]]
    ) -> Iterator[Row]:
        """Insert in a few long statements, at once.

        One step of SQLite then does the work of many rows without the interpreter's lock, which a
        busy event loop would otherwise have to give up and take back for each of them.
        """
        returned: list[Row] = []
        start = 0
        for size in _CHUNKS:
            while len(rows) - start >= size:
                values = tuple(chain.from_iterable(rows[start : start + size]))
                returned += raw.execute(_insert_statement(insert, size), values).fetchall()
                start += size
        return iter(returned)

    def catch_up(self, raw: sqlite3.Connection) -> None:
        """Do nothing."""

    def now_us(self, raw: sqlite3.Connection) -> int:  # noqa: ARG002 - only a server tells its time
        """Return the monotonic time since this boot's beginning; the wall clock's where none is noted."""
        if self._begin_us is None:
            return microseconds(self._clock.now())
        return self._begin_us + self._monotonic_us()

    def _monotonic_us(self) -> int:
        return int(self._clock.monotonic_s() * 1_000_000)

    def _noted_begin_us(self, raw: sqlite3.Connection, is_writing: bool) -> int | None:
        """Return what was noted by a transaction before; a writer notes it where nobody has."""
        host = host_identity()
        noted = raw.execute("SELECT begin_us FROM clocks WHERE host = ?", (host,)).fetchone()
        if noted is None and is_writing:
            begin_us = microseconds(self._clock.now()) - self._monotonic_us()
            raw.execute("INSERT INTO clocks VALUES (?, ?)", (host, begin_us))
        return noted[0] if noted else None

    def version(self, raw: sqlite3.Connection) -> str:
        """Return the version of the library."""
        return raw.execute("SELECT sqlite_version()").fetchone()[0]

    def size(self, raw: sqlite3.Connection) -> int:
        """Return the bytes of the file, without its log."""
        pages = raw.execute("PRAGMA page_count").fetchone()[0]
        return pages * raw.execute("PRAGMA page_size").fetchone()[0]

    def table_sizes(self, raw: sqlite3.Connection) -> dict[str, int]:
        """Return the bytes by table; reads the whole file. Empty where SQLite was built without dbstat."""
        if raw.execute("SELECT sqlite_compileoption_used('ENABLE_DBSTAT_VTAB')").fetchone()[0] == 0:
            return {}
        query = """
            SELECT m.tbl_name, sum(s.pgsize) FROM dbstat s JOIN sqlite_master m ON m.name = s.name
            WHERE s.aggregate = TRUE GROUP BY m.tbl_name"""
        return dict(raw.execute(query).fetchall())

    def compact(self, raw: sqlite3.Connection) -> None:
        """Write the file anew; takes as much room again meanwhile."""
        raw.execute("VACUUM")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def is_passing(self, error: Exception) -> bool:
        """Return whether the file could not be read, written or locked just now."""
        code = getattr(error, "sqlite_errorcode", None)
        return code is not None and code & _PRIMARY_CODE in _PASSING_CODES


@lru_cache(maxsize=256)
def _insert_statement(insert: BulkInsert, n_rows: int) -> str:
    values = f"({', '.join(column.stored for column in insert.columns)})"
    return (
        f"INSERT INTO {insert.table} ({insert.names}) "  # noqa: S608 - literal parts only
        f"VALUES {', '.join([values] * n_rows)} {insert.then}"
    )


def describe_sqlite() -> str:
    """Return the version of SQLite, and whether its commits take the file lock."""
    is_locking = has_wal_reset_race(sqlite3.sqlite_version_info)
    words = "; commits take a file lock, because of a rare race in this version"
    return sqlite3.sqlite_version + (words if is_locking else "")


def has_wal_reset_race(version: tuple[int, int, int]) -> bool:
    """Return whether this SQLite can corrupt a file when a commit meets two checkpoints.

    https://sqlite.org/wal.html#walresetbug: since 3.7.0; fixed in 3.51.3, 3.50.7 and 3.44.6.
    """
    if version[:2] in ((3, 44), (3, 50)):
        return version < ((3, 44, 6) if version[1] == 44 else (3, 50, 7))
    return (3, 7, 0) <= version < (3, 51, 3)


class WriteGuard:
    """Lets one writer at a time through: of this process, and of all where SQLite has the race.

    Every commit, with the checkpoint that may follow it, then happens under an advisory lock on the
    side file ``<database>-lock``; readers never checkpoint.
    """

    def __init__(self, database_path: Path, wait_s: float = BUSY_TIMEOUT_S) -> None:
        self._path = database_path.with_name(database_path.name + "-lock")
        self._wait_s = wait_s
        self._thread_lock = threading.Lock()
        self._pause = threading.Event()
        self._is_needed = fcntl is not None and has_wal_reset_race(sqlite3.sqlite_version_info)
        self._descriptor: int | None = None

    @contextmanager
    def __call__(self) -> Generator[None]:
        """Hold the lock during the block; raises StorageError when another holds it too long."""
        with self._thread_lock:
            if not self._is_needed:
                yield
                return
            descriptor = self._locked_file()
            try:
                yield
            finally:
                fcntl.flock(descriptor, fcntl.LOCK_UN)  # type: ignore[union-attr]

    def _locked_file(self) -> int:
        if self._descriptor is None:
            self._descriptor = os.open(
                self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
            )
        for _ in range(int(self._wait_s / _POLL_S)):
            with suppress(BlockingIOError):
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # type: ignore[union-attr]
                return self._descriptor
            self._pause.wait(_POLL_S)
        raise StorageUnavailable(
            f"{self._path}: another process has been writing for {self._wait_s:g} s"
        )

    def close(self) -> None:
        """Close the side file."""
        with self._thread_lock:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None


def create_file(path: Path) -> None:
    """Create an empty database file that only its owner may read; one that is there stays.

    Raises StorageError where that cannot be, also for a link to nowhere: it is not followed.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.is_file():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        if not path.is_file():  # another process may just have made it
            raise StorageError(f"{path} is not a file that can hold a database") from None
    except OSError as error:
        raise StorageError(f"{path} cannot be created: {error.strerror}") from error


def connect_sqlite(
    location: SqliteLocation,
    dialect: SqliteDialect,
    write_guard: Callable[[], AbstractContextManager[object]] = nullcontext,
    *,
    is_read_only: bool,
) -> Connections:
    """Return the connections to a file, or the one connection to a database in memory."""
    if sqlite3.sqlite_version_info < _OLDEST_VERSION:
        raise StorageError(
            f"SQLite {sqlite3.sqlite_version} is too old: 3.35 is needed; use PostgreSQL "
            "or a newer Python"
        )
    path, shown_url = location.path, location.shown_url
    if path is None:
        return Connections(
            dialect,
            lambda: _connect(":memory:", is_read_only, sqlite3.Connection),
            shown_url,
            is_shared=True,
        )
    return Connections(
        dialect, lambda: _connect_file(path, shown_url, is_read_only), shown_url, write_guard
    )


def _connect_file(path: Path, shown_url: str, is_read_only: bool) -> sqlite3.Connection:
    if not path.exists():
        raise DatabaseMissing(
            f"{shown_url}: there is no database yet; create it with: scramblebench-experiment init-db"
        )
    uri = f"{path.as_uri()}?mode={'ro' if is_read_only else 'rw'}"
    raw = _connect(uri, is_read_only, FileConnection)
    raw.remember_file(path)
    return raw


def _connect(uri: str, is_read_only: bool, factory: type[C]) -> C:
    raw = sqlite3.connect(
        uri,
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
        factory=factory,
    )
    pragmas: dict[str, Any] = {
        "synchronous": "FULL",
        "foreign_keys": "ON",
        "cache_size": -(_READERS_CACHE_KIB if is_read_only else _CACHE_KIB),
        "query_only": "ON" if is_read_only else "OFF",
    }
    try:
        for name, value in pragmas.items():
            raw.execute(f"PRAGMA {name} = {value}")
    except UnicodeDecodeError:  # the driver, of SQLite's message about the schema
        raw.close()
        raise sqlite3.DatabaseError("the file is damaged; restore it from a copy") from None
    return raw
