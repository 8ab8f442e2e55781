"""A package as one zip file: the same bytes each time it is built; hostile ones are refused, never repaired."""

import stat
import tempfile
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath

from scramblebench.core.errors import UsageError

MOST_BYTES = 2 << 30
"""Largest size of a package when unpacked."""
MOST_FILES = 20_000
_MOST_RATIO = 200
_SMALL = 1 << 16  # bytes below which a ratio says nothing
_CHUNK = 1 << 20
EARLIEST = (1980, 1, 1, 0, 0, 0)
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"{word}{n}" for word in ("com", "lpt") for n in range(1, 10))}
)


def write_archive(folder: Path, path: Path, stamp: datetime) -> Path:
    """Write all files of a folder into one zip; order, times and modes depend on nothing but their names.

    Everything lies under the name of the archive, and bears the time ``stamp``.
    """
    root, when = path.stem, max(stamp.timetuple()[:6], EARLIEST)
    files = sorted(
        (file.relative_to(folder).as_posix(), file) for file in folder.rglob("*") if file.is_file()
    )
    draft = path.with_name(path.name + ".part")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, file in files:
            entry = zipfile.ZipInfo(f"{root}/{name}", when)
            entry.create_system = 3  # so that modes count
            mode = 0o755 if name.endswith(".sh") else 0o644
            entry.external_attr = (stat.S_IFREG | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            with file.open("rb") as source, archive.open(entry, "w", force_zip64=True) as target:
                while chunk := source.read(_CHUNK):
                    target.write(chunk)
    draft.replace(path)
    return path


def unpack(path: Path, folder: Path) -> Path:
    """Unpack an archive into an empty folder; return the folder of the package in it.

    Nothing is written before all names and sizes were looked at. Raises UsageError for what a package
    never has: absolute paths, ``..``, links and devices, two names that some file system takes for one,
    more than 2 GiB, a ratio of more than 200, encryption, a size that is not as stated.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _check_entries(path, entries)
            for entry in entries:
                if not entry.is_dir():
                    _extract(path, archive, entry, folder)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError) as error:
        raise UsageError(f"{path}: cannot be read as a zip file: {error}") from None
    tops = {PurePosixPath(entry.filename).parts[0] for entry in entries}
    return folder / tops.pop() if len(tops) == 1 else folder


@contextmanager
def opened(path: Path) -> Generator[Path]:
    """Give the folder of a package: itself, or where its archive was unpacked until the end of the block."""
    if path.is_dir():
        yield path
        return
    if not path.is_file():
        raise UsageError(f"{path} is not there")
    with tempfile.TemporaryDirectory(prefix="scramblebench-") as name:
        yield unpack(path, Path(name))


def _check_entries(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_FILES:
        raise _refused(path, f"holds {len(entries):,} files, more than {MOST_FILES:,}")
    if not entries:
        raise _refused(path, "is empty")
    seen: dict[str, str] = {}
    folders: set[str] = set()
    total = 0
    for entry in entries:
        _check_name(path, entry.filename)
        _check_kind(path, entry)
        folded = entry.filename.rstrip("/").casefold()
        if folded in seen:
            raise _refused(path, f"{entry.filename!r} is there twice, or differs only in case")
        seen[folded] = entry.filename
        folders.update(str(parent) for parent in PurePosixPath(folded).parents)
        total += entry.file_size
        if entry.file_size > _SMALL and entry.file_size > _MOST_RATIO * entry.compress_size:
            raise _refused(
                path, f"{entry.filename!r} would unpack to over {_MOST_RATIO} times its size"
            )
    if total > MOST_BYTES:
        raise _refused(path, f"would unpack to {total:,} bytes, more than {MOST_BYTES:,}")
    clash = [name for key, name in seen.items() if key in folders and not name.endswith("/")]
    if clash:
        raise _refused(path, f"{clash[0]!r} is a file and a folder")


def _check_name(path: Path, name: str) -> None:
    parts = name.rstrip("/").split("/")
    is_plain = all(part not in ("", ".", "..") for part in parts)
    if not is_plain or "\\" in name or ":" in name or any(ord(letter) < 32 for letter in name):
        raise _refused(path, f"{name!r} is not a plain relative path")
    for part in parts:
        if part.partition(".")[0].casefold() in _RESERVED or part[-1] in ". ":
            raise _refused(path, f"{name!r} is no file name on every system")


def _check_kind(path: Path, entry: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _refused(path, f"{entry.filename!r} is a link or a device")
    if entry.flag_bits & 0x1:
        raise _refused(path, f"{entry.filename!r} is encrypted")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _refused(path, f"{entry.filename!r} is neither stored nor deflated")


def _extract(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    target = folder / entry.filename
    target.parent.mkdir(parents=True, exist_ok=True)
    left = entry.file_size
    with archive.open(entry) as source, target.open("xb") as file:
        while chunk := source.read(min(_CHUNK, left + 1)):
            left -= len(chunk)
            if left < 0:
                raise _refused(path, f"{entry.filename!r} is larger than it states")
            file.write(chunk)
    if entry.external_attr >> 16 & 0o111:
        target.chmod(0o755)


def _refused(path: Path, what: str) -> UsageError:
    return UsageError(f"{path}: {what}; refused, nothing was unpacked")
