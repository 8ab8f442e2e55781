"""Rows per second and CPU per trial of the write path: reserve, respond, score, count.

    python benchmarks/storage_write.py [--trials 20000] [--url postgresql://...]

Without ``--url`` both an SQLite file in a temporary directory and a PostgreSQL server started for the
purpose are measured. CPU is this process's, client side; each trial is written twice, as the engine
does: reserved in one batch and settled in a later one.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from scramblebench.core.trials import Response
from scramblebench.storage import Reservation, Settlement, open_database
from scramblebench.testing.experiments import make_answer, make_experiment, make_reservation
from scramblebench.testing.postgres import start_postgres

BATCHES = (1, 16, 64, 256)
TEXT = "Let us think step by step. " * 15 + "The answer is 42."


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=20_000)
    parser.add_argument("--url")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        urls = [arguments.url] if arguments.url else list(_own_databases(stack))
        for url in urls:
            for batch in BATCHES:
                _measure(url, batch, min(arguments.trials, 400 * batch))


def _own_databases(stack: ExitStack) -> Iterator[str]:
    directory = stack.enter_context(tempfile.TemporaryDirectory())
    yield f"sqlite:///{Path(directory) / 'bench.db'}"
    server = start_postgres()
    stack.callback(server.stop)
    yield stack.enter_context(server.database())


def _measure(url: str, batch: int, n_trials: int) -> None:
    database = open_database(url)
    database.migrate()
    experiment_id = f"bench-{batch}-{time.monotonic_ns()}"
    database.experiments.add(make_experiment(experiment_id))
    database.queue.enqueue(experiment_id, 1)
    database.queue.claim("benchmark", 3600, lambda _: experiment_id)
    response = Response(
        TEXT, "stop", 0.25, 30, 4, 17, "usage", "llama3:8b", "here", "d" * 64, "gen-0123456789"
    )
    reserved = [make_reservation(experiment_id, n) for n in range(n_trials)]
    settled = [make_answer(experiment_id, n, response=response) for n in range(n_trials)]
    items = _batches(reserved, settled, batch)
    start_cpu, start = time.process_time(), time.perf_counter()
    for part in items:
        database.trials.write(part)
    cpu, wall = time.process_time() - start_cpu, time.perf_counter() - start
    print(
        f"{url.partition(':')[0]:<10} batch {batch:>3}: {n_trials / wall:>7.0f} trials/s, "
        f"{cpu / n_trials * 1e6:>6.1f} us CPU per trial"
    )
    database.close()


def _batches(
    reserved: Sequence[Reservation], settled: Sequence[Settlement], size: int
) -> list[list[Reservation | Settlement]]:
    """Return batches that settle ``size`` trials and reserve the next ``size``."""
    starts = range(0, len(settled), size)
    parts = [[*settled[n : n + size], *reserved[n + size : n + 2 * size]] for n in starts]
    return [list(reserved[:size]), *parts]


if __name__ == "__main__":
    main()
