"""The costs that the model is fed with: ``python -m benchmarks.scale_model.measuring --json FILE``.

Real runs against the fake provider on both databases, then the writing path alone, reading, analysis and
copies of what was stored. CPU is the operating system's account of whole processes, PostgreSQL's own
included. Of several rounds the least of each figure: what is more comes from other work. Wall-clock times suffer
from that most (``load`` says how much there was); of them the model takes only the sync.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.engine.contenders import PROGRAM, create_experiment, sqlite_database
from benchmarks.engine.measuring import measure
from benchmarks.engine.servers import fake_provider
from benchmarks.engine.settings import Setting
from benchmarks.scale_model.claiming import measured_claims
from benchmarks.scale_model.copying import measured_ways
from benchmarks.scale_model.databases import database_sizes, index_bytes, server_cpu_s, wal_bytes
from scramblebench.core.trials import Response
from scramblebench.storage import open_database
from scramblebench.testing.experiments import make_answer, make_experiment, make_reservation
from scramblebench.testing.postgres import PostgresServer, start_postgres

_BATCHES = (1, 25, 100)
_N_BATCHES = 120
_TEXT = "Let us think step by step. " * 15 + "The answer is 42."
_N_WRITERS = (1, 2, 4)
_N_ANALYSED = (245_000, 980_000, 3_920_000)
_N_EXPORTED = (100_000, 400_000)
_EXPORTED = re.compile(
    r"parquet: ([\d.]+) CPU s .*peak (\d+) MB .*files (\d+) MB; before it ([\d.]+) CPU s, (\d+) MB"
)
_PAGE = re.compile(r"^(/experiments/ID\S*) +200 +[\d.]+ KB +(\d+) ms", re.MULTILINE)

Found = dict[str, float | dict[str, float]]


def main() -> None:
    """Measure everything, or the parts asked for; print it, and store it where it is told to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3, help="of what other work disturbs")
    parser.add_argument("--only", default="", help="parts whose names hold this; keeps the others")
    parser.add_argument("--json", type=Path, metavar="FILE")
    given = parser.parse_args()
    found: dict[str, Any] = {}
    if given.json and given.json.exists():
        found = json.loads(given.json.read_text("utf-8"))
    found["machine"] = {"cores": os.cpu_count(), "load": os.getloadavg()[0], "sync_ms": _sync_ms()}
    server = start_postgres()
    try:
        for name, part in _parts(server, given.trials, given.rounds).items():
            if given.only in name:
                found[name] = part()
    finally:
        server.stop()
    text = json.dumps(found, indent=1)
    print(text)
    if given.json:
        given.json.write_text(text + "\n", "utf-8")


def _parts(
    server: PostgresServer, n_trials: int, n_rounds: int
) -> Mapping[str, Callable[[], dict[str, Any]]]:
    def run(is_server: bool) -> dict[str, Any]:
        rounds: list[dict[str, Any]] = []
        for _ in range(n_rounds):
            with server.database() if is_server else sqlite_database() as url:
                rounds.append(_measured_run(url, server if is_server else None, n_trials))
        return {
            key: value if key == "table_bytes" else min(found[key] for found in rounds)
            for key, value in rounds[0].items()
        }

    def writing(is_server: bool) -> dict[str, Any]:
        with server.database() if is_server else sqlite_database() as url:
            return _writing(url, server if is_server else None, n_rounds)

    def writers(is_shared: bool) -> dict[str, Any]:
        with server.database() as url:
            rounds = [_writers(url, f"{number}", is_shared) for number in range(n_rounds)]
        return {key: max(found[key] for found in rounds) for key in rounds[0]}

    def claims(is_server: bool) -> dict[str, Any]:
        with server.database() if is_server else sqlite_database() as url:
            return measured_claims(url, server if is_server else None)

    def ways() -> dict[str, Any]:
        with server.database() as url:
            return measured_ways(url, server)

    return {
        "run, SQLite": lambda: run(False),
        "run, PostgreSQL": lambda: run(True),
        "writing, SQLite": lambda: writing(False),
        "writing, PostgreSQL": lambda: writing(True),
        "writers, one experiment": lambda: writers(True),
        "writers, an experiment each": lambda: writers(False),
        "ways into a table": ways,
        "claims, SQLite": lambda: claims(False),
        "claims, PostgreSQL": lambda: claims(True),
        "analysis": lambda: {f"{n}": _analysis(n) for n in _N_ANALYSED},
        "large experiments": lambda: {f"{n}": _large(n) for n in _N_EXPORTED},
    }


