"""The files of docs/clusters: their syntax, their commands, and the scripts run as SLURM and ssh would run them."""

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
import yaml

from scramblebench.storage import open_database
from tests.acceptance.support import FakeProvider, Program, program_in, write_study
from tests.waiting import until

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "clusters"
SCRIPTS = sorted(FOLDER.glob("*.sh"))
FILES = sorted(path for path in FOLDER.iterdir() if path.is_file())
ENDED_BY_TERM = (0, 143)
_PATH = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
"""Where the scripts find the program that is tested."""


@pytest.fixture
def shared(tmp_path: Path, postgres_url: str) -> Program:
    """The program in a folder of its own, on PostgreSQL, with a settings file as the scripts read it."""
    program = program_in(tmp_path, postgres_url)
    settings = tmp_path / "settings.env"
    settings.write_text(
        f"DATABASE_URL={postgres_url}\nOPENROUTER_API_KEY=sk-or-v1-acceptance\nWORKERS=2\n"
    )
    settings.chmod(0o600)
    kept = {name: value for name, value in program.environment.items() if name != "DATABASE_URL"}
    (tmp_path / "home").mkdir()
    elsewhere = {**kept, "SCRAMBLEBENCH_SETTINGS": str(settings), "HOME": str(tmp_path / "home")}
    return Program(tmp_path, {**elsewhere, "DATABASE_URL": postgres_url})


@pytest.fixture
def start(shared: Program) -> Generator[Callable[..., "subprocess.Popen[str]"]]:
    """Start scripts; they end with the test."""
    started: list[subprocess.Popen[str]] = []

    def start_script(name: str, *words: str, **variables: str) -> "subprocess.Popen[str]":
        environment = {k: v for k, v in shared.environment.items() if k != "DATABASE_URL"}
        process = subprocess.Popen(
            ["bash", str(FOLDER / name), *words],
            cwd=shared.folder,
            env={**environment, "PATH": _PATH, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start_script
    for process in started:
        process.kill()
        process.communicate(timeout=20)


def is_every_trial_asked_once(provider: FakeProvider, n_trials: int) -> bool:
    asked = Counter(entry.digest for entry in provider.ledger if entry.api != "models")
    return len(asked) == n_trials and set(asked.values()) == {1}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_are_bash_that_stops_at_the_first_error(script: Path) -> None:
    subprocess.run(["bash", "-n", str(script)], check=True)

    assert "set -euo pipefail" in script.read_text("utf-8")
    assert os.access(script, os.X_OK)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_commands_in_files_have_only_options_that_exist(path: Path, program: Program) -> None:
    helped = program("run", "--help").stdout
    text = path.read_text("utf-8").replace("\\\n", " ")
    commands = re.findall(r"(?<!symmetric-)\brun[\", ]+--\w[^|&;\n\])#]*", text)

    assert commands or path.name in ("README.md", "machines.sh", "slurm_dask.py")
    for command in commands:
        for option in re.findall(r"--[a-z-]+", command):
            assert option in helped, f"{path.name}: {option}"


def test_kubernetes_files_hold_no_secret_and_give_workers_time_to_finish() -> None:
    parts = list(yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text("utf-8")))
    pods = [part["spec"]["template"]["spec"] for part in parts]

    assert [part["kind"] for part in parts] == ["Deployment", "Deployment"]
    for part, pod in zip(parts, pods, strict=True):
        labels = part["spec"]["template"]["metadata"]["labels"]
        assert part["spec"]["selector"]["matchLabels"] == labels
        assert pod["terminationGracePeriodSeconds"] > 30
        (container,) = pod["containers"]
        assert container["envFrom"] == [{"secretRef": {"name": "scramblebench"}}]
        assert "env" not in container
    assert pods[0]["containers"][0]["args"][-1] == "0"
    ray = yaml.safe_load((FOLDER / "kuberay.yaml").read_text("utf-8"))
    assert "RAY_ADDRESS=auto" in ray["spec"]["entrypoint"]


def test_a_slurm_array_and_its_coordinator_run_an_experiment(
    shared: Program,
    start: Callable[..., "subprocess.Popen[str]"],
    start_provider: Callable[..., FakeProvider],
) -> None:
    provider = start_provider("--latency-ms", "20")
    study = write_study(shared.folder, provider)
    shared("create", "Array", str(study), "-p", "1")
    workers = [
        start("slurm-workers.sh", SLURM_ARRAY_TASK_ID=f"{number}", SLURM_ARRAY_JOB_ID="7")
        for number in (1, 2)
    ]
    coordinator = start("slurm-coordinator.sh")
    said, _ = coordinator.communicate(timeout=120)

    assert coordinator.returncode == 0, said
    database = open_database(shared.environment["DATABASE_URL"])
    record = database.experiments.find("@last")
    database.close()
    assert record.state == "completed"
    assert is_every_trial_asked_once(provider, record.n_trials)
    for worker in workers:
        worker.send_signal(signal.SIGTERM)  # as scancel and the end of the time limit do
    for number, worker in enumerate(workers, 1):
        said, _ = worker.communicate(timeout=60)
        assert worker.returncode in ENDED_BY_TERM, said
        assert said.startswith(f"worker {number} on ")


def test_a_worker_outside_an_array_is_refused(
    start: Callable[..., "subprocess.Popen[str]"],
) -> None:
    worker = start("slurm-workers.sh")
    said, _ = worker.communicate(timeout=20)

    assert worker.returncode != 0
    assert "is set by sbatch --array" in said


def test_workers_on_machines_by_ssh_start_run_and_stop(
    shared: Program,
    start: Callable[..., "subprocess.Popen[str]"],
    start_provider: Callable[..., FakeProvider],
) -> None:
    provider = start_provider("--latency-ms", "20")
    shared("create", "Machines", str(write_study(shared.folder, provider)), "-p", "1")
    path = _ssh_to_folders(shared.folder)

    def machines(*words: str) -> str:
        script = start("machines.sh", *words, "lab1", "lab2", PATH=path)
        said, _ = script.communicate(timeout=60)
        assert script.returncode == 0, said
        return said

    assert machines("status").split() == ["lab1:", "none", "lab2:", "none"]
    assert machines("start").count("2 workers on ") == 2
    try:
        assert machines("status").count(" runs") == 4
        shared("run", "--executor", "processes", "--processes", "0")
        database = open_database(shared.environment["DATABASE_URL"])
        n_trials = database.experiments.find("@last").n_trials
        database.close()
        assert is_every_trial_asked_once(provider, n_trials)
    finally:
        pids = [int(file.read_text()) for file in shared.folder.glob("lab*/*/*.pid")]
        machines("stop")
    assert len(pids) == 4
    until(lambda: not any(map(_is_alive, pids)), "end of the workers")
    text = "".join(file.read_text() for file in shared.folder.glob("lab*/**/*.log"))
    assert "sk-or-v1" not in text


def _ssh_to_folders(folder: Path) -> str:
    """Return a PATH whose ``ssh`` runs commands here, with a home folder for each machine."""
    programs = folder / "bin"
    programs.mkdir()
    ssh = programs / "ssh"
    ssh.write_text(
        '#!/bin/bash\n[ "$1" = -n ] && shift\nmachine=$1; shift\n'
        f'export HOME="{folder}/$machine"; mkdir -p "$HOME"; unset OPENROUTER_API_KEY\n'
        'exec bash -c "$*"\n'
    )
    ssh.chmod(0o755)
    return f"{programs}:{_PATH}"


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
