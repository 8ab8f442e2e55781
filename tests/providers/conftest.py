import socket

import pytest


@pytest.fixture
def unused_tcp_address():
    """The URL of a port that nobody listens on, held so that nobody takes it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"
