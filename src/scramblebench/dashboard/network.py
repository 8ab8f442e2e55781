"""Who may ask for what: the network policy of the dashboard, one module around the whole application.

Loopback is no boundary: any page in the user's browser can send requests to it. So every request, whatever
its path, passes the same gate: the Host must be one of ours (DNS rebinding), a foreign page may only link
to us (cross-origin reads), a write must come from our own page and prove it (CSRF), and where other
machines can reach us a token is needed. Every answer forbids foreign content, scripts in the page and frames.
"""

import asyncio
import hashlib
import hmac
import ipaddress
import secrets
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scramblebench.core.errors import UsageError

MAX_BODY_BYTES = 1 << 20
BODY_DEADLINE_S = 10.0
CSRF_HEADER = "x-scramblebench"
"""A header that no form and no simple cross-origin request can carry; htmx's own counts too."""
CSRF_FIELD = "csrf"
TOKEN_PARAMETER = "token"  # noqa: S105 - a name
MIN_TOKEN_CHARACTERS = 16
_SAFE_METHODS = frozenset({"GET", "HEAD"})
_WRITE_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_FORM = "application/x-www-form-urlencoded"
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
SECURITY_HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # no-referrer would make the Origin of our own forms "null"
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
Endpoint = tuple[str, int]
"""A host in lower case (IPv6 without brackets) and a port."""


@dataclass(frozen=True, slots=True)
class NetworkPolicy:
    """Where the dashboard listens and whom it answers.

    ``trusted`` are names under which others reach it (a tunnel, a proxy): host and port. ``token`` is asked
    for wherever it is set. ``csrf_token`` is what our own forms send back.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    token: str | None = None
    trusted: frozenset[Endpoint] = frozenset()
    csrf_token: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.host)

    @property
    def cookie_name(self) -> str:
        """The cookie's name; cookies are shared by all ports of a host."""
        return f"scramblebench_{self.port}"

    @property
    def cookie_value(self) -> str:
        """What stands in the cookie for the token: it survives a restart, and does not tell the token."""
        assert self.token is not None
        return hmac.new(self.token.encode(), b"scramblebench cookie", hashlib.sha256).hexdigest()

    def allows_host(self, value: str) -> bool:
        """Whether a Host header names this server."""
        found = parse_host(value)
        if found is None:
            return False
        host, port = found
        if (host, port) in self.trusted:
            return True
        if port != self.port:
            return False
        if host in _LOOPBACK_NAMES:
            return self.is_loopback or _is_wildcard(self.host)
        if _is_wildcard(self.host):  # an address cannot be rebound, a name can
            return _address(host) is not None or host in _own_names()
        return host == self.host.lower().strip("[]")

    def allows_origin(self, origin: str, host: str) -> bool:
        """Whether an Origin is the page that the (allowed) Host names."""
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        if parts.scheme not in ("http", "https") or parts.path or parts.query or parts.fragment:
            return False
        default = 443 if parts.scheme == "https" else 80
        return parse_host(parts.netloc, default) == parse_host(host, default) is not None

    def is_token(self, given: str) -> bool:
        """Whether what was given is the token, compared in constant time."""
        return self.token is not None and hmac.compare_digest(given.encode(), self.token.encode())


def make_policy(
    host: str, port: int, token: str | None = None, trusted: Iterable[str] = ()
) -> NetworkPolicy:
    """Return the policy of an address; raises UsageError for one that would be open to others."""
    if token == "auto":  # noqa: S105 - a word
        token = secrets.token_urlsafe(32)
    if token is not None and (len(token) < MIN_TOKEN_CHARACTERS or not token.isascii()):
        raise UsageError(
            f"--token: at least {MIN_TOKEN_CHARACTERS} ASCII characters are needed; "
            "`--token auto` makes one"
        )
    if not is_loopback(host) and token is None:
        raise UsageError(
            f"--host {host}: other machines could read and change everything; add `--token auto`, "
            "or stay at 127.0.0.1 and use a tunnel: ssh -L 8080:127.0.0.1:8080 HOST"
        )
    return NetworkPolicy(host, port, token, frozenset(_trusted(name) for name in trusted))


