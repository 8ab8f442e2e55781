"""Preregistration in both databases: before the first response only, never changed, and altered ones found."""

import json
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from scramblebench.core.clock import SystemClock
from scramblebench.core.errors import StorageError, UsageError
from scramblebench.core.states import ExperimentState
from scramblebench.evaluation import (
    Registered,
    preregister,
    read_preregistration,
    registered_of,
    restore_plan,
)
from scramblebench.storage import Database, DocumentKind, open_database
from scramblebench.testing.experiments import make_answer, make_reservation
from tests.experiment_tracking import studies

FROZEN = DocumentKind.PREREGISTRATION
SPEC = studies.config(benchmarks={"b": {"generated": {"per_domain": 2}}})
Alter = Callable[[str], None]


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    is_lite = request.param == "sqlite"
    return f"sqlite:///{tmp_path}/x.db" if is_lite else request.getfixturevalue("postgres_url")


@pytest.fixture
def database(url: str) -> Generator[Database]:
    found = open_database(url)
    found.migrate()
    yield found
    found.close()


@pytest.fixture
def alter(url: str) -> Alter:
    """Run a statement past the program."""

    def run(statement: str) -> None:
        if url.startswith("sqlite"):
            import sqlite3

            with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
                assert connection.execute(statement).rowcount > 0
                connection.commit()
        else:
            with psycopg.connect(url) as connection:
                assert connection.execute(statement).rowcount > 0  # type: ignore[arg-type]

    return run


def freeze(database: Database, experiment_id: str) -> str:
    return preregister(database, experiment_id, SystemClock(), by="ada").sha256


def read(database: Database, experiment_id: str) -> Registered:
    record = database.experiments.get(experiment_id)
    found = read_preregistration(database, record, restore_plan(database, experiment_id))
    assert found is not None
    return found


def test_it_is_kept_with_its_hash_and_told_in_the_history(database: Database):
    experiment_id = studies.planned(database, SPEC)
    record = database.experiments.get(experiment_id)
    assert read_preregistration(database, record) is None
    sha256 = freeze(database, experiment_id)
    found = read(database, experiment_id)
    assert (found.sha256, found.faults, found.is_interim) == (sha256, (), True)
    assert json.loads(found.text)["frozen_at"] == found.frozen_at
    event = database.experiments.events(experiment_id)[-1]
    assert (event.actor, event.reason) == ("ada", f"preregistered, sha256 {sha256}")
    assert registered_of(found.values()) == found
    assert registered_of(None) is None


def test_the_same_again_changes_nothing(database: Database):
    experiment_id = studies.planned(database, SPEC)
    assert freeze(database, experiment_id) == freeze(database, experiment_id)
    assert len(database.documents.list(experiment_id, FROZEN)) == 1
    assert len(database.experiments.events(experiment_id)) == 2


def test_an_event_that_a_crash_left_out_is_made_up_for(database: Database, alter: Alter):
    experiment_id = studies.planned(database, SPEC)
    sha256 = freeze(database, experiment_id)
    alter("DELETE FROM experiment_events WHERE reason LIKE 'preregistered%'")
    assert read(database, experiment_id).is_valid
    assert freeze(database, experiment_id) == sha256
    assert database.experiments.events(experiment_id)[-1].actor == "ada"


def test_it_holds_after_the_run_and_the_same_again_too(database: Database):
    experiment_id = studies.planned(database, SPEC)
    sha256 = freeze(database, experiment_id)
    run(database, experiment_id)
    found = read(database, experiment_id)
    assert (found.faults, found.is_interim) == ((), False)
    assert freeze(database, experiment_id) == sha256


def run(database: Database, experiment_id: str) -> None:
    """Answer one trial under a claim, as a runner does, and end."""
    database.queue.enqueue(experiment_id)
    claim = database.queue.claim("runner", 60)
    assert claim is not None
    answer(database, experiment_id)
    database.experiments.change_state(experiment_id, ExperimentState.FAILED, fence=claim.fence)


def answer(database: Database, experiment_id: str) -> None:
    database.trials.write([make_reservation(experiment_id, 0)])
    database.trials.write([make_answer(experiment_id, 0)])


def test_nothing_is_registered_after_the_first_response(database: Database):
    experiment_id = studies.planned(database, SPEC)
    answer(database, experiment_id)
    with pytest.raises(
        UsageError, match=r"has responses already \(1\): .* create the experiment anew"
    ):
        freeze(database, experiment_id)
    assert database.documents.list(experiment_id) == ()
    assert len(database.experiments.events(experiment_id)) == 1


def test_nothing_is_registered_after_the_first_attempt(database: Database):
    experiment_id = studies.planned(database, SPEC)
    database.queue.enqueue(experiment_id)
    assert database.queue.claim("runner", 60) is not None
    database.trials.write([make_reservation(experiment_id, 3)])
    with pytest.raises(UsageError, match=r"has attempts already \(1\)"):
        freeze(database, experiment_id)


