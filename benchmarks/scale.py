"""A million responses through everything: run, killed, resumed, analysed, exported, browsed; time and memory.

    python -m benchmarks.scale [--trials 1000000] [--database-url postgresql://...]

Every command is a process of its own, measured by the operating system's account of it when it is finished.
The provider is the test kit's at 0 ms. The bars are of docs/performance.md.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.dashboard_load import measure_pages, rss_mb, serve
from benchmarks.engine.contenders import PROGRAM, create_experiment, sqlite_database
from benchmarks.engine.measuring import Measured, measure
from benchmarks.engine.servers import Server, fake_provider
from benchmarks.engine.settings import MILLION, Setting
from scramblebench.storage import open_database

_BAR_MB = 512
_BARS_S = {"analyze": 60, "export parquet": 20, "export csv": 40, "export jsonl": 40}
_CONCURRENCY = 64
_POLL_S = 0.1


def main() -> None:
    """Do all of it once, and print a line each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=MILLION)
    parser.add_argument("--database-url", help="an empty database; default: a new SQLite file")
    given = parser.parse_args()
    setting = Setting(0, _CONCURRENCY, given.trials)
    with (
        TemporaryDirectory() as folder,
        nullcontext(given.database_url) if given.database_url else sqlite_database() as url,
        fake_provider("--ledger", f"{folder}/ledger.jsonl") as server,
    ):
        print(f"{'':26}{'CPU s':>8}{'wall s':>9}{'peak MB':>9}")
        create_experiment(setting, server.url, url)
        _run_half(setting, server, url)
        for name, words in _commands(Path(folder)):
            _say(name, measure([*PROGRAM, *words], {"DATABASE_URL": url}))
            if name == "resume":
                print(f"{'':26}{server.n_chats():,} requests for {setting.n_requests:,} trials")
        _say_size(url)
        _browse(url)


def _run_half(setting: Setting, server: Server, url: str) -> None:
    """Run until half is answered, and kill the runner."""
    start_s, quiet = time.monotonic(), subprocess.DEVNULL
    environment = {**os.environ, "DATABASE_URL": url}
    with subprocess.Popen([*PROGRAM, "run"], stdout=quiet, stderr=quiet, env=environment) as runner:
        while server.n_chats() < setting.n_requests // 2:
            if runner.poll() is not None:
                raise SystemExit(f"run ended with {runner.returncode} before half was answered")
            time.sleep(_POLL_S)
        peak = rss_mb(runner.pid)
        runner.send_signal(signal.SIGKILL)
    print(f"{'run, killed at half':26}{'':8}{time.monotonic() - start_s:9.1f}{peak:9.0f}")


def _commands(folder: Path) -> Iterator[tuple[str, Sequence[str]]]:
    yield "resume", ("run",)
    yield "status", ("status", "@last")
    yield "show", ("show", "@last")
    yield "analyze", ("analyze", "@last")
    for name in ("parquet", "csv", "jsonl"):
        where = ("-o", str(folder / name), "--format", name)
        yield f"export {name}", ("export", "@last", *where, "--table", "responses")
    yield "replicate", ("replicate", "@last", "-o", str(folder / "package"))


def _say(name: str, taken: Measured) -> None:
    faults = [
        f"bar {bar:g} NOT MET"
        for value, bar in ((taken.cpu_s, _BARS_S.get(name, float("inf"))), (taken.peak_mb, _BAR_MB))
        if value > bar
    ]
    line = f"{name:26}{taken.cpu_s:8.1f}{taken.wall_s:9.1f}{taken.peak_mb:9.0f}"
    print("  ".join((line, *faults)), flush=True)


def _say_size(url: str) -> None:
    database = open_database(url)
    experiment_id = database.experiments.find("@last").id
    responses = database.trials.responses(experiment_id, with_bodies=False)
    n_text = sum(len(record.response.text.encode()) for record in responses)
    size = database.size()
    database.close()
    n = size.n_responses
    parts = (
        f"{table} {taken / n:.0f}"
        for table, taken in size.tables.items()
        if taken * 100 > size.n_bytes
    )
    print(
        f"database: {size.n_bytes / 1e6:.0f} MB, {(size.n_bytes - n_text) / n:.0f} bytes a response "
        f"beyond its text; by table, with indexes: {', '.join(parts)}"
    )


def _browse(url: str) -> None:
    database = open_database(url)
    experiment_id = database.experiments.find("@last").id
    database.close()
    server, address = serve(url)
    try:
        asyncio.run(measure_pages(address, experiment_id, 50, 10))
        print(f"dashboard: {rss_mb(server.pid):.0f} MB after all of it")
    finally:
        server.terminate()
        server.wait(10)


if __name__ == "__main__":
    main()
