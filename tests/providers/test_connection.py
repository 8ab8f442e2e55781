"""Answers in every form that HTTP/1.1 has for them, byte for byte, from a server of sockets."""

import asyncio
import json
import socket
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from threading import Event, Thread

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from scramblebench.core.errors import ErrorKind, ProviderError
from scramblebench.providers import connections
from scramblebench.providers.connection import MAX_BODY_BYTES

from .support import KEY, chat_body, make_provider, model_request

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def body_of(number: int) -> bytes:
    return json.dumps(
        chat_body(message={"content": f"answer {number}"}, top={"id": f"gen-{number}"})
    ).encode()


def whole(number: int, headers: bytes = b"") -> bytes:
    body = body_of(number)
    return HEAD + headers + b"Content-Length: %d\r\n\r\n" % len(body) + body


def chunked(number: int) -> bytes:
    first, rest = body_of(number)[:5], body_of(number)[5:]
    chunks = b"5;x=y\r\n%b\r\n%x\r\n%b\r\n0\r\nX-Late: 1\r\n\r\n" % (first, len(rest), rest)
    return HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks


def closing(number: int) -> bytes:
    return HEAD + b"Connection: close\r\n\r\n" + body_of(number)


@dataclass
class Server:
    """Answers one request after the other, each with the next of ``answers``, in pieces."""

    answers: Sequence[tuple[bytes, ...]]
    requests: list[bytes] = field(default_factory=list)
    n_connections: int = 0
    port: int = 0

    def serve(self, listener: socket.socket) -> None:
        left = deque(self.answers)
        while left:
            try:
                accepted, _ = listener.accept()
            except OSError:
                return  # the test is over, and nobody came
            self.n_connections += 1
            with accepted, suppress(ConnectionError):
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while left and (request := _request(accepted)):
                    self.requests.append(request)
                    answer = left.popleft()
                    for piece in answer:
                        accepted.sendall(piece)
                    if b"Connection: close" in b"".join(answer)[:200]:
                        break


def _request(connection: socket.socket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        if not (piece := connection.recv(65536)):
            return b""
        request += piece
    head, _, body = request.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@contextmanager
def server_of(*answers: tuple[bytes, ...], host: str = "127.0.0.1") -> Iterator[Server]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listener:
        server = Server(answers, port=listener.getsockname()[1])
        thread = Thread(target=server.serve, args=(listener,), daemon=True)
        thread.start()
        yield server


def texts(server: Server, n: int, host: str = "127.0.0.1", new_loop=None) -> list[str]:
    """Return the texts of ``n`` answers, one asked after the other; "" and the kind for an error."""

    async def ask() -> list[str]:
        provider = make_provider(
            "openai", f"http://{host}:{server.port}/v1", environment={"OPENAI_API_KEY": KEY}
        )
        found: list[str] = []
        for number in range(n):
            try:
                response = await provider.complete(model_request(f"question {number}"))
                found.append(response.text)
            except ProviderError as error:
                found.append(f"{error.kind.value}: {error}")
        await provider.close()
        return found

    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(asyncio.wait_for(ask(), 20))


LOOPS = pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])


@LOOPS
@pytest.mark.parametrize("form", [whole, chunked])
def test_answers_come_on_one_connection(form, new_loop):
    with server_of((form(0),), (form(1),), (form(2),)) as server:
        assert texts(server, 3, new_loop=new_loop) == ["answer 0", "answer 1", "answer 2"]
        assert server.n_connections == 1


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([whole, chunked]), st.lists(st.integers(1, 500), max_size=4))
def test_it_does_not_matter_where_an_answer_is_cut_into_pieces(form, cuts):
    answer = form(0)
    places = sorted({0, *(min(cut, len(answer)) for cut in cuts), len(answer)})
    pieces = tuple(answer[a:b] for a, b in pairwise(places))
    with server_of(pieces, (whole(1),)) as server:
        assert texts(server, 2) == ["answer 0", "answer 1"]


