"""Rules of the house that no linter knows."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "src").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def _names(path: Path) -> Iterator[tuple[int, str]]:
    """Yield every dotted name that is imported or called, with its line."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module or ""
        elif isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def _offences(forbidden: set[str], allowed_in: tuple[str, ...] = ()) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in SOURCES
        if not any(part in path.as_posix() for part in allowed_in)
        for line, name in _names(path)
        if name in forbidden
    ]


def test_no_file_is_longer_than_500_lines():
    long = {
        str(p.relative_to(ROOT)): n
        for p in SOURCES + TESTS
        if (n := len(p.read_text("utf-8").splitlines())) > 500
    }
    assert not long


def test_no_randomness_but_the_house_s_own():
    assert not _offences(
        {"random", "numpy.random", "hash", "np.random.default_rng", "np.random.seed"}
    )


def test_wall_time_comes_through_the_clock():
    forbidden = {
        "datetime.now",
        "datetime.utcnow",
        "time.time",
        "datetime.datetime.now",
        "date.today",
    }
    assert not _offences(forbidden, ("core/clock.py", "testing/"))


def test_no_data_is_run_as_code():
    forbidden = {
        "eval",
        "exec",
        "pickle",
        "dill",
        "marshal",
        "shelve",
        "yaml.load",
        "yaml.unsafe_load",
        "os.system",
    }
    assert not _offences(forbidden)


def test_no_error_is_swallowed():
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ExceptHandler) and all(isinstance(s, ast.Pass) for s in node.body)
    ]
    assert not silent


@pytest.mark.parametrize(
    "room", ["", ".providers", ".experiment_tracking", ".cli.app", ".evaluation"]
)
def test_start_up_loads_no_heavy_library(room: str):
    import subprocess
    import sys

    heavy = ("pandas", "scipy", "matplotlib", "pyarrow", "alembic", "pydantic", "aiohttp", "yaml")
    code = f"import sys, scramblebench{room}; print([m for m in {heavy} if m in sys.modules])"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert (
        loaded.stdout.strip() in ("[]", "['pydantic']")
        if room in (".providers", ".evaluation")
        else loaded.stdout.strip() == "[]"
    )
