"""What becomes of a run when nodes of Ray or Dask, or the run itself, are killed or frozen in its middle.

    python -m benchmarks.engines_killed [--engine ray] [--engine dask] [--python PATH]

Two nodes of the engine on this machine, one worker each. For each harm a new database and ledger; harm is done when a
third is answered. Judged: every trial answered, money explained by the provider's ledger, results as of a local run; all
answered within the shard's lease plus the ideal time for what was left plus a tenth. ``--python`` is one that has the
engines installed. When the run itself is killed, a second one takes over after all is answered, or after the bar.
"""

import argparse
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from scramblebench.storage import WORKER, open_database
from scramblebench.testing.world import Evidence, check_world
from tests.faults.stage import Job, Stage, study

LEASE_S = 10.0
_LATENCY_MS, _CONCURRENCY, _N_QUESTIONS = 200, 16, 375
_SHARD = 100
_READY_S = 60.0
_TOKEN = secrets.token_hex(16)
_ADDRESSES = {"ray": "127.0.0.1:6399", "dask": "tcp://127.0.0.1:8799"}
_VARIABLES = {"ray": "RAY_ADDRESS", "dask": "DASK_SCHEDULER_ADDRESS"}

_RAY_IS_UP = b"Ray runtime started"

Process = subprocess.Popen[bytes]


def main() -> None:
    """Do every harm to every engine, and print a line for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--engine", action="append", choices=sorted(_ADDRESSES))
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--harm", action="append", choices=sorted(HARMS))
    options = parser.parse_args()
    print(
        f"{'engine':7}{'harm':18}{'left':>6}{'ideal s':>9}{'took s':>8}{'bar s':>7}{'twice':>7}  verdict"
    )
    with TemporaryDirectory() as folder:
        job = Job(Path(folder), 1, None)
        try:
            for engine in options.engine or sorted(_ADDRESSES):
                for harm in options.harm or HARMS:
                    with job.stage(engine, "sqlite", len(harm)) as stage:
                        print(_judged(stage, engine, harm, options.python), flush=True)
                        stage.violations.clear()
        finally:
            job.provider.stop()


def _judged(stage: Stage, engine: str, harm: str, python: str) -> str:
    stage.use_provider("--latency-ms", str(_LATENCY_MS), "--latency-spread", "0.2")
    config = study(_N_QUESTIONS, max_concurrent_requests=_CONCURRENCY, shard_size=_SHARD)
    key = stage.create(config)
    with _cluster(engine, python, stage.folder) as nodes:
        run = _run(stage, engine, python)
        n_trials = _N_QUESTIONS * 4
        _until(
            lambda: _n_answered(stage, key) >= n_trials // 3 and _n_workers(stage) == 2, _READY_S
        )
        left, began_s = n_trials - _n_answered(stage, key), time.monotonic()
        HARMS[harm](run, nodes)
        ideal_s = left * _LATENCY_MS / 1000 / _CONCURRENCY
        bar_s = 1.1 * (LEASE_S + ideal_s)
        _until(lambda: _n_answered(stage, key) >= n_trials or run.poll() == 0, 4 * bar_s)
        took_s = time.monotonic() - began_s
        if run.wait() if harm == "driver -9" else run.wait(_READY_S):
            run = _run(stage, engine, python)
            run.wait(_READY_S)
        for node in nodes:
            _signal(node, signal.SIGCONT)
    entries = stage.provider.entries()
    evidence = Evidence(ledger=entries, results=[stage.compared(key)])
    violations = [str(violation) for violation in check_world(stage.database_url, evidence)]
    if took_s > bar_s:
        violations.append("too late")
    if left == 0:
        violations.append(
            "no harm was done: two workers were never seen while a third was answered"
        )
    twice = len(entries) - n_trials
    words = "; ".join(violations) or "all answered, money explained, results as of a local run"
    return (
        f"{engine:7}{harm:18}{left:>6}{ideal_s:>9.1f}{took_s:>8.1f}{bar_s:>7.1f}{twice:>7}  {words}"
    )


def _run(stage: Stage, engine: str, python: str) -> Process:
    words = ["run", "--executor", engine, "--processes", "2", "--lease", f"{LEASE_S:g}"]
    log = (stage.folder / "run.log").open("ab")
    return subprocess.Popen(
        [python, "-m", "scramblebench", *words, "--database-url", stage.database_url],
        env=_environment(engine),
        stdout=log,
        stderr=log,
    )


def _environment(engine: str) -> dict[str, str]:
    quiet = {"RAY_USAGE_STATS_ENABLED": "0", "OMP_NUM_THREADS": "1"}
    closed = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": _TOKEN}
    return {**os.environ, **quiet, **closed, _VARIABLES[engine]: _ADDRESSES[engine]}


@contextmanager
def _cluster(engine: str, python: str, folder: Path) -> Generator[Sequence[Process]]:
    """Start a head that does no work and two nodes; yield the nodes."""
    with ExitStack() as running:
        log = folder / "cluster.log"

        def start(*words: str) -> Process:
            with log.open("ab") as out:
                process = subprocess.Popen(
                    [python, "-m", *words], env=_environment(engine), stdout=out, stderr=out
                )
            running.callback(_end, process)
            return process

        def start_ray(*words: str) -> Process:
            """Start one after the other: two at once take each other's ports."""
            n_before = log.read_bytes().count(_RAY_IS_UP) if log.exists() else 0
            process = start("ray.scripts.scripts", "start", *words, "--block")
            _until(lambda: log.read_bytes().count(_RAY_IS_UP) > n_before, _READY_S)
            return process

        host, _, port = _ADDRESSES[engine].rpartition("/")[2].partition(":")
        if engine == "ray":
            here = f"--node-ip-address={host}"
            start_ray("--head", f"--port={port}", here, "--num-cpus=0", "--include-dashboard=false")
            yield [start_ray(f"--address={host}:{port}", here, "--num-cpus=1") for _ in "ab"]
        else:
            scheduler = ("distributed.cli.dask_scheduler", "--host", host, "--port", port)
            os.environ["DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL"] = "30s"
            os.environ["DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES"] = "1000"
            start(*scheduler, "--no-dashboard")
            _until(lambda: _answers(host, int(port)), _READY_S)
            worker = ("distributed.cli.dask_worker", _ADDRESSES[engine], "--nthreads", "1")
            yield [start(*worker, "--no-dashboard") for _ in "ab"]


