"""Shards: leases on parts of an experiment, each with a fence of its own.

Claims come one after the other (an advisory lock on PostgreSQL, the write lock on SQLite), and lock their
experiment as every batch of reservations does: a reservation sees either the holder before or the one
after. Leases are measured as those of experiments are.
"""

from collections.abc import Collection, Sequence

from scramblebench.core.errors import LeaseLost
from scramblebench.core.states import ExperimentState
from scramblebench.storage.connection import Connection, Connections, Row
from scramblebench.storage.experiments import number_of
from scramblebench.storage.queue import MAX_RECOVERIES
from scramblebench.storage.records import Claim, ExperimentLimits, Refusal
from scramblebench.storage.runners import is_surely_gone
from scramblebench.storage.sanitise import storable
from scramblebench.storage.shard_grants import Candidate, candidates, granted, share_of
from scramblebench.storage.shard_records import NewShard, ShardClaim, ShardRecord, ShardReport

_RUNNING = ExperimentState.RUNNING

_FREE = """
    SELECT first_index, end_index, fence, worker_id, n_deaths, n_answered_at_claim, most_requests
    FROM shards
    WHERE experiment_no = ? AND model_index = ? AND NOT is_over
      AND (worker_id IS NULL OR lease_until <= ?)
    ORDER BY first_index LIMIT 1"""
_HELD = """
    SELECT e.no, s.is_over, e.state, e.fence, s.most_requests,
           e.cost_limit_microusd, e.daily_cost_limit_microusd, e.max_concurrent_requests
    FROM shards s JOIN experiments e ON e.no = s.experiment_no
    WHERE e.id = ? AND s.experiment_fence = ? AND s.first_index = ? AND s.fence = ?
      AND s.worker_id IS NOT NULL"""
_LIST = """
    SELECT s.model_index, s.first_index, s.end_index, s.most_requests, s.fence, s.worker_id,
           s.lease_until, s.is_over, s.n_deaths, s.last_failure, s.is_passing, s.stop_reason,
           s.stop_budget, s.n_granted
    FROM shards s JOIN experiments e ON e.no = s.experiment_no
    WHERE s.experiment_no = ? AND s.experiment_fence = e.fence ORDER BY s.first_index"""


