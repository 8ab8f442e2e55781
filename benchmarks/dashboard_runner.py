"""How much open dashboard pages slow a run: the same run alone and beside 50 pages that follow it, in turn.

``python -m benchmarks.dashboard_runner [--pages 50] [--rounds 3]``. Server, provider, pages and run share
the machine and one SQLite file. Each page is an open stream of changes, as a browser holds it, and somebody
who looks at another page every two seconds. The time is from the start of ``run`` to its end; the bar is
10 % of the median.
"""

import argparse
import asyncio
import html
import math
import os
import re
import subprocess
import time
from statistics import median

import aiohttp

from benchmarks.dashboard_load import client, serve
from benchmarks.engine.contenders import PROGRAM, create_experiment, sqlite_database
from benchmarks.engine.servers import fake_provider
from benchmarks.engine.settings import Setting

_SETTING = Setting(latency_ms=200, concurrency=64, n_trials=4_200)
_BAR = 0.10


def main() -> None:
    """Run in turn, print each round and the ratio of the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    alone_s, beside_s = [], []
    with fake_provider("--latency-ms", str(_SETTING.latency_ms)) as provider:
        for _ in range(given.rounds):
            alone_s.append(asyncio.run(_one_run(provider.url, 0))[0])
            taken_s, n_changes = asyncio.run(_one_run(provider.url, given.pages))
            beside_s.append(taken_s)
            print(f"alone {alone_s[-1]:.2f} s, beside {taken_s:.2f} s ({n_changes:,} changes seen)")
    slower = median(beside_s) / median(alone_s) - 1
    verdict = "met" if slower <= _BAR else "NOT MET"
    print(f"{slower:+.1%} beside {given.pages} pages; bar {_BAR:.0%} {verdict}")


async def _one_run(provider_url: str, n_pages: int) -> tuple[float, int]:
    """Return the seconds of a run, and how many changes the open pages were told."""
    with sqlite_database() as database_url:
        create_experiment(_SETTING, provider_url, database_url)
        if not n_pages:
            return await _timed(database_url), 0
        server, address = serve(database_url)
        try:
            async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
                own, events = await _addresses(session, address)
                pages = ("/", own, f"{own}/ladder", f"{own}/responses", "/queue", "/system")
                follow = [_follow(session, address + events) for _ in range(n_pages)]
                look = [client(session, address, pages, n, math.inf) for n in range(n_pages)]
                tasks = [asyncio.create_task(each) for each in (*follow, *look)]
                taken_s = await _timed(database_url)
                for task in tasks:
                    task.cancel()
                told = await asyncio.gather(*tasks, return_exceptions=True)
        finally:
            server.terminate()
            server.wait(10)
    failed = [each for each in told if isinstance(each, Exception)]
    if failed:
        raise SystemExit(f"{len(failed)} pages ended: {failed[0]!r}")
    return taken_s, sum(each for each in told if isinstance(each, int))


async def _timed(database_url: str) -> float:
    quiet = subprocess.DEVNULL
    start_s = time.monotonic()
    runner = await asyncio.create_subprocess_exec(
        *PROGRAM,
        "run",
        stdout=quiet,
        stderr=quiet,
        env={**os.environ, "DATABASE_URL": database_url},
    )
    if await runner.wait():
        raise SystemExit("the run failed")
    return time.monotonic() - start_s


async def _addresses(session: aiohttp.ClientSession, address: str) -> tuple[str, str]:
    """Return the path of the only experiment's page and of the stream of its changes."""
    async with session.get(address + "/") as answer:
        found = re.search(r"/experiments/[0-9a-f-]{36}", await answer.text())
    assert found
    async with session.get(address + found[0]) as answer:
        events = re.search(r'"(/events\?[^"]+)"', await answer.text())
    assert events
    return found[0], html.unescape(events[1])


async def _follow(session: aiohttp.ClientSession, events: str) -> int:
    """Read a stream until it is told to stop; return how many changes came."""
    n = 0
    try:
        async with session.get(events, timeout=aiohttp.ClientTimeout(total=None)) as answer:
            answer.raise_for_status()
            async for line in answer.content:
                n += line.startswith(b"data:")
    except asyncio.CancelledError:
        return n
    return n


if __name__ == "__main__":
    main()
