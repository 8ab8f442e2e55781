"""Throughput of the engine against a fake server, beside a bare aiohttp loop: ratios in one run.

    python benchmarks/engine_throughput.py [--trials 20000] [--concurrency 64] [--latency-ms 0] [--rounds 3]

Each client is a process of its own, start-up included; CPU and peak memory are the operating system's
account of the finished process. Rounds are interleaved; medians are printed.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve()


@dataclass(frozen=True)
class Measured:
    """One finished process: CPU and wall seconds, peak memory in MB."""

    cpu_s: float
    wall_s: float
    peak_mb: float


def main() -> None:
    """Measure and print a table."""
    options = _options()
    if options.bare:
        asyncio.run(_bare(options.bare, options.trials, options.concurrency))
        return
    with tempfile.TemporaryDirectory() as folder:
        server, url = _start_server(options.latency_ms)
        try:
            _compare(options, Path(folder), url)
        finally:
            server.terminate()
            server.wait(timeout=10)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=20_000)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--latency-ms", type=float, default=0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--database-url", help="measure this database too")
    parser.add_argument("--bare", help=argparse.SUPPRESS)
    return parser.parse_args()


def _compare(options: argparse.Namespace, folder: Path, url: str) -> None:
    program = [sys.executable, "-m", "scramblebench"]
    config = folder / "study.yaml"
    config.write_text(_study(url, options.trials, options.concurrency))
    results: dict[str, list[Measured]] = {}
    for round_number in range(options.rounds):
        bare = [sys.executable, str(HERE), "--bare", url, "--trials", str(options.trials)]
        bare += ["--concurrency", str(options.concurrency)]
        results.setdefault("bare aiohttp", []).append(_measure(bare))
        databases = {"SQLite": f"sqlite:///{folder}/{round_number}.db"}
        if options.database_url:
            databases["given database"] = options.database_url
        for name, database in databases.items():
            environment = {**os.environ, "DATABASE_URL": database}
            create = [*program, "create", "Throughput", str(config), "-p", "1"]
            subprocess.run(create, check=True, capture_output=True, env=environment)
            measured = _measure([*program, "run"], environment)
            results.setdefault(f"engine, {name}", []).append(measured)
    _print(results, options)


def _print(results: dict[str, list[Measured]], options: argparse.Namespace) -> None:
    print(
        f"{options.trials:,} requests, concurrency {options.concurrency}, latency "
        f"{options.latency_ms:g} ms, median of {options.rounds} interleaved rounds"
    )
    print(
        f"{'client':<26}{'requests/s':>12}{'CPU s/1,000':>13}{'peak MB':>9}{'CPU ratio':>11}{'rate ratio':>12}"
    )
    bare_cpu = statistics.median(m.cpu_s for m in results["bare aiohttp"])
    bare_wall = statistics.median(m.wall_s for m in results["bare aiohttp"])
    for name, runs in results.items():
        cpu = statistics.median(m.cpu_s for m in runs)
        wall = statistics.median(m.wall_s for m in runs)
        peak = statistics.median(m.peak_mb for m in runs)
        print(
            f"{name:<26}{options.trials / wall:>12,.0f}{cpu / options.trials * 1000:>13.3f}{peak:>9.0f}"
            f"{cpu / bare_cpu:>11.2f}{bare_wall / wall:>12.2f}"
        )


def _measure(command: list[str], environment: dict[str, str] | None = None) -> Measured:
    start = time.monotonic()
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return Measured(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def _start_server(latency_ms: float) -> tuple["subprocess.Popen[str]", str]:
    command = [
        sys.executable,
        "-m",
        "scramblebench.testing.fake_provider",
        "--latency-ms",
        str(latency_ms),
    ]
    server = subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdout is not None
    return server, json.loads(server.stdout.readline())["url_openrouter"]


def _study(url: str, n_trials: int, concurrency: int) -> str:
    per_domain = -(-n_trials // 7)
    return f"""\
models:
  - {{name: gpt-4o-mini, provider: openai, base_url: "{url}", max_concurrent_requests: {concurrency}}}
benchmarks:
  generated:
    generated: {{domains: [arithmetic], per_domain: {per_domain}, difficulties: [medium]}}
    sample_size: {per_domain}
scrambling:
  levels: [0, 17, 33, 50, 67, 83, 100]
"""


async def _bare(url: str, n_requests: int, concurrency: int) -> None:
    """Send as many requests of the same kind as fast as aiohttp does, and keep nothing."""
    import aiohttp

    numbers = iter(range(n_requests))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def work() -> None:
            for number in numbers:
                body = {
                    "model": "gpt-4o-mini",
                    "messages": [
                        {"role": "system", "content": "Solve the problem."},
                        {
                            "role": "user",
                            "content": f"How many is {number} apples and two more?" * 3,
                        },
                    ],
                    "max_tokens": 200,
                    "temperature": 0.0,
                }
                async with session.post(f"{url}/chat/completions", json=body) as reply:
                    await reply.json()

        await asyncio.gather(*(work() for _ in range(concurrency)))


if __name__ == "__main__":
    main()
