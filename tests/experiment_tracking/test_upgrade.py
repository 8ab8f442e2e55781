"""What an older schema did not keep is there after ``init-db``."""

import sqlite3
from pathlib import Path

from scramblebench.storage import open_database
from tests.experiment_tracking.studies import config, new_database, run


def test_who_answered_is_known_of_what_was_stored_before(tmp_path: Path):
    database = new_database(tmp_path)
    experiment_id = run(database, config())
    known = database.trials.served(experiment_id)
    assert {who.model_index for who in known} == set(range(len(config()["models"])))
    database.close()
    with sqlite3.connect(tmp_path / "study.db") as raw:
        raw.execute("DROP TABLE served_models")
        raw.execute("UPDATE alembic_version SET version_num = '0007'")
    database = open_database(f"sqlite:///{tmp_path}/study.db")
    database.migrate()
    assert database.trials.served(experiment_id) == known
    database.close()
