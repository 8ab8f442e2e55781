"""A publication has the environments that runs recorded; an anonymous one says nothing of whose they are."""

from pathlib import Path

import pytest

from scramblebench.core.canonical import canonical_json
from scramblebench.publication.collecting import collect
from scramblebench.snapshot import compare_environments
from scramblebench.storage import DocumentKind
from tests.experiment_tracking.studies import config, new_database, run, simulated
from tests.snapshot.environments import environment


@pytest.mark.parametrize("is_anonymous", [False, True])
def test_environments_are_in_the_order_they_were_recorded(tmp_path: Path, is_anonymous: bool):
    database = new_database(tmp_path)
    off = {"capture_environment_snapshot": False}
    experiment_id = run(database, config(models=[simulated("m")], reproducibility=off))
    stored = [environment(python__version=version) for version in ("3.12.1", "3.11.7")]
    for snapshot in stored:
        text = canonical_json(snapshot)
        database.documents.add(experiment_id, DocumentKind.ENVIRONMENT, text)
    database.documents.add(experiment_id, DocumentKind.PREREGISTRATION, "{}")
    record = database.experiments.get(experiment_id)
    found = collect(database, record, allow_simulated=True, is_anonymous=is_anonymous).environments
    assert [snapshot["python"]["version"] for snapshot in found] == ["3.12.1", "3.11.7"]
    if not is_anonymous:
        assert list(found) == stored
        return
    assert "example.org" not in canonical_json(found)
    assert found[1]["git"]["project"] is None
    comparison = compare_environments(stored[1], found[1], "strict")
    assert comparison.is_reproducible
