"""The dashboard beside 1,000 experiments, one of them of 1,000,000 responses: server time, memory, 50 clients.

``python -m benchmarks.dashboard_load [--responses 1000000] [--clients 50] [--seconds 20]``. The responses are
drawn and stored through the storage door, not asked for; everything runs on loopback. Times are the
client's, body included; memory is the server process's resident set.
"""

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import aiohttp

from scramblebench.core.clock import SystemClock
from scramblebench.core.randomness import RandomStream
from scramblebench.core.states import ExperimentState
from scramblebench.core.trials import AnswerStatus, Attempt, Response, Score
from scramblebench.evaluation import Description, store_experiment
from scramblebench.plan import Plan, make_plan
from scramblebench.settings import spec_from_mapping
from scramblebench.storage import Database, Settlement, new_runner_id, open_database

PROGRAM = (sys.executable, "-m", "scramblebench")
LEVELS = (0, 17, 33, 50, 67, 83, 100)
N_MODELS = 20
N_OTHERS = 999
_BATCH = 4096
_BAR_S, _BAR_MB = 0.3, 120


def main() -> None:
    """Fill a database, serve it, measure; print a line per page and the bars."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--responses", type=int, default=1_000_000)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/big.db"
        experiment_id, n = _fill(url, given.responses, Path(folder))
        print(f"{n:,} responses in {Path(folder, 'big.db').stat().st_size / n:.0f} bytes each")
        _analyze(url, experiment_id)
        server, address = serve(url)
        try:
            print(f"idle {rss_mb(server.pid):.0f} MB (bar {_BAR_MB})")
            asyncio.run(measure_pages(address, experiment_id, given.clients, given.seconds))
            print(f"after it {rss_mb(server.pid):.0f} MB")
        finally:
            server.terminate()
            server.wait(10)


def _fill(url: str, n_responses: int, folder: Path) -> tuple[str, int]:
    """Store the experiments; return the id of the large one and how many responses it has."""
    database = open_database(url)
    database.migrate()
    small = _plan(1, 5, folder)
    for number in range(N_OTHERS):
        store_experiment(database, small, "", Description(name=f"small {number}"))
    large = store_large(database, n_responses, folder)
    database.close()
    return large


def store_large(
    database: Database, n_responses: int, folder: Path, **changes: object
) -> tuple[str, int]:
    """Store a completed experiment of so many drawn responses, its configuration changed in some sections.

    Return its id and how many responses it has.
    """
    plan = _plan(N_MODELS, -(-n_responses // (N_MODELS * len(LEVELS))), folder, **changes)
    experiment_id = store_experiment(database, plan, "", Description(name="large"))
    database.queue.enqueue(experiment_id)
    claim = database.queue.claim(new_runner_id(), 3600, lambda _: experiment_id)
    assert claim is not None
    batch: list[Settlement] = []
    for settlement in _settlements(experiment_id, plan, claim.fence):
        batch.append(settlement)
        if len(batch) == _BATCH:
            database.trials.write(batch)
            batch = []
    database.trials.write(batch)
    database.experiments.change_state(
        experiment_id, ExperimentState.COMPLETED, fence=claim.fence, actor=claim.runner_id
    )
    database.queue.release(claim)
    return experiment_id, len(plan)


def _plan(n_models: int, n_questions: int, folder: Path, **changes: object) -> Plan:
    path = folder / f"questions_{n_questions}.jsonl"
    rows = (
        {"question": f"What is {n} plus {n % 89}?", "answer": n + n % 89}
        for n in range(n_questions)
    )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = spec_from_mapping(
        {
            "models": [{"name": f"model-{n}", "provider": "simulated"} for n in range(n_models)],
            "benchmarks": {"sums": {"paths": str(path)}},
            "scrambling": {"levels": list(LEVELS), "methods": ["letter_shuffle"]},
            **changes,
        }
    )
    return make_plan(source)


def _settlements(experiment_id: str, plan: Plan, fence: int) -> Iterator[Settlement]:
    """Yield an answer to every trial; less is right at higher levels and for later models."""
    drawn = RandomStream("dashboard load")
    now = SystemClock().now()
    for index in range(len(plan)):
        model, _, _, condition = plan.grid.cell(index)
        is_right = drawn.uniform() < 0.95 - 0.1 * condition - 0.01 * model
        attempt = Attempt(experiment_id, index, 1, fence, now)
        yield Settlement(
            attempt=attempt,
            model_index=model,
            condition_index=condition,
            settled_at=now + timedelta(milliseconds=index),
            response=Response(
                text=f"Let me think. The answer is {index % 97}.",
                finish_reason="stop",
                latency_s=0.2 + drawn.uniform(),
                prompt_tokens=60,
                completion_tokens=12,
                cost_microusd=25,
            ),
            score=Score(float(is_right), AnswerStatus.ANSWERED, str(index % 97), "last", "exact@1"),
        )


def _analyze(url: str, experiment_id: str) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    words = [*PROGRAM, "analyze", experiment_id, "--json", "--database-url", url]
    done = subprocess.run(words, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    n = len(json.loads(done.stdout)["comparisons"])
    print(f"analyze: {cpu_s:.1f} CPU s, {after.ru_maxrss / 1024:.0f} MB, {n:,} comparisons")


def serve(url: str) -> tuple["subprocess.Popen[str]", str]:
    """Start a dashboard; return its process and address."""
    words = [*PROGRAM, "monitor", "--port", "8137", "--database-url", url]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert server.stdout is not None
    line = server.stdout.readline()
    return server, line.split()[-1].rstrip("/")


def rss_mb(pid: int) -> float:
    """Return the memory of a running process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise OSError(f"process {pid} says nothing of its memory")


