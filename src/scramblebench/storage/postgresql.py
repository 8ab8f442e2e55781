"""PostgreSQL by psycopg 3."""

import logging
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from functools import lru_cache
from typing import Any, LiteralString

import orjson

from scramblebench.core.errors import MissingDependency, UsageError
from scramblebench.storage.connection import BulkInsert, Connections, Row, StorageUnavailable, Value
from scramblebench.storage.location import PostgresLocation

try:
    import psycopg
except ImportError:
    psycopg = None

logging.getLogger("psycopg").addHandler(
    logging.NullHandler()
)  # what it would say is raised as well

_CONNECTING = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds
    "application_name": "scramblebench",
}
"""A server that can no longer be reached is given up within half a minute; the URL may say otherwise."""
_IDLE_WRITER_TIMEOUT_S = 8
"""A writer that was cut off holds its locks no longer: its successor waits for them."""
_IDLE_READER_TIMEOUT_S = 600
_BEGIN_READING = (
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "
    f"SET LOCAL idle_in_transaction_session_timeout = '{_IDLE_READER_TIMEOUT_S}s'"
)
_CUT_OFF_S = 15
_END_CUT_OFF = """
    SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a
    WHERE a.datname = current_database() AND a.usename = current_user
      AND a.application_name = current_setting('application_name')
      AND a.state IN ('active', 'idle in transaction') AND a.wait_event = 'ClientRead'
      AND clock_timestamp() - a.state_change > make_interval(secs => %s)
      AND (a.backend_xid IS NOT NULL
           OR EXISTS (SELECT 1 FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory'))"""
"""Writers that nothing more comes from; readers, which hold no lock, may take their time."""


class PostgresDialect:
    """What is PostgreSQL's own; leases are measured by the server's clock."""

    name: str = "postgresql"
    sqlalchemy_url: str = "postgresql+psycopg://"
    row_lock: LiteralString = " FOR UPDATE"

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self._pipelines: dict[Any, tuple[Any, ExitStack]] = {}
        self.error: type[Exception] = driver.Error

    def sql(self, statement: LiteralString) -> str:
        """Return the statement with psycopg's placeholders."""
        return _with_placeholders(statement)

    def begin(self, raw: Any, is_writing: bool, *, in_a_row: bool = False) -> None:
        """Begin; a reader sees one snapshot throughout, and may take its time between its rows.

        In a row, the whole transaction goes through libpq's pipeline, where this libpq has one.
        """
        if is_writing:
            if in_a_row and self._driver.Pipeline.is_supported():
                self._enter_pipeline(raw)
            try:
                raw.execute("BEGIN")
            except self.error:
                self._drop_pipeline(raw)
                raise
            return
        raw.execute(_BEGIN_READING, prepare=False)  # two statements cannot be prepared

    def _enter_pipeline(self, raw: Any) -> None:
        """Raise where the server has closed the connection meanwhile: nothing waits for what BEGIN says."""
        for _ in range(2):  # first its last words, where it had any, then the end
            raw.pgconn.consume_input()
        opened = ExitStack()
        self._pipelines[raw] = opened.enter_context(raw.pipeline()), opened

    def _leave_pipeline(self, raw: Any) -> None:
        if (found := self._pipelines.pop(raw, None)) is not None:
            found[1].close()

    def _drop_pipeline(self, raw: Any) -> None:
        """Leave it, whatever has failed of what has left."""
        with suppress(self.error):
            self._leave_pipeline(raw)

    def commit(self, raw: Any) -> None:
        """Commit, and wait for all that has left."""
        raw.execute("COMMIT")
        self._leave_pipeline(raw)

    def roll_back(self, raw: Any) -> None:
        """Roll back."""
        self._drop_pipeline(raw)
        raw.execute("ROLLBACK")

    def lock(self, raw: Any, name: LiteralString) -> None:
        """Take an advisory lock that the end of the transaction gives back."""
        raw.execute("SELECT pg_advisory_xact_lock(%s)", (zlib.crc32(name.encode()),))

    def prepare(self, raw: Any) -> None:
        """Do nothing."""

    def end_cut_off(self, raw: Any) -> None:
        """End sessions of this program that hold locks and have waited long for more from their client.

        The network took it away in the middle of a statement or of several: between those that come
        without waiting for each other, no ``idle_in_transaction_session_timeout`` runs. And a proxy keeps the
        connection alive.
        """
        raw.execute(_END_CUT_OFF, (_CUT_OFF_S,))

    def has_table(self, raw: Any, name: LiteralString) -> bool:
        """Whether there is a table of that name."""
        return raw.execute("SELECT to_regclass(%s) IS NOT NULL", (name,)).fetchone()[0]

    def stream(
        self, raw: Any, statement: LiteralString, values: Sequence[Value], chunk_rows: int
    ) -> Iterator[list[Row]]:
        """Yield the rows in chunks, which the server keeps until they are asked for."""
        with raw.cursor(name="stream") as cursor:
            cursor.execute(self.sql(statement), values)
            while chunk := cursor.fetchmany(chunk_rows):
                yield chunk

    def insert(
        self, raw: Any, insert: BulkInsert, rows: Sequence[Sequence[Value]]
    ) -> Iterator[Row]:
        """Insert in one statement that unfolds one JSON parameter, an array for each row.

        The client, which is the busier, pays less for that than for arrays per column, objects by the
        columns' names or a round per row.
        """
        payload = orjson.dumps(rows, default=_bytes_literal).decode()
        cursor = raw.execute(_insert_statement(insert), (payload,))
        return self._returned(raw, cursor) if "RETURNING" in insert.then else iter(())

    def _returned(self, raw: Any, cursor: Any) -> Iterator[Row]:
        if cursor.pgresult is None:
            self.catch_up(raw)
        yield from cursor.fetchall()

    def catch_up(self, raw: Any) -> None:
        """End what was sent in a row: only then does ``idle_in_transaction_session_timeout`` run."""
        if (found := self._pipelines.get(raw)) is not None:
            found[0].sync()

    def now_us(self, raw: Any) -> int:
        """Return the server's time."""
        return raw.execute(
            "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
        ).fetchone()[0]

    def version(self, raw: Any) -> str:
        """Return the server's version."""
        return raw.execute("SHOW server_version").fetchone()[0]

    def size(self, raw: Any) -> int:
        """Return the bytes of the database, indexes and all."""
        return raw.execute("SELECT pg_database_size(current_database())").fetchone()[0]

    def table_sizes(self, raw: Any) -> dict[str, int]:
        """Return the bytes by table, with indexes and what is stored apart."""
        query = """
            SELECT relname, pg_total_relation_size(oid) FROM pg_class
            WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"""
        return dict(raw.execute(query).fetchall())

    def compact(self, raw: Any) -> None:
        """Make the room of deleted rows free for others; locks nobody out, and returns little to the disk."""
        raw.execute("VACUUM (ANALYZE)")

    def is_passing(self, error: Exception) -> bool:
        """Return whether the server or the way to it is gone, full or read-only, or we broke a deadlock.

        What is more than the server takes at once is an error of the batch, which is then written in parts.
        """
        errors = self._driver.errors
        passing = (
            self._driver.OperationalError,
            self._driver.InterfaceError,
            errors.ReadOnlySqlTransaction,
            errors.IdleInTransactionSessionTimeout,
        )
        return isinstance(error, passing) and not isinstance(error, errors.ProgramLimitExceeded)


