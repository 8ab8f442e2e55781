"""The files to import: found, opened, and what was said of each behind its name."""

import glob
import gzip
import hashlib
import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from scramblebench.core.errors import ImportFileError, Place, UsageError
from scramblebench.imports.record import FileWords, Where

MAX_LINE_BYTES = 64 << 20
"""64 MiB: the longest line and the largest sample."""
_GZIP = b"\x1f\x8b"
_CHUNK_BYTES = 1 << 20
_WORDS = re.compile(r"(.+?)@((?:level|method|model|benchmark)=.*)", re.DOTALL)
_KNOWN_WORDS = ("level", "method", "model", "benchmark")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of responses; ``is_gzip`` by its first bytes."""

    path: Path
    words: FileWords = field(default=FileWords())
    is_gzip: bool = False

    @contextmanager
    def open(self) -> Generator[BinaryIO]:
        """Open the content, unpacked where it is gzip; raises ImportFileError where that is damaged."""
        opener = gzip.open if self.is_gzip else open
        try:
            with opener(self.path, "rb") as handle:
                yield cast(BinaryIO, handle)
        except (EOFError, gzip.BadGzipFile) as error:
            raise self.wrong(f"the gzip file is damaged: {error}; fetch it anew") from error

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield (line number from 1, line without its end); blank lines are left out."""
        with self.open() as handle:
            number = 0
            while line := handle.readline(MAX_LINE_BYTES + 1):
                number += 1
                if len(line) > MAX_LINE_BYTES:
                    raise self.wrong(f"is longer than {MAX_LINE_BYTES >> 20} MiB", number)
                if number == 1:
                    line = line.removeprefix(b"\xef\xbb\xbf")
                if stripped := line.strip():
                    yield number, stripped

    def sha256(self) -> str:
        """Return the hash of the file as it stands on disk, 64 hex digits."""
        digest = hashlib.sha256()
        with self.path.open("rb") as handle:
            while chunk := handle.read(_CHUNK_BYTES):
                digest.update(chunk)
        return digest.hexdigest()

    def place(self, where: Where | None = None) -> Place:
        """Return a place in this file: a line, or a sample by its name."""
        return Place(f"{self.path}: {where}") if isinstance(where, str) else Place(self.path, where)

    def wrong(self, message: str, where: Where | None = None) -> ImportFileError:
        """Return an error at a place in this file."""
        return ImportFileError(message, self.place(where))


def find_sources(arguments: Sequence[str]) -> tuple[SourceFile, ...]:
    """Return the files that arguments name, in the order given; globs are sorted.

    An argument is a path, a glob, or one of them with ``@level=33,method=letter_shuffle,model=NAME``
    behind it. Raises UsageError where it names no file, or words that are not known.
    """
    found: dict[Path, SourceFile] = {}
    for argument in arguments:
        named, words = _split(argument)
        for path in _paths(named):
            if path in found:
                raise UsageError(f"{path} is given twice; each file once")
            found[path] = SourceFile(path, words, _is_gzip(path))
    return tuple(found.values())


def _split(argument: str) -> tuple[str, FileWords]:
    parts = None if Path(argument).exists() else _WORDS.fullmatch(argument)
    if parts is None:
        return argument, FileWords()
    words: dict[str, str] = {}
    for pair in parts[2].split(","):
        name, equals, value = pair.partition("=")
        if name not in _KNOWN_WORDS or not equals or not value or name in words:
            raise UsageError(
                f"{argument!r}: {pair!r} is none of {'=..., '.join(_KNOWN_WORDS)}=..., each once"
            )
        words[name] = value
    level = _level(argument, words["level"]) if "level" in words else None
    return parts[1], FileWords(
        level, words.get("method"), words.get("model"), words.get("benchmark")
    )


def _level(argument: str, text: str) -> float:
    try:
        level = float(text.removesuffix("%"))
    except ValueError:
        level = -1.0
    if not 0 <= level <= 100:
        raise UsageError(f"{argument!r}: level {text!r} is not a percentage from 0 to 100")
    return level


def _paths(named: str) -> list[Path]:
    path = Path(named).expanduser()
    if path.is_dir():
        raise UsageError(f"{named} is a folder; name the files in it, for instance {named}/*.jsonl")
    if path.is_file():
        return [path]
    matches = sorted(Path(name) for name in glob.glob(str(path), recursive=True))
    if files := [match for match in matches if match.is_file()]:
        return files
    raise UsageError(f"there is no file {named}")


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as handle:
        return handle.read(2) == _GZIP
