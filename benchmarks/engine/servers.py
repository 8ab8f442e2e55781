"""The fake provider that all clients of one setting ask, as a process of its own."""

import json
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.request import urlopen

from benchmarks.engine.measuring import cpu_s_of

_STOP_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Server:
    """Where an OpenAI-compatible server listens (``.../v1``); ``pid`` 0 is not known.

    Only the fake provider of the test kit ``counts`` its chats.
    """

    url: str
    pid: int
    counts: bool

    def cpu_s(self) -> float:
        """Return its CPU seconds so far, NaN where its process is not known."""
        return cpu_s_of(self.pid) if self.pid else float("nan")

    def n_chats(self) -> int:
        """Return how many chats the fake provider has been asked."""
        with urlopen(self.url.removesuffix("/v1") + "/fake/counts") as page:
            return json.load(page)["n_chats"]


@contextmanager
def fake_provider(*options: str) -> Generator[Server]:
    """Run the fake provider with these options of its command line."""
    command: Sequence[str] = [sys.executable, "-m", "scramblebench.testing.fake_provider", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield Server(json.loads(process.stdout.readline())["url_openai"], process.pid, True)
        process.terminate()
        process.wait(_STOP_TIMEOUT_S)
