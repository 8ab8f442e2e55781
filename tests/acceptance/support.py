"""What the acceptance tests share: the program as users run it, and the fake provider's addresses."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from scramblebench.testing.fake_provider import LedgerEntry, read_ledger

SHARED = Path(os.environ.get("SCRAMBLEBENCH_SHARED", Path(__file__).parents[3] / "shared"))
PROGRAM = [sys.executable, "-m", "scramblebench"]


@dataclass(frozen=True)
class FakeProvider:
    """A fake Ollama and OpenRouter, and the ledger of what it answered."""

    url_ollama: str
    url_openrouter: str
    ledger_path: Path

    @property
    def ledger(self) -> list[LedgerEntry]:
        """What was answered so far, in order."""
        return read_ledger(self.ledger_path)


@dataclass(frozen=True)
class Program:
    """The command line in a folder of its own."""

    folder: Path
    environment: Mapping[str, str]

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Start a command."""
        return subprocess.Popen(
            [*PROGRAM, *words],
            cwd=self.folder,
            env=self.environment,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def __call__(self, *words: str, code: int = 0) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end and check its exit code."""
        process = self.start(*words)
        out, err = process.communicate(timeout=240)
        assert process.returncode == code, f"{words} -> {process.returncode}\n{out}\n{err}"
        return subprocess.CompletedProcess(words, code, out, err)


def program_in(folder: Path, database_url: str) -> Program:
    """Return the program in a folder, on a database."""
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "PYTHONPATH")}
    return Program(
        folder,
        {
            **kept,
            "DATABASE_URL": database_url,
            "OPENROUTER_API_KEY": "sk-or-v1-acceptance",
            "COLUMNS": "120",
        },
    )


STUDY = """\
experiment_name: "language_dependency_study"
models:
  - name: "llama3:8b"
    provider: "ollama"
    base_url: "{ollama}"
    temperature: 0.0
    max_tokens: 200
  - name: "gpt-3.5-turbo"
    provider: "openrouter"
    base_url: "{openrouter}"
    temperature: 0.0
    max_tokens: 200
benchmarks:
  bundled:
    generated: {{per_domain: {per_domain}}}
scrambling:
  levels: [0, 17, 33, 50, 67, 83, 100]
  methods: ["character_substitution"]
  preserve_numbers: true
  random_seed: 42
statistical_analysis:
  confidence_level: 0.95
execution:
  max_concurrent_requests: {concurrency}
  retry_wait_s: 0.01
"""


def write_study(
    folder: Path, provider: FakeProvider, *, per_domain: int = 6, concurrency: int = 8
) -> Path:
    """Write a study of two models on the fake provider; return its path."""
    path = folder / "study.yaml"
    path.write_text(
        STUDY.format(
            ollama=provider.url_ollama,
            openrouter=provider.url_openrouter,
            per_domain=per_domain,
            concurrency=concurrency,
        )
    )
    return path


def promised_study(provider: FakeProvider) -> str:
    """Return the promise's example with base_urls pointed at the fake provider; skips where it is absent."""
    promise = SHARED / "spec" / "README-to-implement.md"
    if not promise.exists():
        pytest.skip("the README to implement is not beside this checkout")
    (example, *_) = re.findall(r"```yaml\n(.*?)```", promise.read_text(), re.DOTALL)
    return (
        str(example)
        .replace(
            'provider: "ollama"\n', f'provider: "ollama"\n    base_url: "{provider.url_ollama}"\n'
        )
        .replace(
            'provider: "openrouter"\n',
            f'provider: "openrouter"\n    base_url: "{provider.url_openrouter}"\n',
        )
    )
