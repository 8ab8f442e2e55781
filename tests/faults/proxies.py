"""Chaos proxies in processes of their own, switched while a run goes on."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from tests.faults.stage import Stage


@dataclass
class Proxy:
    """A running proxy; each method returns once the proxy has done it."""

    port: int
    process: "subprocess.Popen[str]"

    def use(self, *faults: str) -> None:
        """Go on with other faults, none without any."""
        self._tell(" ".join(("use", *faults)))

    def blackhole(self) -> None:
        """Let nothing pass any more."""
        self._tell("blackhole")

    def restore(self) -> None:
        """Let everything pass again, and what was held back first."""
        self._tell("restore")

    def cut(self) -> None:
        """Cut all connections by RST."""
        self._tell("cut")

    def n_struck(self) -> int:
        """Return how many faults struck so far."""
        return sum(self._tell("counts")["struck"].values())

    def stop(self) -> None:
        """End the process."""
        self.process.terminate()
        self.process.communicate(timeout=20)

    def _tell(self, command: str) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        said = json.loads(self.process.stdout.readline())
        if "error" in said:
            raise ValueError(said["error"])
        return said


def start_proxy(
    stage: Stage,
    url: str,
    faults: Sequence[str] = (),
    *,
    seed: int = 0,
    listen_host: str = "127.0.0.1",
) -> Proxy:
    """Start a proxy to the server of a URL; it ends with the run."""
    target = urlsplit(url)
    module = [sys.executable, "-m", "scramblebench.testing.chaos_proxy"]
    options = ["--to", f"{target.hostname}:{target.port}", "--seed", str(seed)]
    options += ["--listen", f"{listen_host}:0"]
    for fault in faults:
        options += ["--fault", fault]
    process = subprocess.Popen(
        [*module, *options], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    proxy = Proxy(json.loads(process.stdout.readline())["port"], process)
    stage.on_close(proxy.stop)
    return proxy


def through(proxy: Proxy, url: str, host: str = "127.0.0.1") -> str:
    """Return a URL with the proxy in the place of its server."""
    parts = urlsplit(url)
    user = f"{parts.username}@" if parts.username else ""
    return urlunsplit(parts._replace(netloc=f"{user}{host}:{proxy.port}"))
