"""Fixtures: the program in an empty folder, and fake providers in processes of their own."""

import json
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from tests.acceptance.support import FakeProvider, Program, program_in


@pytest.fixture
def start_provider(tmp_path: Path) -> Generator[Callable[..., FakeProvider]]:
    """Start fake providers; they end with the test."""
    started: list[subprocess.Popen[str]] = []

    def start(*options: str) -> FakeProvider:
        ledger = tmp_path / f"ledger{len(started)}.jsonl"
        command = [
            sys.executable,
            "-m",
            "scramblebench.testing.fake_provider",
            "--ledger",
            str(ledger),
        ]
        process = subprocess.Popen(
            [*command, *options], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        started.append(process)
        assert process.stdout is not None
        addresses = json.loads(process.stdout.readline())
        return FakeProvider(addresses["url_ollama"], addresses["url_openrouter"], ledger)

    yield start
    for process in started:
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program in an empty folder with a database of its own."""
    folder = tmp_path / "work"
    folder.mkdir()
    return program_in(folder, f"sqlite:///{folder}/experiments.db")
