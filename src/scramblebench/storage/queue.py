"""Who runs what, and what is next: leases with fences.

A lease is measured by the server's clock on PostgreSQL and by this machine's on SQLite, whose users
are all on one machine. Taking an experiment over from a runner whose lease ended is two entries in
its history, RUNNING to QUEUED under the old fence and QUEUED to RUNNING under the new one, so that
the history only ever holds what the transition table knows.
"""

from collections.abc import Collection, Sequence

from scramblebench.core.clock import Clock
from scramblebench.core.errors import ExperimentNotFound, StateError
from scramblebench.core.states import ExperimentState, check_transition
from scramblebench.storage.connection import Connection, Connections, Row
from scramblebench.storage.experiments import number_of
from scramblebench.storage.moments import microseconds, moment
from scramblebench.storage.records import Claim, QueueRecord
from scramblebench.storage.runners import is_surely_gone
from scramblebench.storage.sanitise import storable
from scramblebench.storage.states import Change, apply_change

_S = ExperimentState

_CANDIDATES = """
    SELECT e.no, e.id, e.state, e.fence, q.runner_id, coalesce(q.lease_until, 0)
    FROM queue_entries q JOIN experiments e ON e.no = q.experiment_no
    WHERE e.state IN ('queued', 'running') AND (? = '' OR e.id = ?)
      AND NOT EXISTS (
          SELECT 1 FROM queue_dependencies d JOIN experiments p ON p.no = d.depends_on_no
          WHERE d.experiment_no = e.no AND p.state <> 'completed')
    ORDER BY q.priority DESC, q.no"""


