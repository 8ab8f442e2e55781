"""How soon a killed run asks on: from the start of the process to its next request.

    python -m benchmarks.resume [--trials 100000] [--rounds 5] [--database-url postgresql://...]

A run is killed (SIGKILL) when about half is answered. Then `run` is started and killed again, round
after round; the fake provider's ledger has the time at which each request came, on the same clock.
The CPU beside each time is what the process had taken when it was killed, a moment later.
"""

import argparse
import os
import signal
import subprocess
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.engine.contenders import PROGRAM, create_experiment, sqlite_database
from benchmarks.engine.measuring import cpu_s_of
from benchmarks.engine.servers import Server, fake_provider
from benchmarks.engine.settings import MILLION, Setting
from scramblebench.testing.fake_provider.ledger import LedgerEntry, read_ledger

_BARS_S = {100_000: 2.0, MILLION: 6.0}
_CONCURRENCY = 64
_POLL_S = 0.02
_LONGEST_S = 3600


@dataclass(frozen=True, slots=True)
class Killed:
    """A process that was killed: when it was started (monotonic), and the CPU it had taken."""

    start_s: float
    cpu_s: float


def main() -> None:
    """Measure, print each round and the median beside the bar."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--database-url", help="an empty database; default: a new SQLite file")
    options = parser.parse_args()
    given = options.database_url
    with (
        TemporaryDirectory() as folder,
        nullcontext(given) if given else sqlite_database() as database_url,
    ):
        times_s = _times_to_next_request(options, database_url, Path(folder) / "ledger.jsonl")
    middle_s = median(times_s)
    bar_s = _BARS_S.get(options.trials)
    verdict = f"; bar {bar_s:g} s {'met' if middle_s <= bar_s else 'NOT MET'}" if bar_s else ""
    print(f"median {middle_s:.2f} s from process start to the next request{verdict}")


def _times_to_next_request(
    options: argparse.Namespace, database_url: str, ledger_path: Path
) -> list[float]:
    setting = Setting(0, _CONCURRENCY, options.trials)
    times_s: list[float] = []
    with fake_provider("--ledger", str(ledger_path)) as server:
        create_experiment(setting, server.url, database_url)
        _run_until(server, setting.n_requests // 2, database_url)
        print(f"killed after {server.n_chats():,} of {setting.n_requests:,} requests", flush=True)
        for _ in range(options.rounds):
            n_before = server.n_chats()
            killed = _run_until(server, n_before + 1, database_url)
            times_s.append(_next_entry(ledger_path, n_before).received_s - killed.start_s)
            print(f"  next request after {times_s[-1]:.2f} s ({killed.cpu_s:.2f} CPU s)")
    return times_s


def _run_until(server: Server, n_chats: int, database_url: str) -> Killed:
    """Run what is queued, and kill it as soon as so many chats were asked in all."""
    environment = {**os.environ, "DATABASE_URL": database_url}
    start_s = time.monotonic()
    quiet = subprocess.DEVNULL
    with subprocess.Popen([*PROGRAM, "run"], stdout=quiet, stderr=quiet, env=environment) as runner:
        while server.n_chats() < n_chats:
            if runner.poll() is not None or time.monotonic() > start_s + _LONGEST_S:
                raise SystemExit(f"run ended, or took {_LONGEST_S} s, before chat {n_chats:,}")
            time.sleep(_POLL_S)
        cpu_s = cpu_s_of(runner.pid)
        runner.send_signal(signal.SIGKILL)
    return Killed(start_s, cpu_s)


def _next_entry(ledger_path: Path, n_before: int) -> LedgerEntry:
    return next(entry for entry in read_ledger(ledger_path) if entry.sequence > n_before)


if __name__ == "__main__":
    main()