def _family(process: Process) -> list[psutil.Process]:
    try:
        own = psutil.Process(process.pid)
        return [*own.children(recursive=True), own]
    except psutil.NoSuchProcess:
        return []


def _signal(process: Process, number: signal.Signals) -> None:
    for member in _family(process):
        try:
            member.send_signal(number)
        except psutil.NoSuchProcess:
            continue


def _end(process: Process) -> None:
    _signal(process, signal.SIGKILL)
    process.wait()


def _until(is_met: Callable[[], bool], timeout_s: float) -> None:
    ends_s = time.monotonic() + timeout_s
    while not is_met() and time.monotonic() < ends_s:
        time.sleep(0.1)


def _answers(host: str, port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex((host, port)) == 0


def _n_answered(stage: Stage, key: str) -> int:
    database = open_database(stage.database_url, read_only=True)
    try:
        return database.experiments.get(key).n_answered
    finally:
        database.close()


def _n_workers(stage: Stage) -> int:
    database = open_database(stage.database_url, read_only=True)
    try:
        return sum(r.role == WORKER and r.is_alive for r in database.queue.runners())
    finally:
        database.close()


Harm = Callable[[Process, Sequence[Process]], Any]
HARMS: dict[str, Harm] = {
    "none": lambda _run, _nodes: None,
    "node -9": lambda _run, nodes: _signal(nodes[0], signal.SIGKILL),
    "node frozen": lambda _run, nodes: _signal(nodes[0], signal.SIGSTOP),
    "driver -9": lambda run, _nodes: run.kill(),
}


if __name__ == "__main__":
    main()
