"""Throughput of 1, 2 and 4 worker processes at one experiment, and limits that hold for all of them together.

    python -m benchmarks.runners [--trials 14000] [--latency-ms 200] [--concurrency 64] [--rounds 1] [--url URL]

Every worker may have ``--concurrency`` requests in flight, so that the server's latency and not the model's limit is
what more workers work around. A rate is that between a fifth and nine tenths answered: starting processes is left
out. Without ``--url`` the fake provider of the test kit is asked. The ratios are to one worker in the same round;
CPU is what the run and its workers took, per 1,000 requests.
"""

import argparse
import os
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.engine.contenders import PROGRAM, sqlite_database
from benchmarks.engine.servers import fake_provider
from scramblebench.experiment_tracking import ExperimentTracker
from scramblebench.storage import open_database
from scramblebench.testing.fake_provider.ledger import LedgerEntry, read_ledger
from scramblebench.testing.postgres import PostgresServer, start_postgres

N_WORKERS = (1, 2, 4)
_LEVELS_PCT = (0, 17, 33, 50, 67, 83, 100)
_FROM, _TO = 0.2, 0.9
_POLL_S = 0.05
_RATE_PER_MINUTE, _RATE_TRIALS = 1_200, 420
_BUDGET_USD, _BUDGET_TRIALS = 0.01, 1_400
_WINDOW_S = 10.0
_QUIET: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
_PRICE = {"prompt_usd_per_million": 1, "completion_usd_per_million": 2}


@dataclass(frozen=True, slots=True)
class Shared:
    """One run by ``n_workers`` (0: in its own process), as it was measured."""

    n_workers: int
    per_s: float
    cpu_ms: float


