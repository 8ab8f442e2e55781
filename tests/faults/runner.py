"""Runs the matrix: jobs side by side, a line while they run, a table at the end."""

import gc
import itertools
import multiprocessing
import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from scramblebench.testing.postgres import PostgresServer, start_postgres
from tests.faults.bugs import BUGS
from tests.faults.matrix import POSTGRESQL, Fault, Run, all_faults, run_once
from tests.faults.stage import Job

_RUNS_A_TASK = 5
_MISSES_THAT_END_A_SERIES = 2


@dataclass(frozen=True, slots=True)
class Request:
    """What to run; ``runs`` and ``run`` replace the matrix' own counts."""

    faults: Sequence[Fault]
    databases: Sequence[str]
    is_full: bool
    runs: int | None
    run: int | None
    n_jobs: int
    folder: Path
    json_path: Path | None
    bug: str | None


@dataclass(frozen=True, slots=True)
class Task:
    """Consecutive runs of one fault; ``stop`` None goes on until there is nothing left to harm."""

    code: str
    database: str
    start: int
    stop: int | None
    step: int = 1


def run_matrix(request: Request) -> int:
    """Run everything, print the table, write the JSON; return the exit code."""
    tasks = list(_tasks(request))
    runs: list[Run] = []
    began_s = time.monotonic()
    with _postgres(request, tasks) as server:
        context = multiprocessing.get_context("fork")
        counter = context.Value("i", 0)
        with ProcessPoolExecutor(
            request.n_jobs, context, _begin, (request, counter, server)
        ) as pool:
            waiting = [pool.submit(_run_task, task) for task in tasks]
            for done, each in enumerate(as_completed(waiting), 1):
                runs += each.result()
                _say_progress(done, len(tasks), runs, time.monotonic() - began_s)
                _keep(request, runs)
    runs.sort(key=lambda run: (run.code, run.database, run.number))
    _say_failures(runs)
    _say_table(request, runs)
    is_sound = not any(run.violations for run in runs)
    if is_sound:
        shutil.rmtree(request.folder, ignore_errors=True)
    return 0 if is_sound else 1


def _keep(request: Request, runs: Sequence[Run]) -> None:
    """Write what there is so far: an interruption leaves the results of an hour."""
    if request.json_path:
        request.json_path.write_bytes(orjson.dumps([asdict(run) for run in runs]))


def _tasks(request: Request) -> Iterator[Task]:
    for each in request.faults:
        count = request.runs or (each.full if request.is_full else each.per_commit)
        for database in request.databases:
            if database not in each.databases:
                continue
            if request.run is not None:
                yield Task(each.code, database, request.run, request.run + 1)
            elif each.series:
                n = len(each.series)
                for start in range(n):
                    yield Task(each.code, database, start, None, n * count)
            else:
                for start in range(0, count, _RUNS_A_TASK):
                    yield Task(each.code, database, start, min(start + _RUNS_A_TASK, count))


_job: Job | None = None


def _begin(request: Request, counter: "multiprocessing.sharedctypes.Synchronized[int]", server: PostgresServer | None) -> None:  # fmt: skip
    global _job
    with counter.get_lock():
        counter.value += 1
        number = counter.value
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if request.bug is not None:
        BUGS[request.bug].seed()
    _job = Job(request.folder / f"job-{number}", number, server)
    gc.collect()
    gc.freeze()  # what is imported is shared with the children, and looked through no more


def _run_task(task: Task) -> list[Run]:
    assert _job is not None
    each = next(found for found in all_faults() if found.code == task.code)
    runs: list[Run] = []
    n_missed = 0
    for number in _numbers(task):
        run = run_once(_job, each, task.database, number)
        runs.append(run)
        n_missed = 0 if run.is_struck else n_missed + 1
        if run.skipped or (task.stop is None and n_missed == _MISSES_THAT_END_A_SERIES):
            break
    return runs


def _numbers(task: Task) -> Iterable[int]:
    if task.stop is None:
        return itertools.count(task.start, task.step)
    return range(task.start, task.stop, task.step)


@contextmanager
def _postgres(request: Request, tasks: Sequence[Task]) -> Iterator[PostgresServer | None]:
    if not any(task.database == POSTGRESQL for task in tasks):
        yield None
        return
    server = start_postgres()
    try:
        yield server
    finally:
        server.stop()


def _say_progress(done: int, n_tasks: int, runs: Sequence[Run], elapsed_s: float) -> None:
    bad = sum(bool(run.violations) for run in runs)
    last = runs[-1]
    words = (
        f"{done}/{n_tasks} tasks, {len(runs)} runs, {bad} with violations, {elapsed_s:.0f} s"
        f" (last: {last.code} {last.database})"
    )
    if sys.stderr.isatty():
        print(f"\r{words:100}", end="\n" if done == n_tasks else "", file=sys.stderr, flush=True)
    elif done == n_tasks or done % max(1, n_tasks // 20) == 0:
        print(words, file=sys.stderr, flush=True)


def _say_failures(runs: Sequence[Run]) -> None:
    for run in runs:
        if not run.violations:
            continue
        print(f"\n{run.code} on {run.database}, run {run.number}: {run.ledger}")
        for violation in run.violations[:12]:
            print(f"  {violation}")
        if len(run.violations) > 12:
            print(f"  and {len(run.violations) - 12} more")
        print(f"  files: {run.folder}")
        words = f"--only {run.code} --database {run.database} --run {run.number}"
        print(f"  replay: python -m tests.faults {words}")


def _say_table(request: Request, runs: Sequence[Run]) -> None:
    print(f"\n{'fault':6}{'database':12}{'runs':>6}{'violations':>12}{'seconds':>9}  what")
    for each in request.faults:
        for database in request.databases:
            own = [run for run in runs if (run.code, run.database) == (each.code, database)]
            if not own:
                continue
            skipped = next((run.skipped for run in own if run.skipped), None)
            n_bad = sum(bool(run.violations) for run in own)
            seconds = sum(run.duration_s for run in own)
            what = f"{each.what} - SKIPPED: {skipped}" if skipped else each.what
            n_run = sum(run.skipped is None for run in own)
            print(f"{each.code:6}{database:12}{n_run:>6}{n_bad:>12}{seconds:>9.1f}  {what}")
