"""From the database to a publication: one pass over the responses, the analysis as it was configured."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cached_property

import numpy as np

from scramblebench.analysis import (
    Report,
    ScoreCube,
    declared_row,
    make_cube,
    make_report,
    options_of,
    read_sound_scores,
    with_sound_scores,
)
from scramblebench.core.errors import UsageError
from scramblebench.evaluation import read_preregistration, restore_plan
from scramblebench.plan import Plan
from scramblebench.publication.source import Author, ModelFacts, Publication, Served, stamp_of
from scramblebench.settings import ProviderName
from scramblebench.snapshot import read_snapshot, without_names
from scramblebench.storage import (
    CallColumns,
    CounterRecord,
    Database,
    DocumentKind,
    ExperimentRecord,
    FailureTotal,
    ResponseRecord,
    ScoreColumns,
    moment,
)


class ExperimentTables:
    """An experiment as its tables need it: what none of them needs is neither read nor computed."""

    def __init__(
        self,
        database: Database,
        record: ExperimentRecord,
        *,
        allow_simulated: bool = False,
        advance: Callable[[str], None] = lambda _words: None,
    ) -> None:
        """Raises UsageError where there is no response, or where models are simulated unasked."""
        self.plan = restore_plan(database, record.id)
        self.record = record
        self._database = database
        self._advance = advance
        models = self.plan.spec.models
        simulated = [m.shown_name for m in models if m.provider is ProviderName.SIMULATED]
        if simulated and not allow_simulated:
            raise UsageError(
                f"{', '.join(simulated)}: simulated models are no measurements; "
                "--allow-simulated writes their numbers, labelled"
            )
        if record.n_answered == 0:
            raise UsageError(f"{record.name}: there is no response yet")
        self.has_simulated = bool(simulated)

    @property
    def n_answered(self) -> int:
        """How many responses there are."""
        return self.record.n_answered

    @cached_property
    def columns(self) -> ScoreColumns:
        """The scores."""
        self._advance("reading scores")
        return read_sound_scores(self._database, self.record, self.plan)

    @property
    def cube(self) -> ScoreCube:
        """The scores by model, question and condition."""
        return self._cube

    @property
    def report(self) -> Report:
        """The analysis as it was configured."""
        return self._report

    @cached_property
    def _cube(self) -> ScoreCube:
        return make_cube(self.plan, self.columns)

    @cached_property
    def _report(self) -> Report:
        return make_report(
            self.record.name,
            self.cube,
            options_of(self.plan.spec.statistical_analysis),
            declared=declared_row(self.plan, self.columns),
            advance=self._advance,
        )

    @cached_property
    def calls(self) -> CallColumns:
        """When and by whom responses were given."""
        self._advance("reading times")
        return self._database.trials.read_calls(self.record.id)

    @property
    def stamp(self) -> datetime:
        """The time of the last response, as that of a publication."""
        return stamp_of(moment(int(self.calls.responded_at_us.max())))

    def responses(self) -> Iterator[ResponseRecord]:
        """Stream the responses anew; with bodies where only they say something: whether a file gave a seed.

        Raises StorageError after the last where the scores cannot be what was stored.
        """
        models = self.plan.spec.models
        is_imported = any(model.provider is ProviderName.IMPORTED for model in models)
        found = self._database.trials.responses(self.record.id, with_bodies=is_imported)
        return with_sound_scores(self._database, self.record, self.plan, found)


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
    source = ExperimentTables(database, record, allow_simulated=allow_simulated, advance=advance)
    plan = source.plan
    registered = read_preregistration(database, record, plan)
    documents = database.documents.list(record.id, DocumentKind.ENVIRONMENT)
    environments = [read_snapshot(document.text) for document in documents]
    return Publication(
        title=title or record.name,
        authors=tuple(authors) or _own_author(record),
        abstract=abstract,
        record=record,
        source_text=database.experiments.source_text(record.id),
        plan=plan,
        cube=source.cube,
        report=source.report,
        models=_facts(database, record, plan, source.calls),
        events=tuple(database.experiments.events(record.id)),
        ledger=database.trials.ledger(record.id),
        responses=source.responses,
        preregistration=registered.values() if registered else None,
        environments=tuple(map(without_names, environments) if is_anonymous else environments),
        is_anonymous=is_anonymous,
    )


def _own_author(record: ExperimentRecord) -> tuple[Author, ...]:
    if not record.researcher_name:
        return ()
    return (Author(record.researcher_name, affiliation=record.institution),)


def _facts(
    database: Database, record: ExperimentRecord, plan: Plan, calls: CallColumns
) -> tuple[ModelFacts, ...]:
    counters = database.trials.counters(record.id)
    failures = database.trials.failures(record.id)
    return tuple(
        _facts_of(plan, number, counters, failures, calls)
        for number in range(len(plan.spec.models))
    )


def _facts_of(
    plan: Plan,
    number: int,
    counters: Sequence[CounterRecord],
    failures: Sequence[FailureTotal],
    calls: CallColumns,
) -> ModelFacts:
    own = [counter for counter in counters if counter.model_index == number]
    lane = plan.grid.lane(number)
    given = slice(*np.searchsorted(calls.trial_index, (lane.start, lane.stop)))
    asked = (calls.latency_s[given] != 0) & ~calls.is_cached[given]
    latencies = None
    if asked.any():
        low, middle, high = np.quantile(calls.latency_s[given][asked], (0.05, 0.5, 0.95)).tolist()
        latencies = (low, middle, high)
    at_us = calls.responded_at_us[given]
    served: Counter[tuple[str | None, str | None, str | None]] = Counter()
    for who, count in zip(*np.unique(calls.who[given], return_counts=True), strict=True):
        served[calls.served[int(who)]] += int(count)
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
        first_at=moment(int(at_us.min())) if len(at_us) else None,
        last_at=moment(int(at_us.max())) if len(at_us) else None,
        served=tuple(
            Served(*who, count)
            for who, count in sorted(served.items(), key=lambda entry: str(entry[0]))
        ),
    )
