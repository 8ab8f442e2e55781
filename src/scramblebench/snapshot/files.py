"""Checksums of input files, under names that say nothing of where somebody keeps them."""

import hashlib
from collections.abc import Iterable
from pathlib import Path, PurePath

from scramblebench.core.errors import UsageError


def file_checksums(paths: Iterable[Path], folder: Path | None = None) -> dict[str, str]:
    """Return the sha256 of each file by its name: relative to ``folder`` where it is inside, else its last part.

    Raises UsageError where a file is not there, or two would have one name.
    """
    checksums: dict[str, str] = {}
    for path in map(Path, paths):
        inside = folder is not None and path.is_relative_to(folder)
        name = path.relative_to(folder).as_posix() if folder and inside else path.name
        if name in checksums:
            raise UsageError(f"{path}: another file is called {name} too; give the folder of both")
        checksum = _checksum(path)
        if checksum is None:
            raise UsageError(f"{path}: there is no such file")
        checksums[name] = checksum
    return checksums


def found_checksums(names: Iterable[str], folder: Path) -> dict[str, str]:
    """Return the sha256 of those named files that are in a folder; names that lead out of it are not."""
    found = {name: _checksum(folder / name) for name in names if public_name(name) == name}
    return {name: checksum for name, checksum in found.items() if checksum is not None}


def public_name(name: str) -> str:
    """Return a file's name as it may be shown: its last part where it is absolute or leads upwards."""
    path = PurePath(name)
    return path.name if path.is_absolute() or ".." in path.parts else path.as_posix()


def _checksum(path: Path) -> str | None:
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except ValueError:  # a NUL in its name
        return None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from error
