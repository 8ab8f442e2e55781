"""A provider that fails as real ones do: what it costs, and whether every trial is answered.

    python -m benchmarks.faulty_provider [--trials 5000] [--rounds 3]

5 % 429 with Retry-After 1, 2 % 500, 1 % cut before an answer; latency 20 ms, concurrency 64. Runs
without faults take turns with them. What was asked, and when, is read from the provider's ledger.
"""

import argparse
import json
import os
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.engine.contenders import PROGRAM, create_experiment, sqlite_database
from benchmarks.engine.measuring import measure
from benchmarks.engine.servers import fake_provider
from benchmarks.engine.settings import Setting
from scramblebench.testing.fake_provider.ledger import LedgerEntry, read_ledger

FAULTS = ("429:1=0.05", "500=0.02", "drop-before=0.01")
_MOST_REQUESTS_PER_ANSWER = 1.09


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run; ``n_answered`` is the database's count, the other counts are the provider's."""

    answers_per_s: float
    n_answered: int
    n_requests: int
    n_faults: int
    n_early: int


def main() -> None:
    """Measure and print the two sides and the bars."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    setting = Setting(20, 64, options.trials)
    healthy: list[Outcome] = []
    faulty: list[Outcome] = []
    for seed in range(options.rounds):
        healthy.append(_outcome(setting, seed, ()))
        faulty.append(_outcome(setting, seed, FAULTS))
    _print(setting, healthy, faulty)


def _outcome(setting: Setting, seed: int, faults: Sequence[str]) -> Outcome:
    with TemporaryDirectory() as folder, sqlite_database() as database_url:
        ledger_path = Path(folder) / "ledger.jsonl"
        options = ["--ledger", str(ledger_path), "--latency-ms", str(setting.latency_ms)]
        options += ["--seed", str(seed)]
        for fault in faults:
            options += ["--fault", fault]
        with fake_provider(*options) as server:
            create_experiment(setting, server.url, database_url)
            measured = measure([*PROGRAM, "run"], {"DATABASE_URL": database_url})
        entries = read_ledger(ledger_path)
        n_answered = _n_answered(database_url)
    return Outcome(
        n_answered / measured.wall_s,
        n_answered,
        len(entries),
        sum(entry.fault is not None for entry in entries),
        _n_early(entries),
    )


def _n_answered(database_url: str) -> int:
    environment = {**os.environ, "DATABASE_URL": database_url}
    command = [*PROGRAM, "status", "@last", "--json"]
    shown = subprocess.run(command, check=True, capture_output=True, env=environment)
    return json.loads(shown.stdout)["n_answered"]


def _n_early(entries: Sequence[LedgerEntry]) -> int:
    """Count requests that came before the wait was over that their own last answer had asked for."""
    by_trial: defaultdict[str | None, list[LedgerEntry]] = defaultdict(list)
    for entry in entries:
        by_trial[entry.idempotency_key].append(entry)
    return sum(
        after.received_s < (before.answered_s or 0) + (before.asked_wait_s or 0)
        for tries in by_trial.values()
        for before, after in pairwise(tries)
    )


def _print(setting: Setting, healthy: Sequence[Outcome], faulty: Sequence[Outcome]) -> None:
    rates = [median(one.answers_per_s for one in side) for side in (healthy, faulty)]
    per_answer = median(one.n_requests / one.n_answered for one in faulty)
    n_missing = sum(setting.n_requests - one.n_answered for one in faulty)
    n_early = sum(one.n_early for one in faulty)
    n_needless = sum(one.n_requests - one.n_answered - one.n_faults for one in faulty)
    print(f"{setting}, {', '.join(FAULTS)}; {len(faulty)} rounds, SQLite")
    print(
        f"answers/s: {rates[1]:,.0f}; without faults {rates[0]:,.0f}; ratio {rates[1] / rates[0]:.2f}"
    )
    print(f"requests neither answered nor faulty: {n_needless}")
    for what, seen, is_met in (
        ("trials without answer: 0", n_missing, n_missing == 0),
        (
            f"requests per answer: at most {_MOST_REQUESTS_PER_ANSWER}",
            f"{per_answer:.3f}",
            per_answer <= _MOST_REQUESTS_PER_ANSWER,
        ),
        ("requests before their Retry-After: 0", n_early, n_early == 0),
    ):
        print(f"{what:<40} {seen:>8}  {'met' if is_met else 'NOT MET'}")


if __name__ == "__main__":
    main()
