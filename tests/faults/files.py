"""F21, F22: migrations killed, and files that are not what they should be."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from scramblebench.benchmarks import BenchmarkSource, load_benchmark
from scramblebench.core.errors import ScrambleBenchError, StorageError, UsageError
from scramblebench.settings import load_spec
from scramblebench.storage import open_database, schema
from tests.faults.bad_files import LONG_LINE_BYTES, corpus, mutated_config
from tests.faults.matrix import SQLITE, fault
from tests.faults.stage import Stage

OLD_SCHEMA = Path(__file__).parent / "old" / "schema_0001.sql"
_ROOT = Path(__file__).parents[2]
_CONFIGS_A_RUN = 100
_CONFIG_S = 1.0
_BENCHMARK_S = 10.0


@fault(
    "F21", "migration killed before each of its statements; an old version on a new schema",
    per_commit=2, full=2, completes=False,
)  # fmt: skip
def migration_killed(stage: Stage, run_number: int) -> None:
    """Run 0 begins with nothing, run 1 with an old file (PostgreSQL: with the old schema)."""
    target, reference = _two_empty_databases(stage)
    if run_number == 1:
        _make_old(target)
        _make_old(reference)
    _migrate(reference)
    words = [sys.executable, "-m", "tests.faults.migration_kills", target, reference, "1"]
    done = subprocess.run(words, cwd=_ROOT, capture_output=True, text=True, check=False)
    if done.returncode or not done.stdout.rstrip().endswith("kills"):
        stage.complain("F21", done.stdout + done.stderr)
    if stage.database == SQLITE and run_number == 1:
        _check_old_rows(stage, target)
    _check_refusal(stage, target)


def _two_empty_databases(stage: Stage) -> tuple[str, str]:
    if stage.database == SQLITE:
        first, second = (f"sqlite:///{stage.folder}/{name}.db" for name in ("target", "reference"))
        return first, second
    assert stage.job.postgres is not None
    urls: list[str] = []
    for name in ("target", "reference"):
        whole = f"{stage.job.postgres_name}_{name}"
        stage.job.postgres.run(f"DROP DATABASE IF EXISTS {whole} WITH (FORCE)")
        stage.job.postgres.run(f"CREATE DATABASE {whole}")
        urls.append(stage.job.postgres.url(whole))
    return urls[0], urls[1]


def _make_old(url: str) -> None:
    """Fill an SQLite file with what version 0001 left; give PostgreSQL that version's tables."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        connection.executescript(OLD_SCHEMA.read_text("utf-8"))
        connection.close()
        return
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()


def _migrate(url: str) -> None:
    database = open_database(url)
    database.migrate()
    database.close()


def _check_old_rows(stage: Stage, url: str) -> None:
    database = open_database(url)
    for record in database.experiments.list():
        n_stored = len(list(database.trials.responses(record.id)))
        if n_stored != record.n_answered:
            stage.complain("F21", f"{record.name}: {n_stored} of {record.n_answered} responses")
    if len(database.experiments.list()) != 2:
        stage.complain("F21", "the two experiments of the old file are not there")
    database.close()


def _check_refusal(stage: Stage, url: str) -> None:
    """An old version, which knows fewer revisions, refuses the database and changes nothing."""
    known = schema.REVISIONS
    schema.REVISIONS = known[:-1]
    try:
        database = open_database(url)
        for act in (database.experiments.list, database.migrate):
            try:
                act()
            except StorageError as error:
                if "newer than" not in str(error):
                    stage.complain("F21", f"refused without saying why: {error}")
            else:
                stage.complain("F21", "an old version took a new schema for its own")
        database.close()
    finally:
        schema.REVISIONS = known


@fault(
    "F22", f"{_CONFIGS_A_RUN} mutated configurations a run; run 0 also 200 benchmark files, lines of 100 MB",
    per_commit=5, full=200, databases=(SQLITE,), completes=False,
)  # fmt: skip
def bad_files(stage: Stage, run_number: int) -> None:
    path = stage.folder / "study.yaml"
    for seed in range(run_number * _CONFIGS_A_RUN, (run_number + 1) * _CONFIGS_A_RUN):
        path.write_bytes(mutated_config(seed))
        _read(stage, f"configuration {seed}", path, lambda: load_spec(path), _CONFIG_S)
    if run_number == 0:
        _read_corpus(stage)
        _read_long_lines(stage)


def _read_corpus(stage: Stage) -> None:
    n_files = n_valid = 0
    for name, data in corpus():
        path = stage.folder / name
        path.write_bytes(data)
        n_files += 1
        n_valid += _read(stage, name, path, lambda path=path: _load(path), _BENCHMARK_S)
    if n_files != 200 or not 30 < n_valid < 100:
        stage.complain("run", f"{n_valid} of {n_files} files are valid: the corpus has no bite")


def _read_long_lines(stage: Stage) -> None:
    path = stage.folder / "long.jsonl"
    for name, head in (("long.jsonl", b'{"question": "'), ("long.csv", b"question,answer\n")):
        path = stage.folder / name
        with path.open("wb") as file:
            file.write(head)
            for _ in range(LONG_LINE_BYTES >> 20):
                file.write(b"x" * (1 << 20))
        is_valid = _read(stage, name, path, lambda path=path: _load(path), _BENCHMARK_S)
        if is_valid:
            stage.complain("F22", f"{name}: a line of 100 MB is no question")
        _read(stage, f"{name} as YAML", path, lambda path=path: load_spec(path), _CONFIG_S)
        path.unlink()


def _load(path: Path) -> object:
    return load_benchmark(BenchmarkSource("own", (path.name,), base_dir=path.parent))


def _read(
    stage: Stage, name: str, path: Path, read: Callable[[], object], at_most_s: float
) -> bool:
    """Read a file: valid, or refused in one line that has its place, soon; return whether valid."""
    began_s = time.process_time()
    error: Exception | None = None
    try:
        read()
    except (ScrambleBenchError, OSError, ValueError, RecursionError, MemoryError) as raised:
        error = raised
    duration_s = time.process_time() - began_s
    if error is not None and (not isinstance(error, UsageError) or "\n" in str(error)):
        stage.complain("F22", f"{name}: {type(error).__name__}: {error}")
    elif error is not None and not str(error).startswith(str(path)):
        stage.complain("F22", f"{name}: an error without its place: {error}")
    if duration_s > at_most_s:
        stage.complain("F22", f"{name}: took {duration_s:.1f} s")
    return error is None
