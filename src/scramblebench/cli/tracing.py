"""What ``trace`` finds, as plain values."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scramblebench.publication.source import Publication
    from scramblebench.publication.tracing import Trace


def traced(
    number: str, experiment: str, folder: Path | None, limit: int, database_url: str | None
) -> dict[str, Any]:
    """Return a number with its row and the first responses behind it, from a package or the database."""
    from scramblebench.publication.tracing import trace

    publication = _publication(experiment, folder, database_url)
    found = trace(publication, number)
    n_answered = sum(1 for _ in _behind(publication, found))
    return {
        "id": found.id,
        "value": found.value,
        "row": dict(found.row),
        "computed_by": found.computed_by,
        "versions": dict(found.versions),
        "seed": found.seed,
        "inputs_sha256": found.inputs_sha256,
        "n_trials": len(found.trials),
        "n_missing": len(found.trials) - n_answered,
        "responses": list(islice(_behind(publication, found), limit)),
    }


def _publication(experiment: str, folder: Path | None, database_url: str | None) -> "Publication":
    if folder is not None:
        from scramblebench.publication.package.restoring import restore

        return restore(folder).publication
    from scramblebench.publication.collecting import collect
    from scramblebench.storage import open_database

    database = open_database(database_url)
    return collect(database, database.experiments.find(experiment), allow_simulated=True)


def _behind(publication: "Publication", found: "Trace") -> Iterator[dict[str, Any]]:
    """Yield the responses to the trials that a number rests on."""
    wanted = set(found.trials.tolist())
    plan = publication.plan
    for record in publication.responses():
        if record.trial_index in wanted:
            trial = plan.trial(record.trial_index)
            yield {
                "trial_index": record.trial_index,
                "model": plan.spec.models[trial.model_index].shown_name,
                "benchmark": trial.question.benchmark,
                "source_id": trial.question.source_id,
                "method": trial.condition.method,
                "level": trial.condition.level_pct,
                "repeat": trial.repeat,
                "score": record.score.value if record.score else None,
                "answer": record.score.answer if record.score else None,
                "text": record.response.text,
            }
