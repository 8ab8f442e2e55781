"""The loops that the engine is held against; each is run as a process of its own.

python -m benchmarks.engine.clients bare --url http://127.0.0.1:8000/v1 --requests 5000 --concurrency 64
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

MODEL = "gpt-4o-mini"
Keep = Callable[[int, int, bytes], Awaitable[None]]
"""What a loop does with the number of a request, the status and the body of its response."""


def main() -> None:
    """Run the client that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("client", choices=CLIENTS)
    parser.add_argument("--url", required=True)
    parser.add_argument("--requests", type=int, required=True)
    parser.add_argument("--concurrency", type=int, required=True)
    parser.add_argument("--database", default="", help="a new SQLite file, or an empty database")
    options = parser.parse_args()
    asyncio.run(CLIENTS[options.client](options))


def _body(number: int) -> dict[str, Any]:
    text = f"How many is {number} apples and two more?" * 3
    system = {"role": "system", "content": "Solve the problem."}
    messages = [system, {"role": "user", "content": text}]
    return {"model": MODEL, "messages": messages, "max_tokens": 200, "temperature": 0.0}


async def _bare(options: argparse.Namespace) -> None:
    await _ask_all(options, _forget)


async def _forget(number: int, status: int, body: bytes) -> None:
    pass


async def _ask_all(options: argparse.Namespace, keep: Keep) -> None:
    """Ask everything as fast as aiohttp does; a worker's next request leaves when its last is kept."""
    import aiohttp  # not in every interpreter that runs a client

    numbers = iter(range(options.requests))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def work() -> None:
            for number in numbers:
                async with session.post(
                    f"{options.url}/chat/completions", json=_body(number)
                ) as reply:
                    await reply.json()
                    await keep(number, reply.status, await reply.read())

        await asyncio.gather(*(work() for _ in range(options.concurrency)))


async def _stored(options: argparse.Namespace) -> None:
    """Ask everything and commit each response before its worker goes on."""
    from benchmarks.engine.writers import BatchedWriter, postgres_commit, sqlite_commit

    is_postgres = options.database.startswith("postgresql://")
    open_commit = postgres_commit if is_postgres else sqlite_commit
    writer = BatchedWriter(lambda: open_commit(options.database))

    async def keep(number: int, status: int, body: bytes) -> None:
        await writer.write((number, status, body.decode()))

    await _ask_all(options, keep)
    await writer.close()


async def _openai_sdk(options: argparse.Namespace) -> None:
    """Ask everything as the SDK's users do: one task each, behind a semaphore."""
    from openai import AsyncOpenAI  # in the interpreter of --peers-python

    free = asyncio.Semaphore(options.concurrency)
    async with AsyncOpenAI(base_url=options.url, api_key="none") as client:

        async def ask(number: int) -> None:
            async with free:
                await client.chat.completions.create(**_body(number))

        await asyncio.gather(*(ask(number) for number in range(options.requests)))


CLIENTS: dict[str, Callable[[argparse.Namespace], Awaitable[None]]] = {
    "bare": _bare,
    "stored": _stored,
    "openai-sdk": _openai_sdk,
}

if __name__ == "__main__":
    main()
