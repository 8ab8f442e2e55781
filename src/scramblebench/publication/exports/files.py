"""Files that are written and read piece by piece, compressed ones with the same bytes each time."""

import gzip
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Protocol

from scramblebench.publication.exports.columns import Row

_GZIP_LEVEL = 6


class RowWriter(Protocol):
    """Writes one table: ``write`` any number of times, then ``close`` once, whatever happened."""

    def write(self, rows: Sequence[Row]) -> None:
        """Append rows."""
        ...

    def close(self) -> None:
        """Finish the file."""
        ...


class ByteFile:
    """A new file for bytes; with a name that ends in .gz they are compressed, without time or name."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb")
        self._packed = (
            gzip.GzipFile("", "wb", _GZIP_LEVEL, self._file, mtime=0)
            if path.suffix == ".gz"
            else None
        )

    def write(self, content: bytes) -> None:
        """Append bytes."""
        (self._packed or self._file).write(content)

    def close(self) -> None:
        """Finish the file."""
        if self._packed:
            self._packed.close()
        self._file.close()


@contextmanager
def reading(path: Path) -> Generator[BufferedReader | gzip.GzipFile]:
    """Open a file for reading, .gz too."""
    with path.open("rb") as file:
        if path.suffix == ".gz":
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield unpacked
        else:
            yield file
