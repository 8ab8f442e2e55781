"""The comparison of clients runs from end to end and writes down what it measured."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_every_client_of_the_comparison_sends_every_request(tmp_path: Path) -> None:
    written = tmp_path / "measured.json"
    command = [sys.executable, "-m", "benchmarks.engine", "--trials", "500", "--rounds", "1"]
    done = subprocess.run(
        [*command, "--json", str(written)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    measured = json.loads(written.read_text())
    assert [row["client"].strip() for row in measured["rows"]] == [
        "bare aiohttp",
        "+ commits, SQLite",
        "+ commits, PostgreSQL",
        "engine, SQLite",
        "engine, PostgreSQL",
    ]
    assert {row["n_requests"] for row in measured["rows"]} == {504}
    assert done.stdout.count("not installed") == 2
