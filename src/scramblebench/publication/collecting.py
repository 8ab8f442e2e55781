"""From the database to a publication: one pass over the responses, the analysis as it was configured."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from scramblebench.analysis import (
    declared_row,
    make_cube,
    make_report,
    options_of,
    read_sound_scores,
)
from scramblebench.core.errors import UsageError
from scramblebench.evaluation import read_preregistration, restore_plan
from scramblebench.plan import Plan
from scramblebench.publication.source import Author, ModelFacts, Publication, Served
from scramblebench.settings import ProviderName
from scramblebench.snapshot import read_snapshot, without_names
from scramblebench.storage import (
    CounterRecord,
    Database,
    DocumentKind,
    ExperimentRecord,
    FailureTotal,
    ResponseRecord,
)


def collect(
    database: Database,
    record: ExperimentRecord,
    *,
    title: str = "",
    authors: Sequence[Author] = (),
    abstract: str = "",
    allow_simulated: bool = False,
    is_anonymous: bool = False,
    advance: Callable[[str], None] = lambda _words: None,
) -> Publication:
    """Return an experiment with its analysis; the title and the author are its own where none is given.

    ``advance`` is told what is being read. Raises UsageError where there is no response, or where models
    are simulated and that is not allowed: their numbers are no measurements.
    """
    plan = restore_plan(database, record.id)
    simulated = [m.shown_name for m in plan.spec.models if m.provider is ProviderName.SIMULATED]
    if simulated and not allow_simulated:
        raise UsageError(
            f"{', '.join(simulated)}: simulated models are no measurements; "
            "--allow-simulated writes their numbers, labelled"
        )
    if record.n_answered == 0:
        raise UsageError(f"{record.name}: there is no response yet")
    advance("reading scores")
    columns = read_sound_scores(database, record, plan)
    cube = make_cube(plan, columns)
    report = make_report(
        record.name, cube, options_of(plan.spec.statistical_analysis),
        declared=declared_row(plan, columns), advance=advance,
    )  # fmt: skip
    registered = read_preregistration(database, record, plan)
    advance("reading responses")
    # only the bodies of a file's responses say what their columns do not: whether a seed was given
    is_imported = any(m.provider is ProviderName.IMPORTED for m in plan.spec.models)
    documents = database.documents.list(record.id, DocumentKind.ENVIRONMENT)
    environments = [read_snapshot(document.text) for document in documents]
    return Publication(
        title=title or record.name,
        authors=tuple(authors) or _own_author(record),
        abstract=abstract,
        record=record,
        source_text=database.experiments.source_text(record.id),
        plan=plan,
        cube=cube,
        report=report,
        models=_facts(database, record, plan),
        events=tuple(database.experiments.events(record.id)),
        ledger=database.trials.ledger(record.id),
        responses=lambda: database.trials.responses(record.id, with_bodies=is_imported),
        preregistration=registered.values() if registered else None,
        environments=tuple(map(without_names, environments) if is_anonymous else environments),
        is_anonymous=is_anonymous,
    )


def _own_author(record: ExperimentRecord) -> tuple[Author, ...]:
    if not record.researcher_name:
        return ()
    return (Author(record.researcher_name, affiliation=record.institution),)


@dataclass(slots=True)
class _Seen:
    """What the responses of one model say."""

    served: Counter[tuple[str | None, str | None, str | None]] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    first_at: datetime | None = None
    last_at: datetime | None = None

    def add(self, item: ResponseRecord) -> None:
        response, at = item.response, item.responded_at
        self.served[response.served_model, response.served_provider, response.model_digest] += 1
        if response.latency_s and not response.is_cached:
            self.latencies.append(response.latency_s)
        self.first_at = at if self.first_at is None else min(self.first_at, at)
        self.last_at = at if self.last_at is None else max(self.last_at, at)


def _facts(database: Database, record: ExperimentRecord, plan: Plan) -> tuple[ModelFacts, ...]:
    seen = [_Seen() for _ in plan.spec.models]
    for item in database.trials.responses(record.id, with_bodies=False):
        seen[plan.grid.cell(item.trial_index)[0]].add(item)
    counters = database.trials.counters(record.id)
    failures = database.trials.failures(record.id)
    return tuple(
        _facts_of(plan, number, counters, failures, seen[number]) for number in range(len(seen))
    )


def _facts_of(
    plan: Plan,
    number: int,
    counters: Sequence[CounterRecord],
    failures: Sequence[FailureTotal],
    seen: _Seen,
) -> ModelFacts:
    own = [counter for counter in counters if counter.model_index == number]
    lane = plan.grid.lane(number)
    latencies = None
    if seen.latencies:
        low, middle, high = np.quantile(seen.latencies, (0.05, 0.5, 0.95)).tolist()
        latencies = (low, middle, high)
    return ModelFacts(
        spec=plan.spec.models[number],
        n_planned=lane.stop - lane.start,
        n_answered=sum(c.n_answered for c in own),
        n_no_answer=sum(c.n_no_answer for c in own),
        n_cached=sum(c.n_cached for c in own),
        n_lost=sum(c.n_lost for c in own),
        failures={f.kind: f.count for f in failures if f.model_index == number},
        prompt_tokens=sum(c.prompt_tokens for c in own),
        completion_tokens=sum(c.completion_tokens for c in own),
        cost_microusd=sum(c.cost_microusd for c in own),
        n_cost_unknown=sum(c.n_cost_unknown for c in own),
        latencies_s=latencies,
        first_at=seen.first_at,
        last_at=seen.last_at,
        served=tuple(
            Served(*who, count)
            for who, count in sorted(seen.served.items(), key=lambda entry: str(entry[0]))
        ),
    )
