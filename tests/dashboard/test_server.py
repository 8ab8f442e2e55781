"""A dashboard that is really served: streams, clients that linger, ports, the README's call."""

import asyncio
import http.client
import json
import socket
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from scramblebench.cli.app import run_command_line as main
from scramblebench.core.errors import UsageError
from scramblebench.dashboard import server as server_module
from scramblebench.dashboard.network import NetworkPolicy
from scramblebench.dashboard.server import DashboardServer, bind
from scramblebench.experiment_tracking import DatabaseManager, ExperimentMonitor
from scramblebench.storage import Database, open_database
from scramblebench.testing.experiments import make_answer, make_experiment

DEADLINE_S = 20.0
TOKEN = "a-token-long-enough-1234"


@pytest.fixture
def database() -> Generator[Database]:
    found = open_database("sqlite://")
    found.migrate()
    found.experiments.add(make_experiment("e1"))
    yield found
    found.close()


@contextmanager
def served(
    database: Database, port: int = 0, token: str | None = None
) -> Iterator[DashboardServer]:
    """Serve in a thread of its own while the block runs."""
    listener = bind("127.0.0.1", port)
    server = DashboardServer(
        NetworkPolicy(token=token), listener, lambda: (_Kept(database), _Kept(database))
    )
    ready = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(ready.set)))
    thread.start()
    assert ready.wait(DEADLINE_S)
    try:
        yield server
    finally:
        server.stop()
        thread.join(DEADLINE_S)
        assert not thread.is_alive()


class _Kept:
    """A database that its user does not close."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    def close(self) -> None:
        """Leave it open."""


class Stream:
    """An open stream of events."""

    def __init__(self, port: int, path: str, **headers: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
        self.connection.request("GET", path, headers=headers)
        self.response = self.connection.getresponse()

    def next(self) -> dict[str, str]:
        """Return the next event: its fields."""
        fields: dict[str, str] = {}
        while True:
            line = self.response.readline().decode().rstrip("\r\n")
            if not line and fields:
                return fields
            name, colon, value = line.partition(":")
            if name and colon:
                fields[name] = value.strip()

    def close(self) -> None:
        self.response.close()
        self.connection.close()


def test_a_page_hears_what_changes(database: Database) -> None:
    with served(database) as server:
        stream = Stream(server.policy.port, "/events?view=experiment&id=e1")
        assert stream.response.getheader("content-type", "").startswith("text/event-stream")
        first = stream.next()
        parts = json.loads(first["data"])["parts"]
        assert set(parts) >= {"live-summary", "live-models", "live-curves"}
        database.trials.write([make_answer("e1", 0)])
        second = stream.next()
        changed = json.loads(second["data"])
        assert changed["state"] == "live"
        assert "1<span" in changed["parts"]["live-models"]
        assert "live-history" not in changed["parts"]
        assert second["id"] != first["id"]
        stream.close()
        # a page that comes back with what it had is told that nothing changed
        again = Stream(
            server.policy.port, "/events?view=experiment&id=e1", **{"Last-Event-ID": second["id"]}
        )
        assert (again.next()["event"], again.next()["event"]) == ("beat", "beat")
        again.close()


def test_streams_end_with_their_readers_and_share_one(database: Database) -> None:
    with served(database) as server:
        streams = [Stream(server.policy.port, "/events?view=experiments") for _ in range(5)]
        for stream in streams:
            assert stream.next()["event"] == "parts"
            stream.close()
        assert Stream(server.policy.port, "/events?view=nothing").response.status == 404
        assert Stream(server.policy.port, "/events?view=experiment&id=no").response.status == 404


def test_a_page_comes_back_after_a_restart(database: Database) -> None:
    with served(database) as server:
        port = server.policy.port
        stream = Stream(port, "/events?view=experiments")
        seen = stream.next()["id"]
    stream.close()
    with served(database, port) as server:
        assert server.policy.port == port
        again = Stream(port, "/events?view=experiments", **{"Last-Event-ID": seen})
        assert again.next()["event"] == "beat"
        again.close()


def test_clients_that_send_nothing_are_closed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "REQUEST_DEADLINE_S", 0.3)
    with served(database) as server:
        port = server.policy.port
        lingering = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
        for number, sock in enumerate(lingering):
            sock.settimeout(DEADLINE_S)
            if number % 2:
                sock.sendall(b"GET / HTTP/1.1\r\nHost: 127")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
        for sock in lingering:
            answer = sock.recv(4096)
            assert answer == b"" or b" 40" in answer
            sock.close()


def test_the_token_is_asked_for_and_not_logged(
    database: Database, capfd: pytest.CaptureFixture[str]
) -> None:
    with served(database, token=TOKEN) as server:
        assert server.url.endswith(f"/?token={TOKEN}")
        port = server.policy.port
        for path, status in (
            ("/", 401),
            (f"/?token={TOKEN}", 303),
            ("/?token=wrong-token-here", 401),
        ):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
            connection.request("GET", path)
            assert connection.getresponse().status == status
    shown = capfd.readouterr()
    assert TOKEN not in shown.out + shown.err


def test_a_port_that_is_taken_is_passed_over() -> None:
    first = bind("127.0.0.1", 0)
    port = first.getsockname()[1]
    second = bind("127.0.0.1", port)
    assert second.getsockname()[1] > port
    with pytest.raises(UsageError, match="cannot be listened at"):
        bind("127.0.0.1", port, is_exact=True)
    with pytest.raises(UsageError, match="--host"):
        bind("no.such.host.invalid", 0)
    first.close()
    second.close()


def test_the_readme_s_monitor(tmp_path: Any) -> None:
    async def run() -> None:
        db = DatabaseManager(f"sqlite:///{tmp_path}/e.db")
        await db.initialize_database()
        monitor = ExperimentMonitor(db)
        url = await monitor.start_monitoring(port=0)
        assert url == monitor.url == await monitor.start_monitoring()
        port = int(url.rpartition(":")[2].rstrip("/"))
        status = await asyncio.to_thread(_status, port)
        assert status == 200
        await monitor.stop_monitoring()
        await monitor.stop_monitoring()
        assert monitor.url is None
        with pytest.raises(OSError, match="refused"):
            await asyncio.to_thread(_status, port)
        with pytest.raises(UsageError, match="--token auto"):
            await monitor.start_monitoring(host="0.0.0.0")
        await db.close()

    asyncio.run(run())


def _status(port: int) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
    connection.request("GET", "/")
    return connection.getresponse().status


def test_the_command_refuses_to_be_open(capsys: pytest.CaptureFixture[str], tmp_path: Any) -> None:
    url = ["--database-url", f"sqlite:///{tmp_path}/e.db"]
    assert main(["monitor", "--host", "0.0.0.0", *url]) == 2
    assert "--token auto" in capsys.readouterr().err
    assert main(["monitor", "--token", "short", *url]) == 2
    assert main(["monitor", "--trusted-host", "http://x", *url]) == 2
