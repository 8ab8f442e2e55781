"""Who judged and who answered, as the stored responses say: a look at the first ones of each model."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from scramblebench.plan import Plan
from scramblebench.storage import Database

_LOOKED_AT = 50
"""Responses of each model that are read: scorers and digests change between runs, not within."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Scorers by benchmark and digests by model, of the first responses of each model."""

    scorers: Mapping[str, frozenset[str]]
    digests: Mapping[str, frozenset[str]]


def read_provenance(database: Database, experiment_id: str, plan: Plan) -> Provenance:
    """Return what is stored beside the first responses of each model."""
    scorers: dict[str, set[str]] = {}
    digests: dict[str, set[str]] = {}
    for position, model in enumerate(plan.spec.models):
        lane = plan.grid.lane(position)
        found = database.trials.responses(experiment_id, lane.start, lane.stop)
        for record in islice(found, _LOOKED_AT):
            benchmark = plan.trial(record.trial_index).question.benchmark
            if record.score is not None:
                scorers.setdefault(benchmark, set()).add(record.score.scorer)
            if record.response.model_digest:
                digests.setdefault(model.shown_name, set()).add(record.response.model_digest)
    return Provenance(_frozen(scorers), _frozen(digests))


def _frozen(values: dict[str, set[str]]) -> dict[str, frozenset[str]]:
    return {key: frozenset(found) for key, found in values.items()}
