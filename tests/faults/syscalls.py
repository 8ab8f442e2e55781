"""F2, F8, F9: the kernel says no, or nothing any more, at a chosen system call of the runner.

strace attaches to a runner before it begins and changes what one kind of call returns. It counts per
call and per thread: one loop for each kind of call.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.faults.children import Child
from tests.faults.matrix import SQLITE, Skipped, fault
from tests.faults.stage import Stage, study

CALLS = ("fdatasync", "pwrite64", "sendto")
QUIET_S = 0.4
"""A runner that sent nothing for so long, at answers within 10 ms, has stopped sending."""
_ATTACH_S = 20
_DETACH_S = 5
_DISK_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Traced:
    """A runner under strace, and what strace writes about it."""

    child: Child
    output: Path
    strace: "subprocess.Popen[str]"

    @property
    def n_struck(self) -> int:
        """How many calls were changed so far; a kill leaves no line."""
        lines = self.output.read_text(errors="replace") if self.output.exists() else ""
        return lines.count("(INJECTED)")

    def detach(self) -> None:
        """Let the runner go on undisturbed; a strace that misses the signal is ended, which lets go too."""
        self.strace.send_signal(signal.SIGINT)
        try:
            self.strace.communicate(timeout=_DETACH_S)
        except subprocess.TimeoutExpired:
            _end(self.strace)


def start_traced(stage: Stage, call: str, action: str) -> Traced:
    """Start a runner whose ``call`` ends as ``action`` says: ``signal=SIGKILL:when=3``."""
    gate, opened = os.pipe()

    def wait_for_strace() -> None:
        os.close(opened)
        os.read(gate, 1)
        os.close(gate)

    child = stage.start(wait_for_strace, name=f"run-{call}")
    os.close(gate)
    output = stage.folder / f"strace-{len(stage.children)}"
    words = ["-f", "-p", str(child.pid), "-e", f"trace={call}", "-e", f"inject={call}:{action}"]
    strace = subprocess.Popen(
        ["strace", *words, "-o", str(output)], text=True, stderr=subprocess.PIPE
    )
    stage.on_close(lambda: _end(strace))
    assert strace.stderr is not None
    said = strace.stderr.readline()
    if "attached" not in said:
        raise Skipped(f"strace cannot attach: {said.strip()}")
    os.write(opened, b"x")
    os.close(opened)
    return Traced(child, output, strace)


def _end(strace: "subprocess.Popen[str]") -> None:
    strace.kill()
    strace.communicate(timeout=_ATTACH_S)


@fault("F2", "kill -9 at every I/O call", per_commit=10, full=1, needs=("strace",), series=CALLS)
def killed_at_call(stage: Stage, run_number: int) -> bool:
    number, kind = divmod(run_number, len(CALLS))
    stage.create(study(15, levels=(0, 50)))
    traced = start_traced(stage, CALLS[kind], f"signal=SIGKILL:when={number + 1}")
    return traced.child.wait() == -signal.SIGKILL


@fault(
    "F8",
    "disk full, then freed",
    per_commit=5,
    full=60,
    databases=(SQLITE,),
    needs=("strace", "mount"),
)
def disk_full(stage: Stage, run_number: int) -> None:
    if run_number % 2:
        stage.create()
        number = 1 + stage.random.below(400)
        traced = start_traced(stage, "pwrite64", f"error=ENOSPC:when={number}+")
        _expect_patience(stage, traced.child, lambda: traced.n_struck > 0, traced.detach)
        return
    stage.create()
    ballast = _move_to_small_disk(stage, free_bytes=16_384 + stage.random.below(600_000))
    child = stage.start()
    _expect_patience(stage, child, lambda: _free_bytes(ballast) < 4096, ballast.unlink)


def _expect_patience(
    stage: Stage, child: Child, is_full: Callable[[], bool], free: Callable[[], object]
) -> None:
    """Wait until the runner can write nothing and stops sending; then free the disk."""
    n_seen, since_s = -1, time.monotonic()

    def is_quiet() -> bool:
        nonlocal n_seen, since_s
        if (n_now := stage.provider.n_entries()) != n_seen:
            n_seen, since_s = n_now, time.monotonic()
        return is_full() and time.monotonic() - since_s > QUIET_S

    is_alive = stage.wait_until(is_quiet, child)
    if not is_alive and stage.n_acknowledged() and child.code != 0:
        stage.complain("I9", f"{child.name} ended with {child.code} instead of waiting for room")
    free()
    stage.expect(child, 0, 1)


def _move_to_small_disk(stage: Stage, free_bytes: int) -> Path:
    """Put the database on a disk of its own with so much room left; return the file that fills it."""
    disk = stage.folder / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={_DISK_BYTES}", "tmpfs", str(disk)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode != 0:
        raise Skipped(f"no disk can be mounted: {mounted.stderr.strip()}")
    stage.on_close(lambda: subprocess.run(["umount", "-l", str(disk)], check=True))
    path = disk / "experiments.db"
    shutil.move(stage.folder / "experiments.db", path)
    stage.database_url = f"sqlite:///{path}"
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        file.write(bytes(max(0, _free_bytes(path) - free_bytes)))
    return ballast


def _free_bytes(path: Path) -> int:
    found = os.statvfs(path.parent)
    return found.f_bavail * found.f_bsize


@fault(
    "F9",
    "EIO on fsync for a while",
    per_commit=5,
    full=60,
    databases=(SQLITE,),
    needs=("strace",),
)
def fsync_fails(stage: Stage, run_number: int) -> None:
    stage.create()
    first = 1 + stage.random.below(60)
    last = first + stage.random.below(8)
    traced = start_traced(stage, "fdatasync", f"error=EIO:when={first}..{last}")
    code = stage.expect(traced.child, 0, 1)
    if code and first > 3 and stage.n_acknowledged():
        stage.complain("I9", "a passing error of the disk ended the run")
