"""How far an experiment is, how fast, how good so far, at what cost: from counters, never from responses."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from scramblebench.core.clock import Clock
from scramblebench.core.conditions import Condition
from scramblebench.core.states import ExperimentState
from scramblebench.monitoring.eta import RECENT_S, Eta, Rate, eta_of, rate_of, recent_rate
from scramblebench.monitoring.queue import place_of, read_places
from scramblebench.monitoring.samples import Sample, read_sample
from scramblebench.monitoring.spending import Spending, spending_of
from scramblebench.monitoring.standing import running_s, stage_of, waiting_reason
from scramblebench.monitoring.tallies import ResponseTimes, Tally, response_times, tally_of
from scramblebench.queue import SERIAL_PROVIDERS, Place, Standing
from scramblebench.settings import ProviderName
from scramblebench.storage import (
    CounterRecord,
    Database,
    ExperimentRecord,
    FailureTotal,
    LatencyCount,
    ModelRecord,
)

SIMULATED = "simulated"
"""The provider of models that are no models."""
_N_RECENT = 400
_NOW_S = 60.0
"""What is shown as the rate of now."""


@dataclass(frozen=True, slots=True)
class ConditionProgress:
    """One model under one condition; ``tally.score`` is interim until nothing is missing."""

    condition: Condition
    tally: Tally


@dataclass(frozen=True, slots=True)
class ModelProgress:
    """One model: its totals, its conditions in plan order, its errors by kind.

    ``per_minute`` counts answers of the last minutes and ``tokens_per_s`` what they were long (completion
    tokens); None where nothing was sampled. ``is_simulated`` says that it is no model.
    """

    index: int
    label: str
    name: str
    provider: str
    tally: Tally
    conditions: tuple[ConditionProgress, ...]
    response_times: ResponseTimes
    failures: tuple[FailureTotal, ...]
    per_minute: float | None
    tokens_per_s: float | None

    @property
    def is_simulated(self) -> bool:
        """Whether its answers are made up by a rule."""
        return self.provider == SIMULATED


@dataclass(frozen=True, slots=True)
class ExperimentProgress:
    """Where an experiment stands at ``at``.

    ``stage`` is "asking" while a runner is at work, else "blocked" or the state; ``waiting_reason`` says
    why nothing happens, None where something does. ``per_minute`` and ``tokens_per_s`` sum the models.
    """

    record: ExperimentRecord
    at: datetime
    is_live: bool
    stage: str
    waiting_reason: str | None
    place: Place | None
    tally: Tally
    models: tuple[ModelProgress, ...]
    response_times: ResponseTimes
    spending: Spending
    eta: Eta | None
    elapsed_s: float
    n_in_flight: int
    n_outcome_unknown: int
    per_minute: float | None
    tokens_per_s: float | None

    @property
    def has_simulated(self) -> bool:
        """Whether any of its models is simulated."""
        return any(model.is_simulated for model in self.models)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What was read of an experiment, once; counters and latencies by model."""

    record: ExperimentRecord
    now: datetime
    models: Sequence[ModelRecord]
    conditions: Sequence[Condition]
    counters: Mapping[int, Mapping[int, CounterRecord]]
    latencies: Mapping[int, Sequence[LatencyCount]]
    failures: Sequence[FailureTotal]
    samples: Sequence[Sample]
    elapsed_s: float

    def model_tally(self, model: int) -> Tally:
        """Return the totals of a model."""
        n_planned = self.record.n_trials // len(self.models)
        found = self.counters.get(model, {}).values()
        return tally_of(n_planned, found, self.record.n_repeats)

    def cell_tally(self, model: int, condition: int) -> Tally:
        """Return the totals of a model under a condition."""
        n_planned = self.record.n_trials // (len(self.models) * len(self.conditions))
        found = self.counters.get(model, {}).get(condition)
        return tally_of(n_planned, [found] if found else [], self.record.n_repeats)


def experiment_progress(
    database: Database, record: ExperimentRecord, clock: Clock
) -> ExperimentProgress:
    """Return where an experiment stands; as much work as it has models times conditions."""
    place = _place_of(database, record)
    is_live = place is not None and place.standing is Standing.RUNNING
    facts = _read(database, record, clock.now(), is_live=is_live)
    money = database.trials.ledger(record.id)
    models = tuple(_model(facts, index) for index in range(len(facts.models)))
    tally = _whole(facts)
    n_in_flight = money.n_open if is_live else 0
    return ExperimentProgress(
        record=record,
        at=facts.now,
        is_live=is_live,
        stage="asking" if is_live else stage_of(record, place),
        waiting_reason=_reason(facts, place),
        place=place,
        tally=tally,
        models=models,
        response_times=response_times(
            [c for counts in facts.latencies.values() for c in counts], tally.mean_latency_s
        ),
        spending=spending_of(money, record.limits, [m.tally for m in models], is_live=is_live),
        eta=_eta(facts, models) if is_live else None,
        elapsed_s=facts.elapsed_s,
        n_in_flight=n_in_flight,
        n_outcome_unknown=money.n_open + money.n_unknown - n_in_flight - _n_unpriced(models),
        per_minute=_total(model.per_minute for model in models),
        tokens_per_s=_total(model.tokens_per_s for model in models),
    )


