"""CPU of a provider's ``complete`` beside a bare aiohttp loop, against the fake server.

The server runs as a process of its own; the two clients take turns in this process, so that noise on
the machine meets both. Prints medians over the rounds, in CPU milliseconds per 1,000 requests.

    python benchmarks/provider_overhead.py --provider openrouter --requests 4000 --rounds 5
"""

import argparse
import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import aiohttp
import orjson

from scramblebench.core.clock import SystemClock
from scramblebench.core.questions import Question
from scramblebench.providers import Message, ModelRequest, open_provider
from scramblebench.settings.models import ModelSpec, ProviderName

Send = Callable[[int], Awaitable[object]]
PATHS = {"openrouter": "/chat/completions", "openai": "/chat/completions", "ollama": "/api/chat"}
NAMES = {"openrouter": "openai/gpt-4o-mini", "openai": "gpt-4o-mini", "ollama": "llama3:8b"}
TEXT = "What is the capital of the country whose flag has a red circle on white? " * 3


@contextlib.contextmanager
def fake_server() -> Iterator[dict[str, str]]:
    """Run the fake server and give its addresses."""
    command = [sys.executable, "-m", "scramblebench.testing.fake_provider"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.terminate()
        usage = Path(f"/proc/{process.pid}/stat")
        if usage.exists():
            ticks = sum(int(field) for field in usage.read_text().split()[13:15])
            print(f"server: {ticks / 100:.2f} CPU s in all")


def model_request(index: int) -> ModelRequest:
    """Return the request number ``index``."""
    question = Question("q" * 64, "bench", TEXT, ("Tokyo",))
    messages = (Message("system", "Answer briefly."), Message("user", f"{index} {TEXT}"))
    return ModelRequest(messages, f"idem-{index}", "k" * 64, question)


async def measure(send: Send, n_requests: int, concurrency: int) -> tuple[float, float]:
    """Return CPU and wall seconds of ``n_requests`` calls, ``concurrency`` at once."""
    numbers = iter(range(n_requests))

    async def work() -> None:
        for index in numbers:
            await send(index)

    cpu_s, wall_s = time.process_time(), time.perf_counter()
    await asyncio.gather(*(work() for _ in range(concurrency)))
    return time.process_time() - cpu_s, time.perf_counter() - wall_s


def bare_sender(session: aiohttp.ClientSession, url: str, name: str) -> Send:
    """Return a call that sends the same JSON and reads the answer's text, and no more."""

    async def send(index: int) -> object:
        request = model_request(index)
        messages = [{"role": each.role, "content": each.content} for each in request.messages]
        body = orjson.dumps({"model": name, "messages": messages, "stream": False})
        async with session.post(url, data=body) as response:
            fields = orjson.loads(await response.read())
        return fields.get("message") or fields["choices"][0]["message"]["content"]

    return send


async def compare(options: argparse.Namespace, urls: dict[str, str]) -> None:
    """Measure both clients in turns and print the medians."""
    kind = options.provider
    base_url = urls["url_ollama" if kind == "ollama" else "url_openrouter"]
    spec = ModelSpec(name=NAMES[kind], provider=ProviderName(kind), base_url=base_url)
    provider = open_provider(spec, clock=SystemClock(), environment={}, base_dir=Path())
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        senders: dict[str, Send] = {
            "bare aiohttp": bare_sender(session, base_url + PATHS[kind], NAMES[kind]),
            kind: lambda index: provider.complete(model_request(index)),
        }
        results: dict[str, list[tuple[float, float]]] = {name: [] for name in senders}
        for send in senders.values():
            await measure(send, 500, options.concurrency)
        for _ in range(options.rounds):
            for name, send in senders.items():
                results[name].append(await measure(send, options.requests, options.concurrency))
    await provider.close()
    bare_ms, _ = report("bare aiohttp", results["bare aiohttp"], options.requests)
    ours_ms, _ = report(kind, results[kind], options.requests)
    print(f"ratio: {ours_ms / bare_ms:.2f}")


def report(name: str, rounds: list[tuple[float, float]], n_requests: int) -> tuple[float, float]:
    """Print and return CPU ms per 1,000 requests and requests per second."""
    cpu_ms = statistics.median(cpu for cpu, _ in rounds) / n_requests * 1e6
    rate = n_requests / statistics.median(wall for _, wall in rounds)
    print(f"{name:>14}: {cpu_ms:6.0f} CPU ms per 1,000 requests, {rate:6.0f} requests/s")
    return cpu_ms, rate


def main() -> None:
    """Read the options and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--provider", choices=sorted(PATHS), default="openrouter")
    parser.add_argument("--requests", type=int, default=4000)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--uvloop", action="store_true")
    options = parser.parse_args()
    with fake_server() as urls:
        if options.uvloop:
            import uvloop

            uvloop.run(compare(options, urls))
        else:
            asyncio.run(compare(options, urls))


if __name__ == "__main__":
    main()