def _trusted(name: str) -> Endpoint:
    found = parse_host(name)
    if found is None:
        raise UsageError(
            f"--trusted-host: {name!r} is no host and port; write example.org:443 or [::1]:9000"
        )
    return found


def is_loopback(host: str) -> bool:
    """Whether a host to bind to is this machine only."""
    if host.lower() == "localhost":
        return True
    address = _address(host.strip("[]"))
    return address is not None and address.is_loopback


def _is_wildcard(host: str) -> bool:
    address = _address(host.strip("[]"))
    return host == "" or (address is not None and address.is_unspecified)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _own_names() -> frozenset[str]:
    name = socket.gethostname().lower()
    return frozenset({name, f"{name}.local"})


def parse_host(value: str, default_port: int = 80) -> Endpoint | None:
    """Return the host and port of a Host header or the like; None where it is not exactly one.

    Strict on purpose: no user, no trailing dot, no spaces, no empty port; IPv6 in brackets only.
    """
    if value.startswith("["):
        inner, bracket, rest = value[1:].partition("]")
        address = _address(inner)
        if not bracket or not isinstance(address, ipaddress.IPv6Address) or "%" in inner:
            return None
        host = str(address)
    else:
        host, colon, port_text = value.partition(":")
        rest = colon + port_text
        labels = host.split(".")
        if not all(_is_label(label) for label in labels) or len(host) > 253:
            return None
        host = host.lower()
    port = default_port if not rest else _port(rest)
    return None if port is None else (host, port)


def _is_label(text: str) -> bool:
    is_plain = text.isascii() and text.replace("-", "").replace("_", "").isalnum()
    return is_plain and len(text) <= 63


def _port(rest: str) -> int | None:
    digits = rest.removeprefix(":")
    if not rest.startswith(":") or not (digits.isascii() and digits.isdigit() and len(digits) <= 5):
        return None
    return int(digits) if 0 < int(digits) <= 65_535 else None


class _Refused(Exception):
    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


