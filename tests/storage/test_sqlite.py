"""What is SQLite's own: the file, its modes, its locks, and who may read it."""

import os
import sqlite3
import stat
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from scramblebench.core.errors import StorageError
from scramblebench.storage import open_database
from scramblebench.storage.sqlite import WriteGuard, has_wal_reset_race
from scramblebench.testing.experiments import START, make_answer, make_experiment


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new directory" / "experiments.db"


def test_opening_creates_nothing(path: Path) -> None:
    database = open_database(f"sqlite:///{path}")
    with pytest.raises(StorageError, match=r"no database yet.*init-db"):
        database.experiments.list()
    assert not path.parent.exists()


def test_only_the_owner_may_read_the_files(path: Path) -> None:
    before = os.umask(0)
    try:
        database = open_database(str(path))
        database.migrate()
        database.experiments.add(make_experiment("e1"))
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
        database.close()
    finally:
        os.umask(before)
    assert {"experiments.db", "experiments.db-wal", "experiments.db-shm"} <= modes.keys()
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_dangling_link_is_not_followed(path: Path) -> None:
    path.parent.mkdir()
    target = path.parent / "elsewhere"
    path.symlink_to(target)
    database = open_database(str(path))
    with pytest.raises(StorageError):
        database.migrate()
    assert not target.exists()


def test_commits_are_durable_and_the_log_is_ahead(path: Path) -> None:
    database = open_database(str(path))
    database.migrate()
    with database._connections.writing() as connection:  # pyright: ignore
        settings = {
            name: connection.raw.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert settings == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 30_000,
    }


def test_what_is_no_database_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is a text file, and a long one" * 100)
    database = open_database(str(path))
    for call in (database.experiments.list, database.migrate):
        with pytest.raises(StorageError, match="not a database"):
            call()


def test_read_only_reads_and_refuses_to_write(path: Path) -> None:
    writer = open_database(str(path))
    writer.migrate()
    writer.experiments.add(make_experiment("e1"))
    reader = open_database(str(path), read_only=True)
    assert reader.experiments.find("@last").id == "e1"
    with pytest.raises(StorageError, match="readonly"):
        reader.experiments.add(make_experiment("e2"))
    assert [record.id for record in writer.experiments.list()] == ["e1"]


def test_a_closed_database_says_so(path: Path) -> None:
    database = open_database(str(path))
    database.migrate()
    database.close()
    database.close()
    with pytest.raises(StorageError, match="closed"):
        database.experiments.list()


@pytest.mark.parametrize(
    ("version", "is_affected"),
    [
        ((3, 6, 23), False),
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 52, 0), False),
    ],
)
def test_versions_with_the_wal_reset_race(version: tuple[int, int, int], is_affected: bool) -> None:
    assert has_wal_reset_race(version) is is_affected


@pytest.fixture
def affected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 40, 1))


@pytest.mark.usefixtures("affected")
@pytest.mark.parametrize("fate", ["removed", "replaced"])
def test_a_file_that_is_gone_takes_no_more_writes(tmp_path: Path, fate: str) -> None:
    path = tmp_path / "gone.db"
    database = open_database(str(path))
    database.migrate()
    database.experiments.add(make_experiment("e1"))
    path.unlink()
    if fate == "replaced":
        path.touch()
    with pytest.raises(StorageError, match="removed or replaced"):
        database.trials.write([make_answer("e1", 0)])


def test_writers_of_two_processes_exclude_each_other(tmp_path: Path) -> None:
    path = tmp_path / "experiments.db"
    late = WriteGuard(path, wait_s=0.01)
    with WriteGuard(path)(), pytest.raises(StorageError, match="another process"), late():
        pass
    with WriteGuard(path, wait_s=0.01)():
        assert stat.S_IMODE((tmp_path / "experiments.db-lock").stat().st_mode) == 0o600


@pytest.mark.usefixtures("affected")
def test_the_guard_opens_again_after_an_error(tmp_path: Path) -> None:
    guard = WriteGuard(tmp_path / "experiments.db", wait_s=0.01)
    with pytest.raises(ZeroDivisionError), guard():
        raise ZeroDivisionError
    with guard():
        pass
    guard.close()


_WRITE = """
import sys
from datetime import datetime, timedelta
from scramblebench.storage import open_database
from scramblebench.testing.experiments import make_answer
database = open_database(sys.argv[1])
for start in range(0, 60, 3):
    database.trials.write([make_answer("e1", n) for n in range(start, start + 3)])
"""


def test_processes_write_to_one_file_at_once(path: Path) -> None:
    database = open_database(str(path))
    database.migrate()
    database.experiments.add(make_experiment("e1"))
    processes = [
        subprocess.Popen([sys.executable, "-c", _WRITE, str(path)], stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    for process in processes:
        _, stderr = process.communicate(timeout=60)
        assert process.returncode == 0, stderr.decode()
    assert len(list(database.trials.responses("e1"))) == 60
    assert sum(counter.n_answered for counter in database.trials.counters("e1")) == 60
    with sqlite3.connect(path) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []


def test_responses_cost_little_more_than_their_text(path: Path) -> None:
    database = open_database(str(path))
    database.migrate()
    database.experiments.add(make_experiment("e1"))
    database.close()  # moves the log into the file
    size = path.stat().st_size
    n_trials = 2000
    items = [make_answer("e1", n) for n in range(n_trials)]
    database = open_database(str(path))
    database.trials.write(items)
    database.close()
    stored = sum(len(i.response.text) + len(i.response.raw or b"") for i in items if i.response)
    assert (path.stat().st_size - size - stored) / n_trials < 250


class SetClock:
    """A clock that people set."""

    def __init__(self) -> None:
        self.set_ahead = timedelta()
        self.passed_s = 0.0

    def now(self) -> datetime:
        return START + self.set_ahead + timedelta(seconds=self.passed_s)

    def monotonic_s(self) -> float:
        return 1000.0 + self.passed_s

    async def sleep(self, duration_s: float) -> None:
        self.passed_s += duration_s


def test_a_lease_does_not_end_when_the_clock_is_set(tmp_path: Path) -> None:
    clock, url = SetClock(), f"sqlite:///{tmp_path}/leases.db"
    holder, other = open_database(url, clock=clock), open_database(url, clock=clock)
    holder.migrate()
    holder.experiments.add(make_experiment("e1"))
    holder.queue.enqueue("e1", 1)
    claim = holder.queue.claim("elsewhere:1:a", 60)
    assert claim is not None
    for ahead in (timedelta(days=365), timedelta(days=-365), timedelta()):
        clock.set_ahead = ahead
        assert other.queue.claim("elsewhere:2:b", 60) is None
        assert holder.queue.renew(claim, 60) is not None
        late = open_database(url, clock=clock)  # it starts after the clock was set
        assert late.queue.claim("elsewhere:3:c", 60) is None
        late.close()
    clock.passed_s += 61
    assert other.queue.claim("elsewhere:2:b", 60) is not None
    holder.close()
    other.close()
