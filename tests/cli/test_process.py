"""What a process is told before anything else is imported."""

import os
import subprocess
import sys

import pytest

from scramblebench.cli.process import roomy

_PREPARE = """
import os
from pathlib import Path
from scramblebench.cli.process import prepare
prepare()
status = Path("/proc/self/status").read_text()
print(os.environ["OPENBLAS_THREAD_TIMEOUT"], *(l.split()[1] for l in status.splitlines() if "FDSize" in l))
"""


def _prepared(**variables: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", _PREPARE],
        env={**os.environ, **variables}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.split()


def test_a_roomy_function_does_what_the_function_does():
    assert roomy(lambda: 3)() == 3
    with pytest.raises(ValueError, match="said so"):
        roomy(_fail)()
    assert roomy(_depth)() == 500


def _fail() -> int:
    raise ValueError("said so")


def _depth() -> int:
    def down(n: int) -> int:
        return 0 if n == 0 else 1 + down(n - 1)

    return down(500)


@pytest.mark.skipif(sys.platform != "linux", reason="tells Linux's kernel")
def test_there_is_room_for_a_thousand_files_before_there_are_threads():
    assert int(_prepared()[1]) >= 1024


@pytest.mark.skipif(sys.platform != "linux", reason="tells Linux's kernel")
def test_a_lower_limit_is_left_as_it_is():
    done = subprocess.run(
        ["sh", "-c", 'ulimit -n 64; exec "$0" -c "$1"', sys.executable, _PREPARE],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert int(done.stdout.split()[1]) < 1024


def test_what_the_user_has_told_blas_stays():
    assert _prepared(OPENBLAS_THREAD_TIMEOUT="26")[0] == "26"