def _pages(experiment_id: str) -> Sequence[str]:
    own = f"/experiments/{experiment_id}"
    return (
        "/",
        own,
        f"{own}/ladder?question=3000",
        f"{own}/ladder?model=0&right=0&wrong=1",
        f"{own}/responses",
        f"{own}/responses?model=12&verdict=wrong",
        f"{own}/statistics",
        "/compare",
        "/queue",
        "/alerts",
        "/system",
    )


async def measure_pages(address: str, experiment_id: str, n_clients: int, seconds: float) -> None:
    """Print how long each page takes, and all of them with many clients at once."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        for _ in range(50):
            try:
                await _get(session, address + "/")
                break
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)
        pages = _pages(experiment_id)
        for page in pages:
            found = [await _get(session, address + page) for _ in range(5)]
            middle_s = median(taken for taken, _, _ in found)
            verdict = "" if middle_s <= _BAR_S else "  NOT MET"
            _, status, size = found[-1]
            shown = page.replace(experiment_id, "ID")
            print(f"{shown:48} {status} {size / 1024:7.1f} KB {middle_s * 1000:7.0f} ms{verdict}")
        end_s = time.monotonic() + seconds
        clients = [client(session, address, pages, number, end_s) for number in range(n_clients)]
        times = sorted(taken for each in await asyncio.gather(*clients) for taken in each)
        p95_s = times[int(0.95 * len(times))]
        print(
            f"{n_clients} clients, {len(times):,} pages in {seconds:g} s: p50 {median(times) * 1000:.0f} ms, "
            f"p95 {p95_s * 1000:.0f} ms (bar 300)"
        )


async def client(
    session: aiohttp.ClientSession, address: str, pages: Sequence[str], number: int, end_s: float
) -> list[float]:
    """Look at pages as a person does: one about every two seconds."""
    drawn = RandomStream("client", number)
    times: list[float] = []
    while time.monotonic() < end_s:
        await asyncio.sleep(1 + 2 * drawn.uniform())
        taken, status, _ = await _get(session, address + drawn.choice(pages))
        assert status == 200
        times.append(taken)
    return times


async def _get(session: aiohttp.ClientSession, url: str) -> tuple[float, int, int]:
    start_s = time.monotonic()
    async with session.get(url) as response:
        body = await response.read()
        return time.monotonic() - start_s, response.status, len(body)


if __name__ == "__main__":
    main()
