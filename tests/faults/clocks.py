"""F15: a wall clock that is wrong, is set while a run goes on, or runs slowly."""

import json
import signal
from pathlib import Path

from scramblebench.storage import open_database
from tests.faults.children import Child
from tests.faults.launch import launched
from tests.faults.matrix import Skipped, fault
from tests.faults.stage import Stage, study

_LIBRARIES = ("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/faketime/libfaketime.so.1")  # fmt: skip
CLOCKS = ("+1h", "-1h", "+1y", "-1y", "@1970-01-02 00:00:00", "+0 x0.1")
_MODES = ("from the start", "set midway", "set midway, another runner waiting", "set and set back")
_N_QUESTIONS = 30
_RIGHT = "+0"
_SANE_S = 600.0
"""No answer takes so long, on however busy a machine; every one would by a wrong clock."""


@fault(
    "F15", "wall clock +/-1 h, +/-1 y, 1970, slow: from the start, midway, with another runner waiting",
    per_commit=6, full=24, needs=("faketime",),
)  # fmt: skip
def wrong_clock(stage: Stage, run_number: int) -> None:
    library = next((path for path in _LIBRARIES if Path(path).exists()), None)
    if library is None:
        raise Skipped("libfaketime is not installed")
    clock = CLOCKS[run_number % len(CLOCKS)]
    mode = _MODES[(run_number % len(CLOCKS) + 3 * (run_number // len(CLOCKS))) % len(_MODES)]
    file = stage.folder / "clock"
    environment = {
        "LD_PRELOAD": library,
        "DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_CACHE_DURATION": "1",  # seconds until a changed file is read again
        "FAKETIME_TIMESTAMP_FILE": str(file),
    }
    stage.use_provider("--latency-ms", "100", "--latency-spread", "0.9")
    experiment_id = stage.create(study(_N_QUESTIONS, max_concurrent_requests=4))
    file.write_text(clock if mode == "from the start" else _RIGHT)
    child = stage.start(body=launched(stage, environment, "run"))
    stage.wait_for_entries(5, child)
    waiting = None
    if "another" in mode:
        waiting = stage.start(body=launched(stage, environment, "run", "--continuous"))
        stage.wait_until(lambda: _is_waiting(waiting), child)
    stage.wait_for_entries(20, child)
    file.write_text(clock)
    _check_status(stage, environment)
    if "back" in mode:
        stage.wait_for_entries(70, child)
        file.write_text(_RIGHT)
    stage.expect(child, 0)
    if waiting is not None:
        waiting.send(signal.SIGTERM)
        stage.expect(waiting, 143)
    _check_fence(stage, experiment_id)


def _is_waiting(runner: Child) -> bool:
    return runner.log.exists() and "waiting for more" in runner.log.read_text()


def _check_status(stage: Stage, environment: dict[str, str]) -> None:
    """What is shown by the same wrong clock: no duration below zero, no nonsense."""
    child: Child = stage.start(body=launched(stage, environment, "status", "@last", "--json"))
    stage.expect(child, 0)
    text = child.log.read_text()
    status = json.loads(text[text.index("{") :])
    if status["elapsed_time"] is not None and status["elapsed_time"] < 0:
        stage.complain("F15", f"running for {status['elapsed_time']} s")
    if not 0 <= status["avg_response_time"] < _SANE_S:
        stage.complain("F15", f"answers take {status['avg_response_time']} s")


def _check_fence(stage: Stage, experiment_id: str) -> None:
    database = open_database(stage.database_url)
    try:
        fence = database.experiments.get(experiment_id).fence
        latencies_s = [r.response.latency_s for r in database.trials.responses(experiment_id)]
    finally:
        database.close()
    if fence != 1:
        stage.complain("F15", f"a lease was stolen: fence {fence}")
    if min(latencies_s) < 0 or max(latencies_s) > _SANE_S:
        stage.complain("F15", f"latencies from {min(latencies_s)} to {max(latencies_s)} s")
