"""HTTP as all providers use it: one session, one request a call, bounded answers, no redirects."""

import json
import select
import socket
import ssl
import struct
import zlib
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

import aiohttp
import orjson
from yarl import URL

from scramblebench.core.errors import ErrorKind, ProviderError
from scramblebench.core.sending import MAY_SEND
from scramblebench.providers.redaction import Redaction

if TYPE_CHECKING:
    from aiohttp.abc import AbstractStreamWriter
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.client_reqrep import ConnectionKey
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

MAX_BODY_BYTES: Final = 8 * 1024 * 1024
CONNECT_TIMEOUT_S: Final = 10.0
_KEEPALIVE_S: Final = 30.0
_DNS_CACHE_S: Final = 300
_PIECE_BYTES: Final = 64 * 1024
_AT_ONCE: Final = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered; ``body`` is decoded from its content encoding."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> object:
        """Return the body as JSON; raises ValueError where it is none."""
        return parse_json(self.body)


class _CleanConnector(aiohttp.TCPConnector):
    """Never reuses a connection on which bytes came that nobody asked for, or that was closed.

    aiohttp would give such bytes to the next request as its answer: a late duplicate of one answer would
    be scored as the answer to another question. And what is sent on a closed connection may have been
    charged, as far as anybody can tell.

    A request that is given up is taken back: what the network has not delivered yet, it never will. The
    system would go on delivering it, and it would be paid for after its repetition was answered.
    """

    async def _get(self, key: "ConnectionKey", traces: list["Trace"]) -> "Connection | None":
        while (found := await super()._get(key, traces)) is not None:
            if found.protocol is None or _is_quiet(found.protocol):
                return found
            found.close()
        return None

    def _release(
        self, key: "ConnectionKey", protocol: "ResponseHandler", *, should_close: bool = False
    ) -> None:
        if should_close and protocol.transport is not None:
            taken = protocol.transport.get_extra_info("socket")
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            protocol.transport.abort()
        super()._release(key, protocol, should_close=should_close)


def _is_quiet(protocol: "ResponseHandler") -> bool:
    """Whether nothing came on an idle connection: neither read already, nor waiting in its socket."""
    if protocol.should_close or protocol.transport is None:
        return False
    waiting = select.poll()
    waiting.register(protocol.transport.get_extra_info("socket").fileno(), select.POLLIN)
    return not waiting.poll(0)


class _NotSent(aiohttp.ClientError):
    """The right to send ended while the request waited to leave."""


_USED: ContextVar[list["ResponseHandler"]] = ContextVar("_USED")
"""Where a request notes the connection on which it leaves."""


class _LastLook(aiohttp.ClientRequest):
    """Writes nothing, not even headers, when the right to send has ended."""

    async def write_bytes(
        self,
        writer: "AbstractStreamWriter",
        conn: "Connection",
        content_length: int | None = None,
    ) -> None:
        if MAY_SEND.get()():
            if conn.protocol is not None:
                _USED.get().append(conn.protocol)
            await super().write_bytes(writer, conn, content_length)
            return
        if conn.protocol is not None:
            conn.protocol.set_exception(_NotSent())
        conn.close()


