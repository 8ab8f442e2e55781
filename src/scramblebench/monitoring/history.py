"""How an experiment went and how its machines fared, over time, from samples."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import nan

from scramblebench.core.clock import Clock
from scramblebench.monitoring.samples import Sample, buckets_of, read_sample
from scramblebench.monitoring.tallies import quantile_s
from scramblebench.storage import Database

_MOST_SAMPLES = 5_000
Series = list[float]
"""Numbers over time, NaN where there is none (history -> pages)."""


@dataclass(frozen=True, slots=True)
class ExperimentHistory:
    """One experiment over time; all lists are as long as ``at_s`` (seconds since 1970, UTC).

    ``answered`` and ``cost_usd`` are totals, ``accuracy`` (by position of the condition) is the mean score
    of all answers up to that moment. Rates, error share and response times are of the time since the point
    before; NaN at the first point and where nothing happened.
    """

    at_s: Series = field(default_factory=list[float])
    answered: Series = field(default_factory=list[float])
    failures: Series = field(default_factory=list[float])
    cost_usd: Series = field(default_factory=list[float])
    calls_per_minute: Series = field(default_factory=list[float])
    tokens_per_s: Series = field(default_factory=list[float])
    error_rate: Series = field(default_factory=list[float])
    p50_s: Series = field(default_factory=list[float])
    p95_s: Series = field(default_factory=list[float])
    accuracy: dict[int, Series] = field(default_factory=dict[int, Series])
    n_by_condition: dict[int, Series] = field(default_factory=dict[int, Series])


@dataclass(frozen=True, slots=True)
class MachineHistory:
    """One machine over time: percent, free disk in 10^9 bytes, network in bytes per second.

    ``values`` has a list as long as ``at_s`` by name: cpu_percent, memory_percent, disk_percent,
    disk_free_gb, sent_bytes_per_s, received_bytes_per_s, runner_cpu_percent, runner_memory_mb, and with a
    GPU gpu0_percent, gpu0_memory_percent and so on; NaN where a sample has none.
    """

    host: str
    at_s: Series
    values: dict[str, Series]


def experiment_history(
    database: Database, experiment_id: str, n_points: int = 300
) -> ExperimentHistory:
    """Return how an experiment went, in about so many points; empty where nothing was sampled."""
    stored = database.monitor.samples(experiment_id, limit=_MOST_SAMPLES)
    samples = _spread([read_sample(record) for record in stored], n_points)
    history = ExperimentHistory()
    conditions = sorted({c for sample in samples for c in _conditions(sample)})
    for before, sample in zip([None, *samples], samples, strict=False):
        _add_totals(history, sample, conditions)
        _add_changes(history, before, sample)
    return history


def machine_history(
    database: Database, since: datetime | None = None, n_points: int = 300
) -> list[MachineHistory]:
    """Return how each machine with a runner fared, in about so many points, in order of their names."""
    by_host: dict[str, dict[int, Sample]] = {}
    for record in database.monitor.samples(None, since, _MOST_SAMPLES):
        sample = read_sample(record)
        host = sample.runner_id.partition(":")[0]
        by_host.setdefault(host, {})[int(sample.taken_at.timestamp())] = sample
    return [
        _machine(host, _spread(list(samples.values()), n_points))
        for host, samples in sorted(by_host.items())
    ]


def latest_machines(database: Database, clock: Clock, within_s: float = 60.0) -> list[Sample]:
    """Return the latest sample of each machine that was heard of lately, in order of their names."""
    latest: dict[str, Sample] = {}
    for record in database.monitor.samples(None, limit=200):
        if (clock.now() - record.taken_at).total_seconds() <= within_s:
            sample = read_sample(record)
            latest[sample.runner_id.partition(":")[0]] = sample
    return [latest[host] for host in sorted(latest)]


def _machine(host: str, samples: Sequence[Sample]) -> MachineHistory:
    names = sorted({name for sample in samples for name in sample.values})
    values = {name: [sample.values.get(name, nan) for sample in samples] for name in names}
    return MachineHistory(host, [sample.taken_at.timestamp() for sample in samples], values)


def _spread(samples: Sequence[Sample], n_points: int) -> list[Sample]:
    """Return at most so many samples, evenly spaced by time, the first and the last among them."""
    if len(samples) <= n_points:
        return list(samples)
    first, last = samples[0].taken_at.timestamp(), samples[-1].taken_at.timestamp()
    step = max(1e-9, (last - first) / (n_points - 2))
    chosen: dict[int, Sample] = {-1: samples[0]}
    for sample in samples:
        chosen[int((sample.taken_at.timestamp() - first) / step)] = sample
    return list(chosen.values())


def _conditions(sample: Sample) -> set[int]:
    return {
        int(name[1:-9])
        for name in sample.values
        if name[0] == "c" and name.endswith(".answered") and name[1:-9].isdecimal()
    }


def _add_totals(history: ExperimentHistory, sample: Sample, conditions: Sequence[int]) -> None:
    values = sample.values
    history.at_s.append(sample.taken_at.timestamp())
    history.answered.append(values.get("answered", 0.0))
    history.failures.append(values.get("failures", 0.0))
    history.cost_usd.append(values.get("cost_microusd", 0.0) / 1e6)
    for condition in conditions:
        n = values.get(f"c{condition}.answered", 0.0)
        score = values.get(f"c{condition}.score", 0.0)
        history.accuracy.setdefault(condition, []).append(score / n if n else nan)
        history.n_by_condition.setdefault(condition, []).append(n)


def _add_changes(history: ExperimentHistory, before: Sample | None, sample: Sample) -> None:
    """Add what happened since the point before."""
    seconds = (sample.taken_at - before.taken_at).total_seconds() if before else 0.0
    if before is None or seconds <= 0:
        for series in (history.calls_per_minute, history.tokens_per_s, history.error_rate):
            series.append(nan)
        history.p50_s.append(nan)
        history.p95_s.append(nan)
        return
    failed = _grown(before, sample, "failures")
    calls = _grown(before, sample, "answered") - _grown(before, sample, "cached") + failed
    history.calls_per_minute.append(calls / seconds * 60)
    history.tokens_per_s.append(_grown(before, sample, "completion_tokens") / seconds)
    history.error_rate.append(failed / calls if calls > 0 else nan)
    earlier, now = buckets_of(before.values), buckets_of(sample.values)
    new = {bucket: max(0, n - earlier.get(bucket, 0)) for bucket, n in now.items()}
    history.p50_s.append(quantile_s(new, 0.5))
    history.p95_s.append(quantile_s(new, 0.95))


def _grown(before: Sample, sample: Sample, name: str) -> float:
    return max(0.0, sample.values.get(name, 0.0) - before.values.get(name, 0.0))
