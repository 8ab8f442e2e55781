"""A snapshot of the environment: only what is asked for by name, so that no secret gets in."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import scramblebench
from scramblebench.snapshot.files import public_name
from scramblebench.snapshot.git import git_state
from scramblebench.snapshot.machine import (
    hardware_facts,
    locale_facts,
    platform_facts,
    python_facts,
    variables,
)
from scramblebench.snapshot.packages import installed_packages

SCHEMA = "scramblebench-environment/1"

Snapshot = Mapping[str, Any]
"""A captured environment, JSON-able; its keys are described in docs/reproducibility.md."""


class Engine(Protocol):
    """A database as a snapshot names it."""

    @property
    def dialect(self) -> str:
        """Which database it is."""
        ...

    @property
    def version(self) -> str:
        """The version of its server or library."""
        ...


def capture_environment(
    engine: Engine | None = None,
    files: Mapping[str, str] | None = None,
    *,
    environment: Mapping[str, str] = os.environ,
) -> dict[str, Any]:
    """Return what of this process and machine may affect results; the same one twice is the same value.

    ``files`` are checksums of input files by name. There is no name of a machine or a person in it, no path,
    no argument of the command line, and no environment variable but the few that are listed.
    """
    versions, sources = installed_packages()
    home = Path(scramblebench.__file__)
    captured = {
        "schema": SCHEMA,
        "scramblebench": scramblebench.__version__,
        "python": python_facts(),
        "platform": platform_facts(),
        "hardware": hardware_facts(),
        "packages": versions,
        "package_sources": sources,
        "git": {"code": git_state(home.parent, home.name), "project": git_state(Path.cwd())},
        "variables": variables(environment),
        "locale": locale_facts(),
    }
    return completed(captured, engine, files)


def completed(
    captured: Snapshot, engine: Engine | None, files: Mapping[str, str] | None
) -> dict[str, Any]:
    """Return a snapshot with the database and the input files of one run, None where they are not known."""
    return {
        **captured,
        "database": engine and {"dialect": engine.dialect, "version": engine.version},
        "files": None if files is None else {public_name(n): s for n, s in sorted(files.items())},
    }


def without_names(snapshot: Snapshot) -> dict[str, Any]:
    """Return a snapshot for anonymous review: without the folder of the study and where the code is kept."""
    code = snapshot["git"].get("code")
    git = {"code": code and {**code, "remote": None}, "project": None}
    return {**snapshot, "git": git}
