"""The state of a folder under git: read by a git that runs nothing which the folder names.

A repository's own configuration can name programs: a monitor of files, hooks, filters, pagers, transports.
All are switched off, no configuration but the repository's is read, and nothing is asked for long.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

_TIMEOUT_S = 2.0
_OPTIONS = (
    "--no-pager",
    "--no-optional-locks",
    "--literal-pathspecs",
    "-c", "core.fsmonitor=false",
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.attributesFile=/dev/null",
    "-c", "credential.helper=",
)  # fmt: skip
_ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "none",  # a partial clone would fetch what it lacks
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ASKPASS": "true",
    "GIT_SSH_COMMAND": "false",
    "LC_ALL": "C",
}
_FILTER = re.compile(r"filter\..+\.(clean|smudge|process|required)", re.IGNORECASE | re.DOTALL)
_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,100}")
_PART = re.compile(r"[A-Za-z0-9._-]{1,100}")
_MOST_PARTS = 4


def git_state(folder: Path, tracked: str | None = None) -> dict[str, str | bool | None] | None:
    """Return ``commit``, ``is_dirty`` and ``remote`` of a folder; None where there is no answer.

    ``is_dirty`` is of files that git tracks. ``remote`` is the host and path of origin, None where it has
    none or is anything but a plain address. With ``tracked``, that file must be one of git's: a package in
    the virtual environment of some project is not that project's.
    """
    listed = _git(folder, ("config", "--list", "-z"))
    if listed is None:
        return None
    settings = [entry.partition("\n") for entry in listed.split("\0") if entry]
    if tracked is not None and not _git(folder, ("ls-files", "-z", "--", tracked)):
        return None
    filters = [name for name, _, _ in settings if _FILTER.fullmatch(name)]
    command = ("status", "--porcelain=v2", "-z", "--branch", "--no-ahead-behind")
    status = _git(folder, (*command, "--untracked-files=no", "--ignore-submodules=all"), filters)
    if status is None:
        return None
    lines = [line for line in status.split("\0") if line]
    commit = next((line.split()[-1] for line in lines if line.startswith("# branch.oid ")), "")
    urls = [value for name, _, value in settings if name == "remote.origin.url"]
    return {
        "commit": commit if _COMMIT.fullmatch(commit) else None,
        "is_dirty": any(not line.startswith("#") for line in lines),
        "remote": plain_remote(urls[-1]) if urls else None,
    }


def plain_remote(url: str) -> str | None:
    """Return host and path of a remote; None where it is a path, or holds more than plain words."""
    if "://" in url:
        try:
            parts = urlsplit(url)
            host, path = parts.hostname or "", parts.path
        except ValueError:
            return None
    else:
        place, colon, path = url.partition(":")
        host = place.rpartition("@")[2] if colon and "/" not in place else ""
    words = [word for word in path.split("/") if word]
    is_plain = _HOST.fullmatch(host) and 0 < len(words) <= _MOST_PARTS
    if not is_plain or not all(_PART.fullmatch(word) for word in words):
        return None
    return "/".join((host, *words))


def _git(folder: Path, words: Sequence[str], disabled: Sequence[str] = ()) -> str | None:
    """Return what git says; None where it is not there, refuses or takes too long."""
    program = shutil.which("git")
    if program is None or not os.path.isabs(program):
        return None
    environment = {"PATH": os.environ.get("PATH", os.defpath), **_ENVIRONMENT}
    environment["GIT_CONFIG_COUNT"] = str(len(disabled))
    for number, name in enumerate(disabled):
        is_flag = name.lower().endswith(".required")
        environment[f"GIT_CONFIG_KEY_{number}"] = name
        environment[f"GIT_CONFIG_VALUE_{number}"] = "false" if is_flag else ""
    try:
        done = subprocess.run(
            [program, *_OPTIONS, "-C", str(folder), *words],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_TIMEOUT_S,
            check=True,
        )
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace")
