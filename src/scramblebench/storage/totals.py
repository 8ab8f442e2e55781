"""Running totals, kept in the transaction that stores what they count."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, log

from scramblebench.core.trials import Response
from scramblebench.storage.connection import BulkInsert, Column, Connection
from scramblebench.storage.records import CounterRecord, FailureTotal, Settlement
from scramblebench.storage.sanitise import pack, unpack

_US_PER_S = 1_000_000
_LAST_MESSAGE = ("last_message",)

_ADD_COUNTERS = BulkInsert(
    "counters",
    (
        Column("experiment_no", "bigint"),
        Column("model_index", "bigint"),
        Column("condition_index", "bigint"),
        Column("n_answered", "bigint"),
        Column("n_no_answer", "bigint"),
        Column("n_failures", "bigint"),
        Column("score_sum", "double precision"),
        Column("prompt_tokens", "bigint"),
        Column("completion_tokens", "bigint"),
        Column("cost_microusd", "bigint"),
        Column("n_cost_unknown", "bigint"),
        Column("latency_sum_us", "bigint"),
        Column("n_lost", "bigint"),
        Column("n_cached", "bigint"),
    ),
    """
    ON CONFLICT (experiment_no, model_index, condition_index) DO UPDATE SET
        n_answered = counters.n_answered + excluded.n_answered,
        n_no_answer = counters.n_no_answer + excluded.n_no_answer,
        n_failures = counters.n_failures + excluded.n_failures,
        score_sum = counters.score_sum + excluded.score_sum,
        prompt_tokens = counters.prompt_tokens + excluded.prompt_tokens,
        completion_tokens = counters.completion_tokens + excluded.completion_tokens,
        cost_microusd = counters.cost_microusd + excluded.cost_microusd,
        n_cost_unknown = counters.n_cost_unknown + excluded.n_cost_unknown,
        latency_sum_us = counters.latency_sum_us + excluded.latency_sum_us,
        n_lost = counters.n_lost + excluded.n_lost,
        n_cached = counters.n_cached + excluded.n_cached""",
)
_ADD_LATENCIES = BulkInsert(
    "latency_counts",
    (
        Column("experiment_no", "bigint"),
        Column("model_index", "bigint"),
        Column("bucket", "bigint"),
        Column("n", "bigint"),
    ),
    """
    ON CONFLICT (experiment_no, model_index, bucket) DO UPDATE SET
        n = latency_counts.n + excluded.n""",
)
LATENCY_FLOOR_S = 1e-4
_BUCKETS_PER_E = 10


def latency_bucket(latency_s: float) -> int:
    """Return the bucket of a latency: each is a tenth wider than the one before, from 0.1 ms on."""
    return int(log(max(latency_s, LATENCY_FLOOR_S) / LATENCY_FLOOR_S) * _BUCKETS_PER_E)


def latency_of(bucket: int, place: float = 0.5) -> float:
    """Return the latency at a place of a bucket, in seconds: 0 at its lower edge, 1 at its upper."""
    return LATENCY_FLOOR_S * exp((bucket + place) / _BUCKETS_PER_E)


_ADD_FAILURE = """
    INSERT INTO failure_totals (experiment_no, model_index, kind, n_failures, last_message, exact)
    VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (experiment_no, model_index, kind) DO UPDATE SET
        n_failures = failure_totals.n_failures + excluded.n_failures,
        last_message = excluded.last_message, exact = excluded.exact"""


@dataclass(slots=True)
class _Cell:
    """What one batch adds to one model under one condition."""

    n_answered: int = 0
    n_no_answer: int = 0
    n_failures: int = 0
    score_sum: float = 0.0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_microusd: int = 0
    n_cost_unknown: int = 0
    latency_sum_us: int = 0
    n_lost: int = 0
    n_cached: int = 0

    def add(self, item: Settlement, response: Response) -> None:
        """Add one new response."""
        self.n_answered += 1
        if (score := item.score) is not None:
            self.score_sum += score.value
            self.n_no_answer += not score.status.is_answer
        self.prompt_tokens += response.prompt_tokens or 0
        self.completion_tokens += response.completion_tokens or 0
        self.cost_microusd += response.cost_microusd or 0
        self.n_cost_unknown += response.cost_microusd is None
        self.latency_sum_us += round(response.latency_s * _US_PER_S)
        self.n_cached += response.is_cached


def add_totals(
    connection: Connection,
    experiment_no: int,
    answered: Sequence[Settlement],
    failed: Sequence[Settlement],
) -> None:
    """Add new responses and newly failed attempts to the totals of an experiment."""
    cells: defaultdict[tuple[int, int], _Cell] = defaultdict(_Cell)
    for item in answered:
        if item.response is not None:
            cells[item.model_index, item.condition_index].add(item, item.response)
    for item in failed:
        cell = cells[item.model_index, item.condition_index]
        cell.n_failures += 1
        cell.n_lost += item.failure is not None and item.failure.may_be_charged
    rows = [
        (
            experiment_no,
            *key,
            cell.n_answered,
            cell.n_no_answer,
            cell.n_failures,
            cell.score_sum,
            cell.prompt_tokens,
            cell.completion_tokens,
            cell.cost_microusd,
            cell.n_cost_unknown,
            cell.latency_sum_us,
            cell.n_lost,
            cell.n_cached,
        )
        for key, cell in sorted(cells.items(), key=lambda pair: pair[0])
    ]
    connection.insert(_ADD_COUNTERS, rows)
    _add_latencies(connection, experiment_no, answered)
    if failed:
        _add_failures(connection, experiment_no, failed)


def _add_latencies(
    connection: Connection, experiment_no: int, answered: Iterable[Settlement]
) -> None:
    counts: dict[tuple[int, int], int] = {}
    for item in answered:
        response = item.response
        if response is not None and item.attempt.number and not response.is_cached:
            key = (item.model_index, latency_bucket(response.latency_s))
            counts[key] = counts.get(key, 0) + 1
    connection.insert(
        _ADD_LATENCIES, [(experiment_no, *key, counts[key]) for key in sorted(counts)]
    )


def _add_failures(connection: Connection, experiment_no: int, failed: Sequence[Settlement]) -> None:
    counts: dict[tuple[int, str], int] = {}
    messages: dict[tuple[int, str], str] = {}
    for item in failed:
        if item.failure is not None:
            key = (item.model_index, item.failure.kind.value)
            counts[key] = counts.get(key, 0) + 1
            messages[key] = item.failure.message
    for key in sorted(counts):
        (message,), exact = pack(_LAST_MESSAGE, (messages[key],))
        connection.run(_ADD_FAILURE, (experiment_no, *key, counts[key], message, exact))


def read_counters(connection: Connection, experiment_no: int) -> tuple[CounterRecord, ...]:
    """Return the totals per model and condition, in the order of both."""
    rows = connection.rows(
        """
        SELECT model_index, condition_index, n_answered, n_no_answer, n_failures, score_sum,
               prompt_tokens, completion_tokens, cost_microusd, n_cost_unknown, latency_sum_us,
               n_lost, n_cached
        FROM counters WHERE experiment_no = ? ORDER BY model_index, condition_index""",
        (experiment_no,),
    )
    return tuple(
        CounterRecord(
            *row[:10], latency_sum_s=row[10] / _US_PER_S, n_lost=row[11], n_cached=row[12]
        )
        for row in rows
    )


def read_failures(connection: Connection, experiment_no: int) -> tuple[FailureTotal, ...]:
    """Return the failed attempts by model and kind, in the order of both."""
    rows = connection.rows(
        """
        SELECT model_index, kind, n_failures, last_message, exact FROM failure_totals
        WHERE experiment_no = ? ORDER BY model_index, kind""",
        (experiment_no,),
    )
    return tuple(
        FailureTotal(model, kind, count, unpack(_LAST_MESSAGE, (message,), exact)[0] or "")
        for model, kind, count, message, exact in rows
    )
