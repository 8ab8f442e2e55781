"""A database opened: its stores over one set of connections."""

from collections.abc import Callable
from functools import partial

from scramblebench.core.clock import Clock, SystemClock
from scramblebench.storage import schema, upkeep
from scramblebench.storage.analyses import SqlAnalysisStore
from scramblebench.storage.browsing import SqlBrowseStore
from scramblebench.storage.connection import Connections
from scramblebench.storage.documents import SqlDocumentStore
from scramblebench.storage.experiments import SqlExperimentStore
from scramblebench.storage.location import SqliteLocation, resolve_location
from scramblebench.storage.monitor import SqlMonitorStore
from scramblebench.storage.protocols import (
    AnalysisStore,
    BrowseStore,
    Database,
    DocumentStore,
    ExperimentStore,
    MonitorStore,
    QueueStore,
    RateStore,
    TrialStore,
)
from scramblebench.storage.queue import SqlQueueStore
from scramblebench.storage.rates import SqlRateStore
from scramblebench.storage.records import EngineRecord, StoredSize
from scramblebench.storage.shard_protocol import ShardStore
from scramblebench.storage.shards import SqlShardStore
from scramblebench.storage.sqlite import SqliteDialect, WriteGuard, connect_sqlite, create_file
from scramblebench.storage.trials import SqlTrialStore


class SqlDatabase:
    """The ``Database`` of SQLite and of PostgreSQL."""

    def __init__(
        self,
        connections: Connections,
        clock: Clock,
        *,
        create: Callable[[], None] = lambda: None,
        clean_up: Callable[[], None] = lambda: None,
    ) -> None:
        self._connections = connections
        self._create = create
        self._clean_up = clean_up
        connections.check_first(partial(schema.check_schema, shown_url=connections.shown_url))
        self._experiments = SqlExperimentStore(connections, clock)
        self._trials = SqlTrialStore(connections, clock)
        self._browse = SqlBrowseStore(connections)
        self._queue = SqlQueueStore(connections, clock)
        self._shards = SqlShardStore(connections)
        self._rates = SqlRateStore(connections)
        self._analyses = SqlAnalysisStore(connections, clock)
        self._monitor = SqlMonitorStore(connections, clock)
        self._documents = SqlDocumentStore(connections, clock)

    @property
    def experiments(self) -> ExperimentStore:
        """Experiments and their history."""
        return self._experiments

    @property
    def trials(self) -> TrialStore:
        """Attempts, responses and scores."""
        return self._trials

    @property
    def browse(self) -> BrowseStore:
        """Responses and questions, a page at a time."""
        return self._browse

    @property
    def queue(self) -> QueueStore:
        """Leases and order."""
        return self._queue

    @property
    def shards(self) -> ShardStore:
        """Parts of experiments that workers take."""
        return self._shards

    @property
    def rates(self) -> RateStore:
        """Rates shared by all runners."""
        return self._rates

    @property
    def analyses(self) -> AnalysisStore:
        """Derived results and A/B tests."""
        return self._analyses

    @property
    def monitor(self) -> MonitorStore:
        """Samples, latencies, alerts and notes."""
        return self._monitor

    @property
    def documents(self) -> DocumentStore:
        """What is kept word for word."""
        return self._documents

    def engine(self) -> EngineRecord:
        """Return which database this is."""
        with self._connections.reading() as connection:
            return EngineRecord(connection.dialect.name, connection.version())

    def size(self) -> StoredSize:
        """Return what is taken on disk."""
        return upkeep.stored_size(self._connections)

    def compact(self) -> None:
        """Give back what deleted rows have left."""
        upkeep.compact(self._connections)

    @property
    def shown_url(self) -> str:
        """The URL without its password, fit for logs."""
        return self._connections.shown_url

    def __repr__(self) -> str:
        return f"<SqlDatabase {self.shown_url}>"

    def migrate(self) -> None:
        """Create the schema or bring it up to date; idempotent; raises StorageError on a newer one."""
        self._create()
        schema.migrate(self._connections)

    def close(self) -> None:
        """Give all connections back; later calls are errors."""
        self._connections.close()
        self._clean_up()


def open_database(
    url: str | None = None,
    *,
    clock: Clock | None = None,
    read_only: bool = False,
    deadline_s: float | None = None,
) -> Database:
    """Return the database at ``url``; None takes DATABASE_URL, else the user's own SQLite file.

    ``postgresql://user:password@host/name``, ``sqlite:///relative.db``, ``sqlite:////absolute.db``, a
    path ending in ``.db``, or ``sqlite://`` (in memory, gone when closed). A file is only created by
    ``migrate``. With ``deadline_s`` a statement (PostgreSQL) or a transaction's queries (SQLite, in a file)
    that take longer end in StorageUnavailable. Raises UsageError where the URL is none, MissingDependency without psycopg, StorageError
    where the server does not answer.
    """
    location = resolve_location(url)
    clock = clock or SystemClock()
    if not isinstance(location, SqliteLocation):
        # an optional extra, and a fifth of a CPU second that SQLite does not need
        from scramblebench.storage.postgresql import connect_postgresql

        connect = partial(connect_postgresql, location, is_read_only=read_only)
        return SqlDatabase(connect(deadline_s=deadline_s), clock)
    dialect = SqliteDialect(clock, deadline_s)
    connections = partial(connect_sqlite, location, dialect, is_read_only=read_only)
    if location.path is None:
        return SqlDatabase(connections(), clock)
    guard = WriteGuard(location.path)
    return SqlDatabase(
        connections(write_guard=guard),
        clock,
        create=partial(create_file, location.path),
        clean_up=guard.close,
    )
