"""Connections and transactions: the same few verbs over sqlite3 and psycopg.

SQL is written once, with ``?`` for values, in the part of the language that both databases share; what
differs is in a ``Dialect``. A statement is a literal string (the type checker proves it), so no value
ever becomes part of one.
"""

import threading
import weakref
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, LiteralString, Protocol

from scramblebench.core.errors import StorageError

Value = str | int | float | bytes | None
Row = tuple[Any, ...]

_MAX_OPEN = 16


class StorageUnavailable(StorageError):
    """The database cannot be had now, and may be later: gone, full, locked, failing.

    What was under way may or may not be committed.
    """


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a bulk insert; ``kind`` is the PostgreSQL type of what is given.

    ``stored`` is what is made of it.
    """

    name: LiteralString
    kind: LiteralString
    stored: LiteralString = "?"


@dataclass(frozen=True, slots=True, eq=False)
class BulkInsert:
    """Many rows into one table; ``then`` is what follows the values (conflicts, returning).

    A constant, compared by identity: its statement is looked up for every batch.
    """

    table: LiteralString
    columns: tuple[Column, ...]
    then: LiteralString

    @property
    def names(self) -> LiteralString:
        """The columns' names, separated by commas."""
        return ", ".join(column.name for column in self.columns)


class Dialect(Protocol):
    """How one database differs from the other; ``raw`` is a connection of its driver."""

    @property
    def error(self) -> type[Exception]:
        """The base of all that the driver raises."""
        ...

    @property
    def sqlalchemy_url(self) -> str:
        """The URL that makes SQLAlchemy choose this dialect; connections are lent to it."""
        ...

    @property
    def name(self) -> str:
        """Which database it is."""
        ...

    @property
    def row_lock(self) -> LiteralString:
        """What ends a SELECT that locks the rows it found."""
        ...

    def sql(self, statement: LiteralString) -> str:
        """Return the statement with the driver's own placeholders."""
        ...

    def begin(self, raw: Any, is_writing: bool, *, in_a_row: bool = False) -> None:
        """Begin a transaction; a writing one has the right to write from the start.

        In a row, its statements leave without waiting for each other's results, until one is read. The first
        that fails raises then, or at the commit.
        """
        ...

    def commit(self, raw: Any) -> None:
        """End a transaction; what it has written is durable when this returns."""
        ...

    def roll_back(self, raw: Any) -> None:
        """End a transaction as if nothing had been written."""
        ...

    def lock(self, raw: Any, name: LiteralString) -> None:
        """Let one transaction at a time pass this name, until it ends."""
        ...

    def prepare(self, raw: Any) -> None:
        """Set what stays set in the database, before it is migrated."""
        ...

    def end_cut_off(self, raw: Any) -> None:
        """End what clients that were cut off in the middle of a statement have left, and its locks."""
        ...

    def has_table(self, raw: Any, name: LiteralString) -> bool:
        """Whether there is a table of that name."""
        ...

    def stream(
        self, raw: Any, statement: LiteralString, values: Sequence[Value], chunk_rows: int
    ) -> Iterator[list[Row]]:
        """Yield the rows of a query in chunks, never holding all of them."""
        ...

    def insert(
        self, raw: Any, insert: BulkInsert, rows: Sequence[Sequence[Value]]
    ) -> Iterator[Row]:
        """Insert the rows in few round trips; what ``then`` returns is waited for when it is looked at."""
        ...

    def catch_up(self, raw: Any) -> None:
        """Wait for all that has left; the server then knows that it waits for us, and for how long."""
        ...

    def now_us(self, raw: Any) -> int:
        """Return the time that leases are measured by, in microseconds since 1970."""
        ...

    def version(self, raw: Any) -> str:
        """Return the version of the server, or of the library that is one."""
        ...

    def size(self, raw: Any) -> int:
        """Return the bytes that the database takes."""
        ...

    def table_sizes(self, raw: Any) -> dict[str, int]:
        """Return the bytes of each table with its indexes; empty where it cannot be told."""
        ...

    def compact(self, raw: Any) -> None:
        """Give back what deleted rows have left; outside a transaction."""
        ...

    def is_passing(self, error: Exception) -> bool:
        """Whether the same statement may succeed later: nothing is wrong with it."""
        ...


