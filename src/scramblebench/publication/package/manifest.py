"""The manifest of a package: the sha256 of every file, in the words of ``sha256sum``."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scramblebench.core.errors import UsageError

MANIFEST = "MANIFEST.sha256"
BESIDE = frozenset({".venv", "output"})
"""Folders that a reader makes in a package: they are no part of it."""
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class ManifestFaults:
    """How a folder differs from its manifest, by relative paths in order; all empty where it does not."""

    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changed or self.missing or self.unknown)


def file_sha256(path: Path) -> str:
    """Return the sha256 of a file, 64 hex digits, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def packaged(folder: Path) -> Iterator[Path]:
    """Yield every file of a package but its manifest, in order of the relative path's text."""
    tops = [path for path in folder.iterdir() if path.name not in BESIDE]
    inner = (
        path for top in tops if top.is_dir() and not top.is_symlink() for path in top.rglob("*")
    )
    files = [path for path in (*tops, *inner) if path.is_file() or path.is_symlink()]
    for path in sorted(files, key=lambda path: path.relative_to(folder).as_posix()):
        if path != folder / MANIFEST:
            yield path


def write_manifest(folder: Path) -> Path:
    """Write the manifest of all that is in the folder; return its path."""
    lines = [
        f"{file_sha256(path)}  {path.relative_to(folder).as_posix()}" for path in packaged(folder)
    ]
    path = folder / MANIFEST
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def read_manifest(folder: Path) -> dict[str, str]:
    """Return the sha256 by relative path; raises UsageError where it is missing or malformed."""
    path = folder / MANIFEST
    if not path.is_file():
        raise UsageError(f"{folder} is no package: {MANIFEST} is missing")
    found: dict[str, str] = {}
    for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
        digest, gap, name = line[:64], line[64:66], line[66:]
        if gap != "  " or not name or set(digest) - set("0123456789abcdef") or name in found:
            raise UsageError(f"{path}:{number}: is not `<sha256>  <path>` of one more file")
        found[name] = digest
    return found


def check_manifest(folder: Path) -> ManifestFaults:
    """Return what was changed, is missing, or was added since the manifest was written."""
    expected = read_manifest(folder)
    there = {path.relative_to(folder).as_posix(): path for path in packaged(folder)}
    return ManifestFaults(
        changed=tuple(
            name
            for name, digest in expected.items()
            if name in there and (there[name].is_symlink() or file_sha256(there[name]) != digest)
        ),
        missing=tuple(name for name in expected if name not in there),
        unknown=tuple(name for name in there if name not in expected),
    )
