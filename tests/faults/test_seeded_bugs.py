"""F30: every seeded bug makes exactly the check that is named for it fail; without it, that check passes."""

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.faults.bugs import BUGS, VARIABLE, Bug

ROOT = Path(__file__).parents[2]
BY_TEST = [bug for bug in BUGS.values() if bug.fault is None]
BY_INVARIANT = [bug for bug in BUGS.values() if bug.fault is not None]


def run(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


def test_there_are_a_dozen_at_least():
    assert len(BUGS) >= 12


@pytest.mark.parametrize("bug", BY_TEST, ids=lambda bug: bug.name)
def test_a_named_test_fails(bug: Bug):
    words = ["pytest", "-q", "-p", "tests.faults.bugs", "-p", "no:cacheprovider", bug.caught_by]
    spoilt = run(*words, **{VARIABLE: bug.name})
    assert spoilt.returncode == 1, spoilt.stdout + spoilt.stderr
    assert bug.caught_by.rpartition("::")[2] in spoilt.stdout
    sound = run(*words)
    assert sound.returncode == 0, sound.stdout + sound.stderr


@pytest.mark.parametrize("bug", BY_INVARIANT, ids=lambda bug: bug.name)
def test_an_invariant_is_violated(bug: Bug, tmp_path: Path):
    assert found_by_matrix(bug, tmp_path, "--bug", bug.name) >= {bug.caught_by}
    assert found_by_matrix(bug, tmp_path) == set()


def found_by_matrix(bug: Bug, folder: Path, *options: str) -> set[str]:
    """Return which invariants the runs of the bug's fault violate."""
    found = folder / "runs.json"
    violations: set[str] = set()
    for number in bug.runs:
        words = ["--only", str(bug.fault), "--database", bug.database, "--run", str(number)]
        files = ["--folder", str(folder / "files"), "--json", str(found)]
        done = run("tests.faults", *words, *files, "--jobs", "1", *options)
        assert found.exists(), done.stdout + done.stderr
        for each in orjson.loads(found.read_bytes()):
            assert each["skipped"] is None
            violations |= {violation.partition(":")[0] for violation in each["violations"]}
        found.unlink()
        if bug.caught_by in violations:
            break
    return violations
