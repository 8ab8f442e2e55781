"""F1, F4, F19: runners killed at random times, and told to end."""

import time

from tests.faults.matrix import fault
from tests.faults.stage import Stage


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
