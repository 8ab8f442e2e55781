"""The server: a socket that is surely bound, clients that cannot linger, one process."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from scramblebench.core.errors import UsageError
from scramblebench.dashboard.app import make_app
from scramblebench.dashboard.jobs import Jobs
from scramblebench.dashboard.network import NetworkPolicy
from scramblebench.dashboard.sources import QUERY_DEADLINE_S
from scramblebench.storage import Database, open_database

REQUEST_DEADLINE_S = 10.0
"""How long a client may take to send the head of a request."""
_KEEP_ALIVE_S = 5
_MAX_CONNECTIONS = 512
_N_PORTS_TRIED = 20
_BACKLOG = 256


class PatientProtocol(H11Protocol):
    """HTTP that closes a connection whose request does not come: uvicorn would wait for ever."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._waiting = self.loop.call_later(REQUEST_DEADLINE_S, self._give_up)

    def _give_up(self) -> None:
        cycle: Any = self.cycle  # None before the first request, whatever its annotation says
        is_asked = cycle is not None and not cycle.response_complete
        if not is_asked and not self.transport.is_closing():
            self.transport.close()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._waiting.cancel()
        self._waiting = self.loop.call_later(REQUEST_DEADLINE_S, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        self._waiting.cancel()
        super().connection_lost(exc)


def bind(host: str, port: int, *, is_exact: bool = False) -> socket.socket:
    """Return a socket that listens at the first free port from ``port`` on; raises UsageError."""
    last: OSError | None = None
    for candidate in [port] if is_exact or port == 0 else range(port, port + _N_PORTS_TRIED):
        if candidate > 65_535:
            break
        try:
            return _bound(host, candidate)
        except OSError as error:
            last = error
    raise UsageError(
        f"--host {host} --port {port}: cannot be listened at: {last.strerror if last else 'no port left'}"
    )


def _bound(host: str, port: int) -> socket.socket:
    bare = host.strip("[]")
    try:
        found = socket.getaddrinfo(bare, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise UsageError(f"--host {host}: {error.strerror}") from None
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


OpenDatabases = Callable[[], tuple[Database, Database]]
"""Opens the database that reads and the one that writes (entrance -> server)."""


def open_databases(
    database_url: str | None, read_database_url: str | None = None
) -> tuple[Database, Database]:
    """Return the database for reading, with a deadline for queries, and the one for actions."""
    reading = open_database(
        read_database_url or database_url, read_only=True, deadline_s=QUERY_DEADLINE_S
    )
    return reading, open_database(database_url)


class DashboardServer:
    """A dashboard on a bound socket; ``url`` is where it is found, with the token where there is one.

    ``jobs`` computes statistics where the database can be opened by another process.
    """

    def __init__(
        self,
        policy: NetworkPolicy,
        listener: socket.socket,
        open_both: OpenDatabases,
        jobs: Jobs | None = None,
    ) -> None:
        self.policy = replace(policy, port=listener.getsockname()[1])
        self._listener = listener
        self._open_both = open_both
        self._jobs = jobs
        self._server: uvicorn.Server | None = None

    @property
    def url(self) -> str:
        """The address of the first page."""
        host = self.policy.host.strip("[]")
        host = {"0.0.0.0": socket.gethostname(), "::": socket.gethostname(), "": "127.0.0.1"}.get(  # noqa: S104
            host, host
        )
        shown = f"[{host}]" if ":" in host else host
        token = f"?token={self.policy.token}" if self.policy.token else ""
        return f"http://{shown}:{self.policy.port}/{token}"

    async def serve(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Serve until ``stop`` is called or the task is cancelled."""
        reading, writing = await asyncio.to_thread(self._open_both)
        try:
            app = make_app(reading, writing, self.policy, jobs=self._jobs)
            self._server = uvicorn.Server(_config(app))
            task = asyncio.ensure_future(self._server.serve([self._listener]))
            try:
                while not self._server.started and not task.done():
                    await asyncio.sleep(0.01)
                on_ready()
                await task
            except asyncio.CancelledError:
                self._server.should_exit = True
                with suppress(asyncio.CancelledError):
                    await task
                raise
        finally:
            self._listener.close()
            for database in (reading, writing):
                database.close()

    def stop(self) -> None:
        """End serving; requests that are being answered are."""
        if self._server is not None:
            self._server.should_exit = True


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=PatientProtocol,
        ws="none",
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=True,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=3,
        limit_concurrency=_MAX_CONNECTIONS,
        h11_max_incomplete_event_size=64 * 1024,
    )