class Endpoint:
    """A server at one base URL, with the headers that every request to it carries.

    Belongs to the event loop of its first request. Every failure is a ProviderError whose message
    names the server and never holds a key. Time limits, other than for connecting, are the caller's.
    """

    def __init__(
        self, who: str, base_url: str, *, headers: Mapping[str, str], redaction: Redaction
    ) -> None:
        self.who = who
        self.base_url = base_url
        self.redaction = redaction
        self._headers = {"Accept": "application/json", "Accept-Encoding": "identity", **headers}
        self._session: aiohttp.ClientSession | None = None
        self._is_closed = False
        self._last: WeakKeyDictionary[ResponseHandler, tuple[bytes, bytes]] = WeakKeyDictionary()

    def url(self, path: str) -> URL:
        """Return the URL of a path under the base URL, ready to be used many times."""
        return URL(self.base_url + path)

    async def post(self, url: URL, body: bytes, idempotency_key: str | None = None) -> Reply:
        """Send JSON and return the answer, whatever its status."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else None
        used: list[ResponseHandler] = []
        _USED.set(used)
        reply = await self._send("POST", url, body, headers)
        self._check_new(body, reply, used[-1])
        return reply

    async def get(self, url: URL) -> Reply:
        """Ask and return the answer, whatever its status."""
        _USED.set([])
        return await self._send("GET", url, None, None)

    def _check_new(self, body: bytes, reply: Reply, used: "ResponseHandler") -> None:
        """Raise ProviderError for an answer that is, id and all, the one to another request before it.

        It came twice on the connection, the second time after the next request had left.
        """
        asked, answered = sha256(body).digest(), sha256(reply.body).digest()
        last_asked, last_answered = self._last.get(used, (asked, b""))
        if answered == last_answered and asked != last_asked and b'"id"' in reply.body:
            used.close()
            raise self._bad_body(reply.status, "the answer to another request, once more")
        self._last[used] = (asked, answered)

    async def close(self) -> None:
        """Close all connections; later requests are errors."""
        self._is_closed = True
        if self._session is not None:
            await self._session.close()

    async def _send(
        self, method: str, url: URL, body: bytes | None, headers: Mapping[str, str] | None
    ) -> Reply:
        if self._is_closed:
            raise ProviderError(f"{self.who} is closed", kind=ErrorKind.CONNECTION)
        session = self._session or self._open_session()
        try:
            async with session.request(
                method, url, data=body, headers=headers, allow_redirects=False
            ) as response:
                if 300 <= response.status < 400:
                    raise self._redirect_error(response.status, response.headers)
                content = await self._read(response)
                return Reply(response.status, response.headers, content)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise self._connection_error(error) from None

    def _open_session(self) -> aiohttp.ClientSession:
        self._session = aiohttp.ClientSession(
            connector=_CleanConnector(
                limit=0, ttl_dns_cache=_DNS_CACHE_S, keepalive_timeout=_KEEPALIVE_S
            ),
            headers={"Content-Type": "application/json", **self._headers},
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_S),
            auto_decompress=False,
            request_class=_LastLook,
            trust_env=False,
        )
        return self._session

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        chunks: list[bytes] = []
        n_bytes = 0
        while chunk := await response.content.readany():
            chunks.append(chunk)
            n_bytes += len(chunk)
            if n_bytes > MAX_BODY_BYTES:
                response.close()
                raise self._bad_body(response.status, f"more than {MAX_BODY_BYTES} bytes")
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
        if encoding in ("identity", ""):
            return body
        return self._decoded(body, encoding, response.status)

    def _decoded(self, body: bytes, encoding: str, status: int) -> bytes:
        if encoding not in ("gzip", "x-gzip", "deflate"):
            raise self._bad_body(status, f"encoding {encoding!r}, which was not asked for")
        try:
            decoded = _unpacked(body)
        except zlib.error:
            raise self._bad_body(status, f"a damaged {encoding} body") from None
        if decoded is None:
            raise self._bad_body(status, f"more than {MAX_BODY_BYTES} bytes when unpacked")
        return decoded

    def _bad_body(self, status: int, what: str) -> ProviderError:
        message = f"{self.who} at {self.base_url} answered {status} with {what}"
        return ProviderError(
            self.redaction.clean(message),
            kind=ErrorKind.BAD_RESPONSE,
            status=status,
            may_be_charged=status < 400,
        )

    def _redirect_error(self, status: int, headers: Mapping[str, str]) -> ProviderError:
        target = headers.get("Location", "another address")
        message = (
            f"{self.who} at {self.base_url} answered {status} and points to {target}; redirects "
            "are not followed: set base_url to the final address"
        )
        return ProviderError(
            self.redaction.clean(message), kind=ErrorKind.BAD_RESPONSE, status=status
        )

    def _connection_error(self, error: Exception) -> ProviderError:
        where = f"{self.who} at {self.base_url}"
        kind, is_sent = ErrorKind.CONNECTION, True
        match error:
            case (
                aiohttp.ClientConnectorCertificateError()
                | ssl.SSLError()
                | aiohttp.ClientSSLError()
            ):
                is_sent = False
                message = f"{where} has no valid TLS certificate: {error}"
            case _NotSent():
                is_sent = False
                message = (
                    f"nothing was sent to {where}: another runner may have the experiment by now"
                )
            case aiohttp.ClientConnectorError():
                is_sent = False
                message = f"nothing answers at {self.base_url}: {error.strerror or error}"
            case aiohttp.ConnectionTimeoutError() | aiohttp.ServerTimeoutError() | TimeoutError():
                is_sent = False
                message = f"no connection to {where} within {CONNECT_TIMEOUT_S:g} s"
            case aiohttp.ClientResponseError():
                kind, message = (
                    ErrorKind.BAD_RESPONSE,
                    f"{where} sent no valid HTTP: {error.message}",
                )
            case aiohttp.ClientError() | OSError():
                message = f"{where} cut the connection: {error or type(error).__name__}"
            case _:
                kind, message = ErrorKind.BAD_RESPONSE, f"{where} sent no valid HTTP: {error}"
        return ProviderError(self.redaction.clean(message), kind=kind, may_be_charged=is_sent)


def _unpacked(body: bytes) -> bytes | None:
    """Return a zlib or gzip body unpacked, None where it is too large; raises zlib.error."""
    stream = zlib.decompressobj(zlib.MAX_WBITS | 32)  # 32: zlib or gzip by its header
    pieces: list[bytes] = []
    n_bytes = 0
    while not stream.eof:
        piece = stream.decompress(body, _PIECE_BYTES)
        body = stream.unconsumed_tail
        if not (piece or body or stream.eof):
            raise zlib.error("cut off")
        pieces.append(piece)
        n_bytes += len(piece)
        if n_bytes > MAX_BODY_BYTES:
            return None
    return b"".join(pieces)


def parse_json(body: bytes) -> object:
    """Return JSON as Python objects; raises ValueError where it is none, has NaN or is too deep.

    Bytes that are not UTF-8 and escaped lone surrogates are survived, the first as U+FFFD: they
    stand in texts that were paid for.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return _parse_damaged_json(body)


def _parse_damaged_json(body: bytes) -> object:
    try:
        text = body.decode("utf-8-sig", "replace")
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError("JSON with too many levels") from error


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