def _sync_ms() -> float:
    """Return how long making 4 KB durable takes where nobody else does: the fastest tenth of many."""
    with TemporaryDirectory() as folder, (Path(folder) / "log").open("wb", 0) as file:
        times_s: list[float] = []
        for _ in range(200):
            file.write(bytes(4096))
            start_s = time.perf_counter()
            os.fdatasync(file.fileno())
            times_s.append(time.perf_counter() - start_s)
    return quantiles(times_s, n=10)[0] * 1e3


def _measured_run(url: str, server: PostgresServer | None, n_trials: int) -> Found:
    """Run an experiment of short prompts, then read and copy what it stored; amounts are per response."""
    setting = Setting(0, 64, n_trials)
    with fake_provider() as provider:
        create_experiment(setting, provider.url, url)
        before, wal, cpu_s = database_sizes(url), wal_bytes(url), server_cpu_s(server)
        provider_s, indexed = provider.cpu_s(), index_bytes(url)
        ran = measure([*PROGRAM, "run"], {"DATABASE_URL": url})
        provider_s = provider.cpu_s() - provider_s
    n = setting.n_requests
    found: Found = {
        "responses": n,
        "runner_cpu_us": ran.cpu_s / n * 1e6,
        "provider_cpu_us": provider_s / n * 1e6,
        "wall_s": ran.wall_s,
        "peak_mb": ran.peak_mb,
        "server_cpu_us": (server_cpu_s(server) - cpu_s) / n * 1e6,
        "wal_bytes": (wal_bytes(url) - wal) / n,
        "index_bytes": (index_bytes(url) - indexed) / n,
        "table_bytes": {
            name: (size - before.get(name, 0)) / n
            for name, size in sorted(database_sizes(url).items())
            if size - before.get(name, 0) > n
        },
    }
    found |= _read(url, n)
    if server is not None:
        found |= _dumped(url, n)
    return found


def _read(url: str, n: int) -> Found:
    """Return what reading back takes, and how long the stored texts are."""
    database = open_database(url)
    experiment_id = database.experiments.find("@last").id
    database.trials.answered(experiment_id, n)  # imports what it needs
    start_s = time.process_time()
    database.trials.answered(experiment_id, n)
    answered_s = time.process_time()
    database.trials.read_scores(experiment_id)
    scores_s = time.process_time()
    texts = raws = 0
    for record in database.trials.responses(experiment_id):
        texts += len(record.response.text.encode())
        raws += len(record.response.raw)
    streamed_s = time.process_time()
    database.close()
    return {
        "read_answered_cpu_us": (answered_s - start_s) / n * 1e6,
        "read_scores_cpu_us": (scores_s - answered_s) / n * 1e6,
        "stream_responses_cpu_us": (streamed_s - scores_s) / n * 1e6,
        "text_bytes": texts / n,
        "raw_bytes": raws / n,
    }


