import socket

import pytest


@pytest.fixture
def unused_tcp_port_address():
    """An address that nobody listens on, held so that nobody takes it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()
