"""F24, F25: little memory, few files, few threads."""

import json
import os
import pwd
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from scramblebench.storage import open_database
from scramblebench.testing.world import Exit
from tests.faults.matrix import SQLITE, Skipped, fault
from tests.faults.stage import Config, Stage, study

_ROOT = Path(__file__).parents[2]
SIZES = ((10, 256), (50, 256), (500, 512))
"""Repeats of 2,000 trials (20,000, 100,000, 1,000,000 responses), and the most memory in MiB."""
_TRIALS_A_REPEAT = 2_000
_ANALYZE_S = 60.0
_N_QUESTIONS = 50
_CONCURRENCY = 256
_FEW_USER = "nobody"


@fault(
    "F24", "20,000 and 100,000 responses in 256 MB (run 2: 1,000,000 in 512 MB): run, analyze",
    per_commit=1, full=2, databases=(SQLITE,), completes=False,
)  # fmt: skip
def little_memory(stage: Stage, run_number: int) -> None:
    n_repeats, most_mib = SIZES[run_number]
    experiment_id = stage.create(_simulated_study(n_repeats))
    peaks_mib: dict[str, float] = {}
    for words in (("run",), ("status", "@last", "--json"), ("analyze", "@last", "--json")):
        used = _measured(stage, *words)
        peaks_mib[words[0]] = used["peak_mib"]
        if used["peak_mib"] > most_mib:
            stage.complain("I10", f"{words[0]} needed {used['peak_mib']:.0f} of {most_mib} MiB")
        if words[0] == "analyze" and used["duration_s"] > _ANALYZE_S:
            stage.complain("I10", f"analyze took {used['duration_s']:.0f} s")
    print(f"F24: {n_repeats * _TRIALS_A_REPEAT:,} responses, peak MiB {peaks_mib}", flush=True)
    database = open_database(stage.database_url)
    record = database.experiments.get(experiment_id)
    database.close()
    if record.n_answered != n_repeats * _TRIALS_A_REPEAT:
        stage.complain("I1", f"{record.n_answered} of {record.n_trials} answered")
    if run_number == 0:
        stage.judge(is_complete=False, is_simulated=True)


def _simulated_study(n_repeats: int) -> Config:
    return {
        "models": [{"name": "simulated", "provider": "simulated"}],
        "benchmarks": {"bundled": {"generated": {"per_domain": 100}}},
        "scrambling": {"levels": [0, 25, 50, 100], "methods": ["character_substitution"]},
        "execution": {"repeats": n_repeats, "max_concurrent_requests": 256},
        "optimization": {"batch_size": 512},
    }


def _measured(stage: Stage, *words: str) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.faults.measured", *words]
    with (stage.folder / f"{words[0]}.log").open("w+") as log:
        done = subprocess.run(
            [*command, "--database-url", stage.database_url],
            cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        log.seek(0)
        *_, last = log
    stage.exits.append(Exit(words[0], done.returncode, (0,)))
    return json.loads(last)


@fault(
    "F25", "64 open files, 32 open files; 3 threads, 1 thread",
    per_commit=4, full=8, databases=(SQLITE,),
)  # fmt: skip
def few_resources(stage: Stage, run_number: int) -> None:
    """A clear error or lower concurrency; what is left is completed without the limit."""
    limits: tuple[Callable[[Stage], Callable[[], None]], ...] = (
        lambda _: partial(_limit_files, 64),
        lambda _: partial(_limit_files, 32),
        partial(_limited_threads, n_threads=3),
        partial(_limited_threads, n_threads=1),
    )
    stage.create(study(_N_QUESTIONS, max_concurrent_requests=_CONCURRENCY, timeout_per_question=10))
    child = stage.start(limits[run_number % len(limits)](stage))
    code = stage.expect(child, 0, 1, 3)
    said = child.log.read_text(errors="replace")
    if "Traceback" in said or (code == 1 and "error: " not in said):
        stage.complain("F25", f"no clear error: {said[-300:]}")
    if os.geteuid() == 0:
        _give_back(stage.folder)


def _limit_files(n_files: int) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (n_files, n_files))


def _limited_threads(stage: Stage, *, n_threads: int) -> Callable[[], None]:
    """Return a patch that makes the process another user's, who may have so many threads."""
    if os.geteuid() != 0:
        raise Skipped("the limit of threads is another user's: that needs root")
    entry = pwd.getpwnam(_FEW_USER)
    for path in (stage.folder, *stage.folder.rglob("*")):
        os.chown(path, entry.pw_uid, entry.pw_gid)
    for parent in stage.folder.parents[:2]:
        parent.chmod(parent.stat().st_mode | 0o011)

    def become() -> None:
        os.setgid(entry.pw_gid)
        os.setgroups([])
        resource.setrlimit(resource.RLIMIT_NPROC, (n_threads, n_threads))
        os.setuid(entry.pw_uid)

    return become


def _give_back(folder: Path) -> None:
    for path in folder.rglob("*"):
        shutil.chown(path, "root", "root")
