"""Finding benchmark files and reading their bytes: once, hashed, as strict UTF-8."""

import codecs
import glob
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from scramblebench.benchmarks.records import Malformed
from scramblebench.benchmarks.source import BenchmarkSource
from scramblebench.core.errors import BenchmarkFileError, Place

MAX_LINE_BYTES = 16 << 20  # 16 MiB: the longest line, and the largest record
MAX_DOCUMENT_BYTES = 256 << 20  # 256 MiB: the largest JSON document, which is read as a whole


def find_files(source: BenchmarkSource) -> dict[str, Path]:
    """Return the files of a source by their names relative to its folder, in the order given.

    Matches of one glob are sorted. Raises BenchmarkFileError where a path or glob names no file.
    """
    found: dict[str, Path] = {}
    for pattern in source.paths:
        try:
            names = _matches(pattern, source)
        except (OSError, ValueError) as error:  # too long, a NUL or line feed, a loop of links
            raise _not_found(f"{pattern[:60]!r} is no path of a file", source) from error
        found.update((name, source.base_dir / name) for name in names if name not in found)
    return found


def _matches(pattern: str, source: BenchmarkSource) -> list[str]:
    if not pattern.isprintable():
        raise ValueError("holds characters that no message can show")
    if not pattern.strip():
        raise _not_found("an empty path names no file; write the path of the file", source)
    expanded = os.path.expanduser(pattern)
    if (source.base_dir / expanded).exists() or not glob.has_magic(expanded):
        return [_checked(expanded, source)]
    names = glob.glob(expanded, root_dir=source.base_dir, recursive=True)
    files = sorted(name for name in names if (source.base_dir / name).is_file())
    if not files:
        raise _not_found(f"no file matches {pattern}", source)
    return [Path(name).as_posix() for name in files]


def _checked(name: str, source: BenchmarkSource) -> str:
    path = source.base_dir / name
    if path.is_dir():
        remedy = f"name the files in it, for instance {Path(name).as_posix()}/*.jsonl"
        raise BenchmarkFileError(f"is a folder; {remedy}", Place(path))
    if not path.exists():
        raise _not_found(f"there is no file {name}", source)
    if not path.is_file():
        raise BenchmarkFileError("is not a regular file; copy its content to one", Place(path))
    return Path(name).as_posix()


def _not_found(what: str, source: BenchmarkSource) -> BenchmarkFileError:
    place = source.origin or Place(f"benchmark {source.name}")
    folder = source.base_dir.absolute()
    return BenchmarkFileError(f"{what}; paths are relative to {folder}", place)


class HashedFile:
    """A file that is read once; ``sha256`` is complete when its lines or text have been read.

    Raises Malformed on what is not UTF-8 text (a byte order mark is fine), OSError on reading.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Hash of the bytes read so far, 64 hex digits."""
        return self._digest.hexdigest()

    def numbered_lines(self) -> Iterator[tuple[int, str]]:
        """Yield (line number from 1, line with its end); only a line feed ends a line."""
        with self.path.open("rb") as handle:
            for number, line in enumerate(_limited_lines(handle), start=1):
                self._digest.update(line)
                yield number, _decoded(_without_mark(line) if number == 1 else line, number)

    def text(self) -> str:
        """Return the whole content."""
        if self.path.stat().st_size > MAX_DOCUMENT_BYTES:
            size_mib = MAX_DOCUMENT_BYTES >> 20
            raise Malformed(f"is larger than {size_mib} MiB; write it as JSON Lines (.jsonl)")
        data = self.path.read_bytes()
        self._digest.update(data)
        return _decoded(_without_mark(data), 1)

    def content(self) -> bytes:
        """Return the bytes as they are, for formats that are not text."""
        data = self.path.read_bytes()
        self._digest.update(data)
        return data


def first_lines(path: Path) -> tuple[bytes, bool]:
    """Return the first line that is not blank (cut at the limit) and whether another follows."""
    with path.open("rb") as handle:
        first = b""
        while not _without_mark(first).strip():
            first = handle.readline(MAX_LINE_BYTES + 1)
            if not first:
                return b"", False
        for line in iter(lambda: handle.readline(MAX_LINE_BYTES + 1), b""):
            if line.strip():
                return _without_mark(first), True
    return _without_mark(first), False


def _limited_lines(handle: BinaryIO) -> Iterator[bytes]:
    number = 0
    while line := handle.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            size_mib = MAX_LINE_BYTES >> 20
            raise Malformed(f"the line is longer than {size_mib} MiB; is the file damaged?", number)
        yield line


def _without_mark(data: bytes) -> bytes:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Malformed("is UTF-16; save it as UTF-8", 1)
    return data.removeprefix(codecs.BOM_UTF8)


def _decoded(data: bytes, line: int) -> str:
    if (at := data.find(b"\0")) >= 0:
        where = line + data.count(b"\n", 0, at)
        raise Malformed("holds a NUL byte, which is no text; is it UTF-16 or damaged?", where)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        where = line + data.count(b"\n", 0, error.start)
        bad = data[error.start]
        remedy = "save it as UTF-8, for instance: iconv -f latin1 -t utf-8"
        raise Malformed(f"byte 0x{bad:02x} is not UTF-8; {remedy}", where) from error
