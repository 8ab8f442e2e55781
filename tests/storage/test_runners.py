"""A runner of this machine that is gone loses its lease at once; any other keeps it."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scramblebench.storage import Claim, open_database
from scramblebench.storage.runners import host_identity, is_surely_gone, new_runner_id
from scramblebench.testing.experiments import make_experiment

_NAME_ITSELF = "from scramblebench.storage import new_runner_id; print(new_runner_id())"


@pytest.fixture
def ended_runner_id() -> str:
    """The id of a process that has ended."""
    shown = subprocess.run([sys.executable, "-c", _NAME_ITSELF], capture_output=True, check=True)
    return shown.stdout.decode().strip()


def test_an_id_names_machine_and_process() -> None:
    host, pid, nonce = new_runner_id().split(":")
    assert (host, pid) == (host_identity(), str(os.getpid()))
    assert nonce
    assert new_runner_id() != new_runner_id()


def test_only_an_ended_process_of_this_machine_is_gone(ended_runner_id: str) -> None:
    assert is_surely_gone(ended_runner_id)
    assert not is_surely_gone(new_runner_id())
    _, pid, nonce = ended_runner_id.split(":")
    for runner_id in (f"elsewhere:{pid}:{nonce}", "", "one", f"{host_identity()}:x:y", "::"):
        assert not is_surely_gone(runner_id), runner_id


def test_its_experiment_is_free_before_the_lease_ends(ended_runner_id: str) -> None:
    database = open_database("sqlite://")
    database.migrate()
    for name in ("a", "b"):
        database.experiments.add(make_experiment(name))
        database.queue.enqueue(name, 1)
    alive = new_runner_id()
    assert database.queue.claim(ended_runner_id, 3600) == Claim("a", 1, ended_runner_id)
    assert database.queue.claim(alive, 3600) == Claim("a", 2, alive)
    assert database.queue.claim(alive, 3600) == Claim("b", 1, alive)
    assert database.queue.claim(new_runner_id(), 3600) is None


def test_a_machine_has_one_name_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """With too few files left, a shorter name would be another machine's: nobody could clear its lease."""

    def refuse(_: Path) -> str:
        raise OSError(errno.EMFILE, "Too many open files")

    host_identity.cache_clear()
    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(OSError, match="Too many open files"):
        new_runner_id()
    monkeypatch.undo()
    assert new_runner_id().startswith(host_identity())
