"""Processes, Ray and Dask run an experiment to its end by the command, as a local run does."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scramblebench.evaluation import EvaluationConfig
from scramblebench.experiment_tracking import ExperimentTracker
from scramblebench.storage import WORKER

N_TRIALS = 2 * 2 * 10


def _config(executor: str) -> EvaluationConfig:
    return EvaluationConfig.from_dict(
        {
            "models": [{"name": name, "provider": "simulated"} for name in "ab"],
            "benchmarks": {"b": {"generated": {"per_domain": 2}}},
            "scrambling": {"levels": [0, 50]},
            "execution": {"executor": executor, "n_processes": 2, "shard_size": 5},
        }
    )


def _scores(tracker: ExperimentTracker, experiment_id: str) -> list[float]:
    return tracker.database.trials.read_scores(experiment_id).value.tolist()


@pytest.mark.parametrize("executor", ["local", "processes", "dask", "ray"])
def test_an_experiment_is_run_to_its_end(executor: str, tmp_path: Path):
    module = {"dask": "distributed", "ray": "ray"}.get(executor)
    if module is not None and importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")
    tracker = ExperimentTracker(f"sqlite:///{tmp_path}/a%20file.db")
    tracker.database.migrate()
    key = tracker.sync.create_experiment("Study", _config(executor))
    tracker.sync.queue_experiment(key)
    done = subprocess.run(
        [sys.executable, "-m", "scramblebench", "run"],
        env={**os.environ, "DATABASE_URL": tracker.db.shared_url, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"completed, {N_TRIALS} of {N_TRIALS}" in done.stdout
    n_workers = sum(r.role == WORKER for r in tracker.database.queue.runners())
    assert n_workers == (0 if executor == "local" else 2)
    again = tracker.sync.create_experiment("Again", _config("local"))
    tracker.sync.queue_experiment(again)
    tracker.sync.run_experiments()
    assert _scores(tracker, key) == _scores(tracker, again)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--worker", "--executor", "ray"], "give --executor to their `run`"),
        (["--worker", "study"], "give an experiment to their `run`"),
        (["--executor", "slurm"], "no executor 'slurm'; known are local, processes, ray, dask"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(words: list[str], said: str, tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "scramblebench", "run", *words],
        env={**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path}/a.db"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
