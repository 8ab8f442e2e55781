"""What git says of a folder, and what a hostile folder cannot make it do."""

import os
import shutil
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.snapshot import git
from scramblebench.snapshot.git import git_state, plain_remote
from tests.snapshot.environments import make_repository, run_git

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def test_a_clean_repository(tmp_path: Path):
    folder = make_repository(tmp_path / "study")
    commit = run_git(folder, "rev-parse", "HEAD")
    assert git_state(folder) == {"commit": commit, "is_dirty": False, "remote": None}
    (folder / "results.db").write_text("not tracked")
    assert git_state(folder) == {"commit": commit, "is_dirty": False, "remote": None}


@pytest.mark.parametrize("is_staged", [False, True])
def test_a_changed_file_is_dirty_and_a_touched_one_is_not(tmp_path: Path, is_staged: bool):
    folder = make_repository(tmp_path / "study")
    os.utime(folder / "study.yaml", (1, 1))
    assert (git_state(folder) or {})["is_dirty"] is False
    (folder / "study.yaml").write_text("models: [1]\n")
    if is_staged:
        run_git(folder, "add", "study.yaml")
    assert (git_state(folder) or {})["is_dirty"] is True


def test_a_folder_inside_and_one_without_git(tmp_path: Path):
    folder = make_repository(tmp_path / "study")
    (folder / "deep").mkdir()
    assert git_state(folder / "deep") == git_state(folder)
    assert git_state(tmp_path) is None
    assert git_state(tmp_path / "not there") is None


def test_a_file_that_git_does_not_track_is_not_of_that_repository(tmp_path: Path):
    folder = make_repository(tmp_path / "study")
    package = folder / ".venv" / "package"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    assert git_state(package) is not None
    assert git_state(package, "__init__.py") is None
    assert git_state(folder, "study.yaml") is not None


def test_a_repository_without_a_commit(tmp_path: Path):
    run_git(tmp_path, "init", "-q")
    assert git_state(tmp_path) == {"commit": None, "is_dirty": False, "remote": None}


def _trap(folder: Path, name: str) -> tuple[Path, Path]:
    """Return a program that leaves a trace, and the trace."""
    program, trace = folder / f"{name}.sh", folder / f"{name}.trace"
    program.write_text(f"#!/bin/sh\necho was here > {trace}\ncat\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program, trace


def test_nothing_that_a_repository_names_is_run(tmp_path: Path):
    folder = make_repository(tmp_path / "study")
    traces: list[Path] = []
    for key in (
        "core.fsmonitor", "filter.a=b.clean", "filter.a=b.process", "core.sshCommand", "core.pager",
        "diff.external", "core.askPass", "core.editor", "gpg.program",
    ):  # fmt: skip
        program, trace = _trap(tmp_path, key.replace("=", "_"))
        run_git(folder, "config", key, str(program))
        traces.append(trace)
    run_git(folder, "config", "filter.a=b.required", "true")
    for hook in ("post-index-change", "pre-commit", "post-checkout", "fsmonitor-watchman"):
        program, trace = _trap(tmp_path, hook)
        shutil.copy(program, folder / ".git" / "hooks" / hook)
        traces.append(trace)
    (folder / ".git" / "info" / "attributes").write_text("*.yaml filter=a=b diff=x\n")
    (folder / "study.yaml").write_text("models: {}\n")  # as long as before, so that it is read
    index = (folder / ".git" / "index").read_bytes()

    assert (git_state(folder) or {})["is_dirty"] is True
    assert (git_state(folder, "study.yaml") or {})["is_dirty"] is True
    assert not [trace.name for trace in traces if trace.exists()]
    assert (folder / ".git" / "index").read_bytes() == index

    run_git(folder, "config", "--unset", "filter.a=b.process")
    run_git(folder, "status")  # what a git that is not held back does
    ran = {trace.name for trace in traces if trace.exists()}
    assert {"core.fsmonitor.trace", "filter.a_b.clean.trace"} <= ran


def test_a_git_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    program = tmp_path / "git"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(git, "_TIMEOUT_S", 0.1)
    assert git_state(tmp_path) is None


def test_a_git_beside_the_study_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    program, trace = _trap(tmp_path, "git")
    program.rename(tmp_path / "git")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", ".")
    assert git_state(tmp_path) is None
    assert not trace.exists()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://github.com/lab/study.git", "github.com/lab/study.git"),
        ("https://ada:ghp_secret@github.com/lab/study.git", "github.com/lab/study.git"),
        ("https://ghp_secret@github.com/lab/study.git?token=x#y", "github.com/lab/study.git"),
        ("ssh://git@example.org:2222/lab/study", "example.org/lab/study"),
        ("git@github.com:lab/study.git", "github.com/lab/study.git"),
        ("ghp_secret@github.com:lab/study.git", "github.com/lab/study.git"),
        ("/home/ada/study.git", None),
        ("../study.git", None),
        ("file:///home/ada/study.git", None),
        ("https://github.com/", None),
        ("https://example.org/x:ghp_secret@y/study.git", None),
        ("https://example.org/a%40b/study.git", None),
        ("ext::sh -c evil", None),
        ("https://[::1", None),
        ("", None),
    ],
)
def test_a_remote_is_host_and_path_or_nothing(url: str, shown: str | None):
    assert plain_remote(url) == shown


_SECRETS = st.text("abcdefXYZ0123456789+/=%&!$'()*,;.~_-", min_size=12, max_size=40)


@given(_SECRETS, st.sampled_from(["https", "ssh", "git+https"]))
def test_no_user_or_password_of_a_remote_is_shown(secret: str, scheme: str):
    for url in (
        f"{scheme}://{secret}@host.example/lab/study.git",
        f"{scheme}://user:{secret}@host.example/lab/study.git",
        f"{scheme}://host.example/lab/study.git?key={secret}",
        f"{scheme}://host.example/lab/study.git#{secret}",
    ):
        assert secret not in (plain_remote(url) or "")
