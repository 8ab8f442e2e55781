"""Processes that are forked from one that has imported everything: a run costs no start-up."""

import ctypes
import faulthandler
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

Body = Callable[[], int]

_PR_SET_PDEATHSIG = 1
_DEFECT = 70


class TooLate(AssertionError):
    """A process that should have ended is still there; its stacks are in its log."""


@dataclass
class Child:
    """A forked process; it is the caller's to wait for."""

    pid: int
    name: str
    log: Path
    code: int | None = None
    peak_rss_mib: float = 0.0
    _pidfd: int = field(default=-1, repr=False)

    def send(self, number: signal.Signals) -> None:
        """Send a signal unless the process has ended."""
        if self.code is None and not self.has_ended(0):
            os.kill(self.pid, number)

    def has_ended(self, timeout_s: float) -> bool:
        """Wait at most so long for the end; ``code`` is then set, negative after a signal."""
        if self.code is not None:
            return True
        ended = select.poll()  # select() knows no descriptor above 1,023
        ended.register(self._pidfd, select.POLLIN)
        if not ended.poll(timeout_s * 1000):
            return False
        _, status, usage = os.wait4(self.pid, 0)
        self.code = os.waitstatus_to_exitcode(status)
        self.peak_rss_mib = usage.ru_maxrss / 1024
        os.close(self._pidfd)
        return True

    def wait(self, timeout_s: float = 60.0) -> int:
        """Return the exit code; a process that does not end is killed after it wrote its stacks."""
        if not self.has_ended(timeout_s):
            self.send(signal.SIGUSR1)
            self.has_ended(0.5)
            self.kill()
            raise TooLate(f"{self.name} did not end within {timeout_s:g} s, see {self.log}")
        assert self.code is not None
        return self.code

    def kill(self) -> int:
        """Kill -9 and wait."""
        self.send(signal.SIGKILL)
        self.has_ended(10)
        return self.code if self.code is not None else -signal.SIGKILL


def fork(name: str, body: Body, folder: Path) -> Child:
    """Run ``body`` in a child with its output in ``folder``; its result is the exit code.

    The child dies with its parent, and has the parent's signal handlers undone.
    """
    log = folder / f"{name}.log"
    pid = os.fork()
    if pid:
        return Child(pid, name, log, _pidfd=os.pidfd_open(pid))
    code = _DEFECT
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _redirect(log)
        os.chdir(folder)
        code = body()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 - the child's last words
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _redirect(log: Path) -> None:
    sys.stdout.flush()
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
    faulthandler.register(signal.SIGUSR1, file=sys.stderr, all_threads=True)
