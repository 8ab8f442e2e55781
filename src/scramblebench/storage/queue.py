"""Who runs what, and what is next: leases with fences.

A lease is measured by the server's clock on PostgreSQL and by this machine's on SQLite, whose users
are all on one machine. Taking an experiment over from a runner whose lease ended is two entries in
its history, RUNNING to QUEUED under the old fence and QUEUED to RUNNING under the new one, so that
the history only ever holds what the transition table knows. A retry of a failed one is two as well.
"""

from collections.abc import Sequence

from scramblebench.core.clock import Clock
from scramblebench.core.states import ExperimentState, check_transition
from scramblebench.storage.connection import Connection, Connections
from scramblebench.storage.dependencies import set_dependencies
from scramblebench.storage.entries import read_entries
from scramblebench.storage.experiments import number_of
from scramblebench.storage.moments import microseconds, moment
from scramblebench.storage.queue_totals import read_totals
from scramblebench.storage.records import (
    Choose,
    Claim,
    ExperimentLimits,
    QueueRecord,
    QueueTotals,
    RunnerRecord,
    first_free,
)
from scramblebench.storage.runners import is_surely_gone
from scramblebench.storage.sanitise import storable
from scramblebench.storage.states import Change, apply_change

MAX_RECOVERIES = 3
"""So often in a row an experiment is taken over from dead runners without one answer in between."""
_DAY_US = 86_400_000_000
_RUNNER_SILENT_US = 30_000_000
_S = ExperimentState


