"""Nothing leaves when the right to send ends while a request waits for its connection."""

import asyncio
import socket
import threading
import time

import pytest
import uvloop

from scramblebench.core.errors import ErrorKind, ProviderError
from scramblebench.core.sending import MAY_SEND
from scramblebench.providers.connection import Connection
from scramblebench.testing.fake_provider import FakeProviderServer

from .support import make_provider, model_request


class _SleepyTransport(asyncio.Transport):
    """Gives its process no turn of the loop for a while after what it writes."""

    def __init__(self, transport: asyncio.Transport, left_s: list[float]) -> None:
        self._transport = transport
        self._left_s = left_s

    def write(self, data) -> None:
        self._transport.write(data)
        self._left_s.append(time.monotonic())
        time.sleep(0.5)

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def close(self) -> None:
        self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    def get_extra_info(self, name, default=None):
        return self._transport.get_extra_info(name, default)


def test_nothing_leaves_when_the_right_to_send_has_ended():
    async def ask() -> ProviderError:
        async with FakeProviderServer() as server:
            provider = make_provider("openrouter", base_url=server.url_openrouter)
            answers = iter([True, False])
            MAY_SEND.set(lambda: next(answers))
            await provider.complete(model_request())
            with pytest.raises(ProviderError) as refused:
                await provider.complete(model_request())
            await provider.close()
            assert len(server.ledger.entries) == 1
            return refused.value

    error = asyncio.run(ask())
    assert error.kind is ErrorKind.CONNECTION
    assert not error.may_be_charged


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_what_was_looked_at_leaves_at_once(new_loop, monkeypatch: pytest.MonkeyPatch):
    left_s: list[float] = []
    arrived_s: list[float] = []
    connection_made = Connection.connection_made

    def made(connection: Connection, transport: asyncio.Transport) -> None:
        connection_made(connection, _SleepyTransport(transport, left_s))

    def answer(listener: socket.socket) -> None:
        accepted, _ = listener.accept()
        with accepted:
            accepted.recv(65536)
            arrived_s.append(time.monotonic())
            accepted.sendall(b"HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\n{}")

    async def ask(port: int) -> None:
        provider = make_provider("openai", base_url=f"http://127.0.0.1:{port}/v1")
        with pytest.raises(ProviderError):
            await provider.complete(model_request())
        await provider.close()

    monkeypatch.setattr(Connection, "connection_made", made)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=answer, args=(listener,), daemon=True)
        server.start()
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(ask(listener.getsockname()[1]))
        server.join(10)
    assert arrived_s[0] < left_s[0] + 0.4
