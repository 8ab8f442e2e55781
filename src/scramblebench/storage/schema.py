"""The version of the schema: a cheap check before use, Alembic only when migrating."""

from pathlib import Path

from scramblebench.core.errors import DatabaseMissing, StorageError
from scramblebench.storage.connection import Connection, Connections

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009")
"""All revisions, oldest first; a test holds them against Alembic's own."""

_REMEDY = "scramblebench-experiment init-db"


def check_schema(connection: Connection, shown_url: str) -> None:
    """Raise StorageError unless the schema is the one this version was written for."""
    revision = _revision(connection)
    if revision is None:
        raise DatabaseMissing(f"{shown_url}: the database is empty; initialise it with: {_REMEDY}")
    check_known(revision, shown_url)
    if revision != REVISIONS[-1]:
        raise StorageError(
            f"{shown_url}: the database has schema {revision}, {REVISIONS[-1]} is needed; "
            f"bring it up to date with: {_REMEDY}"
        )


def check_known(revision: str, shown_url: str) -> None:
    """Raise StorageError on a revision that only a newer version can have written."""
    if revision not in REVISIONS:
        raise StorageError(
            f"{shown_url}: the database has schema {revision}, newer than {REVISIONS[-1]}, the newest "
            "that this version knows; upgrade scramblebench"
        )


def migrate(connections: Connections) -> None:
    """Create the schema or bring it up to date in one transaction; idempotent.

    Processes that migrate at once wait for each other. Raises StorageError on a schema that this
    version does not know, on damage, and while an experiment runs: its runner knows the old schema only, and
    could not store the answers to come.
    """
    if _is_current(connections):
        return
    from alembic import command  # half a CPU second that only migrating needs
    from alembic.config import Config
    from sqlalchemy import StaticPool, create_engine
    from sqlalchemy.exc import SQLAlchemyError

    dialect, config = connections.dialect, Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with connections.raw() as raw:
        dialect.prepare(raw)
        engine = create_engine(dialect.sqlalchemy_url, creator=lambda: raw, poolclass=StaticPool)
        try:
            with engine.connect() as connection, connection.begin():
                dialect.begin(raw, is_writing=True)
                dialect.lock(raw, "migrate")
                if (revision := _revision(Connection(raw, dialect))) is not None:
                    check_known(revision, connections.shown_url)
                    _check_quiet(Connection(raw, dialect), revision, connections.shown_url)
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except (SQLAlchemyError, dialect.error) as error:
            first_line = str(error).partition("\n")[0]
            raise StorageError(f"{connections.shown_url}: {first_line}") from error
        except (ValueError, TypeError, AttributeError) as error:
            raise StorageError(
                f"{connections.shown_url}: the database is damaged: {error}; restore it from a copy"
            ) from error


def _check_quiet(connection: Connection, revision: str, shown_url: str) -> None:
    if revision == REVISIONS[-1]:
        return
    row = connection.row(
        "SELECT count(*) FROM queue_entries WHERE lease_until > ?", (connection.now_us(),)
    )
    assert row is not None
    if row[0]:
        raise StorageError(
            f"{shown_url}: {row[0]} of its experiments {'is' if row[0] == 1 else 'are'} being run by another "
            f"process; end that (Ctrl-C) or wait for it, then bring it up to date with: {_REMEDY}"
        )


def _is_current(connections: Connections) -> bool:
    with connections.raw() as raw:
        try:
            return _revision(Connection(raw, connections.dialect)) == REVISIONS[-1]
        except connections.dialect.error as error:
            first_line = str(error).partition("\n")[0]
            raise StorageError(f"{connections.shown_url}: {first_line}") from error


def _revision(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection.raw, "alembic_version"):
        return None
    row = connection.row("SELECT version_num FROM alembic_version")
    return None if row is None else row[0]