@LOOPS
@pytest.mark.parametrize("form", [closing, lambda n: whole(n, b"Connection: close\r\n")])
def test_a_connection_that_ends_with_its_answer_is_not_used_again(form, new_loop):
    with server_of((form(0),), (form(1),)) as server:
        assert texts(server, 2, new_loop=new_loop) == ["answer 0", "answer 1"]
        assert server.n_connections == 2


def test_an_interim_answer_is_none():
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    with server_of((hints, whole(0)), (hints + whole(1),)) as server:
        assert texts(server, 2) == ["answer 0", "answer 1"]


@pytest.mark.parametrize("after", [whole(7), b"HTTP/1.1 200", b"and more", b"\x00"])
def test_what_follows_an_answer_is_never_the_next_answer(after):
    with server_of((whole(0) + after,), (whole(1),)) as server:
        assert texts(server, 2) == ["answer 0", "answer 1"]
        assert server.n_connections == 2


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", ErrorKind.BAD_RESPONSE, "no valid HTTP"),
        (b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
         ErrorKind.BAD_RESPONSE, "no valid HTTP"),
        (HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
         ErrorKind.BAD_RESPONSE, "no valid HTTP"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n", ErrorKind.BAD_RESPONSE, "no valid"),
        (HEAD + b"X: " + b"y" * 70_000, ErrorKind.BAD_RESPONSE, "headers of more than"),
        (HEAD + b"X: y\r\n" * 20_000, ErrorKind.BAD_RESPONSE, "headers of more than"),
        (HEAD + b"Connection: close\r\n\r\n" + b" " * (MAX_BODY_BYTES + 1),
         ErrorKind.BAD_RESPONSE, "more than"),
        (HEAD + b"Connection: close\r\nContent-Length: 9\r\n\r\n{", ErrorKind.CONNECTION, "cut"),
        (HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
         ErrorKind.CONNECTION, "cut"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n",
         ErrorKind.BAD_RESPONSE, "points to http://elsewhere/"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_an_error_and_the_next_one_is_read(answer, kind, words):
    with server_of((answer,), (whole(1),)) as server:
        first, second = texts(server, 2)
    assert first.startswith(f"{kind.value}: ")
    assert words in first
    assert second == "answer 1"


@pytest.mark.parametrize("body", [b'{"id":"","choices":[]}', b'{"id": null, "error": "busy"}'])
@pytest.mark.parametrize("status", [200, 429])
def test_answers_may_be_equal_that_have_no_name(body, status):
    head = b"HTTP/1.1 %d X\r\nRetry-After: 7\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
    with server_of((head + body,), (head + body,)) as server:
        first, second = texts(server, 2)
    assert first == second
    assert "another request" not in second


@pytest.mark.parametrize("n_pieces", [1, 2])
def test_headers_count_once_however_they_come(n_pieces):
    answer = whole(0, b"X: " + b"y" * 40_000 + b"\r\n")
    pieces = (answer,) if n_pieces == 1 else (answer[:20_000], answer[20_000:])
    with server_of(pieces) as server:
        assert texts(server, 1) == ["answer 0"]


def test_what_follows_a_body_is_bounded():
    endless = HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"y" * (MAX_BODY_BYTES + 1)
    with server_of((endless,)) as server:
        (found,) = texts(server, 1)
    assert found.startswith("bad_response: ")
    assert "around the body" in found


LONG = "word " * 1_000_000
"""More than the two systems hold between them."""


@contextmanager
def slow_reader(begin: Callable[[socket.socket], None]) -> Iterator[tuple[str, Event, list[int]]]:
    """Serve one connection: ``begin``, and once told read all; yields the URL, the word and what was read."""
    go_on, n_read = Event(), list[int]()

    def serve(listener: socket.socket) -> None:
        accepted, _ = listener.accept()
        with accepted, suppress(ConnectionError):
            begin(accepted)
            assert go_on.wait(20)
            n_read.append(0)
            while piece := accepted.recv(65536):
                n_read[0] += len(piece)

    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1", go_on, n_read
        go_on.set()
        thread.join(20)


def _half_close(accepted: socket.socket) -> None:
    accepted.shutdown(socket.SHUT_WR)


def _answer_early(accepted: socket.socket) -> None:
    accepted.recv(100)
    accepted.sendall(whole(0))


@LOOPS
@pytest.mark.parametrize("begin", [_half_close, _answer_early])
def test_what_has_not_left_when_the_server_is_done_never_does(begin, new_loop):
    async def ask(url: str) -> None:
        provider = make_provider("openai", url)
        with suppress(ProviderError):
            await provider.complete(model_request(LONG))
        await asyncio.sleep(0)
        go_on.set()
        await provider.close()

    with (
        slow_reader(begin) as (url, go_on, n_read),
        asyncio.Runner(loop_factory=new_loop) as runner,
    ):
        runner.run(asyncio.wait_for(ask(url), 20))
    assert n_read[0] < len(LONG)


@LOOPS
def test_nothing_is_sent_by_what_still_connects_when_all_is_closed(new_loop):
    async def ask(url: str) -> ProviderError:
        provider = make_provider("openai", url)
        asking = asyncio.create_task(provider.complete(model_request()))
        await asyncio.sleep(0)
        await provider.close()
        with pytest.raises(ProviderError) as refused:
            await asking
        return refused.value

    with server_of((whole(0),)) as server, asyncio.Runner(loop_factory=new_loop) as runner:
        error = runner.run(asyncio.wait_for(ask(f"http://127.0.0.1:{server.port}/v1"), 20))
        assert server.requests == []
    assert not error.may_be_charged


def test_what_is_sent():
    with server_of((whole(0),)) as server:
        assert texts(server, 1) == ["answer 0"]
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
        first, *headers = head.decode().split("\r\n")
        named = dict(line.split(": ", 1) for line in headers)
    assert first == "POST /v1/chat/completions HTTP/1.1"
    assert named["Host"] == f"127.0.0.1:{server.port}"
    assert named["Content-Length"] == str(len(body))
    assert named["Content-Type"] == named["Accept"] == "application/json"
    assert named["Accept-Encoding"] == "identity"
    assert named["Idempotency-Key"] == "idem-1"
    assert len(headers) == len(named)


def test_ipv6_and_names_that_have_several_addresses():
    with server_of((whole(0),), host="::1") as server:
        assert texts(server, 1, host="[::1]") == ["answer 0"]
        assert f"Host: [::1]:{server.port}".encode() in server.requests[0]
    with server_of((whole(0),)) as server:  # ::1 of localhost is refused, 127.0.0.1 is not
        assert texts(server, 1, host="localhost") == ["answer 0"]


def test_a_name_that_nobody_knows():
    with server_of() as server:
        (found,) = texts(server, 1, host="nobody.invalid")
    assert found.startswith("connection: nothing answers at http://nobody.invalid")


def test_a_key_that_no_header_can_carry_is_sent_nowhere():
    async def ask(url: str) -> ProviderError:
        provider = make_provider("openai", url, environment={"OPENAI_API_KEY": "a\r\nX-Evil: 1"})
        with pytest.raises(ProviderError) as refused:
            await provider.complete(model_request())
        await provider.close()
        return refused.value

    with server_of((whole(0),)) as server:
        error = asyncio.run(ask(f"http://127.0.0.1:{server.port}/v1"))
        assert server.n_connections == 0
    assert error.kind is ErrorKind.AUTHENTICATION
    assert "Evil" not in str(error)


def test_a_connection_that_was_idle_for_long_is_not_used_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connections, "_KEEPALIVE_S", -1.0)
    with server_of((whole(0),), (whole(1),)) as server:
        assert texts(server, 2) == ["answer 0", "answer 1"]
        assert server.n_connections == 2
