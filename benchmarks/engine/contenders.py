"""How each client is run once, from nothing: its command, and its database where it has one."""

import os
import subprocess
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.engine.measuring import Measured, measure
from benchmarks.engine.settings import LEVELS_PCT, MILLION, QUICK_TRIALS, Setting
from scramblebench.testing.postgres import PostgresServer

PROGRAM = (sys.executable, "-m", "scramblebench")
BARE = "bare aiohttp"
ENGINE_SQLITE = "engine, SQLite"
ENGINE_POSTGRES = "engine, PostgreSQL"
OPENAI_SDK = "openai SDK"
INSPECT = "Inspect AI"
_CLIENTS = ("-m", "benchmarks.engine.clients")
_INSPECT_TASK = Path(__file__).with_name("inspect_task.py")
_HAS_MODULE = "import importlib.util as u, sys; sys.exit(u.find_spec(sys.argv[1]) is None)"

Run = Callable[[Setting, str], Measured]
"""Sends the setting's requests to the URL."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A client; ``run`` None: it is not installed. What is slow takes part in little, and once."""

    name: str
    run: Run | None
    most_requests: int = MILLION
    most_trials: int = MILLION
    most_rounds: int = 100

    def share_of(self, setting: Setting) -> Setting:
        """Return the part of a setting that this client is given."""
        return replace(setting, n_trials=min(setting.n_trials, self.most_requests))


def contenders(postgres: PostgresServer, peers_python: str | None) -> Sequence[Contender]:
    """Return everybody, the bare loop first."""
    return (
        Contender(BARE, _loop("bare")),
        Contender("  + commits, SQLite", _stored_in_sqlite),
        Contender("  + commits, PostgreSQL", _stored_in(postgres)),
        Contender(ENGINE_SQLITE, _engine_on_sqlite),
        Contender(ENGINE_POSTGRES, _engine_on(postgres)),
        _peer(OPENAI_SDK, _if_installed("openai", peers_python, _openai_sdk), 5_000),
        _peer(INSPECT, _if_installed("inspect_ai", peers_python, _inspect), 1_000),
    )


def _peer(name: str, run: Run | None, most_requests: int) -> Contender:
    return Contender(name, run, most_requests, most_trials=QUICK_TRIALS, most_rounds=1)


def those_of(setting: Setting, everybody: Sequence[Contender]) -> Sequence[Contender]:
    """Return those that take part at a setting: of a million trials only what the bars need."""
    if setting.n_trials == MILLION:
        return [contender for contender in everybody if contender.name in (BARE, ENGINE_SQLITE)]
    return [contender for contender in everybody if setting.n_trials <= contender.most_trials]


def create_experiment(setting: Setting, url: str, database_url: str) -> None:
    """Store and queue an experiment of the setting's size."""
    with TemporaryDirectory() as folder:
        config = Path(folder) / "study.yaml"
        config.write_text(_study(setting, url))
        command = [*PROGRAM, "create", "Throughput", str(config), "-p", "1"]
        environment = {**os.environ, "DATABASE_URL": database_url}
        created = subprocess.run(command, capture_output=True, text=True, env=environment)
        if created.returncode:
            raise SystemExit(created.stderr)


def _study(setting: Setting, url: str) -> str:
    generated = (
        f"{{domains: [arithmetic], per_domain: {setting.n_questions}, difficulties: [medium]}}"
    )
    return f"""\
models:
  - {{name: gpt-4o-mini, provider: openai, base_url: "{url}", max_concurrent_requests: {setting.concurrency}}}
benchmarks:
  generated:
    generated: {generated}
    sample_size: {setting.n_questions}
scrambling:
  levels: {list(LEVELS_PCT)}
execution:
  repeats: {setting.n_repeats}
"""


def _loop(client: str, python: str = sys.executable, database: str = "") -> Run:
    def run(setting: Setting, url: str) -> Measured:
        size = ["--requests", str(setting.n_requests), "--concurrency", str(setting.concurrency)]
        return measure([python, *_CLIENTS, client, "--url", url, *size, "--database", database])

    return run


def _stored_in_sqlite(setting: Setting, url: str) -> Measured:
    with TemporaryDirectory() as folder:
        return _loop("stored", database=f"{folder}/responses.db")(setting, url)


def _stored_in(postgres: PostgresServer) -> Run:
    def run(setting: Setting, url: str) -> Measured:
        with postgres.database() as database:
            return _loop("stored", database=database)(setting, url)

    return run


def _engine_on_sqlite(setting: Setting, url: str) -> Measured:
    with sqlite_database() as database:
        return _engine(setting, url, database)


def _engine_on(postgres: PostgresServer) -> Run:
    def run(setting: Setting, url: str) -> Measured:
        with postgres.database() as database:
            return _engine(setting, url, database)

    return run


def _engine(setting: Setting, url: str, database_url: str) -> Measured:
    create_experiment(setting, url, database_url)
    return measure([*PROGRAM, "run"], {"DATABASE_URL": database_url})


@contextmanager
def sqlite_database() -> Generator[str]:
    """Yield the URL of a file that is not there yet."""
    with TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/experiments.db"


def _if_installed(module: str, python: str | None, make: Callable[[str], Run]) -> Run | None:
    if python is None or subprocess.run([python, "-c", _HAS_MODULE, module]).returncode:
        return None
    return make(python)


def _openai_sdk(python: str) -> Run:
    return _loop("openai-sdk", python)


def _inspect(python: str) -> Run:
    def run(setting: Setting, url: str) -> Measured:
        with TemporaryDirectory() as folder:
            at_once = str(setting.concurrency)
            command = [python, "-m", "inspect_ai", "eval", os.path.relpath(_INSPECT_TASK)]
            command += [
                "-T",
                f"n_samples={setting.n_requests}",
                "--model",
                "openai-api/fake/gpt-4o-mini",
            ]
            command += ["--max-connections", at_once, "--max-samples", at_once]
            command += ["--log-dir", folder, "--display", "none"]
            return measure(command, {"FAKE_BASE_URL": url, "FAKE_API_KEY": "none"})

    return run
