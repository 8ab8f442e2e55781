"""What the machine refuses is said in one line; a defect of ours is not hidden."""

import pytest

from scramblebench.cli import app as application


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RuntimeError("can't start new thread"), "error: no thread can be started; let this user"),
        (OSError(24, "Too many open files"), "error: [Errno 24] Too many open files"),
    ],
)
def test_what_the_machine_refuses(
    error: Exception,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.setattr(application, "app", raising(error))
    assert application.run_command_line(["list"]) == 1
    said = capsys.readouterr().err
    assert said.startswith(words)
    assert said.count("\n") == 1


def test_a_defect_is_raised(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(application, "app", raising(RuntimeError("a defect")))
    with pytest.raises(RuntimeError, match="a defect"):
        application.run_command_line(["list"])


def raising(error: Exception):
    def act(*_: object, **__: object) -> None:
        raise error

    return act
