"""Secrets planted wherever a capture could stumble on them are in no snapshot, in no form."""

import json
import os
import shutil
import subprocess
import sys
from typing import Any

import pytest

from tests.snapshot.environments import COMMIT
from tests.snapshot.planting import (
    NAMES,
    ROOT,
    SECRETS,
    forms,
    plant_environment,
    plant_folder,
    planted,
)

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a process full of secrets saw, and the snapshots that it made."""
    home = tmp_path_factory.mktemp("home")
    folder = plant_folder(home)
    environment = plant_environment(home)
    done = subprocess.run(
        [
            sys.executable, str(ROOT / "tests" / "snapshot" / "leaking.py"),
            f"--token={SECRETS['argument']}", SECRETS["traceback"],
        ],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not any(secret in done.stderr for secret in SECRETS.values())
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "traceback"])
def test_the_secret_was_there_to_be_seen(said: dict[str, Any], name: str):
    seen = json.dumps(said["seen"])
    assert any(form in seen for form in forms(planted()[name])), name


@pytest.mark.parametrize("name", NAMES)
def test_no_snapshot_has_it_in_any_form(said: dict[str, Any], name: str):
    text = json.dumps({key: value for key, value in said.items() if key != "seen"})
    found = [form for form in forms(planted()[name]) if form.lower() in text.lower()]
    assert not found


def test_no_snapshot_names_machine_person_or_path(said: dict[str, Any]):
    text = json.dumps([said["run"][0], said["snapshot"], said["validation"]])
    home = said["seen"][0]["HOME"]
    for word in (home, os.uname().nodename, "adalov17", "/bin/", str(ROOT), sys.prefix):
        assert word not in text, word


def test_what_is_fit_to_be_kept_was_read(said: dict[str, Any]):
    snapshot = said["snapshot"]
    assert snapshot["packages"]["vcs-lab"] == "1.0"
    assert snapshot["package_sources"]["vcs-lab"] == {"kind": "commit", "commit": COMMIT}
    assert "odd-lab" not in snapshot["packages"]
    assert snapshot["git"]["project"]["remote"] == "host.example/lab/s.git"
    assert (
        snapshot["variables"].items()
        >= {
            "OMP_NUM_THREADS": None,
            "LANG": None,
            "CUDA_VISIBLE_DEVICES": None,
            "PYTHONHASHSEED": "0",
        }.items()
    )


def test_the_run_stored_the_same_and_a_failure_is_a_sentence(said: dict[str, Any]):
    (text,), notes = said["run"]
    stored = json.loads(text)
    assert {**stored, "database": None, "files": None} == said["snapshot"]
    assert list(stored["files"]) == ["data.jsonl"]
    assert notes == []
    assert said["failed"] == [
        [],
        ["the environment of this run was not recorded: RuntimeError"],
    ]
