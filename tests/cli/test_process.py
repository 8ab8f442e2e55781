"""What a process is told before anything else is imported, and what it leaves behind."""

import os
import subprocess
import sys
from pathlib import Path
from types import FunctionType

import pytest

from scramblebench.cli.process import roomy

_PREPARE = "from scramblebench.cli.process import prepare; prepare(); "
_TABLE_SIZE = (
    _PREPARE + "print(*(l.split()[1] for l in open('/proc/self/status') if l.startswith('FDSize')))"
)
_BLAS = _PREPARE + "import os; print(os.environ['OPENBLAS_THREAD_TIMEOUT'])"
_CONFIG = """
models: [{name: m, provider: simulated}]
benchmarks: {b: {generated: {}, sample_size: 5}}
"""
_on_linux = pytest.mark.skipif(sys.platform != "linux", reason="tells Linux's kernel")


def _said(*words: str, **variables: str) -> str:
    environment = {**os.environ, **variables}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_roomy_function_does_what_the_function_does():
    roomy_three = roomy(_three)
    assert isinstance(roomy_three, FunctionType)
    assert roomy_three() == 3
    assert roomy_three.__code__.co_stacksize * 8 == 256 * 1024
    with pytest.raises(ValueError, match="said so"):
        roomy(_fail)()


def _three() -> int:
    return 3


def _fail() -> int:
    raise ValueError("said so")


@_on_linux
def test_there_is_room_for_a_thousand_files_before_there_are_threads():
    assert int(_said(sys.executable, "-c", _TABLE_SIZE)) >= 1024


@_on_linux
def test_a_lower_limit_is_left_as_it_is():
    limited = _said("sh", "-c", 'ulimit -n 64; exec "$0" -c "$1"', sys.executable, _TABLE_SIZE)
    assert int(limited) < 1024


def test_blas_is_told_to_sleep_unless_the_user_has_told_it():
    assert _said(sys.executable, "-c", _BLAS) == "20"
    assert _said(sys.executable, "-c", _BLAS, OPENBLAS_THREAD_TIMEOUT="26") == "26"


@pytest.mark.parametrize("options", [(), ("--run",)])
def test_after_a_command_all_is_in_the_database_file(options: tuple[str, ...], tmp_path: Path):
    study, database = tmp_path / "study.yaml", tmp_path / "x.db"
    study.write_text(_CONFIG, "utf-8")
    command = (sys.executable, "-m", "scramblebench", "create", "study", str(study), *options)
    _said(*command, DATABASE_URL=f"sqlite:///{database}")
    assert database.stat().st_size > 100_000
    assert not database.with_name("x.db-wal").exists()
