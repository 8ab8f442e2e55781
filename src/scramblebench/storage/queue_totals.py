"""Experiments by state, and how long they wait and run."""

from scramblebench.core.states import ExperimentState
from scramblebench.storage.connection import Connection
from scramblebench.storage.records import QueueTotals

_US_PER_S = 1_000_000
_HOUR_US = 3600 * _US_PER_S


def read_totals(connection: Connection, now_us: int) -> QueueTotals:
    """Return the totals of all experiments."""
    by_state = dict.fromkeys(ExperimentState, 0)
    for state, count in connection.rows("SELECT state, count(*) FROM experiments GROUP BY state"):
        by_state[ExperimentState(state)] = count
    ran = connection.row(
        """
        SELECT avg(completed_at - started_at),
               coalesce(sum(CASE WHEN completed_at > ? THEN 1 ELSE 0 END), 0)
        FROM experiments WHERE state = 'completed'""",
        (now_us - _HOUR_US,),
    )
    waited = connection.row(
        """
        SELECT avg(e.started_at - q.enqueued_at)
        FROM queue_entries q JOIN experiments e ON e.no = q.experiment_no
        WHERE e.started_at >= q.enqueued_at"""
    )
    assert ran is not None
    assert waited is not None
    return QueueTotals(by_state, _seconds(waited[0]), _seconds(ran[0]), int(ran[1]))


def _seconds(mean_us: float | None) -> float | None:
    return None if mean_us is None else float(mean_us) / _US_PER_S