class SqlQueueStore:
    """The ``QueueStore`` of both databases."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    def enqueue(
        self,
        experiment_id: str,
        priority: int,
        depends_on: Sequence[str] = (),
        requirements_json: str = "{}",
    ) -> None:
        """Queue an experiment (state QUEUED) or change the entry it has; a running one keeps running.

        Raises ExperimentNotFound for an unknown dependency and StateError for one that is cyclic, failed
        or cancelled.
        """
        now_us = microseconds(self._clock.now())
        with self._connections.writing() as connection:
            connection.lock("queue_dependencies")
            experiment_no = number_of(connection, experiment_id)
            _set_dependencies(connection, experiment_no, depends_on)
            _make_queued(connection, experiment_no, now_us)
            connection.run(
                "UPDATE queue_entries SET priority = ?, requirements_json = ? WHERE experiment_no = ?",
                (priority, storable(requirements_json), experiment_no),
            )

    def claim(
        self,
        runner_id: str,
        lease_s: float,
        experiment_id: str | None = None,
        excluded_ids: Collection[str] = (),
    ) -> Claim | None:
        """Claim the next experiment that is ready: higher priority first, then first in, first out.

        Beside those whose lease has ended, an experiment is free whose runner was a process of this
        machine (see ``new_runner_id``) and is gone.
        """
        wanted = storable(experiment_id or "")
        now_us = microseconds(self._clock.now())
        with self._connections.writing() as connection:
            clock_us = connection.now_us()
            for candidate in connection.rows(_CANDIDATES, (wanted, wanted)):
                if candidate[1] not in excluded_ids and _is_free(candidate, clock_us):
                    claim = _take(connection, candidate[0], runner_id, clock_us, lease_s, now_us)
                    if claim is not None:
                        return claim
        return None

    def renew(self, claim: Claim, lease_s: float) -> bool:
        """Extend the lease; False when the claim was lost to a higher fence or a change of state."""
        with self._connections.writing() as connection:
            lease_until = connection.now_us() + _us(lease_s)
            return _update_lease(connection, claim, claim.runner_id, lease_until)

    def release(self, claim: Claim) -> None:
        """End the lease at once, the state untouched."""
        with self._connections.writing() as connection:
            _update_lease(connection, claim, None, None)

    def entries(self) -> Sequence[QueueRecord]:
        """Return all entries that are queued or running, in the order in which they will be claimed."""
        with self._connections.reading() as connection:
            clock_us = connection.now_us()
            waits_for = _open_dependencies(connection)
            rows = connection.rows(
                """
                SELECT e.id, q.priority, q.enqueued_at, q.requirements_json, q.runner_id, q.lease_until
                FROM queue_entries q JOIN experiments e ON e.no = q.experiment_no
                WHERE e.state IN ('queued', 'running') ORDER BY q.priority DESC, q.no"""
            )
        return tuple(
            QueueRecord(
                experiment_id=row[0],
                priority=row[1],
                enqueued_at=moment(row[2]),
                requirements_json=row[3],
                waits_for=tuple(waits_for.get(row[0], ())),
                runner_id=row[4],
                is_lease_live=row[5] is not None and row[5] > clock_us,
            )
            for row in rows
        )

    def heartbeat(self, runner_id: str, host: str, pid: int) -> None:
        """Say that a runner is alive."""
        with self._connections.writing() as connection:
            now_us = connection.now_us()
            connection.run(
                """
                INSERT INTO runners (id, host, pid, started_at, heartbeat_at) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at""",
                (runner_id, host, pid, now_us, now_us),
            )


def _us(duration_s: float) -> int:
    return round(duration_s * 1_000_000)


def _set_dependencies(
    connection: Connection, experiment_no: int, depends_on: Sequence[str]
) -> None:
    connection.run("DELETE FROM queue_dependencies WHERE experiment_no = ?", (experiment_no,))
    for dependency_id in dict.fromkeys(depends_on):
        dependency_no = _usable_dependency(connection, dependency_id)
        if _reaches(connection, dependency_no, experiment_no):
            raise StateError(
                f"the dependency on {dependency_id} would be a circle: it waits for this experiment"
            )
        connection.run(
            "INSERT INTO queue_dependencies (experiment_no, depends_on_no) VALUES (?, ?)",
            (experiment_no, dependency_no),
        )


def _usable_dependency(connection: Connection, dependency_id: str) -> int:
    row = connection.row(
        "SELECT no, state FROM experiments WHERE id = ?", (storable(dependency_id),)
    )
    if row is None:
        raise ExperimentNotFound(f"there is no experiment {dependency_id} to wait for")
    if row[1] in (_S.FAILED, _S.CANCELLED):
        raise StateError(
            f"the dependency {dependency_id} has {row[1]}: it would never be waited out"
        )
    return row[0]


def _reaches(connection: Connection, start_no: int, goal_no: int) -> bool:
    """Return whether following dependencies from ``start_no`` comes to ``goal_no``."""
    row = connection.row(
        """
        WITH RECURSIVE reached(no) AS (
            SELECT CAST(? AS bigint)
            UNION
            SELECT d.depends_on_no FROM queue_dependencies d JOIN reached r ON d.experiment_no = r.no)
        SELECT 1 FROM reached WHERE no = ?""",
        (start_no, goal_no),
    )
    return row is not None


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


def _is_free(candidate: Row, clock_us: int) -> bool:
    _, _, state, _, runner_id, lease_until = candidate
    if state == _S.QUEUED or lease_until <= clock_us:
        return True
    return runner_id is not None and is_surely_gone(runner_id)


def _take(
    connection: Connection,
    experiment_no: int,
    runner_id: str,
    clock_us: int,
    lease_s: float,
    now_us: int,
) -> Claim | None:
    """Lock the experiment, look again, and take it; None where another runner was faster."""
    locked = connection.select_for_claim(
        """
        SELECT e.no, e.id, e.state, e.fence, q.runner_id, coalesce(q.lease_until, 0)
        FROM queue_entries q JOIN experiments e ON e.no = q.experiment_no
        WHERE e.no = ? AND e.state IN ('queued', 'running')""",
        (experiment_no,),
    )
    if locked is None or not _is_free(locked, clock_us):
        return None
    _, experiment_id, state, fence, former_id, _ = locked
    if state == _S.RUNNING:
        reason = f"taken over from {former_id}" if former_id else "taken over: no runner held it"
        change = Change(_S.RUNNING, _S.QUEUED, reason, runner_id, fence)
        apply_change(connection, experiment_no, change, now_us)
    change = Change(_S.QUEUED, _S.RUNNING, None, runner_id, fence + 1)
    apply_change(connection, experiment_no, change, now_us)
    connection.run(
        "UPDATE queue_entries SET runner_id = ?, fence = ?, lease_until = ? WHERE experiment_no = ?",
        (runner_id, fence + 1, clock_us + _us(lease_s), experiment_no),
    )
    return Claim(experiment_id, fence + 1, runner_id)


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


def _open_dependencies(connection: Connection) -> dict[str, list[str]]:
    rows = connection.rows(
        """
        SELECT e.id, p.id FROM queue_dependencies d
        JOIN experiments e ON e.no = d.experiment_no JOIN experiments p ON p.no = d.depends_on_no
        WHERE p.state <> 'completed' ORDER BY e.no, p.no"""
    )
    waits_for: dict[str, list[str]] = {}
    for experiment_id, dependency_id in rows:
        waits_for.setdefault(experiment_id, []).append(dependency_id)
    return waits_for
