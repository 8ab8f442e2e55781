"""Statistics and Compare say of every row, in words, whether it is confirmatory."""

import re
import sqlite3
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from scramblebench.dashboard import computing
from scramblebench.dashboard.app import Application, make_app
from scramblebench.experiment_tracking import ExperimentTracker
from scramblebench.storage import open_database
from tests.dashboard.asgi import get
from tests.dashboard.conftest import POLICY, SPEC

FROZEN = {"primary": ["levels", "mean_accuracy"]}
Made = tuple[Application, str, str]


@pytest.fixture(params=["sqlite", "postgres"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Made]:
    """The application over a preregistered run that was analysed, its id and its database."""
    is_lite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path}/x.db" if is_lite else request.getfixturevalue("postgres_url")
    tracker = ExperimentTracker(url)
    experiment_id = tracker.sync.create_experiment(
        "frozen", {**SPEC, "preregistration": FROZEN}, preregister=True
    )
    tracker.sync.queue_experiment(experiment_id)
    tracker.sync.run_experiments()
    computing.analyze(tracker.database, experiment_id)
    tracker.database.close()
    reading, writing = open_database(url, read_only=True), open_database(url)
    yield make_app(reading, writing, POLICY), experiment_id, url
    reading.close()
    writing.close()


def badges(text: str) -> list[str]:
    """Return the words of the badges in tables and lists, in order."""
    return re.findall(r'<(?:td|td class="n"|dd)>[^<]*<span class="standing \w+">(\w+)</span>', text)


def section(text: str, title: str) -> str:
    return text.partition(f"<h2>{title}")[2].partition("</section>")[0]


def test_every_row_has_a_badge_in_words(made: Made):
    app, experiment_id, _ = made
    page = get(app, f"/experiments/{experiment_id}/statistics").text
    assert "before the first run" in page
    assert "sha256" in page
    assert set(badges(section(page, "Levels against the baseline"))) == {"confirmatory"}
    assert set(badges(section(page, "Models over all levels"))) == {"confirmatory"}
    for title in ("Thresholds", "Models at single levels"):
        found = badges(section(page, title))
        assert set(found) <= {"exploratory"}
    assert set(badges(section(page, "Models at single levels"))) == {"exploratory"}


def test_two_models_of_one_experiment_have_badges_too(made: Made):
    app, experiment_id, _ = made
    page = get(app, f"/compare?a={experiment_id}").text
    assert (
        page.count('<span class="standing confirmatory">confirmatory</span>') == 3
    )  # one explains
    assert page.count('<span class="standing exploratory">exploratory</span>') > 2


def test_the_api_has_the_standing_and_the_document(made: Made):
    app, experiment_id, _ = made
    values = get(app, f"/api/experiments/{experiment_id}/statistics")
    assert values.status == 200
    assert '"standing":"confirmatory"' in values.text
    assert '"is_valid":true' in values.text


def test_an_altered_preregistration_is_said_on_the_page_at_once(made: Made):
    app, experiment_id, url = made
    statement = "UPDATE experiment_documents SET text = replace(text, 'holm', 'none')"
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as lite:
            lite.execute(statement)
            lite.commit()
    else:
        with psycopg.connect(url) as connection:
            connection.execute(statement)
    for path in (f"/experiments/{experiment_id}/statistics", f"/compare?a={experiment_id}"):
        page = get(app, path).text
        assert "The preregistration does not hold, nothing is confirmatory:" in page
        assert "its text was altered" in page
        assert ">confirmatory<" not in page


def test_without_one_the_page_says_so_once(world_without: Made):
    app, experiment_id, _ = world_without
    page = get(app, f"/experiments/{experiment_id}/statistics").text
    assert page.count("Nothing was preregistered: every test here is exploratory.") == 1
    assert "standing" not in page


@pytest.fixture
def world_without(tmp_path: Path) -> Generator[Made]:
    url = f"sqlite:///{tmp_path}/x.db"
    tracker = ExperimentTracker(url)
    experiment_id = tracker.sync.create_experiment("plain", SPEC)
    tracker.sync.queue_experiment(experiment_id)
    tracker.sync.run_experiments()
    computing.analyze(tracker.database, experiment_id)
    tracker.database.close()
    reading, writing = open_database(url, read_only=True), open_database(url)
    yield make_app(reading, writing, POLICY), experiment_id, url
    reading.close()
    writing.close()