_DECODING = (ValueError, TypeError, AttributeError, LookupError, OverflowError, AssertionError)
"""What reading a value of another kind than was stored, or a row that is gone, ends in."""


class Connection:
    """A connection inside a transaction."""

    def __init__(self, raw: Any, dialect: Dialect) -> None:
        self.raw = raw
        self.dialect = dialect

    def rows(self, statement: LiteralString, values: Sequence[Value] = ()) -> list[Row]:
        """Return all rows of a query."""
        cursor = self.raw.execute(self.dialect.sql(statement), values)
        self.dialect.catch_up(self.raw)
        return cursor.fetchall()

    def row(self, statement: LiteralString, values: Sequence[Value] = ()) -> Row | None:
        """Return the first row of a query."""
        cursor = self.raw.execute(self.dialect.sql(statement), values)
        self.dialect.catch_up(self.raw)
        return cursor.fetchone()

    def stream(
        self, statement: LiteralString, values: Sequence[Value], chunk_rows: int
    ) -> Iterator[list[Row]]:
        """Yield the rows of a query in chunks, never holding all of them."""
        return self.dialect.stream(self.raw, statement, values, chunk_rows)

    def run(self, statement: LiteralString, values: Sequence[Value] = ()) -> int:
        """Run a statement; return how many rows it touched, -1 in a row (``Dialect.begin``)."""
        return self.raw.execute(self.dialect.sql(statement), values).rowcount

    def run_many(self, statement: LiteralString, rows: Sequence[Sequence[Value]]) -> None:
        """Run a statement once per row of values."""
        if rows:
            self.raw.cursor().executemany(self.dialect.sql(statement), rows)

    def insert(self, insert: BulkInsert, rows: Sequence[Sequence[Value]]) -> Iterator[Row]:
        """Insert many rows; yield what ``insert.then`` returns, which is waited for only then."""
        return self.dialect.insert(self.raw, insert, rows) if rows else iter(())

    def select_for_update(
        self, statement: LiteralString, values: Sequence[Value] = ()
    ) -> Row | None:
        """Return the first row of a query, locked until the transaction ends."""
        return self.row(statement + self.dialect.row_lock, values)

    def lock(self, name: LiteralString) -> None:
        """Let one transaction at a time pass this name, until it ends."""
        self.dialect.lock(self.raw, name)

    def now_us(self) -> int:
        """Return the time that leases are measured by, in microseconds since 1970."""
        return self.dialect.now_us(self.raw)

    def version(self) -> str:
        """Return the version of the server, or of the library that is one."""
        return self.dialect.version(self.raw)


