"""W1 to W7: one experiment run by several workers; workers and coordinators killed, frozen, told to end."""

import os
import signal
import time
from collections.abc import Sequence
from functools import partial

from scramblebench.cli.app import run_command_line
from scramblebench.core.states import ExperimentState
from scramblebench.storage import WORKER, open_database
from tests.faults.children import Child, TooLate
from tests.faults.crashes import abort_on_poison
from tests.faults.matrix import fault
from tests.faults.runners import STOPS, wait_until_stopped
from tests.faults.stage import Config, Patch, Stage, study

LEASE_S = 2.0
SHARD = 12
TOLD_TO_END = 128 + signal.SIGTERM
_DEATHS = 4
_S = ExperimentState


@fault("W1", "3 workers at one experiment: one killed -9", per_commit=4, full=60)
def worker_killed(stage: Stage, run_number: int) -> None:
    stage.use_provider("--latency-ms", "20", "--latency-spread", "0.9")
    stage.create(_shared())
    workers = [_worker(stage) for _ in range(3)]
    coordinator = _coordinator(stage)
    stage.wait_for_entries(20 + stage.random.below(150), coordinator)
    workers[run_number % 3].kill()
    stage.expect(coordinator, 0)
    _end(stage, workers)


@fault("W2", "3 workers: one SIGSTOP past its lease, the others finish, SIGCONT", per_commit=3, full=60)  # fmt: skip
def worker_asleep(stage: Stage, run_number: int) -> None:
    name = list(STOPS)[run_number % 3]
    stage.use_provider("--latency-ms", "20", "--latency-spread", "0.9")
    stage.create(_shared())
    sleeper = _worker(stage, partial(STOPS[name], 2 + stage.random.below(10)), name="sleeper")
    coordinator = _coordinator(stage)
    wait_until_stopped(sleeper)
    others = [_worker(stage) for _ in range(2)]  # sooner, they might leave it nothing to do
    stage.expect(coordinator, 0)
    n_before = len(stage.provider.entries())
    sleeper.send(signal.SIGCONT)
    _wait_until_alive(stage, sleeper)
    _end(stage, [sleeper, *others])
    if n_late := len(stage.provider.entries()) - n_before:
        stage.complain("I3", f"{n_late} requests were sent after the shard was lost")


@fault("W3", "3 workers: the coordinator killed -9, another takes over", per_commit=3, full=60)
def coordinator_killed(stage: Stage, run_number: int) -> None:
    stage.use_provider("--latency-ms", "20", "--latency-spread", "0.9")
    stage.create(_shared())
    workers = [_worker(stage) for _ in range(3)]
    coordinator = _coordinator(stage)
    stage.wait_for_entries(20 + stage.random.below(150), coordinator)
    coordinator.kill()
    if run_number % 2:
        time.sleep(stage.random.uniform())
    stage.expect(_coordinator(stage), 0)
    _end(stage, workers)


@fault("W4", "processes of `run --executor processes` killed -9: a worker, then the coordinator", per_commit=2, full=20)  # fmt: skip
def processes_killed(stage: Stage, run_number: int) -> None:
    stage.use_provider("--latency-ms", "40", "--latency-spread", "0.9")
    stage.create(_shared())
    coordinator = _coordinator(stage, n_processes=3)
    stage.wait_for_entries(20 + stage.random.below(60), coordinator)
    pids = _worker_pids(stage)
    os.kill(pids[run_number % len(pids)], signal.SIGKILL)
    stage.wait_for_entries(120 + stage.random.below(80), coordinator)
    coordinator.kill()
    _wait_until_gone(_worker_pids(stage))
    stage.look()
    stage.expect(_coordinator(stage, n_processes=2), 0)


@fault("W5", "an experiment whose answers kill workers, beside a sound one", per_commit=1, full=3, completes=False)  # fmt: skip
def poison(stage: Stage, run_number: int) -> None:
    sound = stage.create({**_shared(15)}, priority=1)
    poisonous = stage.create({**_shared(15, benchmark="poison", shard_size=60)}, priority=5)
    coordinator = _coordinator(stage)
    for number in range(_DEATHS + 1):
        worker = _worker(stage, abort_on_poison, name=f"worker-{number}")
        if stage.wait_until(lambda: coordinator.has_ended(0), worker):
            break
        worker.wait()
    else:
        stage.complain("I9", f"{_DEATHS + 1} workers died of the same shard")
    stage.expect(coordinator, 3)
    _end(stage, [worker])
    states = _states(stage)
    if states != {sound: _S.COMPLETED, poisonous: _S.FAILED}:
        stage.complain("I9", f"the states are {states}")
    stage.judge(is_complete=False, results=[stage.compared(sound)])


