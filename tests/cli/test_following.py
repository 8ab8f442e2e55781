"""The next commands: as they can be typed here."""

import pytest

from scramblebench.cli import following
from scramblebench.cli.following import command


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following.shutil, "which", lambda _: "/usr/bin/scramblebench-experiment")


def called_with(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.setattr(following.sys, "argv", [".venv/bin/scramblebench-experiment", *words])


def test_words_are_quoted_for_the_shell(monkeypatch: pytest.MonkeyPatch):
    called_with(monkeypatch, "init")
    assert (
        command("create", "My study", "x.yaml")
        == "scramblebench-experiment create 'My study' x.yaml"
    )


@pytest.mark.parametrize("option", [["--database-url", "a b.db"], ["--database-url=a b.db"]])
def test_the_same_database_is_reached(monkeypatch: pytest.MonkeyPatch, option: list[str]):
    called_with(monkeypatch, "create", *option)
    assert command("run") == "scramblebench-experiment run --database-url 'a b.db'"
    assert command("init") == "scramblebench-experiment init"


def test_a_password_is_not_repeated(monkeypatch: pytest.MonkeyPatch):
    called_with(monkeypatch, "create", "--database-url", "postgresql://me:secret@host/x")
    assert command("run") == "scramblebench-experiment run --database-url ..."


def test_a_program_that_is_not_on_the_path_is_named_as_it_was_called(
    monkeypatch: pytest.MonkeyPatch,
):
    called_with(monkeypatch, "init")
    monkeypatch.setattr(following.shutil, "which", lambda _: None)
    assert command("run") == ".venv/bin/scramblebench-experiment run"