def test_nothing_is_registered_once_it_has_been_running(database: Database):
    experiment_id = studies.planned(database, SPEC)
    database.queue.enqueue(experiment_id)
    assert database.queue.claim("runner", 60) is not None
    with pytest.raises(UsageError, match="has been running since"):
        freeze(database, experiment_id)


def test_a_run_that_begins_meanwhile_is_noticed(database: Database):
    experiment_id = studies.planned(database, SPEC)

    class Late(SystemClock):
        def now(self) -> Any:
            database.queue.enqueue(experiment_id)
            assert database.queue.claim("runner", 60) is not None
            return super().now()

    with pytest.raises(UsageError, match="has been running since"):
        preregister(database, experiment_id, Late(), by="ada")
    (fault,) = read(database, experiment_id).faults
    assert "and the first run began at" in fault


def test_another_one_is_refused(database: Database, alter: Alter):
    experiment_id = studies.planned(database, SPEC)
    sha256 = freeze(database, experiment_id)
    alter("UPDATE experiments SET hypothesis = 'It rises.'")
    with pytest.raises(UsageError, match=f"sha256 {sha256}.* not changed afterwards"):
        freeze(database, experiment_id)
    assert len(database.documents.list(experiment_id, FROZEN)) == 1


def test_an_altered_document_is_found(database: Database, alter: Alter):
    experiment_id = studies.planned(database, SPEC)
    sha256 = freeze(database, experiment_id)
    alter("""UPDATE experiment_documents SET text = replace(text, '"holm"', '"none"')""")
    faults = read(database, experiment_id).faults
    assert "its text was altered" in faults[0]
    assert sha256 in faults[0]
    assert "not what was frozen: corrections, statistics" in faults[1]
    with pytest.raises(StorageError, match="was altered"):
        freeze(database, experiment_id)


def test_any_one_character_is_found(database: Database, alter: Alter):
    experiment_id = studies.planned(database, SPEC)
    freeze(database, experiment_id)
    size = len(database.documents.list(experiment_id, FROZEN)[0].text)
    for place in range(0, size, size // 7):
        text = database.documents.list(experiment_id, FROZEN)[0].text
        other = "#" if text[place] != "#" else "+"
        alter(
            "UPDATE experiment_documents SET text = "
            f"substr(text, 1, {place}) || '{other}' || substr(text, {place + 2})"
        )
        assert not read(database, experiment_id).is_valid
        old = text[place].replace("'", "''")
        alter(
            "UPDATE experiment_documents SET text = "
            f"substr(text, 1, {place}) || '{old}' || substr(text, {place + 2})"
        )
        assert read(database, experiment_id).is_valid


def test_a_document_that_was_exchanged_or_taken_away_is_found(database: Database, alter: Alter):
    experiment_id = studies.planned(database, SPEC)
    sha256 = freeze(database, experiment_id)
    text = database.documents.list(experiment_id, FROZEN)[0].text
    alter("DELETE FROM experiment_documents")
    (fault,) = read(database, experiment_id).faults
    assert f"sha256 {sha256}, but it is not in the database" in fault
    database.documents.add(experiment_id, FROZEN, text.replace("0.95", "0.9"))
    assert any("the history tells of sha256" in f for f in read(database, experiment_id).faults)


def test_a_second_document_is_found(database: Database):
    experiment_id = studies.planned(database, SPEC)
    freeze(database, experiment_id)
    text = database.documents.list(experiment_id, FROZEN)[0].text
    database.documents.add(experiment_id, FROZEN, text.replace("0.95", "0.9"))
    assert any("there are 2 of them" in f for f in read(database, experiment_id).faults)


def test_an_experiment_that_was_changed_afterwards_is_found(database: Database, alter: Alter):
    experiment_id = studies.planned(database, SPEC)
    freeze(database, experiment_id)
    alter("""UPDATE experiments SET spec_json = replace(spec_json, '"decay":3.0', '"decay":1.0')""")
    (fault,) = read(database, experiment_id).faults
    assert fault.endswith("not what was frozen: models")


def test_a_question_that_was_changed_afterwards_is_found(database: Database, alter: Alter):
    experiment_id = studies.planned(database, SPEC)
    freeze(database, experiment_id)
    alter("UPDATE experiment_questions SET question_no = 1 WHERE position = 5")
    (fault,) = read(database, experiment_id).faults
    assert fault.endswith("not what was frozen: benchmarks")


def test_a_document_from_after_the_first_run_is_found(database: Database):
    experiment_id = studies.planned(database, SPEC)
    other = studies.planned(database, SPEC)
    freeze(database, other)
    run(database, experiment_id)
    text = database.documents.list(other, FROZEN)[0].text
    database.documents.add(experiment_id, FROZEN, text.replace(other, experiment_id))
    (fault,) = read(database, experiment_id).faults
    assert "it was frozen at" in fault


def test_a_text_of_another_kind_is_found(database: Database):
    experiment_id = studies.planned(database, SPEC)
    database.documents.add(experiment_id, FROZEN, "[1]")
    assert read(database, experiment_id).faults == (
        "its text is not of the format scramblebench-preregistration/1",
    )