class Connections:
    """A pool of connections and the transactions on them; safe from any thread.

    ``write_guard`` is entered around every writing transaction. ``is_shared`` says that there is one
    connection for all (a database in memory): transactions then wait for each other, and one inside
    another of the same thread is part of it. Connections that nobody closes are closed when the process
    ends: only then is an SQLite file all that there is.
    """

    def __init__(
        self,
        dialect: Dialect,
        connect: Callable[[], Any],
        shown_url: str,
        write_guard: Callable[[], AbstractContextManager[object]] = nullcontext,
        *,
        is_shared: bool = False,
    ) -> None:
        self.shown_url = shown_url
        self.dialect = dialect
        self._connect = connect
        self._write_guard = write_guard
        self._is_shared = is_shared
        self._slots = threading.BoundedSemaphore(1 if is_shared else _MAX_OPEN)
        self._idle: list[Any] = []
        self._is_closed = False
        self._outer: tuple[int, Connection] | None = None
        self._check: Callable[[Connection], None] | None = None
        weakref.finalize(self, _close_all, self._idle)

    def check_first(self, check: Callable[[Connection], None]) -> None:
        """Run ``check`` at the start of every transaction until it has passed once."""
        self._check = check

    @contextmanager
    def reading(self) -> Generator[Connection]:
        """Open a transaction that sees one state of the database and changes nothing."""
        with self._transaction(is_writing=False) as connection:
            yield connection

    @contextmanager
    def reading_values(self) -> Generator[Connection]:
        """Open a reading transaction whose block decodes what it reads; damage is a StorageError."""
        with self.reading() as connection:
            try:
                yield connection
            except _DECODING as error:
                what = str(error) or type(error).__name__
                raise StorageError(
                    f"{self.shown_url}: the database is damaged: {what}; restore it from a copy"
                ) from error

    @contextmanager
    def writing(self, *, in_a_row: bool = False) -> Generator[Connection]:
        """Open a transaction that is durable when the block ends, or undone when it raises.

        In a row, its statements leave without waiting for each other (``Dialect.begin``).
        """
        with (
            self._write_guard(),
            self._transaction(is_writing=True, in_a_row=in_a_row) as connection,
        ):
            yield connection

    @contextmanager
    def _transaction(self, *, is_writing: bool, in_a_row: bool = False) -> Generator[Connection]:
        if self._outer is not None and self._outer[0] == threading.get_ident():
            yield self._outer[1]
            return
        with self._slots:
            raw = self._begun(partial(self.dialect.begin, is_writing=is_writing, in_a_row=in_a_row))
            is_sound = False
            try:
                connection = Connection(raw, self.dialect)
                if self._is_shared:
                    self._outer = (threading.get_ident(), connection)
                self._check_once(connection)
                yield connection
                is_sound = self._ended(raw, is_writing)
            except self.dialect.error as error:
                self._rolled_back(raw)
                raise self._storage_error(error) from error
            except BaseException:
                is_sound = self._rolled_back(raw)
                raise
            finally:
                self._outer = None
                self._give_back(raw, is_sound)

    def _begun(self, begin: Callable[[Any], None]) -> Any:
        """Return a connection with a transaction begun; an idle one that died is replaced once."""
        if self._is_closed:
            raise StorageError(f"{self.shown_url}: the database was closed")
        try:
            idle = self._idle.pop()
        except IndexError:
            return self._begun_anew(begin)
        try:
            begin(idle)
        except self.dialect.error as error:
            if self._is_shared:
                self._idle.append(idle)
                raise self._storage_error(error) from error
            idle.close()
            return self._begun_anew(begin)
        return idle

    def _begun_anew(self, begin: Callable[[Any], None]) -> Any:
        raw = self._opened()
        try:
            begin(raw)
        except self.dialect.error as error:
            raw.close()
            raise self._storage_error(error) from error
        return raw

    def _opened(self) -> Any:
        try:
            return self._connect()
        except self.dialect.error as error:
            raise self._storage_error(error) from error

    def _check_once(self, connection: Connection) -> None:
        if self._check is not None:
            self._check(connection)
            self._check = None

    def _ended(self, raw: Any, is_writing: bool) -> bool:
        """End a transaction that went well; what was read is read, even if the connection is lost now."""
        if not is_writing:
            return self._rolled_back(raw)
        self.dialect.commit(raw)
        return True

    def _rolled_back(self, raw: Any) -> bool:
        try:
            self.dialect.roll_back(raw)
        except self.dialect.error:
            return False
        return True

    def _give_back(self, raw: Any, is_sound: bool) -> None:
        if self._is_shared and not is_sound:
            self._rolled_back(raw)
        if (is_sound or self._is_shared) and not self._is_closed:
            self._idle.append(raw)
        else:
            raw.close()

    def _storage_error(self, error: Exception) -> StorageError:
        kind = StorageUnavailable if self.dialect.is_passing(error) else StorageError
        first_line = str(error).strip().partition("\n")[0]
        return kind(f"{self.shown_url}: {first_line or type(error).__name__}")

    @contextmanager
    def raw(self) -> Generator[Any]:
        """Lend a driver's connection without a transaction, under the write guard (migrations)."""
        with self._write_guard(), self._slots:
            raw = self._idle.pop() if self._idle else self._opened()
            is_sound = False
            try:
                yield raw
                is_sound = True
            finally:
                self._give_back(raw, is_sound)

    def close(self) -> None:
        """Close all that is idle; what is in use is closed when it comes back."""
        self._is_closed = True
        _close_all(self._idle)


def _close_all(idle: list[Any]) -> None:
    while idle:
        idle.pop().close()
