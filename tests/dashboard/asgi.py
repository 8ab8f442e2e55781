"""An application called in this process, with exactly the headers given: twice the same one, or none."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from scramblebench.dashboard.app import Application

HOST = "127.0.0.1:8080"
Headers = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    status: int
    raw_headers: list[tuple[bytes, bytes]]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def header(self, name: str) -> str | None:
        found = [v.decode() for n, v in self.raw_headers if n.decode().lower() == name]
        assert len(found) <= 1, f"{name} was sent {len(found)} times"
        return found[0] if found else None


def call(
    app: Application,
    path: str,
    method: str = "GET",
    headers: Headers = (("host", HOST),),
    body: bytes = b"",
    chunks: Iterable[bytes] | None = None,
) -> Answer:
    """Send one request; ``chunks`` in place of ``body`` come one after the other."""
    return asyncio.run(_call(app, path, method, headers, list(chunks or [body])))


def get(app: Application, path: str, **headers: str) -> Answer:
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return call(app, path, headers=[("host", HOST), *named])


def post(app: Application, path: str, fields: dict[str, str], **headers: str) -> Answer:
    """Send one of our own forms."""
    body = urlencode({"csrf": app.policy.csrf_token, **fields}).encode()
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    form = ("content-type", "application/x-www-form-urlencoded")
    own = [("host", HOST), form, ("origin", f"http://{HOST}"), ("sec-fetch-site", "same-origin")]
    return call(app, path, "POST", [*own, *named], body)


def send_json(app: Application, path: str, body: bytes, method: str = "POST") -> Answer:
    """Send what a program does."""
    headers = [("host", HOST), ("content-type", "application/json"), ("x-scramblebench", "1")]
    return call(app, path, method, headers, body)


async def _call(
    app: Application, path: str, method: str, headers: Headers, chunks: list[bytes]
) -> Answer:
    parts = urlsplit(path)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(parts.path),
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [(n.lower().encode(), v.encode("latin-1")) for n, v in headers],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8080),
    }
    waiting = list(chunks)
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.Event().wait()  # the client stays
        body = waiting.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = next(m for m in sent if m["type"] == "http.response.start")
    body = b"".join(m.get("body", b"") for m in sent if m["type"] == "http.response.body")
    return Answer(start["status"], list(start["headers"]), body)