@fault("W6", "3 workers and a cost limit: one killed -9", per_commit=2, full=30, completes=False)
def budget_of_all(stage: Stage, run_number: int) -> None:
    stage.use_provider("--latency-ms", "20", "--latency-spread", "0.9")
    key = stage.create(_shared(cost_limit=0.003 + 0.002 * stage.random.uniform()))
    workers = [_worker(stage) for _ in range(3)]
    coordinator = _coordinator(stage)
    if run_number % 2:
        stage.wait_for_entries(10 + stage.random.below(30), coordinator)
        workers[0].kill()
    stage.expect(coordinator, 4)
    _end(stage, workers)
    if _states(stage)[key] is not _S.PAUSED:
        stage.complain("I11", "money ended, and the experiment is not paused")
    stage.judge(is_complete=False)


@fault("W7", "3 workers: the coordinator told to end, or the experiment paused", per_commit=2, full=20)  # fmt: skip
def told_to_end(stage: Stage, run_number: int) -> None:
    stage.use_provider("--latency-ms", "100", "--latency-spread", "0.9")
    key = stage.create(_shared())
    workers = [_worker(stage) for _ in range(3)]
    coordinator = _coordinator(stage)
    stage.wait_for_entries(20 + stage.random.below(100), coordinator)
    if run_number % 2:
        coordinator.send(signal.SIGTERM)
        stage.expect(coordinator, TOLD_TO_END)
    else:
        words = ["pause", key, "--database-url", stage.database_url]
        stage.expect(stage.start(name="pause", body=partial(run_command_line, words)), 0)
        stage.expect(coordinator, 3)
        words[0] = "resume"
        stage.expect(stage.start(name="resume", body=partial(run_command_line, words)), 0)
    _end(stage, workers)


def _shared(n_questions: int = 75, benchmark: str = "bundled", **execution: object) -> Config:
    config = study(n_questions, benchmark=benchmark)
    return {**config, "execution": {**config["execution"], "shard_size": SHARD, **execution}}


def _coordinator(stage: Stage, n_processes: int = 0) -> Child:
    words = ["run", "--executor", "processes", "--processes", str(n_processes), "--lease", "2"]
    body = partial(run_command_line, [*words, "--database-url", stage.database_url])
    return stage.start(name="coordinator", body=body)


def _worker(stage: Stage, *patches: Patch, name: str = "worker") -> Child:
    words = ["run", "--worker", "--continuous", "--lease", f"{LEASE_S:g}"]
    body = partial(run_command_line, [*words, "--database-url", stage.database_url])
    return stage.start(*patches, name=name, body=body)


def _end(stage: Stage, workers: Sequence[Child]) -> None:
    """Tell the workers that are left to end, and wait for them."""
    for worker in workers:
        worker.send(signal.SIGTERM)
    for worker in workers:
        if worker.code != -signal.SIGKILL:
            stage.expect(worker, TOLD_TO_END)


def _worker_pids(stage: Stage) -> list[int]:
    database = open_database(stage.database_url)
    try:
        return [r.pid for r in database.queue.runners() if r.role == WORKER and r.is_alive]
    finally:
        database.close()


def _wait_until_gone(pids: Sequence[int], timeout_s: float = 20.0) -> None:
    """Return once workers whose coordinator is gone have ended by themselves."""
    deadline = time.monotonic() + timeout_s
    while any(os.path.exists(f"/proc/{pid}") for pid in pids):
        if time.monotonic() > deadline:
            raise TooLate("workers outlive their coordinator")
        time.sleep(0.02)


def _wait_until_alive(stage: Stage, worker: Child) -> None:
    """Return once a worker that slept has said again that it is alive, so that it had time to err."""
    database, since = open_database(stage.database_url), time.time()
    try:
        stage.wait_until(
            lambda: any(
                r.pid == worker.pid and r.heartbeat_at.timestamp() > since
                for r in database.queue.runners()
            ),
            worker,
        )
    finally:
        database.close()


def _states(stage: Stage) -> dict[str, ExperimentState]:
    database = open_database(stage.database_url)
    try:
        return {key: database.experiments.get(key).state for key in stage.experiments}
    finally:
        database.close()
