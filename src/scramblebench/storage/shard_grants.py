"""How many requests of a model each of its workers may have in flight.

What a model allows is divided by grants, which stand beside the leases: a worker is granted its share of the
model's requests, and never what another still has. A worker that is to have fewer keeps what it has in use until it
says that it has less; until then the next one gets what is left, or waits. So the sum is never exceeded.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from scramblebench.storage.connection import Connection
from scramblebench.storage.shard_records import NewShard

WORKER = "worker"
"""The role of a runner that takes shards."""
_WORKER_SILENT_US = 15_000_000

_CANDIDATES = """
    SELECT e.no, e.id, e.fence, s.model_index, max(s.most_requests), e.max_concurrent_requests,
           e.cost_limit_microusd, e.daily_cost_limit_microusd
    FROM shards s JOIN experiments e ON e.no = s.experiment_no AND e.fence = s.experiment_fence
    LEFT JOIN queue_entries q ON q.experiment_no = e.no
    WHERE e.state = 'running' AND NOT s.is_over
    GROUP BY e.no, e.id, e.fence, s.model_index, e.max_concurrent_requests,
             e.cost_limit_microusd, e.daily_cost_limit_microusd, q.priority, q.no
    HAVING sum(CASE WHEN s.worker_id IS NULL OR s.lease_until <= ? THEN 1 ELSE 0 END) > 0
       AND sum(CASE WHEN s.worker_id = ? THEN 1 ELSE 0 END) = 0
    ORDER BY q.priority DESC, q.no, s.model_index"""
_STANDING = """
    SELECT sum(CASE WHEN NOT is_over THEN 1 ELSE 0 END),
           sum(CASE WHEN lease_until > ? AND first_index <> ? THEN n_granted ELSE 0 END),
           sum(CASE WHEN lease_until > ? AND first_index = ? THEN n_granted ELSE 0 END)
    FROM shards WHERE experiment_no = ? AND model_index = ?"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that has a free shard, and what whoever takes it may have in flight (None: its own)."""

    experiment_no: int
    experiment_id: str
    experiment_fence: int
    model_index: int
    share: int | None
    cost_limits: tuple[int | None, int | None]


def candidates(connection: Connection, worker_id: str, clock_us: int) -> Iterator[Candidate]:
    """Yield the models that a worker may take a shard of, in the order of the queue."""
    for row in connection.rows(_CANDIDATES, (clock_us, worker_id)):
        experiment_no, experiment_id, fence, model_index, own_most, changed, *costs = row
        most = None if own_most is None else (changed or own_most)
        shard = NewShard(model_index, -1, -1)
        share = share_of(connection, experiment_no, shard, most, clock_us)
        if share is None or share > 0:
            limits = (costs[0], costs[1])
            yield Candidate(experiment_no, experiment_id, fence, model_index, share, limits)


def share_of(
    connection: Connection, experiment_no: int, shard: NewShard, most: int | None, clock_us: int
) -> int | None:
    """Return what one worker may have in flight: its share, or what others leave; None without ``most``.

    Of a limit that was just lowered, whoever holds a shard may keep as much as all of them could have.
    """
    if most is None:
        return None
    own = (clock_us, shard.first)
    values = (*own, *own, experiment_no, shard.model_index)
    row = connection.row(_STANDING, values)
    n_unfinished, n_of_others, n_own = (int(value or 0) for value in row) if row else (0, 0, 0)
    n_sharing = max(1, min(_n_workers(connection, clock_us), n_unfinished))
    left = max(0, most - n_of_others, min(n_own, most // n_sharing))
    return min(-(-most // n_sharing), left)


def granted(share: int | None, n_in_use: int) -> int:
    """Return what is kept for a worker: its share, or what it still has."""
    return 0 if share is None else max(share, n_in_use)


def _n_workers(connection: Connection, clock_us: int) -> int:
    row = connection.row(
        "SELECT count(*) FROM runners WHERE role = ? AND heartbeat_at > ?",
        (WORKER, clock_us - _WORKER_SILENT_US),
    )
    return int(row[0]) if row else 0