class SqlQueueStore:
    """The ``QueueStore`` of both databases."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    def enqueue(
        self,
        experiment_id: str,
        priority: int | None = None,
        depends_on: Sequence[str] | None = None,
        requirements_json: str | None = None,
    ) -> None:
        """Queue an experiment (state QUEUED) or change the entry it has; a running one keeps running.

        None keeps what was said when it was queued before: at first priority 1, and nothing else.

        Raises ExperimentNotFound for an unknown dependency and StateError for one that is cyclic, failed
        for good or cancelled.
        """
        now_us = microseconds(self._clock.now())
        with self._connections.writing() as connection:
            connection.lock("queue")
            experiment_no = number_of(connection, experiment_id)
            if depends_on is not None:
                set_dependencies(connection, experiment_no, depends_on)
            _make_queued(connection, experiment_no, now_us)
            connection.run(
                """
                UPDATE queue_entries SET priority = coalesce(?, priority),
                    requirements_json = coalesce(?, requirements_json), n_retries = 0,
                    n_recoveries = 0, retry_at = NULL WHERE experiment_no = ?""",
                (
                    priority,
                    None if requirements_json is None else storable(requirements_json),
                    experiment_no,
                ),
            )

    def claim(self, runner_id: str, lease_s: float, choose: Choose = first_free) -> Claim | None:
        """Claim the experiment that ``choose`` picks from ``entries()``, or none.

        Beside those whose lease has ended, an experiment is free whose runner was a process of this
        machine (see ``new_runner_id``) and is gone. What the runner holds itself it may claim again, under
        a new fence: the answer to its claim was lost.
        """
        now_us = microseconds(self._clock.now())
        with self._connections.writing() as connection:
            connection.lock("queue")
            clock_us = connection.now_us()
            entries = list(read_entries(connection, clock_us))
            while (chosen_id := choose(entries)) is not None:
                entry = next((e for e in entries if e.experiment_id == chosen_id), None)
                if entry is None or not (entry.is_free or entry.runner_id == runner_id):
                    return None
                claim = _take(connection, entry, runner_id, clock_us + _us(lease_s), now_us)
                if claim is not None:
                    return claim
                entries.remove(entry)
        return None

    def renew(self, claim: Claim, lease_s: float) -> ExperimentLimits | None:
        """Extend the lease and return the limits in force; None when the claim was lost."""
        with self._connections.writing() as connection:
            lease_until = connection.now_us() + _us(lease_s)
            if not _update_lease(connection, claim, claim.runner_id, lease_until):
                return None
            row = connection.row(
                """
                SELECT cost_limit_microusd, daily_cost_limit_microusd, max_concurrent_requests
                FROM experiments WHERE id = ?""",
                (storable(claim.experiment_id),),
            )
            assert row is not None
            return ExperimentLimits(*row)

    def release(self, claim: Claim) -> None:
        """End the lease at once, the state untouched."""
        with self._connections.writing() as connection:
            _update_lease(connection, claim, None, None)

    def retry_later(self, experiment_id: str, after_s: float) -> None:
        """Make a FAILED experiment free again in ``after_s`` seconds, and count the retry."""
        with self._connections.writing() as connection:
            connection.run(
                """
                UPDATE queue_entries SET retry_at = ?, n_retries = n_retries + 1
                WHERE experiment_no =
                    (SELECT no FROM experiments WHERE id = ? AND state = 'failed')""",
                (connection.now_us() + _us(after_s), storable(experiment_id)),
            )

    def entries(self) -> Sequence[QueueRecord]:
        """Return the entries that are queued, running or to be retried, in the order of the queue."""
        with self._connections.reading() as connection:
            return read_entries(connection, connection.now_us())

    def totals(self) -> QueueTotals:
        """Return experiments by state, and how long they waited and ran."""
        now_us = microseconds(self._clock.now())
        with self._connections.reading() as connection:
            return read_totals(connection, now_us)

    def heartbeat(self, runner_id: str, host: str, pid: int, role: str = "runner") -> None:
        """Say that a runner is alive, and end what runners that were cut off have left in the server."""
        with self._connections.writing() as connection:
            connection.dialect.end_cut_off(connection.raw)
            now_us = connection.now_us()
            connection.run(
                """
                INSERT INTO runners (id, host, pid, started_at, heartbeat_at, role)
                VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at""",
                (runner_id, host, pid, now_us, now_us, role),
            )

    def runners(self) -> Sequence[RunnerRecord]:
        """Return the runners that were heard of within a day, the latest first."""
        with self._connections.reading() as connection:
            clock_us = connection.now_us()
            rows = connection.rows(
                """
                SELECT id, host, pid, started_at, heartbeat_at, role FROM runners
                WHERE heartbeat_at > ? ORDER BY heartbeat_at DESC""",
                (clock_us - _DAY_US,),
            )
        return tuple(
            RunnerRecord(
                *row[:3],
                started_at=moment(row[3]),
                heartbeat_at=moment(row[4]),
                is_alive=row[4] > clock_us - _RUNNER_SILENT_US and not is_surely_gone(row[0]),
                role=row[5],
            )
            for row in rows
        )


def _us(duration_s: float) -> int:
    return round(duration_s * 1_000_000)


def _make_queued(connection: Connection, experiment_no: int, now_us: int) -> None:
    row = connection.select_for_update(
        "SELECT state, fence FROM experiments WHERE no = ?", (experiment_no,)
    )
    assert row is not None
    state = ExperimentState(row[0])
    if state in (_S.QUEUED, _S.RUNNING):
        return
    check_transition(state, _S.QUEUED)
    apply_change(connection, experiment_no, Change(state, _S.QUEUED, None, "", row[1]), now_us)


def _take(
    connection: Connection, entry: QueueRecord, runner_id: str, lease_until: int, now_us: int
) -> Claim | None:
    """Take a free entry; None where it changed meanwhile, or kills its runners."""
    row = connection.select_for_update(
        """
        SELECT e.no, e.state, e.fence, q.lease_until, q.n_recoveries, q.n_answered_at_claim
        FROM experiments e JOIN queue_entries q ON q.experiment_no = e.no WHERE e.id = ?""",
        (entry.experiment_id,),
    )
    if row is None or row[1] != entry.state or moment(row[3]) != entry.lease_until:
        return None
    experiment_no, fence = row[0], row[2]
    n_answered = _n_answered(connection, experiment_no)
    n_recoveries = _n_recoveries(entry, runner_id, row[4], has_answers=n_answered > (row[5] or 0))
    if n_recoveries > MAX_RECOVERIES:
        _fail_poison(connection, experiment_no, fence, runner_id, now_us)
        return None
    if entry.state is not _S.QUEUED:
        change = Change(entry.state, _S.QUEUED, _takeover_words(entry, runner_id), runner_id, fence)
        apply_change(connection, experiment_no, change, now_us)
    change = Change(_S.QUEUED, _S.RUNNING, None, runner_id, fence + 1)
    apply_change(connection, experiment_no, change, now_us)
    connection.run(
        """
        UPDATE queue_entries SET runner_id = ?, fence = ?, lease_until = ?, n_recoveries = ?,
            n_answered_at_claim = ?, retry_at = NULL, n_retries = ?
        WHERE experiment_no = ?""",
        (
            runner_id,
            fence + 1,
            lease_until,
            n_recoveries,
            n_answered,
            entry.n_retries,
            experiment_no,
        ),
    )
    return Claim(entry.experiment_id, fence + 1, runner_id)


def _takeover_words(entry: QueueRecord, runner_id: str) -> str:
    if entry.state is _S.FAILED:
        return f"retry {entry.n_retries}"
    if entry.runner_id == runner_id:
        return "claimed again by its runner"
    return (
        f"taken over from {entry.runner_id}" if entry.runner_id else "taken over: no runner held it"
    )


def _n_answered(connection: Connection, experiment_no: int) -> int:
    row = connection.row(
        "SELECT coalesce(sum(n_answered), 0) FROM counters WHERE experiment_no = ?",
        (experiment_no,),
    )
    return int(row[0]) if row else 0


def _n_recoveries(entry: QueueRecord, runner_id: str, n_before: int, *, has_answers: bool) -> int:
    """Return how often in a row, this time included, runners died of it without any answer.

    What was released, or comes back to the runner that had it, has outlived nobody.
    """
    if entry.state is not _S.RUNNING or has_answers:
        return 0
    return n_before if entry.runner_id in (None, runner_id) else n_before + 1


def _fail_poison(
    connection: Connection, experiment_no: int, fence: int, runner_id: str, now_us: int
) -> None:
    reason = (
        f"its runners died {MAX_RECOVERIES + 1} times in a row without one answer in between: "
        "something in it ends the process"
    )
    change = Change(_S.RUNNING, _S.FAILED, reason, runner_id, fence)
    apply_change(connection, experiment_no, change, now_us)


def _update_lease(
    connection: Connection, claim: Claim, runner_id: str | None, lease_until: int | None
) -> bool:
    """Change the lease if the claim still holds; leaving RUNNING takes the runner off the entry."""
    n_changed = connection.run(
        """
        UPDATE queue_entries SET runner_id = ?, lease_until = ?
        WHERE fence = ? AND runner_id = ?
          AND experiment_no = (SELECT no FROM experiments WHERE id = ?)""",
        (runner_id, lease_until, claim.fence, claim.runner_id, storable(claim.experiment_id)),
    )
    return n_changed == 1
