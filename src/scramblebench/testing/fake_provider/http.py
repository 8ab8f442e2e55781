"""A small HTTP/1.1 server: enough for JSON clients, with little CPU a request, and able to misbehave."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, cast

import orjson

MAX_REQUEST_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """A request; header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What to send, and how.

    ``delay_s`` is waited first. ``cut_after`` closes the connection after so many bytes of the whole
    reply (0: before the first). ``is_silent`` sends nothing and leaves the connection open.
    """

    body: bytes = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"
    delay_s: float = 0.0
    cut_after: int | None = None
    is_silent: bool = False

    def encoded(self, *, has_body: bool = True) -> bytes:
        """Return the bytes of the reply."""
        try:
            phrase = HTTPStatus(self.status).phrase
        except ValueError:
            phrase = "Unknown"
        extra = "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        head = (
            f"HTTP/1.1 {self.status} {phrase}\r\nContent-Type: {self.content_type}\r\n"
            f"Content-Length: {len(self.body)}\r\n{extra}\r\n"
        )
        return head.encode("latin-1") + (self.body if has_body else b"")


def encoded_json(body: object) -> bytes:
    """Return JSON; half of a surrogate pair, which is no Unicode, becomes an escape."""
    try:
        return orjson.dumps(body)
    except TypeError:
        return json.dumps(body).encode()


RequestFunction = Callable[[Request], Reply]


@dataclass(slots=True)
class Connections:
    """What all connections of a server share: who answers, and which of them are open."""

    answer: RequestFunction
    open: set[asyncio.Transport] = field(default_factory=set)
    n_in_flight: int = 0
    max_in_flight: int = 0

    def begin(self) -> None:
        """Count a request that is to be answered."""
        self.n_in_flight += 1
        self.max_in_flight = max(self.max_in_flight, self.n_in_flight)

    def end(self) -> None:
        """Count it as answered, or as given up by its client."""
        self.n_in_flight -= 1


class Connection(asyncio.Protocol):
    """One connection: one request at a time, kept alive until the client closes it."""

    def __init__(self, connections: Connections) -> None:
        self._shared = connections
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None
        self._is_answering = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport."""
        self._transport = cast("asyncio.Transport", transport)
        self._shared.open.add(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Forget the transport."""
        if self._transport is not None:
            self._shared.open.discard(self._transport)
        self._transport = None
        if self._is_answering:
            self._shared.end()

    def data_received(self, data: bytes) -> None:
        """Answer as soon as a request is complete."""
        self._received += data
        if not self._is_answering:
            self._next()

    def _next(self) -> None:
        request = self._take_request()
        if request is None:
            return
        self._is_answering = True
        self._shared.begin()
        reply = self._shared.answer(request)
        if reply.is_silent:
            return
        if reply.delay_s > 0:
            loop = asyncio.get_running_loop()
            loop.call_later(reply.delay_s, self._send, reply, request.method != "HEAD")
        else:
            self._send(reply, request.method != "HEAD")

    def _send(self, reply: Reply, has_body: bool) -> None:
        if self._transport is None:
            return
        self._is_answering = False
        self._shared.end()
        data = reply.encoded(has_body=has_body)
        if reply.cut_after is not None:
            self._transport.write(data[: reply.cut_after])
            self._transport.close()
            return
        self._transport.write(data)
        if self._received:
            self._next()

    def _take_request(self) -> Request | None:
        """Return the next whole request, and None (closing what is no HTTP) where there is none."""
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return self._refuse() if len(self._received) > MAX_REQUEST_BYTES else None
        lines = self._received[:end].decode("latin-1").split("\r\n")
        headers: dict[str, str] = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        length = headers.get("content-length", "0")
        start = lines[0].split(" ")
        if len(start) != 3 or not length.isdigit() or int(length) > MAX_REQUEST_BYTES:
            return self._refuse()
        stop = end + 4 + int(length)
        if len(self._received) < stop:
            return None
        body = bytes(self._received[end + 4 : stop])
        del self._received[:stop]
        return Request(start[0], start[1].partition("?")[0], headers, body)

    def _refuse(self) -> None:
        self._received.clear()
        if self._transport is not None:
            self._transport.write(Reply(status=400).encoded())
            self._transport.close()
