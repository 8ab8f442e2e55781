"""One connection to a server: a request, its answer, and the next request."""

import asyncio
import re
import select
import socket
import struct
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from typing import Final, cast

import httptools

from scramblebench.core.per_request import per_request
from scramblebench.core.sending import MAY_SEND

MAX_BODY_BYTES: Final = 8 * 1024 * 1024
_MAX_HEAD_BYTES: Final = 64 * 1024
_AT_ONCE: Final = struct.pack("ii", 1, 0)
_NAMED: Final = re.compile(rb'"id"\s*:\s*"[^"]')
"""An answer with a name of its own."""


class NotConnected(Exception):
    """Nothing can be sent: nobody answers at the address; holds the reason."""


class NotSent(Exception):
    """The right to send ended before the first byte left."""


class Cut(Exception):
    """The connection ended before the answer did."""


class BadAnswer(Exception):
    """What came is no HTTP."""


class BadBody(Exception):
    """An answer that came whole and is none; ``status`` is what it says of itself."""

    def __init__(self, status: int, what: str) -> None:
        super().__init__(what)
        self.status = status


@per_request
class Reply:
    """What came; the names of ``headers`` are in small letters, of equal ones the first counts."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connection(asyncio.Protocol):
    """Asks one request at a time; httptools reads what comes.

    Nothing that nobody asked for is ever an answer: a connection on which it came is not used again. A
    request that is given up is taken back: what the network has not delivered yet, it never will. The
    system would go on delivering it, and it would be paid for after its repetition was answered.
    """

    def __init__(self) -> None:
        self._last = (b"", b"")
        self._transport: asyncio.Transport | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._waiting: asyncio.Future[Reply] | None = None
        self.is_kept = True
        """Whether it may be asked again, as far as the server says."""
        self._begin()

    async def ask(self, head: bytes, body: bytes) -> Reply:
        """Send a request and return its answer; raises NotConnected, NotSent, BadAnswer, BadBody and Cut.

        Who is cancelled gives the request up.
        """
        transport, request = self._transport, head + body
        if transport is None or transport.is_closing():
            raise NotConnected("the connection was closed at once")
        self._begin()
        answered: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        if not MAY_SEND.get()():
            self.abort()
            raise NotSent
        transport.write(request)
        self._waiting = answered
        try:
            answer = await answered
            self._check_new(body, answer)
        except BaseException:
            self.abort()
            raise
        if not self.is_kept:
            self.abort()
        return answer

    def _check_new(self, body: bytes, answer: Reply) -> None:
        """Raise BadBody for an answer that is, id and all, the one to another request before it.

        It came twice, the second time after the next request had left.
        """
        if answer.status != 200:
            return
        asked, answered = sha256(body).digest(), sha256(answer.body).digest()
        last_asked, last_answered = self._last
        if answered == last_answered and asked != last_asked and _NAMED.search(answer.body):
            raise BadBody(answer.status, "the answer to another request, once more")
        self._last = asked, answered

    @property
    def is_usable(self) -> bool:
        """Whether a request may be sent: nothing came that was not asked for, nothing waits in the socket."""
        if not self.is_kept or self._transport is None or self._transport.is_closing():
            return False
        waiting = select.poll()
        waiting.register(self._transport.get_extra_info("socket").fileno(), select.POLLIN)
        return not waiting.poll(0)

    def close(self) -> None:
        """Close it; nothing may be asked."""
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """End it at once, and what was not delivered with it, even where it is being closed already."""
        if self._transport is None:
            return
        with suppress(OSError):  # it has ended already
            taken = self._transport.get_extra_info("socket")
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hear from the event loop that it is open."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are none by their class
        self._parser = httptools.HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(
            lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )

    def data_received(self, data: bytes) -> None:
        """Hear from the event loop that bytes came."""
        if self._waiting is None or self._parser is None:
            self.abort()
            return
        self._n_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.is_kept = False
            self._fail(BadAnswer(f"{error}"))
            return
        self._check_size()

    def _check_size(self) -> None:
        if not self._has_head and self._n_bytes > _MAX_HEAD_BYTES:
            self._fail(BadAnswer(f"headers of more than {_MAX_HEAD_BYTES} bytes"))
        elif len(self._body) > MAX_BODY_BYTES:
            self._fail(BadBody(self._status, f"more than {MAX_BODY_BYTES} bytes"))
        elif self._n_bytes - len(self._body) > MAX_BODY_BYTES:
            self._fail(BadAnswer(f"more than {MAX_BODY_BYTES} bytes around the body"))

    def eof_received(self) -> None:
        """Hear that the server sends no more: some answers end so, and what has not left yet is taken back."""
        if self._waiting is not None and self._has_head and self._ends_with_connection:
            self._finish()
        self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Hear from the event loop that it has ended."""
        self._transport = self._parser = None
        self._fail(Cut(str(exc or "")))

    @property
    def _ends_with_connection(self) -> bool:
        is_chunked = "chunked" in self._headers.get("transfer-encoding", "").lower()
        return "content-length" not in self._headers and not is_chunked

    def _begin(self) -> None:
        self._status = 0
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._has_head = False
        self._n_bytes = 0
        self._n_header_bytes = 0

    def _finish(self) -> None:
        answer = Reply(self._status, self._headers, bytes(self._body))
        self._body = bytearray()
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    def _fail(self, error: Exception) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_exception(error)

    def on_message_begin(self) -> None:
        """Hear from httptools that an answer begins."""
        if self._waiting is None:
            self.is_kept = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Hear of a header; what follows the body is none."""
        if not self._has_head:
            self._n_header_bytes += len(name) + len(value)
            self._headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))

    def on_headers_complete(self) -> None:
        """Hear that the headers are over."""
        assert self._parser is not None
        self._has_head = True
        self._status = self._parser.get_status_code()
        if self._n_header_bytes > _MAX_HEAD_BYTES:
            self._fail(BadAnswer(f"headers of more than {_MAX_HEAD_BYTES} bytes"))

    def on_body(self, body: bytes) -> None:
        """Hear of a piece of the body."""
        self._body += body

    def on_message_complete(self) -> None:
        """Hear that an answer is whole; one below 200 only says that it is to come."""
        assert self._parser is not None
        assert self._transport is not None
        if self._status < 200:
            self._begin()
            return
        is_sent = not self._transport.get_write_buffer_size()
        self.is_kept = self.is_kept and is_sent and self._parser.should_keep_alive()
        self._finish()
