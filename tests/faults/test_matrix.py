"""The matrix with a commit's counts: every fault on every database, the world judged after each run."""

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.faults.matrix import all_faults

ROOT = Path(__file__).parents[2]
SHARE = float(os.environ.get("SCRAMBLEBENCH_FAULTS_SHARE", "1"))
"""Share of a commit's runs that are made; at least one of each."""
CASES = [(each.code, database) for each in all_faults() for database in each.databases]
PER_COMMIT = {each.code: each.per_commit for each in all_faults()}
SERIES = {each.code for each in all_faults() if each.series}


@pytest.mark.parametrize(("code", "database"), CASES)
def test_nothing_is_lost_or_paid_twice(code: str, database: str, tmp_path: Path):
    found = tmp_path / "runs.json"
    n_runs = PER_COMMIT[code] if code in SERIES else max(1, round(PER_COMMIT[code] * SHARE))
    words = ["--only", code, "--database", database, "--jobs", "1", "--runs", str(n_runs)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults", *words, "--json", str(found)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert found.exists(), done.stdout + done.stderr
    runs = orjson.loads(found.read_bytes())
    skipped = {run["skipped"] for run in runs} - {None}
    if skipped:
        pytest.skip("; ".join(sorted(skipped)))
    assert done.returncode == 0, done.stdout
    assert len(runs) >= (1 if code in SERIES else n_runs)


def test_the_programs_that_faults_need_are_named():
    """A fault that is skipped everywhere would be no fault: CI installs these."""
    needed = {program for each in all_faults() for program in each.needs}
    script = (ROOT / ".ci" / "run").read_text()
    assert {program for program in needed if program not in script} == set()
