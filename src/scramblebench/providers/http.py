"""HTTP as all providers use it: one request a call, bounded answers, no redirects, and what each failure means."""

import json
import ssl
import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

import orjson

from scramblebench.core.errors import ErrorKind, ProviderError
from scramblebench.providers.connection import (
    MAX_BODY_BYTES,
    BadAnswer,
    BadBody,
    Cut,
    NotConnected,
    NotSent,
    Reply,
)
from scramblebench.providers.connections import CONNECT_TIMEOUT_S, Connections
from scramblebench.providers.redaction import Redaction

_PIECE_BYTES: Final = 64 * 1024
_HEADERS: Final = {
    "User-Agent": "ScrambleBench",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Content-Type": "application/json",
}


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
        address = urlsplit(base_url)
        host = (address.hostname or "").encode("idna").decode()
        is_tls = address.scheme == "https"
        self._connections = Connections(
            host, address.port or (443 if is_tls else 80), is_tls=is_tls
        )
        self._path = quote(address.path, safe="/%:@!$&'()*+,;=~")
        common = {"Host": _authority(address, host), **_HEADERS, **headers}
        self._headers = "".join(f"{name}: {value}\r\n" for name, value in common.items())
        self._is_speakable = self._headers.isascii() and all(map(str.isprintable, common.values()))

    async def post(self, path: str, body: bytes, idempotency_key: str | None = None) -> Reply:
        """Send JSON to a path below the base URL and return the answer, whatever its status."""
        key = f"Idempotency-Key: {idempotency_key}\r\n" if idempotency_key else ""
        return await self._send(
            f"POST {self._path}{path}", f"{key}Content-Length: {len(body)}", body
        )

    async def get(self, path: str) -> Reply:
        """Ask a path below the base URL and return the answer, whatever its status."""
        return await self._send(f"GET {self._path}{path}", "Content-Length: 0", b"")

    async def close(self) -> None:
        """Close all connections; later requests are errors."""
        await self._connections.close()

    async def _send(self, request: str, own_headers: str, body: bytes) -> Reply:
        if self._connections.is_closed:
            raise ProviderError(f"{self.who} is closed", kind=ErrorKind.CONNECTION)
        if not self._is_speakable:
            message = f"the key for {self.who} holds characters that no key has"
            raise ProviderError(message, kind=ErrorKind.AUTHENTICATION)
        head = f"{request} HTTP/1.1\r\n{self._headers}{own_headers}\r\n\r\n"
        try:
            answer = await self._connections.ask(head.encode("ascii"), body)
        except BadBody as error:
            raise self._bad_body(error.status, str(error)) from None
        except (NotSent, NotConnected, BadAnswer, Cut, OSError) as error:
            raise self._connection_error(error) from None
        if 300 <= answer.status < 400:
            raise self._redirect_error(answer)
        encoding = answer.headers.get("content-encoding", "identity").strip().lower()
        if encoding in ("identity", "") or not answer.body:
            return answer
        try:
            body = self._decoded(answer.body, encoding, answer.status)
        except ProviderError:
            if answer.status < 400:
                raise
            body = b""  # status and headers say what to do; only its words are lost
        return replace(answer, body=body)

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

    def _redirect_error(self, answer: Reply) -> ProviderError:
        target = answer.headers.get("location", "another address")
        message = (
            f"{self.who} at {self.base_url} answered {answer.status} and points to {target}; redirects "
            "are not followed: set base_url to the final address"
        )
        return ProviderError(
            self.redaction.clean(message), kind=ErrorKind.BAD_RESPONSE, status=answer.status
        )

    def _connection_error(self, error: Exception) -> ProviderError:
        where = f"{self.who} at {self.base_url}"
        kind, is_sent = ErrorKind.CONNECTION, False
        match error:
            case ssl.SSLError():
                message = f"{where} has no valid TLS certificate: {error}"
            case NotSent():
                message = (
                    f"nothing was sent to {where}: another runner may have the experiment by now"
                )
            case NotConnected():
                message = f"nothing answers at {self.base_url}: {error}"
            case BadAnswer():
                kind, is_sent = ErrorKind.BAD_RESPONSE, True
                message = f"{where} sent no valid HTTP: {error}"
            case TimeoutError():
                message = f"no connection to {where} within {CONNECT_TIMEOUT_S:g} s"
            case _:
                is_sent = True
                message = f"{where} cut the connection: {error}"
        return ProviderError(self.redaction.clean(message), kind=kind, may_be_charged=is_sent)


def _authority(address: SplitResult, host: str) -> str:
    name = f"[{host}]" if ":" in host else host
    return name if address.port is None else f"{name}:{address.port}"


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
