"""What only looks loads nothing that measures, sends or computes."""

import subprocess
import sys

import pytest

HEAVY = ("numpy", "scipy", "psutil", "apprise", "requests", "httptools", "fastapi", "alembic")


@pytest.mark.parametrize(
    "rooms",
    [
        "monitoring.status, scramblebench.cli.progress_words",
        "monitoring.history, scramblebench.monitoring.runners",
        "cli.app, scramblebench.cli.watch_view",
    ],
)
def test_what_only_looks_loads_little(rooms: str):
    code = f"import sys, scramblebench.{rooms}; print([m for m in {HEAVY} if m in sys.modules])"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "[]"
