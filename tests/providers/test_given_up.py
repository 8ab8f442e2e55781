"""A request that is given up does not reach the provider later."""

import asyncio
import socket
from contextlib import suppress

import pytest

from .support import make_provider, model_request

_PROMPT = "word " * 60_000
"""More than the receiver takes unread, and less than the sender's system takes over."""


def test_what_was_not_delivered_by_the_time_it_is_given_up_never_is():
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        provider = make_provider("openai", f"http://127.0.0.1:{listener.getsockname()[1]}/v1")

        async def give_up():
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await provider.complete(model_request(_PROMPT))
            await asyncio.sleep(0)

        async def run():
            await give_up()
            accepted, _ = listener.accept()
            with accepted:
                accepted.settimeout(5)
                n_bytes = await asyncio.to_thread(_read_to_the_end, accepted)
            await provider.close()
            return n_bytes

        assert asyncio.run(run()) < len(_PROMPT)


def _read_to_the_end(connection: socket.socket) -> int:
    n_bytes = 0
    with suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            n_bytes += len(piece)
    return n_bytes