class NetworkGate:
    """The outermost ASGI application: lets through what the policy allows, and seals every answer."""

    def __init__(self, app: ASGIApp, policy: NetworkPolicy) -> None:
        self._app = app
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        sealed = _sealed(send)
        try:
            answer = self._answer(scope)
            if answer is None:
                receive = await self._read(scope, receive)
        except _Refused as refused:
            answer = _plain(refused.status, refused.words)
        await (answer or self._app)(scope, receive, sealed)

    def _answer(self, scope: Scope) -> Response | None:
        """Check the head of a request; return the answer where it needs nothing else."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._policy.allows_host(hosts[0]):
            raise _Refused(
                400, "this is not a name of this dashboard; start it with --trusted-host HOST:PORT"
            )
        self._check_source(scope["method"], headers, hosts[0])
        return self._check_token(scope, headers)

    def _check_source(self, method: str, headers: Headers, host: str) -> None:
        """Refuse what a foreign page sent."""
        if method not in _SAFE_METHODS | _WRITE_METHODS:
            raise _Refused(405, f"{method[:20]} is not answered here")
        origins = headers.getlist("origin")
        if len(origins) > 1 or (origins and not self._policy.allows_origin(origins[0], host)):
            raise _Refused(403, "the request comes from another page")
        site = headers.get("sec-fetch-site", "same-origin")
        if site == "same-origin" or (site == "none" and method in _SAFE_METHODS):
            return
        is_link = (
            method == "GET"
            and headers.get("sec-fetch-mode") == "navigate"
            and headers.get("sec-fetch-dest") == "document"
        )
        if not is_link:
            raise _Refused(403, "the request comes from another page")

    def _check_token(self, scope: Scope, headers: Headers) -> Response | None:
        policy = self._policy
        if policy.token is None:
            return None
        pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for name, value in pairs if name == TOKEN_PARAMETER]
        if given and scope["method"] == "GET" and policy.is_token(given[-1]):
            rest = urlencode([pair for pair in pairs if pair[0] != TOKEN_PARAMETER])
            return self._exchanged(scope["path"], rest)
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        if policy.is_token(bearer) or hmac.compare_digest(
            _cookie(headers, policy.cookie_name).encode(), policy.cookie_value.encode()
        ):
            return None
        return _locked(scope["path"])

    def _exchanged(self, path: str, query: str) -> Response:
        where = "/" + path.lstrip("/\\") + (f"?{query}" if query else "")
        answer = RedirectResponse(where, status_code=303)
        answer.set_cookie(
            self._policy.cookie_name,
            self._policy.cookie_value,
            httponly=True,
            samesite="strict",
            path="/",
        )
        return answer

    async def _read(self, scope: Scope, receive: Receive) -> Receive:
        """Read the body of a write within its limits, and check that one of our pages sent it."""
        if scope["method"] in _SAFE_METHODS:
            return receive
        headers = Headers(scope=scope)
        body = await _body(headers, receive)
        has_header = CSRF_HEADER in headers or headers.get("hx-request") == "true"
        is_form = headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM
        if not has_header and not (is_form and self._has_csrf_token(body)):
            raise _Refused(
                403,
                "the page is from before a restart: load it again; programs send the header "
                "X-ScrambleBench: 1",
            )
        return _replayed(body, receive)

    def _has_csrf_token(self, body: bytes) -> bool:
        try:
            fields = parse_qs(body.decode(), max_num_fields=100)
        except ValueError:
            return False
        given = fields.get(CSRF_FIELD, [""])[-1]
        return hmac.compare_digest(given.encode(), self._policy.csrf_token.encode())


async def _body(headers: Headers, receive: Receive) -> bytes:
    declared = headers.get("content-length", "0")
    if not declared.isdigit() or len(declared) > 12 or int(declared) > MAX_BODY_BYTES:
        raise _Refused(413, f"more than {MAX_BODY_BYTES:,} bytes are not taken")
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_DEADLINE_S):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise _Refused(400, "the request ended early")
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > MAX_BODY_BYTES:
                    raise _Refused(413, f"more than {MAX_BODY_BYTES:,} bytes are not taken")
                if not message.get("more_body", False):
                    return b"".join(parts)
    except TimeoutError:
        raise _Refused(408, f"the request took longer than {BODY_DEADLINE_S:g} s") from None


def _replayed(body: bytes, receive: Receive) -> Receive:
    is_sent = False

    async def replay() -> Message:
        nonlocal is_sent
        if is_sent:
            return await receive()
        is_sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _sealed(send: Send) -> Send:
    async def seal(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers[name] = value
            if "cache-control" not in headers:
                headers["cache-control"] = "no-store"
        await send(message)

    return seal


def _cookie(headers: Headers, name: str) -> str:
    return cookie_parser(headers.get("cookie", "")).get(name, "")


def _plain(status: int, words: str) -> Response:
    return Response(words + "\n", status, media_type="text/plain")


_LOCKED = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>ScrambleBench: token needed</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><h1>A token is needed</h1>
<p>Open the address that <code>scramblebench-experiment monitor</code> printed when it started, or enter its
token here. If you followed a link, <a href="/">open the dashboard</a>.</p>
<form method="get" action="/"><label>Token <input type="password" name="token" autocomplete="off"
required></label> <button>Open</button></form></body></html>
"""


def _locked(path: str) -> Response:
    headers = {"www-authenticate": "Bearer"}
    if path.startswith("/api"):
        words = "a token is needed: send the header Authorization: Bearer TOKEN\n"
        return Response(words, 401, headers, media_type="text/plain")
    return HTMLResponse(_LOCKED, 401, headers)
