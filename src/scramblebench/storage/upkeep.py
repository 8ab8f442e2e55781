"""What a database takes on disk, and giving back what it no longer needs."""

from scramblebench.core.errors import StorageError
from scramblebench.storage.connection import Connections
from scramblebench.storage.records import StoredSize


def stored_size(connections: Connections) -> StoredSize:
    """Return the room that tables take with their indexes, the largest first."""
    with connections.reading() as connection:
        row = connection.row("SELECT coalesce(sum(n_answered), 0) FROM counters")
        tables = connection.dialect.table_sizes(connection.raw)
        n_bytes = connection.dialect.size(connection.raw)
    largest_first = sorted(tables.items(), key=lambda item: (-item[1], item[0]))
    return StoredSize(n_bytes, dict(largest_first), int(row[0]) if row else 0)


def compact(connections: Connections) -> None:
    """Give back what deleted rows have left; raises StorageError where that cannot be now."""
    with connections.raw() as raw:
        try:
            connections.dialect.compact(raw)
        except connections.dialect.error as error:
            first_line = str(error).strip().partition("\n")[0]
            raise StorageError(
                f"{connections.shown_url}: {first_line}; nothing was lost: try again when nothing runs"
            ) from error