def _dumped(url: str, n: int) -> Found:
    """Return what a compressed dump takes and how large it is."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "copy.dump"
        taken = measure([_program("pg_dump"), "--format=custom", f"--file={path}", url])
        return {"dump_cpu_us": taken.cpu_s / n * 1e6, "dump_bytes": path.stat().st_size / n}


def _program(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else name


def _writing(url: str, server: PostgresServer | None, n_rounds: int) -> Found:
    """Return what transactions take that settle a batch and reserve the next, as the engine's do.

    Of several rounds the least: what is more comes from others.
    """
    found: Found = {}
    write_batches(url, "warm-up", 0, 4, 1, is_new=True)
    for size in _BATCHES:
        rounds: list[dict[str, float]] = []
        for number in range(n_rounds):
            name = f"batch {size}, {number}"
            with _opened(url, name, is_new=True):
                pass
            n = size * _N_BATCHES
            cpu_s, own_s = server_cpu_s(server), time.process_time()
            times_s = write_batches(url, name, 0, _N_BATCHES, size, is_new=False)
            taken = {
                "median_ms": median(times_s) * 1e3,
                "client_cpu_us": (time.process_time() - own_s) / n * 1e6,
                "server_cpu_us": (server_cpu_s(server) - cpu_s) / n * 1e6,
            }
            rounds.append(taken)
        found[f"transaction of {size}"] = {
            key: min(taken[key] for taken in rounds) for key in rounds[0]
        }
    if server is not None:
        found["statements"] = _statements(url)
    return found


def write_batches(
    url: str, experiment_id: str, first: int, n_batches: int, size: int, *, is_new: bool
) -> list[float]:
    """Write batches of a size; return the seconds that each transaction took."""
    with _opened(url, experiment_id, is_new) as database:
        response = Response(
            _TEXT, "stop", 0.25, 30, 4, 17, "usage", "llama3:8b", "here", "d" * 64, "gen-0123456789"
        )
        times_s: list[float] = []
        reserved = [make_reservation(experiment_id, first + n) for n in range(size)]
        database.trials.write(reserved)
        for batch in range(n_batches):
            start = first + batch * size
            settled = [
                make_answer(experiment_id, start + n, response=response) for n in range(size)
            ]
            following = [make_reservation(experiment_id, start + size + n) for n in range(size)]
            start_s = time.perf_counter()
            database.trials.write([*settled, *following])
            times_s.append(time.perf_counter() - start_s)
    return times_s


@contextmanager
def _opened(url: str, experiment_id: str, is_new: bool) -> Generator:
    database = open_database(url)
    if is_new:
        database.migrate()
        database.experiments.add(make_experiment(experiment_id))
        database.queue.enqueue(experiment_id, 1)
        database.queue.claim("benchmark", 3600, lambda _: experiment_id)
    yield database
    database.close()


def _statements(url: str) -> float:
    """Return the round trips to the server of one transaction of 25 trials, its begin and end included."""
    import psycopg

    asked = 0
    original = psycopg.Connection.execute

    def counted(self: psycopg.Connection, *words: object, **named: object) -> object:
        nonlocal asked
        asked += 1
        return original(self, *words, **named)

    write_batches(url, "counted", 0, 4, 25, is_new=True)  # provenances are known after it
    psycopg.Connection.execute = counted
    try:
        with _opened(url, "counted", is_new=False) as database:
            items = [make_answer("counted", 100 + n) for n in range(25)]
            items += [make_reservation("counted", 125 + n) for n in range(25)]
            database.trials.write(items[:1])
            asked = 0
            database.trials.write(items)
    finally:
        psycopg.Connection.execute = original
    return asked


def _writers(url: str, round_name: str, is_shared: bool) -> dict[str, float]:
    """Let several processes write at once, to one experiment or each to its own; trials per second."""
    found: dict[str, float] = {}
    size = 25
    for n_writers in _N_WRITERS:
        names = [
            f"{round_name}: {n_writers} writers {0 if is_shared else n}" for n in range(n_writers)
        ]
        for name in dict.fromkeys(names):
            with _opened(url, name, is_new=True):
                pass
        command = [sys.executable, "-m", "benchmarks.scale_model.measuring_writer", url]
        start_s = time.monotonic()
        processes = [
            subprocess.Popen(
                [*command, name, str(n * 10 * _N_BATCHES * size), str(_N_BATCHES), str(size)],
                stdout=subprocess.PIPE,
            )
            for n, name in enumerate(names)
        ]
        spans = [json.loads(process.communicate()[0]) for process in processes]
        wall_s = max(end for _, end in spans) - min(begin for begin, _ in spans)
        assert wall_s < time.monotonic() - start_s
        found[f"{n_writers}"] = n_writers * _N_BATCHES * size / wall_s
    return found


def _analysis(n_responses: int) -> dict[str, float]:
    """Return what the statistics of drawn scores take, in a process of its own."""
    command = [
        sys.executable,
        "benchmarks/analysis_speed.py",
        "--questions",
        f"{n_responses // 140}",
    ]
    ran = measure(command, {"OPENBLAS_NUM_THREADS": "1"})
    return {"cpu_s": ran.cpu_s, "peak_mb": ran.peak_mb}


def _large(n_responses: int) -> dict[str, float]:
    """Return what an export to Parquet and the dashboard's slowest page take; drawn responses, SQLite."""
    command = [sys.executable, "-m", "benchmarks.export_speed", "--formats", "parquet"]
    words = [*command, "--responses", f"{n_responses}"]
    said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    taken = _EXPORTED.search(said)
    if taken is None:
        raise SystemExit(f"{' '.join(words)} said: {said}")
    cpu_s, peak_mb, file_mb, before_s, before_mb = map(float, taken.groups())
    return {
        "export_cpu_s": cpu_s,
        "export_peak_mb": peak_mb,
        "export_file_mb": file_mb,
        "collect_cpu_s": before_s,
        "collect_peak_mb": before_mb,
        **_pages(n_responses),
    }


def _pages(n_responses: int) -> dict[str, float]:
    """Return how long the dashboard takes for the pages of one experiment, in milliseconds."""
    words = [sys.executable, "-m", "benchmarks.dashboard_load", "--responses", f"{n_responses}"]
    words += ["--clients", "2", "--seconds", "2"]
    said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    return {f"page {name}": float(ms) for name, ms in _PAGE.findall(said)}


if __name__ == "__main__":
    main()
