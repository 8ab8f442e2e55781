"""Publications of small experiments: what is written about them can be checked by hand."""

from pathlib import Path
from typing import Any

from scramblebench.publication.collecting import collect
from scramblebench.publication.source import Author, Publication
from tests.experiment_tracking.studies import config, new_database, run


def publication_of(folder: Path, *, is_anonymous: bool = False, **changes: Any) -> Publication:
    """Run a study of simulated models, changed in some sections; return its publication.

    Three models, the bundled benchmark, levels 0, 33, 67 and 100 of one method: see ``studies.config``.
    """
    database = new_database(folder)
    run(database, config(**changes))
    return collect(
        database,
        database.experiments.find("@last"),
        title="A small study",
        authors=(Author("Jane Smith", "Reading Lab"),),
        allow_simulated=True,
        is_anonymous=is_anonymous,
    )
