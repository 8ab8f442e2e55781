"""A webhook and a mail server on this machine."""

import json
import socket
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message as Mail
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message


@dataclass
class Receiver:
    """What arrived, in order; ``answers`` are the status codes of the first requests, 200 of all later."""

    port: int = 0
    answers: list[int] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    hangs: Event | None = None
    reply: bytes = b""

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.port}/hooks/s3cr3t-t0ken"


@contextmanager
def receiver(
    answers: Sequence[int] = (), *, hangs: bool = False, reply: bytes = b""
) -> Generator[Receiver]:
    """Receive until the block ends; one that hangs answers only then. ``reply`` is the body of a 200."""
    found = Receiver(answers=list(answers), hangs=Event() if hangs else None, reply=reply)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"] or 0))
            found.paths.append(self.path)
            if found.hangs is not None:
                found.hangs.wait(30)
            status = found.answers.pop(0) if found.answers else 200
            if status == 200:
                found.messages.append(json.loads(body))
            self.send_response(status)
            if status in (301, 302, 307):
                self.send_header("Location", f"http://127.0.0.1:{found.port}/elsewhere")
            sent = found.reply if status == 200 else b""
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.port = server.server_port
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        if found.hangs is not None:
            found.hangs.set()
        server.shutdown()
        server.server_close()
        thread.join(10)


@contextmanager
def mail_server() -> Generator[tuple[str, list[Mail]]]:
    """Yield the Apprise address of a mail server that takes what comes, and the mails in order."""
    mails: list[Mail] = []

    class Keep(Message):
        def handle_message(self, message: Mail) -> None:
            mails.append(message)

    controller = Controller(Keep(), hostname="127.0.0.1", port=closed_port())
    controller.start()
    try:
        yield mail_url(controller.port), mails
    finally:
        controller.stop()


def mail_url(port: int) -> str:
    """Return the Apprise address of a mail server without encryption on this machine."""
    return f"mailto://127.0.0.1:{port}?mode=insecure&from=bench@example.org&to=ada@example.org"


def closed_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]