def main() -> None:
    """Measure, print a line for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=14_000)
    parser.add_argument("--latency-ms", type=int, default=200)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--url", help="an OpenAI-compatible server that is there already")
    options = parser.parse_args()
    postgres = start_postgres()
    try:
        for name, server in (("SQLite", None), ("PostgreSQL", postgres)):
            _say_throughput(name, server, options)
            _say_limits(name, server)
    finally:
        postgres.stop()


def _say_throughput(name: str, server: PostgresServer | None, options: argparse.Namespace) -> None:
    rounds = [
        [_measured(server, n_workers, options) for n_workers in (0, *N_WORKERS)]
        for _ in range(options.rounds)
    ]
    ideal = 1000 * options.concurrency / options.latency_ms if options.latency_ms else None
    for position, first in enumerate(rounds[0]):
        own = [shared[position] for shared in rounds]
        ratio = median(shared[position].per_s / shared[1].per_s for shared in rounds)
        share = f", {own[0].per_s / ideal / max(1, first.n_workers):.0%} of ideal" if ideal else ""
        who = f"{first.n_workers} workers" if first.n_workers else "local"
        print(
            f"{name}: {who}: {median(s.per_s for s in own):,.0f} requests/s{share}, "
            f"{ratio:.2f} of one worker, {median(s.cpu_ms for s in own):.2f} CPU s per 1,000",
            flush=True,
        )


def _measured(
    postgres: PostgresServer | None, n_workers: int, options: argparse.Namespace
) -> Shared:
    with ExitStack() as open_:
        latency = ("--latency-ms", str(options.latency_ms))
        url = options.url or open_.enter_context(fake_provider(*latency)).url
        database_url = open_.enter_context(_database(postgres))
        at_once = options.concurrency * max(1, n_workers)
        key = _create(database_url, url, options.trials, {"max_concurrent_requests": at_once})
        cpu_before = os.times()
        with subprocess.Popen(
            _command(n_workers), env=_environment(database_url), **_QUIET
        ) as process:
            per_s = _rate(database_url, key, process)
        cpu = os.times()
        took_s = cpu.children_user + cpu.children_system
        took_s -= cpu_before.children_user + cpu_before.children_system
        return Shared(n_workers, per_s, 1000 * took_s / options.trials)


def _rate(database_url: str, key: str, process: "subprocess.Popen[bytes]") -> float:
    """Return answers per second in the middle of a run, once it has ended."""
    database = open_database(database_url, read_only=True)
    seen: list[tuple[float, int]] = []
    n_trials = database.experiments.get(key).n_trials
    while process.poll() is None:
        seen.append((time.monotonic(), database.experiments.get(key).n_answered))
        time.sleep(_POLL_S)
    if process.returncode or database.experiments.get(key).n_answered < n_trials:
        raise SystemExit(f"a run ended with {process.returncode}")
    database.close()
    middle = [(at, n) for at, n in seen if _FROM * n_trials <= n <= _TO * n_trials]
    (first_s, n_first), (last_s, n_last) = middle[0], middle[-1]
    return (n_last - n_first) / (last_s - first_s)


def _say_limits(name: str, postgres: PostgresServer | None) -> None:
    """Ask by 4 workers under a rate and under a budget, and count at the server."""
    entries, _ = _limited(postgres, _RATE_TRIALS, {"requests_per_minute": _RATE_PER_MINUTE}, {})
    times = sorted(entry.received_s for entry in entries)
    most = max(sum(t <= other < t + _WINDOW_S for other in times) for t in times)
    allowed = _RATE_PER_MINUTE * _WINDOW_S / 60
    mean = 60 * (len(times) - 1) / (times[-1] - times[0])
    print(
        f"{name}: 4 workers at {_RATE_PER_MINUTE:,} requests a minute: {mean:,.0f} a minute came, "
        f"at most {most} in {_WINDOW_S:g} s ({allowed:.0f} allowed)"
    )
    entries, state = _limited(
        postgres, _BUDGET_TRIALS, {"price": _PRICE, "max_tokens": 60}, {"cost_limit": _BUDGET_USD}
    )
    charged = sum(entry.cost_microusd for entry in entries) / 1_000_000
    print(
        f"{name}: 4 workers with ${_BUDGET_USD:g}: ${charged:.6f} charged by {len(entries):,} requests, {state}",
        flush=True,
    )


def _limited(
    postgres: PostgresServer | None,
    n_trials: int,
    model: dict[str, Any],
    execution: dict[str, Any],
) -> tuple[Sequence[LedgerEntry], str]:
    with TemporaryDirectory() as folder, ExitStack() as open_:
        ledger = Path(folder) / "ledger.jsonl"
        options = ("--latency-ms", "20", "--ledger", str(ledger))
        server = open_.enter_context(fake_provider(*options))
        database_url = open_.enter_context(_database(postgres))
        if "price" in model:  # the one that charges
            model = {**model, "provider": "openrouter", "name": "openai/gpt-4o-mini"}
        key = _create(database_url, server.url, n_trials, {"shard_size": 50, **execution}, model)
        subprocess.run(_command(4), env=_environment(database_url), **_QUIET)
        database = open_database(database_url, read_only=True)
        state = str(database.experiments.get(key).state)
        database.close()
        return read_ledger(ledger), state


def _database(postgres: PostgresServer | None) -> Any:
    return sqlite_database() if postgres is None else postgres.database()


def _command(n_workers: int) -> list[str]:
    placed = ("--executor", "processes", "--processes", str(n_workers)) if n_workers else ()
    return [*PROGRAM, "run", *placed, "--json"]


def _environment(database_url: str) -> dict[str, str]:
    keys = {"OPENROUTER_API_KEY": "sk-or-v1-runners", "OMP_NUM_THREADS": "1"}
    return {**os.environ, **keys, "DATABASE_URL": database_url}


def _create(
    database_url: str,
    url: str,
    n_trials: int,
    execution: dict[str, Any],
    model: dict[str, Any] | None = None,
) -> str:
    base_url = url.removesuffix("/v1") + "/api/v1" if "price" in (model or {}) else url
    own = {"name": "gpt-4o-mini", "provider": "openai", "base_url": base_url, **(model or {})}
    generated = {"domains": ["arithmetic"], "difficulties": ["medium"]}
    questions = {**generated, "per_domain": n_trials // len(_LEVELS_PCT)}
    config = {
        "models": [own],
        "benchmarks": {"generated": {"generated": questions}},
        "scrambling": {"levels": list(_LEVELS_PCT)},
        "execution": execution,
    }
    tracker = ExperimentTracker(database_url)
    tracker.database.migrate()
    key = tracker.sync.create_experiment("Runners", config)
    tracker.sync.queue_experiment(key)
    tracker.database.close()
    return key


if __name__ == "__main__":
    main()
