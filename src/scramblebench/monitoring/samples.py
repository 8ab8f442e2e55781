"""The names under which samples keep their numbers: one experiment's running totals, one machine's state."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scramblebench.core.errors import StorageError
from scramblebench.storage import CounterRecord, LatencyCount, SampleRecord

Values = Mapping[str, float]
"""Numbers by name; all of an experiment's but those of the moment are running totals (sampler -> readers)."""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a runner measured at one moment; ``waiting`` says what all models wait for, where they do."""

    runner_id: str
    taken_at: datetime
    values: Values
    waiting: str | None = None
    experiment_id: str | None = None


def totals_of(
    counters: Sequence[CounterRecord], latencies: Sequence[LatencyCount]
) -> dict[str, float]:
    """Return the running totals of an experiment by name.

    ``answered``, ``failures``, ``cached``, ``cost_microusd``, ``prompt_tokens``, ``completion_tokens``;
    ``m0.answered`` and so on by model; ``c0.answered`` and ``c0.score`` by condition; ``l120`` answers in
    a bucket of latency.
    """
    values: dict[str, float] = {}
    for counter in counters:
        model, condition = f"m{counter.model_index}.", f"c{counter.condition_index}."
        for prefix in ("", model):
            _add(values, f"{prefix}answered", counter.n_answered)
            _add(values, f"{prefix}failures", counter.n_failures)
            _add(values, f"{prefix}cached", counter.n_cached)
            _add(values, f"{prefix}cost_microusd", counter.cost_microusd)
            _add(values, f"{prefix}prompt_tokens", counter.prompt_tokens)
            _add(values, f"{prefix}completion_tokens", counter.completion_tokens)
        _add(values, f"{condition}answered", counter.n_answered)
        _add(values, f"{condition}score", counter.score_sum)
    for count in latencies:
        _add(values, f"l{count.bucket}", count.n)
    return values


def _add(values: dict[str, float], name: str, amount: float) -> None:
    values[name] = values.get(name, 0) + amount


def write_values(values: Values, waiting: str | None = None) -> str:
    """Return what a sample stores."""
    stored: dict[str, Any] = {name: _short(value) for name, value in values.items()}
    if waiting:
        stored["waiting"] = waiting
    return json.dumps(stored, separators=(",", ":"), allow_nan=False)


def _short(value: float) -> float:
    return value if isinstance(value, int) else round(value, 6)


def read_sample(record: SampleRecord) -> Sample:
    """Return a stored sample; raises StorageError where it is damaged."""
    try:
        stored: dict[str, Any] = json.loads(record.values_json)
        waiting = stored.pop("waiting", None)
        values = {name: float(value) for name, value in stored.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise StorageError(
            f"a sample of {record.taken_at:%Y-%m-%d %H:%M} is damaged: {error}"
        ) from error
    return Sample(record.runner_id, record.taken_at, values, waiting, record.experiment_id)


def buckets_of(values: Values) -> dict[int, int]:
    """Return the latency counts among the totals of an experiment."""
    return {
        int(name[1:]): int(n)
        for name, n in values.items()
        if name[0] == "l" and name[1:].isdecimal()
    }
