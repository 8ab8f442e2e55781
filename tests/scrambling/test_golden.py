"""The same bits in every process, under every hash seed and on every supported Python.

The golden file was written by Python 3.11; its texts and results are this project's own.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import scramblebench
from scrambling import golden

SOURCE = Path(scramblebench.__file__).parents[1]
NEEDED = "import sys, numpy, rapidfuzz, regex; assert sys.version_info >= (3, 11)"


def is_equal_under(python: str, hash_seed: str) -> bool:
    environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(SOURCE)}
    done = subprocess.run([python, str(Path(golden.__file__))], env=environment, check=False)
    return done.returncode == 0


def test_results_are_the_golden_ones() -> None:
    assert golden.results() == json.loads(golden.FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("hash_seed", ["0", "1", "random"])
def test_hash_seeds_do_not_matter(hash_seed: str) -> None:
    assert is_equal_under(sys.executable, hash_seed)


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_other_pythons_agree(version: str) -> None:
    python = shutil.which(f"python{version}")
    if python is None:
        pytest.skip(f"python{version} is not installed")
    if subprocess.run([python, "-c", NEEDED], capture_output=True, check=False).returncode:
        pytest.skip(f"python{version} lacks numpy, rapidfuzz or regex")
    assert is_equal_under(python, "random")
