"""What comes on a connection that nobody asks on is never taken for an answer."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable

import pytest

from scramblebench.core.errors import ProviderError
from scramblebench.testing.chaos_proxy import ChaosProxy, WireFault
from scramblebench.testing.fake_provider import FakeProviderServer

from .support import make_provider, model_request

ANSWER_BYTES_LATER_S = 0.02


def test_a_late_duplicate_is_not_the_next_answer():
    async def run():
        async with FakeProviderServer() as server:
            port = int(server.url.rpartition(":")[2])
            late = [WireFault(f"duplicate:{ANSWER_BYTES_LATER_S}", skip=1, limit=1)]
            async with ChaosProxy("127.0.0.1", port, late) as proxy:
                provider = make_provider("openrouter", f"http://127.0.0.1:{proxy.port}/api/v1")
                warm_up = await provider.complete(model_request("How long is a head?"))
                n_before = proxy.counts.n_answer_bytes
                n_head = n_before - len(warm_up.raw)
                first = await provider.complete(model_request("What is the first answer?"))
                n_twice = n_before + 2 * (n_head + len(first.raw))
                while proxy.counts.n_answer_bytes < n_twice:
                    await asyncio.sleep(0)
                # a whole exchange elsewhere: what was sent before it has arrived by then
                other = make_provider("openrouter", server.url_openrouter)
                await other.complete(model_request())
                second = await provider.complete(model_request("What is the second answer?"))
                expected = await other.complete(model_request("What is the second answer?"))
                await provider.close()
                await other.close()
                return first, second, expected

    first, second, expected = asyncio.run(asyncio.wait_for(run(), 20))
    assert second.text == expected.text
    assert second.text != first.text


def test_a_duplicate_that_waits_in_the_socket_is_not_the_next_answer():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(
            target=_answer_first_twice, args=(listener, _wait_a_moment), daemon=True
        ).start()
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"

        async def run():
            provider = make_provider("openai", base_url)
            first = await provider.complete(model_request())
            time.sleep(0.2)
            second = await provider.complete(model_request())
            await provider.close()
            return first.text, second.text

        assert asyncio.run(asyncio.wait_for(run(), 20)) == ("answer 1", "answer 2")


def test_a_duplicate_that_comes_after_the_next_request_is_not_its_answer():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(
            target=_answer_first_twice, args=(listener, _read_request), daemon=True
        ).start()
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"

        async def run():
            provider = make_provider("openai", base_url)
            first = await provider.complete(model_request("What is the first?"))
            with pytest.raises(ProviderError, match="the answer to another request") as refused:
                await provider.complete(model_request("What is the second?"))
            second = await provider.complete(model_request("What is the second?"))
            await provider.close()
            return first.text, refused.value, second.text

        first, refused, second = asyncio.run(asyncio.wait_for(run(), 20))
    assert (first, second) == ("answer 1", "answer 2")
    assert refused.kind.is_retryable
    assert refused.may_be_charged


def _answer_first_twice(listener: socket.socket, wait: Callable[[socket.socket], None]) -> None:
    connection, _ = listener.accept()
    with connection:
        _read_request(connection)
        connection.sendall(_answer(1))
        wait(connection)
        connection.sendall(_answer(1))
        again, _ = listener.accept()
        with again:
            _read_request(again)
            again.sendall(_answer(2))


def _wait_a_moment(_: socket.socket) -> None:
    time.sleep(0.05)


def _read_request(connection: socket.socket) -> None:
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(65536)
    head, _, body = request.partition(b"\r\n\r\n")
    (length,) = (
        int(line.partition(b":")[2])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += connection.recv(65536)


def _answer(number: int) -> bytes:
    message = {"role": "assistant", "content": f"answer {number}"}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    body = json.dumps({"id": f"chat-{number}", "model": "m", "choices": choices}).encode()
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
