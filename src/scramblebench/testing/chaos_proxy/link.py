"""One connection of a client, and the proxy's own connection to the server for it."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from scramblebench.testing.chaos_proxy.script import Exchange, WireScript

_PIECE_BYTES: Final = 64 * 1024
_RESET_AT_ONCE: Final = struct.pack("ii", 1, 0)  # SO_LINGER on, for 0 s


class Reset(Exception):
    """Both sides are to get an RST now."""


class End(Exception):
    """Both sides are to be closed now."""


@dataclass(slots=True)
class Wire:
    """What all links of a proxy share.

    Bytes pass while ``is_open`` is set; ``passed`` is set anew by every answer that begins.
    """

    script: WireScript
    is_open: asyncio.Event = field(default_factory=asyncio.Event)
    passed: asyncio.Event = field(default_factory=asyncio.Event)

    def let_pass(self) -> None:
        """Release the answers that wait for another one."""
        self.passed.set()
        self.passed = asyncio.Event()


class Side:
    """One end of a link: what it sends, and how to write to it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self._writer = writer
        writer.transport.set_write_buffer_limits(0)  # drained means handed to the kernel
        self._tail = b""

    async def write(self, data: bytes) -> None:
        """Hand bytes to the kernel."""
        self._writer.write(data)
        await self._writer.drain()

    def end(self) -> None:
        """Say that nothing more comes."""
        with suppress(OSError):
            self._writer.write_eof()

    def close(self) -> None:
        """Close in order: what was written arrives."""
        self._writer.close()

    def reset(self) -> None:
        """Close by RST."""
        connection: socket.socket = self._writer.get_extra_info("socket")
        with suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)
        self._writer.transport.abort()

    def with_tail(self, data: bytes, n_kept: int) -> tuple[bytes, int]:
        """Return new bytes behind the last of the old ones, and how many those are."""
        tail = self._tail
        received = tail + data
        self._tail = received[-n_kept:] if n_kept else b""
        return received, len(tail)


class Link:
    """Passes bytes both ways until one side ends it or a fault does."""

    def __init__(self, wire: Wire, client: Side, server: Side) -> None:
        self._wire = wire
        self._script = wire.script
        self._client = client
        self._server = server
        self._exchange: Exchange | None = None
        self._is_answered = False

    async def run(self) -> None:
        """Return when both sides are closed."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._pump(self._client, self._server, self._pass_request))
                tasks.create_task(self._pump(self._server, self._client, self._pass_answer))
        except* End:
            self._client.close()
            self._server.close()
        except* (Reset, OSError):
            self.reset()
        else:
            self._client.close()
            self._server.close()

    def reset(self) -> None:
        """Close both sides by RST."""
        self._client.reset()
        self._server.reset()

    async def _pump(
        self, source: Side, target: Side, forward: Callable[[bytes], Awaitable[None]]
    ) -> None:
        while data := await source.reader.read(_PIECE_BYTES):
            await self._wire.is_open.wait()
            await forward(data)
        await self._wire.is_open.wait()
        if source is self._client and self._is_silent:
            raise End
        target.end()

    @property
    def _is_silent(self) -> bool:
        fault = self._exchange.fault if self._exchange else None
        return fault is not None and fault.name in ("half-open", "silence")

    async def _pass_request(self, data: bytes) -> None:
        if self._exchange is None or self._is_answered:
            self._exchange, self._is_answered = self._script.next_exchange(), False
        exchange, fault = self._exchange, self._exchange.fault
        received, n_old = self._client.with_tail(data, self._script.longest_pattern())
        if self._script.cut("cut-request", received, n_old):
            raise Reset
        if fault is not None and fault.name == "half-open":
            return
        if fault is not None and fault.name == "reset-request":
            n_left = fault.n_bytes - exchange.n_request_bytes
            if n_left <= len(data):
                await self._send_request(exchange, data[:n_left])
                raise Reset
        await self._send_request(exchange, data)
        if self._script.cut("cut-after", received, n_old):
            raise Reset

    async def _send_request(self, exchange: Exchange, data: bytes) -> None:
        exchange.n_request_bytes += len(data)
        self._script.counts.n_request_bytes += len(data)
        if data:
            await self._server.write(data)

    async def _pass_answer(self, data: bytes) -> None:
        if self._exchange is None:  # the server speaks first
            self._exchange = self._script.next_exchange()
        exchange, fault = self._exchange, self._exchange.fault
        received, n_old = self._server.with_tail(data, self._script.longest_pattern())
        if self._script.cut("cut-answer", received, n_old):
            raise Reset
        if fault is None:
            await self._send_answer(exchange, data)
            return
        n_left = fault.n_bytes - exchange.n_answer_bytes if fault.name in _AT_BYTE else 0
        match fault.name:
            case "silence":
                return
            case "latency" | "reorder":
                await self._delay(exchange)
                await self._send_answer(exchange, data)
            case "trickle":
                for byte in data:
                    await asyncio.sleep(1 / fault.bounds(1)[0])
                    await self._send_answer(exchange, bytes((byte,)))
            case "truncate" | "reset" if n_left <= len(data):
                await self._send_answer(exchange, data[:n_left])
                raise End if fault.name == "truncate" else Reset
            case "garbage" if n_left < len(data):
                whole = max(0, n_left)
                noise = bytes(exchange.stream.below(256) for _ in data[whole:])
                await self._send_answer(exchange, data[:whole] + noise)
            case "duplicate":
                await self._send_answer(exchange, data)
                await asyncio.sleep(fault.bounds(0)[0])
                await self._send_answer(exchange, data)
            case _:
                await self._send_answer(exchange, data)

    async def _delay(self, exchange: Exchange) -> None:
        """Hold back the first bytes of an answer."""
        if exchange.n_answer_bytes or exchange.fault is None:
            return
        if exchange.fault.name == "reorder":
            passed, longest_s = self._wire.passed, exchange.fault.bounds(1)[0]
            with suppress(TimeoutError):
                await asyncio.wait_for(passed.wait(), longest_s)
        else:
            low_s, high_s = exchange.fault.bounds(1)
            await asyncio.sleep(low_s + (high_s - low_s) * exchange.stream.uniform())

    async def _send_answer(self, exchange: Exchange, data: bytes) -> None:
        is_first = not exchange.n_answer_bytes
        exchange.n_answer_bytes += len(data)
        self._script.counts.n_answer_bytes += len(data)
        self._is_answered = True
        if data:
            await self._client.write(data)
        if is_first:
            self._wire.let_pass()


_AT_BYTE: Final = frozenset({"truncate", "reset", "garbage"})
