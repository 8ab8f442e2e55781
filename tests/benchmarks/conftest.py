"""The folder with the real benchmark files, and a way to write small ones."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from scramblebench.benchmarks import BenchmarkSource, LoadedBenchmark, load_benchmark

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def shared_benchmarks() -> Path:
    shared = os.environ.get("SCRAMBLEBENCH_SHARED")
    folder = (Path(shared) if shared else REPOSITORY.parent / "shared") / "benchmarks"
    if not folder.is_dir():
        pytest.skip(f"the shared benchmark files are not at {folder}; set SCRAMBLEBENCH_SHARED")
    return folder


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., LoadedBenchmark]:
    """Write a file and load it: ``load("q.csv", "question,answer\\n...")``."""

    def write_and_load(name: str, content: str | bytes, **options: object) -> LoadedBenchmark:
        data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
        (tmp_path / name).write_bytes(data)
        source = BenchmarkSource("own", (name,), base_dir=tmp_path, **options)  # type: ignore[arg-type]
        return load_benchmark(source)

    return write_and_load
