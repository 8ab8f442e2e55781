"""An environment to change, and repositories to look at."""

import copy
import os
import subprocess
from pathlib import Path
from typing import Any

from scramblebench.snapshot import SCHEMA

COMMIT, OTHER_COMMIT = "a" * 40, "b" * 40


def environment(**changes: Any) -> dict[str, Any]:
    """Return an environment; ``python__version="3.12.0"`` changes one fact of a section, ``files={}`` all."""
    snapshot = copy.deepcopy(_ENVIRONMENT)
    for place, value in changes.items():
        section, _, key = place.partition("__")
        if key:
            snapshot[section][key] = value
        else:
            snapshot[section] = value
    return snapshot


def packages(**changes: str | None) -> dict[str, str]:
    """Return the packages with other versions; None takes one away."""
    changed = {**_ENVIRONMENT["packages"], **changes}
    return {name: version for name, version in changed.items() if version is not None}


def git(commit: str = COMMIT, *, is_dirty: bool = False) -> dict[str, Any]:
    """Return the state of a repository."""
    return {"commit": commit, "is_dirty": is_dirty, "remote": "example.org/lab/study.git"}


_ENVIRONMENT: dict[str, Any] = {
    "schema": SCHEMA,
    "scramblebench": "1.2.3",
    "python": {
        "version": "3.11.7",
        "implementation": "CPython",
        "build": "main GCC 12.2.0",
        "executable": "python",
    },
    "platform": {
        "system": "Linux",
        "distribution": "debian 12",
        "release": "6.1.0",
        "machine": "x86_64",
        "libc": "glibc 2.36",
    },
    "hardware": {
        "cpu": "AMD EPYC",
        "n_cores": 8,
        "n_physical_cores": 4,
        "memory_gib": 31.2,
        "gpus": ["NVIDIA L4, driver 550.54"],
    },
    "packages": {
        "numpy": "2.1.0",
        "scipy": "1.14.1",
        "statsmodels": "0.14.4",
        "scramblebench": "1.2.3",
        "rich": "13.7.1",
        "attrs": "24.2.0",
    },
    "package_sources": {"rich": {"kind": "commit", "commit": COMMIT}},
    "git": {"code": git(), "project": git()},
    "variables": {"OMP_NUM_THREADS": "4", "LANG": "C.UTF-8"},
    "locale": {
        "file_system_encoding": "utf-8",
        "preferred_encoding": "UTF-8",
        "time_zones": ["UTC"],
    },
    "database": {"dialect": "sqlite", "version": "3.45.0"},
    "files": {"gsm8k.jsonl": "c" * 64},
}


def make_repository(folder: Path) -> Path:
    """Make a repository with one committed file."""
    folder.mkdir(parents=True, exist_ok=True)
    run_git(folder, "init", "-q", "-b", "main")
    (folder / "study.yaml").write_text("models: []\n")
    run_git(folder, "add", "study.yaml")
    run_git(folder, "commit", "-q", "-m", "first")
    return folder


def run_git(folder: Path, *words: str) -> str:
    """Run git as a user would, with a name and no configuration of this machine."""
    identity = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", "Ada"), ("EMAIL", "ada@example.org"))
    }
    done = subprocess.run(
        ["git", *words],
        cwd=folder,
        env={**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()