class SqlShardStore:
    """The ``ShardStore`` of both databases."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def open(self, claim: Claim, shards: Sequence[NewShard]) -> None:
        """Add shards of an experiment, and drop those of its earlier claims."""
        with self._connections.writing() as connection:
            connection.lock("shards")
            experiment_no = _locked(connection, claim)
            connection.run(
                "DELETE FROM shards WHERE experiment_no = ? AND experiment_fence <> ?",
                (experiment_no, claim.fence),
            )
            connection.run_many(
                """
                INSERT INTO shards (experiment_no, first_index, end_index, model_index,
                    experiment_fence, most_requests, fence, n_granted, n_deaths, is_over, is_passing)
                VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0, ?, ?) ON CONFLICT DO NOTHING""",
                [
                    (experiment_no, s.first, s.end, s.model_index, claim.fence, s.most_requests, False, True)
                    for s in shards
                ],
            )  # fmt: skip

    def n_held_before(self, claim: Claim) -> int:
        """Return how many shards of earlier claims are held by workers that may be alive."""
        with self._connections.reading() as connection:
            rows = connection.rows(
                """
                SELECT s.worker_id FROM shards s JOIN experiments e ON e.no = s.experiment_no
                WHERE e.id = ? AND s.experiment_fence <> ? AND s.worker_id IS NOT NULL
                  AND s.lease_until > ?""",
                (storable(claim.experiment_id), claim.fence, connection.now_us()),
            )
        return sum(not is_surely_gone(holder) for (holder,) in rows)

    def claim(
        self, worker_id: str, lease_s: float, held: Collection[ShardClaim] = ()
    ) -> ShardClaim | None:
        """Claim a shard, or none."""
        with self._connections.writing() as connection:
            connection.lock("shards")
            clock_us = connection.now_us()
            _end_leases_of_the_gone(connection, worker_id, held, clock_us)
            for candidate in candidates(connection, worker_id, clock_us):
                while (row := _next_free(connection, candidate, clock_us)) is not None:
                    n_deaths = _n_deaths(connection, candidate, row)
                    if n_deaths and held:
                        break  # a suspect is taken by a worker that has nothing else to lose
                    if n_deaths <= MAX_RECOVERIES:
                        lease_until = clock_us + _us(lease_s)
                        return _take(connection, candidate, row, worker_id, lease_until, n_deaths)
                    _end_deadly(connection, candidate.experiment_no, row[0], n_deaths)
        return None

    def renew(self, claim: ShardClaim, lease_s: float, n_in_use: int) -> ExperimentLimits | None:
        """Extend the lease and return the limits in force; None where it is lost or over."""
        with self._connections.writing() as connection:
            connection.lock("shards")
            row = connection.row(_HELD, _proof_values(claim))
            if row is None or row[1] or row[2] != _RUNNING or row[3] != claim.experiment.fence:
                return None
            clock_us = connection.now_us()
            most = None if row[4] is None else (row[7] or row[4])
            share = share_of(connection, row[0], claim.shard, most, clock_us)
            connection.run(
                """
                UPDATE shards SET lease_until = ?, n_granted = ?
                WHERE experiment_no = ? AND first_index = ? AND fence = ?""",
                (clock_us + _us(lease_s), granted(share, n_in_use), row[0], *claim.proof),
            )
            return ExperimentLimits(row[5], row[6], share)

    def finish(self, claim: ShardClaim, report: ShardReport) -> None:
        """End a shard for good; with a ``stop_reason``, all of its model."""
        with self._connections.writing() as connection:
            connection.lock("shards")
            row = connection.row(_HELD, _proof_values(claim))
            if row is None:
                return
            connection.run(
                """
                UPDATE shards SET worker_id = NULL, lease_until = NULL, n_granted = 0, is_over = ?,
                    last_failure = ?, is_passing = ?, stop_reason = ?, stop_budget = ?
                WHERE experiment_no = ? AND first_index = ? AND fence = ?""",
                (True, *_report_values(report), row[0], *claim.proof),
            )
            if report.stop_reason is not None:
                connection.run(
                    "UPDATE shards SET is_over = ? WHERE experiment_no = ? AND model_index = ?",
                    (True, row[0], claim.shard.model_index),
                )

    def release(self, claim: ShardClaim) -> None:
        """End the lease at once: another worker may take the shard."""
        with self._connections.writing() as connection:
            _release(connection, claim)

    def defer(self, claim: ShardClaim) -> bool:
        """Release a shard that there is no money for while others may give some back; whether they may."""
        with self._connections.writing() as connection:
            connection.lock("shards")
            row = connection.row(
                """
                SELECT 1 FROM shards s JOIN experiments e ON e.no = s.experiment_no
                WHERE e.id = ? AND s.worker_id <> ? AND s.lease_until > ?""",
                (
                    storable(claim.experiment.experiment_id),
                    claim.experiment.runner_id,
                    connection.now_us(),
                ),
            )
            if row is not None:
                _release(connection, claim)
            return row is not None

    def close(self, claim: Claim) -> None:
        """End all shards of an experiment: no worker begins anything new."""
        with self._connections.writing() as connection:
            connection.lock("shards")
            connection.run(
                """
                UPDATE shards SET is_over = ? WHERE experiment_fence = ?
                  AND experiment_no = (SELECT no FROM experiments WHERE id = ?)""",
                (True, claim.fence, storable(claim.experiment_id)),
            )

    def list(self, experiment_id: str) -> Sequence[ShardRecord]:
        """Return the shards of the latest claim, in order."""
        with self._connections.reading() as connection:
            rows = connection.rows(_LIST, (number_of(connection, experiment_id),))
            clock_us = connection.now_us()
        return tuple(_record(row, clock_us) for row in rows)

    def n_unfinished(self) -> int:
        """Return how many shards of running experiments are not over, held or not."""
        with self._connections.reading() as connection:
            row = connection.row(
                """
                SELECT count(*) FROM experiments e JOIN shards s
                    ON s.experiment_no = e.no AND s.experiment_fence = e.fence
                WHERE e.state = 'running' AND NOT s.is_over"""
            )
        return int(row[0]) if row else 0


def _us(duration_s: float) -> int:
    return round(duration_s * 1_000_000)


def _locked(connection: Connection, claim: Claim) -> int:
    """Return the number of an experiment, locked; raises LeaseLost where it has moved on."""
    row = connection.select_for_update(
        "SELECT no, state, fence FROM experiments WHERE id = ?", (storable(claim.experiment_id),)
    )
    if row is None or row[1] != _RUNNING or row[2] != claim.fence:
        raise LeaseLost(f"experiment {claim.experiment_id} is run by another runner now")
    return row[0]


def _end_leases_of_the_gone(
    connection: Connection, worker_id: str, held: Collection[ShardClaim], clock_us: int
) -> None:
    """End the leases of workers of this machine that are gone, and those that this one knows nothing of."""
    rows = connection.rows(
        "SELECT DISTINCT worker_id FROM shards WHERE worker_id IS NOT NULL AND lease_until > ?",
        (clock_us,),
    )
    for (holder,) in rows:
        if holder != worker_id and is_surely_gone(holder):
            connection.run(
                "UPDATE shards SET lease_until = ? WHERE worker_id = ?", (clock_us, holder)
            )
    known = {(claim.experiment.experiment_id, *claim.proof) for claim in held}
    own = connection.rows(
        """
        SELECT e.id, s.first_index, s.fence, s.experiment_no FROM shards s
        JOIN experiments e ON e.no = s.experiment_no WHERE s.worker_id = ?""",
        (worker_id,),
    )
    for experiment_id, first, fence, experiment_no in own:
        if (experiment_id, first, fence) not in known:
            connection.run(
                """
                UPDATE shards SET worker_id = NULL, lease_until = NULL, n_granted = 0
                WHERE experiment_no = ? AND first_index = ?""",
                (experiment_no, first),
            )


def _next_free(connection: Connection, candidate: Candidate, clock_us: int) -> Row | None:
    """Return the first free shard of a model, its experiment locked."""
    row = connection.select_for_update(
        "SELECT state, fence FROM experiments WHERE no = ?", (candidate.experiment_no,)
    )
    if row is None or row[0] != _RUNNING or row[1] != candidate.experiment_fence:
        return None
    return connection.row(_FREE, (candidate.experiment_no, candidate.model_index, clock_us))


def _take(
    connection: Connection,
    candidate: Candidate,
    row: Row,
    worker_id: str,
    lease_until: int,
    n_deaths: int,
) -> ShardClaim:
    first, end, fence = row[0], row[1], row[2] + 1
    connection.run(
        """
        UPDATE shards SET fence = ?, worker_id = ?, lease_until = ?, n_granted = ?, n_deaths = ?,
            n_answered_at_claim = ?
        WHERE experiment_no = ? AND first_index = ?""",
        (
            fence,
            worker_id,
            lease_until,
            candidate.share or 0,
            n_deaths,
            _n_answered(connection, candidate.experiment_no, first, end),
            candidate.experiment_no,
            first,
        ),
    )
    return ShardClaim(
        Claim(candidate.experiment_id, candidate.experiment_fence, worker_id),
        NewShard(candidate.model_index, first, end, row[6]),
        fence,
        ExperimentLimits(*candidate.cost_limits, candidate.share),
        is_suspect=n_deaths > 0,
    )


def _n_deaths(connection: Connection, candidate: Candidate, row: Row) -> int:
    """Return how often in a row, this time included, workers died in it without any answer."""
    first, end, _, holder, n_before, n_answered_before = row[:6]
    if holder is None:
        return n_before
    n_answered = _n_answered(connection, candidate.experiment_no, first, end)
    return 0 if n_answered > (n_answered_before or 0) else n_before + 1


def _n_answered(connection: Connection, experiment_no: int, first: int, end: int) -> int:
    row = connection.row(
        """
        SELECT count(*) FROM responses
        WHERE experiment_no = ? AND trial_index >= ? AND trial_index < ?""",
        (experiment_no, first, end),
    )
    return int(row[0]) if row else 0


def _end_deadly(connection: Connection, experiment_no: int, first: int, n_deaths: int) -> None:
    reason = (
        f"its workers died {n_deaths} times in a row in the trials from {first} on, without one answer "
        "in between: something in them ends the process"
    )
    connection.run(
        """
        UPDATE shards SET is_over = ?, stop_reason = ?, is_passing = ?, worker_id = NULL,
            lease_until = NULL, n_granted = 0, n_deaths = ?
        WHERE experiment_no = ? AND first_index = ?""",
        (True, reason, False, n_deaths, experiment_no, first),
    )


def _release(connection: Connection, claim: ShardClaim) -> None:
    """Free a shard; it has outlived its worker, and counts no death."""
    connection.run(
        """
        UPDATE shards SET worker_id = NULL, lease_until = NULL, n_granted = 0, n_deaths = 0
        WHERE experiment_no = (SELECT no FROM experiments WHERE id = ?)
          AND experiment_fence = ? AND first_index = ? AND fence = ? AND worker_id IS NOT NULL""",
        _proof_values(claim),
    )


def _proof_values(claim: ShardClaim) -> tuple[str, int, int, int]:
    return storable(claim.experiment.experiment_id), claim.experiment.fence, *claim.proof


def _report_values(report: ShardReport) -> tuple[str, bool, str | None, str | None]:
    reason = report.stop_reason
    return (
        storable(report.last_failure),
        report.is_passing,
        None if reason is None else storable(reason),
        report.stop_budget,
    )


def _record(row: Row, clock_us: int) -> ShardRecord:
    model_index, first, end, most_requests, fence, worker_id, lease_until = row[:7]
    last_failure, is_passing, stop_reason, stop_budget, n_granted = row[9:]
    return ShardRecord(
        shard=NewShard(model_index, first, end, most_requests),
        fence=fence,
        worker_id=worker_id,
        is_live=worker_id is not None and lease_until > clock_us and not is_surely_gone(worker_id),
        is_over=bool(row[7]),
        n_deaths=row[8],
        report=ShardReport(
            last_failure or "",
            bool(is_passing),
            stop_reason,
            None if stop_budget is None else Refusal(stop_budget),
        ),
        n_granted=n_granted,
    )
