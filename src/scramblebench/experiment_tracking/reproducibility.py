"""The README's validator: this environment, and whether it is another one's like."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scramblebench.experiment_tracking.database import DatabaseManager
from scramblebench.experiment_tracking.exporter import AcademicExporter
from scramblebench.snapshot import (
    capture_environment,
    compare_environments,
    found_checksums,
    read_snapshot,
    read_tolerance,
)


class ReproducibilityValidator:
    """Captures the environment and compares it; with ``db``, its database is part of it."""

    def __init__(self, db: DatabaseManager | None = None) -> None:
        self._db = db

    def capture_environment(self, files: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Return a snapshot of what may affect results here, by a list of what may be known; no secrets.

        ``files`` are checksums of input files by name, as ``file_checksums`` returns them.
        """
        return capture_environment(self._db and self._db.database.engine(), files)

    async def validate_reproducibility(
        self,
        original_snapshot: Mapping[str, Any] | Path | str,
        tolerance: str = "moderate",
        data_dir: Path | None = None,
    ) -> dict[str, Any]:
        """Return whether this environment is like that of a snapshot: is_reproducible, confidence, issues,
        warnings, tolerance, details.

        The snapshot is a dict, its JSON or the path of a file; tolerance is strict, moderate or loose
        (docs/reproducibility.md says what each makes of which difference). Input files are looked for in
        ``data_dir`` where it is given. Raises UsageError where the snapshot or the tolerance is none.
        """
        return await asyncio.to_thread(self._validate, original_snapshot, tolerance, data_dir)

    async def create_replication_package(
        self, experiment_id: str, output_dir: Path | str, **about: Any
    ) -> Path:
        """Write a package that verifies itself, and its zip beside it; return its folder.

        ``about`` is what ``AcademicExporter.create_publication_package`` takes besides (title, authors,
        abstract, is_anonymous). Raises as that does.
        """
        exporter = AcademicExporter(self._db or DatabaseManager())
        data = await exporter.create_publication_package(
            experiment_id, output_dir, with_archive=True, **about
        )
        return data.folder

    def _validate(
        self, given: Mapping[str, Any] | Path | str, tolerance: str, data_dir: Path | None
    ) -> dict[str, Any]:
        level, original = read_tolerance(tolerance), read_snapshot(given)
        files: Mapping[str, str] | None = original.get("files")
        found = found_checksums(files, data_dir) if files and data_dir else None
        comparison = compare_environments(original, self.capture_environment(found), level)
        return asdict(comparison) | {
            "tolerance": str(level),
            "issues": list(comparison.issues),
            "warnings": list(comparison.warnings),
        }
