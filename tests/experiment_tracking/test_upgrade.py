"""What an older schema did not keep is there after ``init-db``."""

from pathlib import Path

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from scramblebench.storage import open_database, schema
from tests.experiment_tracking.studies import config, new_database, run


def test_who_answered_is_known_of_what_was_stored_before(tmp_path: Path):
    database = new_database(tmp_path)
    experiment_id = run(database, config())
    known = database.trials.served(experiment_id)
    assert {who.model_index for who in known} == set(range(len(config()["models"])))
    database.close()
    url = f"sqlite:///{tmp_path}/study.db"
    migrations = Config()
    migrations.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    (step,) = ScriptDirectory.from_config(migrations).get_revisions("0008")
    with create_engine(url).begin() as connection:
        connection.exec_driver_sql("DROP TABLE served_models")
        with Operations.context(MigrationContext.configure(connection)):
            step.module.upgrade()
    database = open_database(url)
    assert database.trials.served(experiment_id) == known
    database.close()
