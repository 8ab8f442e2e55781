"""A dashboard with something on it, and a runner at work beside it: two processes of their own."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scramblebench.storage import Database, NewAlert, open_database
from tests.browser import studies
from tests.browser.processes import call, served, started
from tests.waiting import until


@dataclass(frozen=True, slots=True)
class Lab:
    """A finished study, another like it, and one that goes on and on; ``origin`` is the dashboard's address."""

    folder: Path
    database_url: str
    database: Database
    origin: str = ""
    study: str = ""
    other: str = ""
    running: str = ""

    def call(self, *words: str, codes: tuple[int, ...] = (0,)) -> str:
        """Run a command on the lab's database."""
        return call(self.folder, *words, "--database-url", self.database_url, codes=codes)

    def create(self, name: str, values: Mapping[str, Any], *more: str) -> str:
        """Store an experiment; return its id."""
        return studies.create(self.folder, self.database_url, name, values, *more)

    def finish(self, name: str, values: Mapping[str, Any], *more: str) -> str:
        """Store an experiment, run it to its end and analyse it; return its id."""
        found = self.create(name, values, *more)
        self.call("queue", found)
        self.call("run", found)
        self.call("analyze", found)
        return found

    def raise_alert(self, rule: str, message: str) -> int:
        """Raise an alert about the finished study; return its number."""
        new = NewAlert(rule, "warning", message, self.study, message, 0.93, 0.9)
        return self.database.monitor.raise_alert(new).no

    def n_answered(self, experiment_id: str) -> int:
        """Return how many trials are answered."""
        return self.database.experiments.get(experiment_id).n_answered


@contextmanager
def empty_lab(folder: Path) -> Generator[Lab]:
    """Open a new database in a folder."""
    url = f"sqlite:///{folder}/experiments.db"
    call(folder, "init-db", "--database-url", url)
    database = open_database(url)
    try:
        yield Lab(folder, url, database)
    finally:
        database.close()


@contextmanager
def laboratory(folder: Path) -> Generator[Lab]:
    """Run everything until the block is left."""
    with empty_lab(folder) as lab:
        study = lab.finish(studies.NAME, studies.config(latency_s=0.05), "--tags", "paper, pilot")
        other = lab.create(
            "The same, more puzzles", studies.config(per_domain=12), "--priority", "2"
        )
        _describe(lab, study)
        lab.create("Planned for later", studies.config(per_domain=16))
        running = lab.create("Overnight, slow models", studies.unhurried(90), "--priority", "1")
        runner = started(folder, "run", "--continuous", "--database-url", lab.database_url)
        with runner, served(folder, lab.database_url) as origin:
            until(lambda: lab.n_answered(running) > 4, "answer")
            yield Lab(folder, lab.database_url, lab.database, origin, study, other, running)


def _describe(lab: Lab, study: str) -> None:
    """Add what people and rules say."""
    lab.database.monitor.add_note(study, "Ada", "Looks as the pilot did; write it up.")
    lab.database.monitor.add_note(study, "Grace", "Ambiguous: two answers could count.", 0)
    for rule, severity, value, threshold in (
        ("error_rate", "warning", 0.0713, 0.05),
        ("cost_per_hour", "critical", 61.4, 50.0),
    ):
        message = f"{rule.replace('_', ' ')} at {value:g}, above {threshold:g}"
        lab.database.monitor.raise_alert(
            NewAlert(rule, severity, message, study, value=value, threshold=threshold)
        )
