"""The commands to type next, as they can be typed here."""

import shlex
import shutil
import sys
from pathlib import PurePath

from scramblebench.cli.output import note

PROGRAM = "scramblebench-experiment"
WITHOUT_DATABASE = frozenset({"init", "estimate", "preview", "validate-config"})


def command(*words: str) -> str:
    """Return a command as it can be typed in this shell and reaches the same database.

    The program is named by its path where it is not on PATH; ``--database-url`` is added where it was
    given as an option, with an ellipsis where it may hold a password.
    """
    parts = [shlex.quote(word) for word in (_program(), *words)]
    database_url = _database_option()
    if database_url is not None and words[0] not in WITHOUT_DATABASE:
        parts += ["--database-url", "..." if "@" in database_url else shlex.quote(database_url)]
    return " ".join(parts)


def say_next(*commands: str) -> None:
    """Say what may be typed next; advice, so to standard error."""
    if len(commands) == 1:
        note(f"next: {commands[0]}")
        return
    note("next:")
    for line in commands:
        note(f"  {line}")


def _database_option() -> str | None:
    """Return what this command was given as ``--database-url``, None where it was not."""
    words = iter(sys.argv[1:])
    for word in words:
        if word == "--database-url":
            return next(words, None)
        if word.startswith("--database-url="):
            return word.partition("=")[2]
    return None


def _program() -> str:
    if shutil.which(PROGRAM):
        return PROGRAM
    called = PurePath(sys.argv[0])
    return str(called) if called.name == PROGRAM else PROGRAM
