"""Commands as processes of their own, as a user types them; ended by their id."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.waiting import DEADLINE_S

COMMAND = (sys.executable, "-m", "scramblebench")


def environment(folder: Path) -> dict[str, str]:
    """Return an environment in which nothing of the user's own takes part."""
    kept = {
        name: os.environ[name]
        for name in ("PATH", "PYTHONPATH", "LANG", "TMPDIR")
        if name in os.environ
    }
    return {**kept, "HOME": str(folder), "USER": "ada", "PYTHONUNBUFFERED": "1"}


def call(folder: Path, *words: str, codes: tuple[int, ...] = (0,)) -> str:
    """Run a command to its end; return what it printed."""
    done = subprocess.run(
        [*COMMAND, *words],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S * 2,
        check=False,
    )
    assert done.returncode in codes, f"{words}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


@contextmanager
def started(folder: Path, *words: str) -> Generator["subprocess.Popen[str]"]:
    """Run a command until the block is left; its errors go to a file of the folder."""
    with (folder / "processes.log").open("a") as log:
        process = subprocess.Popen(
            [*COMMAND, *words],
            cwd=folder,
            env=environment(folder),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        yield process
    finally:
        end(process)


def end(process: "subprocess.Popen[str]", how: int = signal.SIGTERM) -> None:
    """End a process that was started here, and wait for it; twice does no harm."""
    if process.poll() is None:
        os.kill(process.pid, how)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
        process.wait(15)
    if process.stdout is not None:
        process.stdout.close()


def first_json(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """Return the first JSON object that a process prints."""
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        try:
            return json.loads(text)
        except ValueError:
            continue
    raise AssertionError(f"the process ended with {process.wait(15)} after {text!r}")


@contextmanager
def served(folder: Path, database_url: str, port: int = 0) -> Generator[str]:
    """Serve the dashboard from a process of its own; yields its address without the slash."""
    words = ("monitor", "--port", str(port), "--database-url", database_url, "--json")
    with started(folder, *words) as process:
        yield first_json(process)["url"].rstrip("/")
