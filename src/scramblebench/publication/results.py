"""results.json: every number of a publication under its id, with all that was computed beside it."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from scramblebench.analysis.plain import plain
from scramblebench.analysis.preregistration import standing
from scramblebench.analysis.values import option_values
from scramblebench.publication.families import FamilyCount
from scramblebench.publication.numbers import Row, number_id, report_rows
from scramblebench.publication.source import ModelFacts, Publication
from scramblebench.publication.standings import registration

FORMAT = "scramblebench-results/1"


def results_values(publication: Publication) -> dict[str, Any]:
    """Return what results.json holds: the rows by id; NaN is null, infinity "inf".

    A number's id is that of its row, with ``#`` and the field's name where it is not the row's own.
    """
    report, record = publication.report, publication.record
    return {
        "format": FORMAT,
        "title": publication.title,
        "experiment_id": record.id,
        "experiment": record.name,
        "inputs_sha256": report.inputs_sha256,
        "seed": report.seed,
        "versions": dict(report.versions),
        "options": option_values(report.options),
        "cautions": list(report.cautions),
        "rows": dict(sorted(rows_by_id(publication).items())),
    }


def rows_by_id(publication: Publication) -> dict[str, Mapping[str, Any]]:
    """Return all rows as plain values by the id of their own number.

    ``standing`` says whether a row is confirmatory or exploratory, "" where nothing was preregistered.
    """
    registered, options = registration(publication), publication.report.options
    found: dict[str, Mapping[str, Any]] = {}
    for row in report_rows(publication.report):
        own: dict[str, Any] = asdict(row)
        if not isinstance(row, FamilyCount):
            own["standing"] = standing(registered, options, row)
        found[number_id(row)] = plain(own)
    for facts in publication.models:
        found[number_id(facts)] = _of_model(facts)
    found[number_id(publication)] = _of_experiment(publication)
    return found


def row_of(publication: Publication, stem: str) -> Row | None:
    """Return the row of an id without its field, None where there is none."""
    for row in (*report_rows(publication.report), *publication.models, publication):
        if number_id(row) == stem:
            return row
    return None


def _of_model(facts: ModelFacts) -> dict[str, Any]:
    values = {
        name: getattr(facts, name)
        for name in (
            "name", "n_planned", "n_answered", "n_missing", "n_no_answer", "n_cached", "n_lost",
            "failures", "prompt_tokens", "completion_tokens", "cost_microusd", "n_cost_unknown",
            "latencies_s",
        )
    }  # fmt: skip
    served = [asdict(one) for one in facts.served]
    return plain({**values, "provider": facts.spec.provider, "served": served})


def _of_experiment(publication: Publication) -> dict[str, Any]:
    record, ledger = publication.record, publication.ledger
    return plain(
        {
            "state": record.state,
            "n_trials": record.n_trials,
            "n_answered": record.n_answered,
            "n_models": len(publication.models),
            "n_questions": len(publication.plan.questions),
            "n_conditions": len(publication.plan.conditions),
            "cost_microusd": ledger.settled_microusd,
            "unknown_cost_microusd": ledger.unknown_microusd,
        }
    )
