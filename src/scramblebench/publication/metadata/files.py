"""What a package holds, as its metadata describe it: its files."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Self


class FileRole(StrEnum):
    """What a file is for; decides which licence it is under."""

    DATA = "data"
    RESULT = "result"
    FIGURE = "figure"
    TABLE = "table"
    TEXT = "text"
    CODE = "code"
    CONFIG = "config"
    ENVIRONMENT = "environment"
    LOG = "log"
    METADATA = "metadata"
    LICENCE = "licence"

    @property
    def is_code(self) -> bool:
        """Whether the licence for code holds."""
        return self in (FileRole.CODE, FileRole.CONFIG)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackagedFile:
    """One file of a package: ``path`` is relative to its root, with slashes; ``sha256`` 64 hex digits.

    ``description`` is one sentence. Raises ValueError where the path leads out of the package.
    """

    path: str
    size: int
    sha256: str
    media_type: str
    description: str
    role: FileRole

    def __post_init__(self) -> None:
        path = PurePosixPath(self.path)
        if path.is_absolute() or ".." in path.parts or str(path) != self.path or self.path == ".":
            raise ValueError(f"{self.path!r} is not a path inside a package")

    @classmethod
    def of(cls, folder: Path, path: str, media_type: str, description: str, role: FileRole) -> Self:
        """Return the description of a file that is there already."""
        with (folder / path).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return cls(
            path=path,
            size=(folder / path).stat().st_size,
            sha256=digest,
            media_type=media_type,
            description=description,
            role=role,
        )
