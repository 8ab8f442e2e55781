"""The connections to one server: opened when they are needed, kept while they may be used again."""

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from aiohappyeyeballs import start_connection

from scramblebench.providers.connection import Connection, NotConnected, Reply

CONNECT_TIMEOUT_S: Final = 10.0
_KEEPALIVE_S: Final = 30.0
_KEEP_ADDRESSES_S: Final = 300.0
_NEXT_ADDRESS_AFTER_S: Final = 0.25


_Address = tuple[int, int, int, str, tuple[Any, ...]]
"""An address as the system's resolver gives it."""


@cache
def tls_context() -> ssl.SSLContext:
    """Return how certificates are checked: by what the system trusts; loaded once."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


class Connections:
    """Connections to ``host`` and ``port``, the last used first; belongs to one event loop."""

    def __init__(self, host: str, port: int, *, is_tls: bool) -> None:
        self._host = host
        self._port = port
        self._is_tls = is_tls
        self._idle: deque[tuple[Connection, float]] = deque()
        self._used: set[Connection] = set()
        self._addresses: Sequence[_Address] = ()
        self._addresses_end_s = 0.0
        self._resolving = asyncio.Lock()
        self.is_closed = False

    async def ask(self, head: bytes, body: bytes) -> Reply:
        """Send a request and return its answer; raises what Connection.ask does.

        And TimeoutError after ``CONNECT_TIMEOUT_S``, and ssl.SSLError without a valid certificate.
        """
        connection = self._kept() or await self._connected()
        if self.is_closed:
            connection.abort()
            raise NotConnected("closed meanwhile")
        self._used.add(connection)
        try:
            answer = await connection.ask(head, body)
        finally:
            self._used.discard(connection)
        self._keep(connection)
        return answer

    async def close(self) -> None:
        """Close all, those in use too; nothing can be asked any more."""
        self.is_closed = True
        for connection, _ in self._idle:
            connection.close()
        for connection in self._used:
            connection.abort()
        self._idle.clear()
        await asyncio.sleep(0)  # the event loop closes them in its next turn

    def _keep(self, connection: Connection) -> None:
        now_s = asyncio.get_running_loop().time()
        if self.is_closed:
            connection.close()
        elif connection.is_kept:
            self._idle.append((connection, now_s))
        while self._idle and self._idle[0][1] < now_s - _KEEPALIVE_S:
            self._idle.popleft()[0].close()

    def _kept(self) -> Connection | None:
        oldest_s = asyncio.get_running_loop().time() - _KEEPALIVE_S
        while self._idle:
            connection, idle_since_s = self._idle.pop()
            if idle_since_s >= oldest_s and connection.is_usable:
                return connection
            connection.abort()
        return None

    async def _connected(self) -> Connection:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                connection = await self._opened(await self._resolved())
        except ssl.SSLError:
            raise
        except OSError as error:
            self._addresses = ()  # asked for anew: the server may have moved
            if isinstance(error, TimeoutError):
                raise
            raise NotConnected(error.strerror or str(error)) from None
        if not self._is_tls and not connection.is_usable:  # with TLS, tickets may wait to be read
            connection.abort()
            raise NotConnected("it speaks, or ends, before it is asked")
        return connection

    async def _opened(self, addresses: Sequence[_Address]) -> Connection:
        connected = await start_connection(addresses, happy_eyeballs_delay=_NEXT_ADDRESS_AFTER_S)
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                Connection,
                sock=connected,
                ssl=tls_context() if self._is_tls else None,
                server_hostname=self._host if self._is_tls else None,
            )
        except BaseException:
            connected.close()
            raise
        return connection

    async def _resolved(self) -> Sequence[_Address]:
        """Return the addresses of the host; many who ask at once ask the system once."""
        loop = asyncio.get_running_loop()
        async with self._resolving:
            if not self._addresses or loop.time() >= self._addresses_end_s:
                self._addresses = await loop.getaddrinfo(
                    self._host, self._port, type=socket.SOCK_STREAM
                )
                self._addresses_end_s = loop.time() + _KEEP_ADDRESSES_S
            return self._addresses
