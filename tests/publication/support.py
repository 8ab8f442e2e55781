"""Publications of small experiments: what is written about them can be checked by hand."""

from pathlib import Path
from typing import Any

from scramblebench.experiment_tracking import ExperimentTracker
from scramblebench.publication.collecting import collect
from scramblebench.publication.source import Author, Publication
from scramblebench.storage import Database
from tests.experiment_tracking.studies import config, new_database, run


def publication_of(folder: Path, *, is_anonymous: bool = False, **changes: Any) -> Publication:
    """Run a study of simulated models, changed in some sections; return its publication.

    Three models, the bundled benchmark, levels 0, 33, 67 and 100 of one method: see ``studies.config``.
    """
    database = new_database(folder)
    run(database, config(**changes))
    return _collected(database, is_anonymous=is_anonymous)


def preregistered(folder: Path, **changes: Any) -> Publication:
    """Return the publication of such a study whose plan was frozen before it ran."""
    tracker = ExperimentTracker(f"sqlite:///{folder}/frozen.db")
    tracker.sync.create_experiment("frozen", config(**changes), preregister=True)
    tracker.sync.queue_experiment("@last")
    tracker.sync.run_experiments()
    return _collected(tracker.database)


def _collected(database: Database, *, is_anonymous: bool = False) -> Publication:
    return collect(
        database,
        database.experiments.find("@last"),
        title="A small study",
        authors=(Author("Jane Smith", "Reading Lab"),),
        allow_simulated=True,
        is_anonymous=is_anonymous,
    )
