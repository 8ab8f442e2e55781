"""A real run of simulated models on each database, and the application over it."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scramblebench.core.clock import SystemClock
from scramblebench.dashboard.app import Application, make_app
from scramblebench.dashboard.jobs import Jobs
from scramblebench.dashboard.network import NetworkPolicy
from scramblebench.experiment_tracking import ExperimentTracker
from scramblebench.storage import Database, open_database
from scramblebench.testing.postgres import PostgresServer

POLICY = NetworkPolicy(csrf_token="a-token-of-our-forms")
SPEC: dict[str, Any] = {
    "models": [
        {
            "name": name,
            "provider": "simulated",
            "seed": seed,
            "simulation": {"ability": 2.0, "decay": decay, "no_answer_rate": 0.3},
        }
        for seed, (name, decay) in enumerate((("reader", 3.0), ("reasoner", 0.5)), 1)
    ],
    "benchmarks": {
        "bundled": {"generated": {"per_domain": 4, "domains": ["facts", "logic"]}},
    },
    "scrambling": {"levels": [0, 50, 100], "methods": ["character_substitution", "word_shuffle"]},
}
N_QUESTIONS, N_CONDITIONS, N_TRIALS = 8, 5, 80


@dataclass(frozen=True)
class World:
    """A database with one experiment that is complete and one that only was planned."""

    url: str
    app: Application
    database: Database
    done: str
    planned: str


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def world_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('dashboard')}/experiments.db"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as url:
        yield url


@pytest.fixture(scope="session")
def filled(world_url: str) -> tuple[str, str]:
    """Run one experiment and plan another; return their ids."""
    tracker = ExperimentTracker(world_url)
    done = tracker.sync.create_experiment("Done study", SPEC, tags=["pilot"], researcher_name="Ada")
    planned = tracker.sync.create_experiment("Planned study", SPEC)
    tracker.sync.queue_experiment(done)
    tracker.sync.run_experiments()
    tracker.database.close()
    return done, planned


@pytest.fixture
def world(world_url: str, filled: tuple[str, str]) -> Generator[World]:
    reading = open_database(world_url, read_only=True, deadline_s=2.0)
    writing = open_database(world_url)
    jobs = Jobs(world_url, SystemClock())
    app = make_app(reading, writing, POLICY, jobs=jobs)
    yield World(world_url, app, writing, *filled)
    jobs.close()
    reading.close()
    writing.close()


@pytest.fixture
def empty_app(tmp_path: Path) -> Generator[Application]:
    """The application over a database that nobody has made yet."""
    url = f"sqlite:///{tmp_path}/nothing.db"
    reading, writing = open_database(url, read_only=True), open_database(url)
    yield make_app(reading, writing, POLICY)
    reading.close()
    writing.close()