@lru_cache(maxsize=512)
def _with_placeholders(statement: str) -> str:
    return statement.replace("?", "%s")


@lru_cache(maxsize=64)
def _insert_statement(insert: BulkInsert) -> str:
    stored = ", ".join(
        column.stored.replace("?", f"(given ->> {place})::{column.kind}")
        for place, column in enumerate(insert.columns)
    )
    return (
        f"INSERT INTO {insert.table} ({insert.names}) "  # noqa: S608 - literal parts only
        f"SELECT {stored} FROM jsonb_array_elements(%s::jsonb) AS given {insert.then}"
    )


def _bytes_literal(value: object) -> str:
    """Return bytes as PostgreSQL reads them from text."""
    if not isinstance(value, bytes):
        raise TypeError(f"{type(value).__name__} is not stored")
    return f"\\x{value.hex()}"


def connect_postgresql(
    location: PostgresLocation, *, is_read_only: bool, deadline_s: float | None = None
) -> Connections:
    """Return the connections to a server, having reached it once.

    Raises MissingDependency without psycopg, UsageError where the URL is not libpq's, StorageError where
    the server does not answer.
    """
    if psycopg is None:
        raise MissingDependency(
            'PostgreSQL needs psycopg; install it with: pip install "scramblebench[postgres]"'
        )
    driver = psycopg

    def connect() -> Any:
        return _connect(driver, location, is_read_only, deadline_s)

    connections = Connections(PostgresDialect(driver), connect, location.shown_url)
    with connections.raw():
        return connections


_SESSION = """
    SELECT set_config('idle_in_transaction_session_timeout', %s, false),
           set_config('tcp_keepalives_idle', '10', false),
           set_config('tcp_keepalives_interval', '5', false),
           set_config('tcp_keepalives_count', '3', false),
           set_config('synchronous_commit', CASE current_setting('synchronous_commit')
                          WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false)"""
"""A client that can no longer be reached is given up as soon as a server. And an answer that was acknowledged is
one that was paid for: no setting of the server's may give it up."""


def _connect(
    driver: Any, location: PostgresLocation, is_read_only: bool, deadline_s: float | None
) -> Any:
    try:
        given = driver.conninfo.conninfo_to_dict(location.conninfo)
        raw = driver.connect(autocommit=True, **{**_CONNECTING, **given})
    except driver.ProgrammingError:
        raise UsageError(
            f"{location.shown_url} is not a URL that PostgreSQL understands; "
            "use postgresql://user:password@host:5432/name"
        ) from None
    except driver.OperationalError as error:
        raise StorageUnavailable(_unreachable(location, str(error))) from None
    raw.execute(_SESSION, (f"{_IDLE_WRITER_TIMEOUT_S}s",))
    if deadline_s is not None:
        raw.execute(f"SET statement_timeout = {round(deadline_s * 1000)}")
    if is_read_only:
        raw.execute("SET default_transaction_read_only = on")
    return raw


def _unreachable(location: PostgresLocation, message: str) -> str:
    said = " ".join(message.split()).removeprefix("connection failed: ")
    if location.password:
        said = said.replace(location.password, "***")
    return (
        f"{location.shown_url}: {said}; check that the server runs and that DATABASE_URL names "
        "its host, port, user and database"
    )
