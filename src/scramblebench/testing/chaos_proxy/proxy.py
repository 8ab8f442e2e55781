"""The proxy: listens on a free port of this machine and forwards to one server."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from scramblebench.testing.chaos_proxy.faults import WireFault
from scramblebench.testing.chaos_proxy.link import Link, Side, Wire
from scramblebench.testing.chaos_proxy.script import WireCounts, WireScript


class ChaosProxy:
    """Forwards TCP to ``host:port``, with faults; use it as ``async with ChaosProxy(...) as proxy``.

    Faults depend on the seed and on the order in which exchanges begin: with one connection at a time
    a run repeats byte for byte. What is switched while it runs concerns all connections.
    """

    def __init__(
        self,
        host: str,
        port: int,
        faults: Sequence[WireFault] = (),
        *,
        seed: int = 0,
        listen_port: int = 0,
        listen_host: str = "127.0.0.1",
    ) -> None:
        self.host = listen_host
        self.port = listen_port
        self._target = (host, port)
        self._script = WireScript(faults, seed)
        self._wire = Wire(self._script)
        self._links: dict[asyncio.Task[None], Link | None] = {}
        self._server: asyncio.Server | None = None

    @property
    def counts(self) -> WireCounts:
        """What passed so far."""
        return self._script.counts

    def use(self, faults: Sequence[WireFault]) -> None:
        """Go on with other faults."""
        self._script.replace(faults)

    def blackhole(self) -> None:
        """Let nothing pass any more, without a word to either side; connections are still accepted."""
        self._wire.is_open.clear()

    def restore(self) -> None:
        """End the blackhole: what was held back arrives."""
        self._wire.is_open.set()

    def cut(self) -> None:
        """Cut all connections by RST."""
        for task, link in tuple(self._links.items()):
            if link is not None:
                link.reset()
            task.cancel()

    async def __aenter__(self) -> Self:
        """Start to listen."""
        self.restore()
        self._server = await asyncio.start_server(self._accept, self.host, self.port, backlog=4096)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop to listen and cut all connections."""
        if self._server is not None:
            self._server.close()
        self.cut()
        await asyncio.gather(*self._links, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(Side(reader, writer)))
        self._links[task] = None
        task.add_done_callback(self._links.pop)

    async def _serve(self, client: Side) -> None:
        self.counts.n_connections += 1
        try:
            await self._wire.is_open.wait()
            reader, writer = await asyncio.open_connection(*self._target)
        except (OSError, asyncio.CancelledError):
            client.reset()
            return
        link = Link(self._wire, client, Side(reader, writer))
        task = asyncio.current_task()
        if task is not None:
            self._links[task] = link
        with suppress(asyncio.CancelledError):
            await link.run()
