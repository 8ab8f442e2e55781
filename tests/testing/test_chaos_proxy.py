"""The chaos proxy does to the bytes exactly what its script says."""

import asyncio
import json
import signal
import subprocess
import sys
from contextlib import asynccontextmanager, suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scramblebench.testing.chaos_proxy import ChaosProxy, WireFault, parse_wire_fault

ANSWER = bytes(range(32, 127))
WAIT_S = 20


@asynccontextmanager
async def answering_server(received: list[bytes]):
    """Answer every line with ANSWER; note what came."""

    async def serve(reader, writer):
        with suppress(ConnectionResetError):
            while line := await reader.readline():
                received.append(line)
                writer.write(ANSWER)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def ask(port: int, request: bytes = b"hello\n", n_bytes: int = len(ANSWER)):
    """Return what came back for one request, and the error that ended it, if one did."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    try:
        writer.write(request)
        while len(answer) < n_bytes:
            piece = await reader.read(n_bytes - len(answer))
            if not piece:
                return answer, EOFError
            answer += piece
    except ConnectionResetError:
        return answer, ConnectionResetError
    finally:
        writer.transport.abort()
    return answer, None


def through(faults, act, n_received: int = 0, **changes):
    """Run ``act(proxy)`` through a proxy; return its result, what the server got, and the counts.

    The server is given time to read ``n_received`` lines.
    """

    async def run():
        received: list[bytes] = []
        async with (
            asyncio.timeout(WAIT_S),
            answering_server(received) as port,
            ChaosProxy("127.0.0.1", port, faults, **changes) as proxy,
        ):
            result = await act(proxy)
            while len(received) < n_received:
                await asyncio.sleep(0)
            return result, received, proxy.counts

    return asyncio.run(run())


def once(fault: str, **changes):
    return through([WireFault(fault)], lambda proxy: ask(proxy.port), **changes)


def test_without_faults_bytes_pass():
    answer, received, counts = through([], lambda proxy: ask(proxy.port))
    assert answer == (ANSWER, None)
    assert received == [b"hello\n"]
    assert (counts.n_connections, counts.n_exchanges) == (1, 1)
    assert (counts.n_request_bytes, counts.n_answer_bytes) == (6, len(ANSWER))


@pytest.mark.parametrize("n_bytes", [0, 1, 40, len(ANSWER)])
def test_an_answer_ends_at_its_byte(n_bytes):
    async def both(proxy):
        return await ask(proxy.port, n_bytes=len(ANSWER) + 1)

    reset, received, counts = through([WireFault(f"reset:{n_bytes}")], both)
    assert reset == (ANSWER[:n_bytes], ConnectionResetError)
    assert received == [b"hello\n"]
    assert counts.struck == {f"reset:{n_bytes}": 1}
    truncated, _, _ = through([WireFault(f"truncate:{n_bytes}")], both)
    assert truncated == (ANSWER[:n_bytes], EOFError)


@pytest.mark.parametrize("n_bytes", [0, 3])
def test_a_request_that_is_cut_reaches_the_server_up_to_its_byte(n_bytes):
    answer, received, counts = once(f"reset-request:{n_bytes}")
    assert answer == (b"", ConnectionResetError)
    assert received == []
    assert counts.n_request_bytes == n_bytes


def test_garbage_begins_at_its_byte_and_repeats_with_its_seed():
    (answer, error), _, _ = once("garbage:10", seed=4)
    assert (answer[:10], len(answer), error) == (ANSWER[:10], len(ANSWER), None)
    assert answer != ANSWER
    assert once("garbage:10", seed=4)[0] == (answer, None)
    assert once("garbage:10", seed=5)[0] != (answer, None)


def test_a_duplicate_is_the_answer_twice():
    (answer, _), _, _ = through(
        [WireFault("duplicate")], lambda proxy: ask(proxy.port, n_bytes=2 * len(ANSWER))
    )
    assert answer == ANSWER + ANSWER


def test_a_trickle_is_one_byte_after_the_other():
    async def pieces(proxy):
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(b"hello\n")
        got = [await reader.read(100) for _ in range(3)]
        writer.transport.abort()
        return got

    got, _, _ = through([WireFault("trickle:20")], pieces)
    assert got == [b" ", b"!", b'"']


@pytest.mark.parametrize(("fault", "n_received"), [("half-open", 0), ("silence", 1)])
def test_silence_is_kept_until_the_client_leaves(fault, n_received):
    async def listen(proxy):
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(b"hello\n")
        await writer.drain()
        while not proxy.counts.struck:
            await asyncio.sleep(0)
        # another connection is served meanwhile, and nothing comes on this one
        other = await ask(proxy.port)
        silent = asyncio.create_task(reader.read(1))
        await asyncio.sleep(0)
        is_silent = not silent.done()
        writer.write_eof()
        return other, is_silent, await silent

    ((other, error), is_silent, end), received, _ = through([WireFault(fault, limit=1)], listen)
    assert (other, error) == (ANSWER, None)
    assert is_silent
    assert end == b""
    assert len(received) == n_received + 1


def test_answers_change_their_order():
    async def two(proxy):
        order: list[str] = []

        async def one(name):
            await ask(proxy.port)
            order.append(name)

        first = asyncio.create_task(one("first"))
        while not proxy.counts.struck:
            await asyncio.sleep(0)
        await asyncio.gather(first, one("second"))
        return order

    order, _, _ = through([WireFault("reorder:15", limit=1)], two)
    assert order == ["second", "first"]


@pytest.mark.parametrize(
    ("fault", "n_received"),
    [("cut-request:COMMIT", 1), ("cut-after:COMMIT", 2), (r"cut-answer:\x25\x26", 1)],
)
def test_a_connection_is_cut_where_a_text_is_seen(fault, n_received):
    async def talk(proxy):
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        answers = []
        try:
            for request in (b"BEGIN\n", b"COMMIT\n"):
                writer.write(request)
                answers.append(await reader.readexactly(len(ANSWER)))
        except (ConnectionResetError, asyncio.IncompleteReadError) as error:
            answers.append(type(error))
        writer.transport.abort()
        return answers

    answers, received, counts = through([WireFault(fault)], talk, n_received)
    n_whole = 0 if fault.startswith("cut-answer") else 1
    assert answers[:n_whole] == [ANSWER] * n_whole
    assert answers[-1] in (ConnectionResetError, asyncio.IncompleteReadError)
    assert counts.struck == {fault: 1}
    assert len(received) == n_received


@settings(max_examples=30)
@given(st.lists(st.integers(1, 4), max_size=8))
def test_a_text_is_seen_across_pieces(sizes):
    request = b"xxCOMMITyy\n"

    async def in_pieces(proxy):
        _, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        rest = request
        for size in sizes:
            before = proxy.counts.n_request_bytes
            writer.write(rest[:size])
            await writer.drain()
            passed = len(rest[:size])
            rest = rest[size:]
            while proxy.counts.n_request_bytes < before + passed and not proxy.counts.struck:
                await asyncio.sleep(0)
            if proxy.counts.struck:
                break
        else:
            writer.write(rest)
            while not proxy.counts.struck:
                await asyncio.sleep(0)
        writer.transport.abort()
        return proxy.counts.struck["cut-after:COMMIT"]

    assert through([WireFault("cut-after:COMMIT")], in_pieces)[0] == 1


def test_a_blackhole_holds_bytes_back_until_it_ends():
    async def through_the_hole(proxy):
        proxy.blackhole()
        asking = asyncio.create_task(ask(proxy.port))
        while not proxy.counts.n_connections:
            await asyncio.sleep(0)
        was_held = not asking.done() and not proxy.counts.n_request_bytes
        proxy.restore()
        return was_held, await asking

    (was_held, answer), _, _ = through([], through_the_hole)
    assert was_held
    assert answer == (ANSWER, None)


def test_all_connections_can_be_cut_at_once():
    async def cut(proxy):
        asking = [asyncio.create_task(ask(proxy.port, n_bytes=len(ANSWER) + 1)) for _ in range(5)]
        while proxy.counts.n_answer_bytes < 5 * len(ANSWER):
            await asyncio.sleep(0)
        proxy.cut()
        return [error for _, error in await asyncio.gather(*asking)]

    assert through([], cut)[0] == [ConnectionResetError] * 5


def test_shares_limits_and_skips():
    async def ask_often(proxy):
        return [(await ask(proxy.port))[1] is None for _ in range(60)]

    some, _, _ = through([WireFault("reset:0", share=0.3)], ask_often, seed=1)
    assert some == through([WireFault("reset:0", share=0.3)], ask_often, seed=1)[0]
    assert 30 <= sum(some) <= 54
    late, _, _ = through([WireFault("reset:0", skip=10, limit=2)], ask_often)
    assert late == [True] * 10 + [False] * 2 + [True] * 48


def test_a_server_that_is_not_there_resets_the_client(unused_tcp_port_address):
    async def run():
        host, port = unused_tcp_port_address
        async with ChaosProxy(host, port) as proxy:
            return await ask(proxy.port)

    assert asyncio.run(run()) == (b"", ConnectionResetError)


@pytest.mark.parametrize("text", ["nonsense", "reset=2", "cut-after", "reset:1=x"])
def test_faults_that_are_none(text):
    with pytest.raises(ValueError):
        parse_wire_fault(text)


def test_faults_as_they_are_written():
    assert parse_wire_fault("reset:40=0.05@10") == WireFault("reset:40", share=0.05, skip=10)
    assert parse_wire_fault(r"cut-answer:C\x00=COMMIT=1").pattern == b"C\x00=COMMIT"
    assert parse_wire_fault("latency:1..5").bounds(1) == (1, 5)


def test_as_a_process():
    async def run():
        received: list[bytes] = []
        async with asyncio.timeout(WAIT_S), answering_server(received) as port:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "scramblebench.testing.chaos_proxy"),
                *("--to", f"127.0.0.1:{port}", "--fault", "reset:5@1"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            listening = json.loads(await process.stdout.readline())["port"]
            answers = [await ask(listening), await ask(listening)]
            process.stdin.write(b"use\nuse nonsense\nspin\n")
            said = [json.loads(await process.stdout.readline()) for _ in range(3)]
            assert ["error" in each for each in said] == [False, True, True]
            answers.append(await ask(listening))
            process.stdin.write(b"counts\n")
            counts = json.loads(await process.stdout.readline())
            process.send_signal(signal.SIGTERM)
            return answers, counts, await process.wait()

    answers, counts, code = asyncio.run(run())
    assert answers == [(ANSWER, None), (ANSWER[:5], ConnectionResetError), (ANSWER, None)]
    assert counts["struck"] == {"reset:5": 1}
    assert code == 0