def _n_unpriced(models: Iterable[ModelProgress]) -> int:
    """Return how many answers have no known cost: the ledger holds money for them, but they are there."""
    asked = (model for model in models if model.provider != ProviderName.IMPORTED)
    return sum(model.tally.n_cost_unknown for model in asked)


def _read(database: Database, record: ExperimentRecord, now: datetime, *, is_live: bool) -> _Facts:
    experiments, trials = database.experiments, database.trials
    since = now - timedelta(seconds=RECENT_S)
    stored = database.monitor.samples(record.id, since, _N_RECENT) if is_live else ()
    return _Facts(
        record,
        now,
        experiments.models(record.id),
        experiments.conditions(record.id),
        _by_model(trials.counters(record.id)),
        _latencies_by_model(database.monitor.latencies(record.id)),
        trials.failures(record.id),
        [read_sample(sample) for sample in stored],
        running_s(experiments.events(record.id), now),
    )


def _by_model(counters: Iterable[CounterRecord]) -> dict[int, dict[int, CounterRecord]]:
    found: dict[int, dict[int, CounterRecord]] = {}
    for counter in counters:
        found.setdefault(counter.model_index, {})[counter.condition_index] = counter
    return found


def _latencies_by_model(counts: Iterable[LatencyCount]) -> dict[int, list[LatencyCount]]:
    found: dict[int, list[LatencyCount]] = {}
    for count in counts:
        found.setdefault(count.model_index, []).append(count)
    return found


def _whole(facts: _Facts) -> Tally:
    """Return the totals of the experiment."""
    counters = [c for cells in facts.counters.values() for c in cells.values()]
    return tally_of(facts.record.n_trials, counters, facts.record.n_repeats)


def _place_of(database: Database, record: ExperimentRecord) -> Place | None:
    if record.state.is_final and record.state is not ExperimentState.FAILED:
        return None
    return place_of(read_places(database), record.id)


def _model(facts: _Facts, index: int) -> ModelProgress:
    model = facts.models[index]
    tally = facts.model_tally(index)
    per_s = recent_rate(facts.samples, f"m{index}.answered", facts.now, _NOW_S)
    tokens = recent_rate(facts.samples, f"m{index}.completion_tokens", facts.now, _NOW_S)
    return ModelProgress(
        index=index,
        label=model.label,
        name=model.name,
        provider=model.provider,
        tally=tally,
        conditions=tuple(
            ConditionProgress(condition, facts.cell_tally(index, position))
            for position, condition in enumerate(facts.conditions)
        ),
        response_times=response_times(facts.latencies.get(index, ()), tally.mean_latency_s),
        failures=tuple(f for f in facts.failures if f.model_index == index),
        per_minute=None if per_s is None else per_s.per_s * 60,
        tokens_per_s=None if tokens is None else tokens.per_s,
    )


def _reason(facts: _Facts, place: Place | None) -> str | None:
    said = waiting_reason(facts.record, place)
    return said or (facts.samples[-1].waiting if facts.samples else None)


def _eta(facts: _Facts, models: Sequence[ModelProgress]) -> Eta | None:
    """Return when all is done, by the rates of the last minutes, else by those of all running time."""
    groups = _groups(facts.models)
    rates: dict[int, Rate] = {}
    for group in groups:
        n_answered = sum(models[index].tally.n_answered for index in group)
        ever = rate_of(n_answered, facts.elapsed_s)
        for index in group:
            lately = recent_rate(facts.samples, f"m{index}.answered", facts.now)
            rate = lately or (None if _is_sampled(facts) else ever)
            if rate is not None:
                rates[index] = rate
    return eta_of([model.tally.n_missing for model in models], rates, groups, facts.now)


def _is_sampled(facts: _Facts) -> bool:
    """Whether the last minutes were sampled long enough to say that nothing was answered in them."""
    if len(facts.samples) < 2:
        return False
    return (facts.now - facts.samples[0].taken_at).total_seconds() >= _NOW_S


def _groups(models: Sequence[ModelRecord]) -> list[list[int]]:
    """Return the positions of the models in groups that go on side by side; one machine's take turns."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for position, model in enumerate(models):
        is_serial = model.provider in SERIAL_PROVIDERS
        base_url = str(json.loads(model.spec_json).get("base_url") or "") if is_serial else ""
        key = (model.provider, base_url) if is_serial else (str(position),)
        groups.setdefault(key, []).append(position)
    return list(groups.values())


def _total(rates: Iterable[float | None]) -> float | None:
    known = [rate for rate in rates if rate is not None]
    return sum(known) if known else None
