"""What the runs of one job share: fake providers, and PostgreSQL's database."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from scramblebench.testing.fake_provider import LedgerEntry

MODEL = "openai/gpt-4o-mini"


@dataclass
class Provider:
    """A fake provider in a process of its own, and the part of its ledger since ``begin``."""

    url: str
    ledger_path: Path
    process: "subprocess.Popen[str]"
    start_byte: int = 0
    n_before: int = 0

    @property
    def url_openrouter(self) -> str:
        """The ``base_url`` of provider openrouter."""
        return f"{self.url}/api/v1"

    def begin(self) -> None:
        """Forget the ledger so far; nobody may be asking."""
        self.n_before += len(self.entries())
        self.start_byte = self.ledger_path.stat().st_size

    def entries(self) -> Sequence[LedgerEntry]:
        """Return what was answered since ``begin``, requests of the dead included."""
        for _ in range(2):  # requests that a dead client left in the sockets are read before these
            urllib.request.urlopen(self.url, timeout=10).close()
        with self.ledger_path.open("rb") as file:
            file.seek(self.start_byte)
            return [LedgerEntry(**orjson.loads(line)) for line in file]

    def n_entries(self) -> int:
        """Return how many requests were answered since ``begin``, without waiting for any."""
        with self.ledger_path.open("rb") as file:
            file.seek(self.start_byte)
            return file.read().count(b"\n")

    def stop(self) -> None:
        """End the process."""
        self.process.terminate()
        self.process.communicate(timeout=20)


def start_provider(folder: Path, *options: str, name: str = "ledger") -> Provider:
    """Start a fake provider; ``options`` are those of ``python -m scramblebench.testing.fake_provider``."""
    ledger_path = folder / f"{name}.jsonl"
    module = [sys.executable, "-m", "scramblebench.testing.fake_provider"]
    process = subprocess.Popen(
        [*module, "--ledger", str(ledger_path), *options],
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    addresses = json.loads(process.stdout.readline())
    return Provider(addresses["url"], ledger_path, process)
