"""A publication carries what was preregistered, whole enough to judge every row of it again."""

from collections.abc import Generator
from pathlib import Path

import pytest

from scramblebench.analysis import standing
from scramblebench.evaluation import registered_of
from scramblebench.experiment_tracking import ExperimentTracker
from scramblebench.publication.collecting import collect
from scramblebench.storage import Database
from tests.experiment_tracking import studies

SPEC = studies.config(benchmarks={"b": {"generated": {"per_domain": 2}}})


@pytest.fixture
def database(tmp_path: Path) -> Generator[Database]:
    """A database with a run that was preregistered, and one that was not."""
    tracker = ExperimentTracker(f"sqlite:///{tmp_path}/x.db")
    for is_frozen in (True, False):
        tracker.sync.create_experiment(f"frozen {is_frozen}", SPEC, preregister=is_frozen)
        tracker.sync.queue_experiment("@last")
    tracker.sync.run_experiments()
    yield tracker.database
    tracker.database.close()


def test_it_is_carried_and_rows_are_judged_by_it(database: Database):
    record = database.experiments.find("frozen True")
    publication = collect(database, record, allow_simulated=True)
    found = registered_of(publication.preregistration)
    assert found is not None
    assert found.is_valid
    options = publication.report.options
    assert {standing(found, options, r) for r in publication.report.dependency} == {"confirmatory"}
    assert {standing(found, options, r) for r in publication.report.trends} == {"exploratory"}


def test_none_is_carried_where_nothing_was_preregistered(database: Database):
    record = database.experiments.find("frozen False")
    assert collect(database, record, allow_simulated=True).preregistration is None
