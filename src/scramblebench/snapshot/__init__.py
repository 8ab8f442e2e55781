"""Environments: captured by a list of what may be known, read back, compared by one table."""

from scramblebench.snapshot.capture import (
    SCHEMA,
    Engine,
    Snapshot,
    capture_environment,
    completed,
    without_names,
)
from scramblebench.snapshot.comparing import Comparison, compare_environments
from scramblebench.snapshot.files import file_checksums, found_checksums
from scramblebench.snapshot.reading import read_snapshot
from scramblebench.snapshot.rules import Tolerance, read_tolerance

__all__ = [
    "SCHEMA",
    "Comparison",
    "Engine",
    "Snapshot",
    "Tolerance",
    "capture_environment",
    "compare_environments",
    "completed",
    "file_checksums",
    "found_checksums",
    "read_snapshot",
    "read_tolerance",
    "without_names",
]
