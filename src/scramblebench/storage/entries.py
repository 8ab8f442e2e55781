"""The queue as it stands: every entry with what it waits for, whom it asks and whether it is free."""

import json
from collections.abc import Iterator

from scramblebench.core.states import ExperimentState
from scramblebench.storage.connection import Connection, Row
from scramblebench.storage.moments import moment
from scramblebench.storage.records import QueueRecord
from scramblebench.storage.runners import is_surely_gone

_S = ExperimentState

_ENTRIES = """
    SELECT e.no, e.id, e.state, q.priority, q.enqueued_at, q.requirements_json, q.runner_id,
           q.lease_until, q.retry_at, q.n_retries, q.n_recoveries,
           coalesce(q.n_answered_at_claim, 0) >=
               (SELECT coalesce(sum(c.n_answered), 0) FROM counters c WHERE c.experiment_no = e.no)
    FROM queue_entries q JOIN experiments e ON e.no = q.experiment_no
    WHERE e.state IN ('queued', 'running', 'failed')
      AND (e.state <> 'failed' OR q.retry_at IS NOT NULL)
    ORDER BY q.priority DESC, q.no"""
_DEPENDENCIES = """
    SELECT d.experiment_no, p.id, p.state,
           (SELECT q.retry_at FROM queue_entries q WHERE q.experiment_no = p.no)
    FROM experiments e JOIN queue_dependencies d ON d.experiment_no = e.no
    JOIN experiments p ON p.no = d.depends_on_no
    WHERE e.state IN ('queued', 'running', 'failed') AND p.state <> 'completed'
    ORDER BY d.experiment_no, p.no"""
_MODELS = """
    SELECT m.experiment_no, m.spec_json FROM experiment_models m
    JOIN experiments e ON e.no = m.experiment_no
    JOIN queue_entries q ON q.experiment_no = e.no
    WHERE e.state IN ('queued', 'running', 'failed')
      AND (e.state <> 'failed' OR q.retry_at IS NOT NULL)
    ORDER BY m.experiment_no, m.position"""


def read_entries(connection: Connection, clock_us: int) -> tuple[QueueRecord, ...]:
    """Return the entries that are queued, running or to be retried, in the order of the queue."""
    waits_for, blocked_by = _open_dependencies(connection)
    servers = _servers(connection)
    return tuple(
        QueueRecord(
            experiment_id=row[1],
            priority=row[3],
            enqueued_at=moment(row[4]),
            requirements_json=row[5],
            waits_for=tuple(waits_for.get(row[0], ())),
            runner_id=row[6],
            lease_until=moment(row[7]),
            is_lease_live=row[7] is not None and row[7] > clock_us,
            state=ExperimentState(row[2]),
            blocked_by=tuple(blocked_by.get(row[0], ())),
            servers=servers.get(row[0], ()),
            is_free=row[0] not in waits_for and _is_free(row, clock_us),
            retry_at=moment(row[8]),
            n_retries=row[9],
            is_suspect=_is_suspect(row, clock_us),
        )
        for row in connection.rows(_ENTRIES)
    )


def _is_free(row: Row, clock_us: int) -> bool:
    state, runner_id, lease_until, retry_at = row[2], row[6], row[7], row[8]
    if state == _S.QUEUED:
        return True
    if state == _S.FAILED:
        return retry_at <= clock_us
    is_over = lease_until is None or lease_until <= clock_us
    return is_over or (runner_id is not None and is_surely_gone(runner_id))


def _is_suspect(row: Row, clock_us: int) -> bool:
    state, runner_id, n_recoveries, is_without_answer = row[2], row[6], row[10], row[11]
    was_dropped = runner_id is not None and _is_free(row, clock_us)
    return state == _S.RUNNING and (was_dropped or n_recoveries > 0) and bool(is_without_answer)


def _open_dependencies(
    connection: Connection,
) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    """Return what is waited for, and what of it will never come, by number of the experiment."""
    waits_for: dict[int, list[str]] = {}
    blocked_by: dict[int, list[str]] = {}
    for experiment_no, dependency_id, state, retry_at in connection.rows(_DEPENDENCIES):
        waits_for.setdefault(experiment_no, []).append(dependency_id)
        if state == _S.CANCELLED or (state == _S.FAILED and retry_at is None):
            blocked_by.setdefault(experiment_no, []).append(dependency_id)
    return waits_for, blocked_by


def _servers(connection: Connection) -> dict[int, tuple[tuple[str, str], ...]]:
    """Return who is asked, (provider, base URL or ""), each once, by number of the experiment."""
    servers: dict[int, tuple[tuple[str, str], ...]] = {}
    for experiment_no, spec_json in connection.rows(_MODELS):
        for server in _server_of(spec_json):
            known = servers.get(experiment_no, ())
            if server not in known:
                servers[experiment_no] = (*known, server)
    return servers


def _server_of(spec_json: str) -> Iterator[tuple[str, str]]:
    try:
        spec = json.loads(spec_json)
    except ValueError:
        return
    if isinstance(spec, dict):
        yield str(spec.get("provider", "")), str(spec.get("base_url") or "")
