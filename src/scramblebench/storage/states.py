"""One change of an experiment's state: the row, the event and what the queue makes of it."""

from dataclasses import dataclass

from scramblebench.core.states import ExperimentState
from scramblebench.storage.connection import Connection
from scramblebench.storage.sanitise import pack

DEFAULT_PRIORITY = 1

_S = ExperimentState


@dataclass(frozen=True, slots=True)
class Change:
    """What is about to be written; ``fence`` is the experiment's after the change."""

    before: ExperimentState | None
    after: ExperimentState
    reason: str | None
    actor: str
    fence: int


def apply_change(connection: Connection, experiment_no: int, change: Change, now_us: int) -> None:
    """Write a change that the transition table allows to a row that this transaction has locked."""
    _update(connection, experiment_no, change, now_us)
    record_event(connection, experiment_no, change, now_us)
    if change.before is _S.RUNNING:
        connection.run(
            "UPDATE queue_entries SET runner_id = NULL, lease_until = NULL WHERE experiment_no = ?",
            (experiment_no,),
        )
    if change.after is _S.QUEUED:
        _ensure_entry(connection, experiment_no, change, now_us)


def record_event(connection: Connection, experiment_no: int, change: Change, now_us: int) -> None:
    """Append to the history."""
    (reason, actor), exact = pack(("reason", "actor"), (change.reason, change.actor))
    before = change.before.value if change.before else None
    connection.run(
        """
        INSERT INTO experiment_events
            (experiment_no, happened_at, state_before, state_after, reason, actor, fence, exact)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        (experiment_no, now_us, before, change.after.value, reason, actor, change.fence, exact),
    )


def _update(connection: Connection, experiment_no: int, change: Change, now_us: int) -> None:
    (reason,), _ = pack(("reason",), (change.reason,))
    started_at = now_us if change.after is _S.RUNNING else None
    completed_at = now_us if change.after.is_final else None
    connection.run(
        """
        UPDATE experiments
        SET state = ?, reason = ?, fence = ?, updated_at = ?, completed_at = ?,
            started_at = coalesce(started_at, ?)
        WHERE no = ?""",
        (change.after.value, reason, change.fence, now_us, completed_at, started_at, experiment_no),
    )


def _ensure_entry(connection: Connection, experiment_no: int, change: Change, now_us: int) -> None:
    """Give the experiment an entry: its old one where it was only interrupted, else one at the end."""
    row = connection.row(
        "SELECT priority, requirements_json FROM queue_entries WHERE experiment_no = ?",
        (experiment_no,),
    )
    if row is not None and change.before in (_S.RUNNING, _S.PAUSED):
        return
    priority, requirements_json = row or (DEFAULT_PRIORITY, "{}")
    connection.run("DELETE FROM queue_entries WHERE experiment_no = ?", (experiment_no,))
    connection.run(
        """
        INSERT INTO queue_entries (experiment_no, priority, enqueued_at, requirements_json, fence)
        VALUES (?, ?, ?, ?, ?)""",
        (experiment_no, priority, now_us, requirements_json, change.fence),
    )
