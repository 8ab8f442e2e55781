"""The README's monitor: a dashboard beside whatever else a program does."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from scramblebench.core.clock import SystemClock
from scramblebench.core.errors import MissingDependency
from scramblebench.experiment_tracking.database import DatabaseManager

if TYPE_CHECKING:
    from scramblebench.dashboard.server import DashboardServer

IN_MEMORY = "sqlite://"


class ExperimentMonitor:
    """A web dashboard over a database; ``url`` is where it is found while it is served."""

    def __init__(self, db: DatabaseManager) -> None:
        self._db = db
        self._server: DashboardServer | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str | None:
        """The address of the first page, None while nothing is served."""
        return None if self._server is None else self._server.url

    async def start_monitoring(
        self, host: str = "127.0.0.1", port: int = 8080, token: str | None = None
    ) -> str:
        """Serve the dashboard in the background; return its address.

        Where the port is taken, the next free one is used. Raises UsageError for a host that others reach
        where there is no token, MissingDependency without the extra ``dashboard``.
        """
        if self._server is not None:
            return self._server.url
        server = make_server(self._db, host, port, token)
        ready = asyncio.Event()
        task = asyncio.create_task(server.serve(ready.set))
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if task.done():
            task.result()
        self._server, self._task = server, task
        return server.url

    async def stop_monitoring(self) -> None:
        """End serving; requests that are being answered are."""
        server, task = self._server, self._task
        self._server = self._task = None
        if server is None or task is None:
            return
        server.stop()
        with suppress(asyncio.CancelledError):
            await task


def make_server(
    db: DatabaseManager,
    host: str = "127.0.0.1",
    port: int = 8080,
    token: str | None = None,
    *,
    trusted: tuple[str, ...] = (),
    read_database_url: str | None = None,
    on_port: Callable[[int], None] = lambda _port: None,
) -> "DashboardServer":
    """Return a dashboard on a bound socket, not yet serving; ``on_port`` hears of another port than asked.

    Raises UsageError for an address that cannot be had or would be open to others.
    """
    try:
        from scramblebench.dashboard.jobs import Jobs
        from scramblebench.dashboard.network import make_policy
        from scramblebench.dashboard.server import DashboardServer, bind, open_databases
    except ModuleNotFoundError as error:
        raise MissingDependency(
            f"the dashboard needs {error.name}; install it with: "
            'pip install "scramblebench[dashboard]"'
        ) from None
    policy = make_policy(host, port, token, trusted)
    listener = bind(host, port)
    found = listener.getsockname()[1]
    if found != port:
        on_port(found)
    if db.database.shown_url == IN_MEMORY:
        return DashboardServer(policy, listener, lambda: (db.database, db.database))
    jobs = Jobs(db.database_url, SystemClock())
    return DashboardServer(
        policy, listener, lambda: open_databases(db.database_url, read_database_url), jobs
    )
