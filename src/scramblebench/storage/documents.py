"""Documents: what is kept of an experiment word for word, never changed and never taken away."""

import hashlib
from collections.abc import Sequence

from scramblebench.core.clock import Clock
from scramblebench.core.errors import StorageError
from scramblebench.storage.connection import Connection, Connections, Row
from scramblebench.storage.experiments import number_of
from scramblebench.storage.moments import microseconds, moment
from scramblebench.storage.records import DocumentKind, DocumentRecord
from scramblebench.storage.sanitise import pack, unpack

_TEXTS = ("text",)


class SqlDocumentStore:
    """The ``DocumentStore`` of both databases."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    def add(self, experiment_id: str, kind: DocumentKind, text: str) -> DocumentRecord:
        """Store a document; return it as stored. One of the same kind and text stays as it was."""
        (clean,), exact = pack(_TEXTS, (text,))
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        now_us = microseconds(self._clock.now())
        with self._connections.writing() as connection:
            experiment_no = number_of(connection, experiment_id)
            connection.run(
                """
                INSERT INTO experiment_documents (experiment_no, kind, at, sha256, text, exact)
                VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (experiment_no, kind, sha256) DO NOTHING""",
                (experiment_no, kind.value, now_us, digest, clean, exact),
            )
            at_us = _stored_at(connection, experiment_no, kind, digest)
        return DocumentRecord(experiment_id, kind, moment(at_us), digest.hex(), text)

    def list(
        self, experiment_id: str, kind: DocumentKind | None = None
    ) -> Sequence[DocumentRecord]:
        """Return the documents of an experiment, of one kind or of all, oldest first."""
        wanted = "" if kind is None else kind.value
        with self._connections.reading_values() as connection:
            rows = connection.rows(
                """
                SELECT kind, at, sha256, text, exact FROM experiment_documents
                WHERE experiment_no = ? AND (? = '' OR kind = ?) ORDER BY no""",
                (number_of(connection, experiment_id), wanted, wanted),
            )
            return tuple(_document(experiment_id, row) for row in rows)


def _stored_at(connection: Connection, experiment_no: int, kind: str, digest: bytes) -> int:
    row = connection.row(
        "SELECT at FROM experiment_documents WHERE experiment_no = ? AND kind = ? AND sha256 = ?",
        (experiment_no, kind, digest),
    )
    if row is None:
        raise StorageError("a document that was just stored is not there")
    return row[0]


def _document(experiment_id: str, row: Row) -> DocumentRecord:
    kind, at, sha256, text, exact = row
    (original,) = unpack(_TEXTS, (text,), exact)
    return DocumentRecord(
        experiment_id, DocumentKind(kind), moment(at), bytes(sha256).hex(), original or ""
    )
