"""Network namespaces: a runner in a network of its own, whose packets are dropped by nft."""

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

_CLONE_NEWNET = 0x40000000
_NETWORK = "10.213"


@dataclass(frozen=True)
class Network:
    """A namespace with one way out, to ``host_address`` on this machine."""

    name: str
    host_address: str

    def drop(self, rule: str = "") -> None:
        """Drop what leaves and what comes, or the share of it that an nft expression picks."""
        for chain in ("output", "input"):
            condition = rule.split() if rule else []
            self._run("nft", "add", "rule", "ip", "faults", chain, *condition, "counter", "drop")

    def drop_nothing(self) -> None:
        """Let all pass again."""
        self._run("nft", "flush", "table", "ip", "faults")

    def _run(self, *words: str) -> None:
        _run("ip", "netns", "exec", self.name, *words)


@contextmanager
def lossy_namespace() -> Iterator[Network]:
    """Make this process's namespace and a cable into it; both go at the end."""
    name, number = f"sbf{os.getpid() % 100_000}", os.getpid() % 250
    host, inside = f"{_NETWORK}.{number}.1", f"{_NETWORK}.{number}.2"
    network = Network(name, host)
    outer, inner = f"{name}o", f"{name}i"
    _run("ip", "netns", "add", name)
    try:
        _run("ip", "link", "add", outer, "type", "veth", "peer", "name", inner, "netns", name)
        _run("ip", "address", "add", f"{host}/24", "dev", outer)
        _run("ip", "link", "set", outer, "up")
        _run("ip", "-n", name, "address", "add", f"{inside}/24", "dev", inner)
        _run("ip", "-n", name, "link", "set", inner, "up")
        _run("ip", "-n", name, "link", "set", "lo", "up")
        network._run("nft", "add", "table", "ip", "faults")
        for chain in ("output", "input"):
            hook = f"{{ type filter hook {chain} priority 0 ; }}"
            network._run("nft", f"add chain ip faults {chain} {hook}")
        yield network
    finally:
        with suppress(OSError):  # it may not have come to be
            _run("ip", "link", "delete", outer)  # at once: the namespace's end is heard of later
        _run("ip", "netns", "delete", name)


def enter(network: Network) -> None:
    """Move this process into the network; for good."""
    descriptor = os.open(f"/run/netns/{network.name}", os.O_RDONLY)
    try:
        if ctypes.CDLL(None, use_errno=True).setns(descriptor, _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns failed")
    finally:
        os.close(descriptor)


def _run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{' '.join(words)}: {done.stderr.strip()}")
