"""F1, F4, F19, F20: runners killed at random times, told to end, and killed by what they run."""

import os
import resource
import signal
import time
from typing import Any

from scramblebench.core.states import ExperimentState
from scramblebench.core.trials import AttemptOutcome
from scramblebench.evaluation import requests
from scramblebench.storage import open_database
from scramblebench.testing.stored_rows import read_rows
from tests.faults.matrix import fault
from tests.faults.stage import Stage, study

DRAIN_S = 30.0
QUIT_S = 2.0
MAX_DEATHS = 4


@fault("F1", "kill -9 at a random time", per_commit=20, full=200)
def killed_at_random(stage: Stage, run_number: int) -> None:
    stage.create()
    child = stage.start()
    child.has_ended(stage.random.uniform() * 0.35)
    child.kill()


@fault("F4", "kill -9 of the resume, 5 times in a row", per_commit=3, full=30)
def resume_killed(stage: Stage, run_number: int) -> None:
    stage.create()
    for _ in range(6):
        child, n_before = stage.start(), stage.n_acknowledged()
        stage.wait_until(lambda: stage.n_acknowledged() > n_before, child)  # noqa: B023
        time.sleep(stage.random.uniform() * 0.02)
        child.kill()


@fault("F19", "SIGTERM, SIGINT, two SIGINT, SIGHUP at a random time", per_commit=10, full=100)
def told_to_end(stage: Stage, run_number: int) -> None:
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGINT, signal.SIGHUP)
    number, is_twice = numbers[run_number % 4], run_number % 4 == 2
    stage.use_provider("--latency-ms", "200" if is_twice else "20", "--latency-spread", "0.9")
    stage.create()
    child = stage.start()
    stage.wait_for_entries(1, child)
    child.has_ended(stage.random.uniform() * 0.4)
    child.send(number)
    if is_twice:
        stage.wait_until(lambda: b"finishing the requests" in child.log.read_bytes(), child)
        child.send(number)
    stage.expect(child, 0, 128 + number, timeout_s=QUIT_S if is_twice else DRAIN_S)
    unknown = sum(
        attempt.outcome is AttemptOutcome.UNKNOWN
        for attempt in read_rows(stage.database_url).attempts
    )
    if unknown and not is_twice:
        stage.complain("I1", f"{unknown} requests in flight were not waited for")


@fault("F20", "an experiment that kills its runner", per_commit=1, full=3, completes=False)
def poison(stage: Stage, run_number: int) -> None:
    sound = [stage.create(study(15), priority=1)]
    poisonous = stage.create(study(15, benchmark="poison"), priority=5)
    sound.append(stage.create(study(15), priority=9 if run_number % 2 else 1))
    for _ in range(MAX_DEATHS + 1):
        child = stage.start(abort_on_poison, name="poisoned")
        if child.wait() != -signal.SIGABRT:
            break
    else:
        stage.complain("I9", f"{MAX_DEATHS + 1} runners died of the same experiment")
    database = open_database(stage.database_url)
    states = {key: database.experiments.get(key).state for key in stage.experiments}
    database.close()
    if states.pop(poisonous) is not ExperimentState.FAILED:
        stage.complain("I9", "the experiment that kills its runners has not failed")
    if set(states.values()) != {ExperimentState.COMPLETED}:
        stage.complain("I9", f"the others did not proceed: {states}")
    stage.judge(is_complete=False, results=[stage.compared(key) for key in sound])


def abort_on_poison() -> None:
    """Make the scorer of the questions of benchmark ``poison`` end the process."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    score = requests.score

    def scored(question: Any, *args: Any, **kwargs: Any) -> Any:
        if question.benchmark == "poison":
            os.abort()
        return score(question, *args, **kwargs)

    requests.score = scored
