"""Samples over time, latencies, alerts with their deliveries, and notes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import LiteralString

from scramblebench.core.clock import Clock
from scramblebench.core.errors import UsageError
from scramblebench.storage.connection import Connection, Connections, Row, Value
from scramblebench.storage.experiments import number_of
from scramblebench.storage.moments import microseconds, moment
from scramblebench.storage.monitor_records import (
    AlertRecord,
    DeliveryRecord,
    LatencyCount,
    NewAlert,
    NoteRecord,
    SampleRecord,
)
from scramblebench.storage.sanitise import pack, unpack

_US_PER_S = 1_000_000
_HOUR_S, _DAY_S = 3600, 86_400
_THINNING = ((_HOUR_S, 60), (_DAY_S, 600))
"""Samples older than the first number of seconds are kept once per so many."""
_DELETED_AT_ONCE = 500
_ALERT_TEXTS = ("message", "subject", "note", "acknowledged_by")
_SELECT_ALERTS: LiteralString = """
    SELECT a.no, a.rule, a.severity, e.id, a.value, a.threshold, a.raised_at, a.resolved_at,
           a.acknowledged_at, a.n_raised, a.message, a.subject, a.note, a.acknowledged_by, a.exact
    FROM alerts a LEFT JOIN experiments e ON e.no = a.experiment_no"""


class SqlMonitorStore:
    """The ``MonitorStore`` of both databases."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    def add_samples(self, samples: Sequence[SampleRecord]) -> None:
        """Store what was measured."""
        with self._connections.writing() as connection:
            connection.run_many(
                """
                INSERT INTO metric_samples (experiment_no, runner_id, taken_at, values_json)
                VALUES (?, ?, ?, ?)""",
                [
                    (
                        _optional_no(connection, sample.experiment_id),
                        sample.runner_id,
                        microseconds(sample.taken_at),
                        sample.values_json,
                    )
                    for sample in samples
                ],
            )

    def samples(
        self, experiment_id: str | None, since: datetime | None = None, limit: int = 1000
    ) -> Sequence[SampleRecord]:
        """Return the latest samples of an experiment, or of the machines, oldest first."""
        since_us = 0 if since is None else microseconds(since)
        with self._connections.reading() as connection:
            experiment_no = _optional_no(connection, experiment_id)
            rows = connection.rows(
                """
                SELECT runner_id, taken_at, values_json FROM metric_samples
                WHERE experiment_no = ? AND taken_at >= ? ORDER BY taken_at DESC, no DESC LIMIT ?""",
                (experiment_no, since_us, limit),
            )
        return tuple(
            SampleRecord(experiment_id, runner, moment(taken), values)
            for runner, taken, values in reversed(rows)
        )

    def thin_samples(self, keep_days: float, *, is_trial: bool = False) -> int:
        """Delete samples that are too old or too close together; return how many.

        They are looked for without a lock and deleted in short transactions: no run waits for it.
        """
        now_us = microseconds(self._clock.now())
        oldest_us = now_us - round(keep_days * _DAY_S * _US_PER_S)
        with self._connections.reading() as connection:
            found = connection.rows(
                "SELECT no FROM metric_samples WHERE taken_at < ?", (oldest_us,)
            )
            surplus = {row[0] for row in found}
            for older_s, apart_s in _THINNING:
                rows = connection.rows(
                    """
                    SELECT no FROM metric_samples WHERE taken_at < ? AND no NOT IN (
                        SELECT max(no) FROM metric_samples
                        GROUP BY experiment_no, runner_id, taken_at / ?)""",
                    (now_us - older_s * _US_PER_S, apart_s * _US_PER_S),
                )
                surplus.update(row[0] for row in rows)
        ordered = sorted(surplus)
        if is_trial:
            return len(ordered)
        for start in range(0, len(ordered), _DELETED_AT_ONCE):
            chunk = ordered[start : start + _DELETED_AT_ONCE]
            with self._connections.writing() as connection:
                connection.run_many(
                    "DELETE FROM metric_samples WHERE no = ?", [(no,) for no in chunk]
                )
        return len(ordered)

    def latencies(self, experiment_id: str) -> Sequence[LatencyCount]:
        """Return how long answers took, by model and bucket."""
        with self._connections.reading() as connection:
            rows = connection.rows(
                """
                SELECT model_index, bucket, n FROM latency_counts
                WHERE experiment_no = ? ORDER BY model_index, bucket""",
                (number_of(connection, experiment_id),),
            )
        return tuple(LatencyCount(*row) for row in rows)

    def raise_alert(self, new: NewAlert, targets: Sequence[str] = ()) -> AlertRecord:
        """Raise an alert, or bring up to date the open one of its rule, experiment and subject.

        One that was over comes back within its row when the last of it was less than a day ago. A delivery to
        each target is due when it is raised or comes back, not while it only goes on.
        """
        now_us = microseconds(self._clock.now())
        with self._connections.writing() as connection:
            experiment_no = _optional_no(connection, new.experiment_id)
            found = _latest(connection, experiment_no, new)
            if found is not None and found.is_open:
                _update(connection, found.no, new)
                no, is_news = found.no, False
            elif found is not None and _is_recent(found, now_us):
                _reopen(connection, found.no, new, now_us)
                no, is_news = found.no, True
            else:
                no, is_news = _insert(connection, experiment_no, new, now_us), True
            if is_news:
                _add_deliveries(connection, no, new.message, targets, now_us)
            return _get(connection, no)

    def resolve_alert(self, rule: str, experiment_id: str | None = None, subject: str = "") -> bool:
        """Say that what an alert says is over; return whether one was open."""
        now_us = microseconds(self._clock.now())
        with self._connections.writing() as connection:
            return (
                connection.run(
                    """
                    UPDATE alerts SET resolved_at = ?
                    WHERE rule = ? AND experiment_no = ? AND subject = ? AND resolved_at IS NULL""",
                    (now_us, rule, _optional_no(connection, experiment_id), subject),
                )
                > 0
            )

    def acknowledge_alert(self, no: int, by: str, note: str = "") -> AlertRecord:
        """Note that somebody has seen an alert; raises UsageError for one that is not there."""
        (clean_by, clean_note), _ = pack(("by", "note"), (by, note))
        with self._connections.writing() as connection:
            n = connection.run(
                "UPDATE alerts SET acknowledged_at = ?, acknowledged_by = ?, note = ? WHERE no = ?",
                (microseconds(self._clock.now()), clean_by, clean_note or None, no),
            )
            if n == 0:
                raise UsageError(f"there is no alert {no}; `alerts list` shows them")
            return _get(connection, no)

    def alerts(
        self,
        experiment_id: str | None = None,
        *,
        is_open: bool | None = None,
        limit: int = 100,
        before_no: int | None = None,
    ) -> Sequence[AlertRecord]:
        """Return alerts, newest first; of one experiment, or of all; open ones, others, or both."""
        values: list[Value] = []
        where: LiteralString = "WHERE 1 = 1"
        with self._connections.reading() as connection:
            if experiment_id is not None:
                where += " AND a.experiment_no = ?"
                values.append(number_of(connection, experiment_id))
            if is_open is not None:
                where += (
                    " AND a.resolved_at IS NULL" if is_open else " AND a.resolved_at IS NOT NULL"
                )
            if before_no is not None:
                where += " AND a.no < ?"
                values.append(before_no)
            rows = connection.rows(
                f"{_SELECT_ALERTS} {where} ORDER BY a.no DESC LIMIT ?", (*values, limit)
            )
        return tuple(map(_alert, rows))

    def due_deliveries(self, limit: int = 20) -> Sequence[DeliveryRecord]:
        """Return messages that are to be sent now, oldest first."""
        with self._connections.reading() as connection:
            rows = connection.rows(
                """
                SELECT d.no, d.alert_no, a.severity, d.target, d.message, d.n_attempts,
                    d.delivered_at, d.last_error
                FROM alert_deliveries d JOIN alerts a ON a.no = d.alert_no
                WHERE d.delivered_at IS NULL AND d.next_at IS NOT NULL AND d.next_at <= ?
                ORDER BY d.no LIMIT ?""",
                (microseconds(self._clock.now()), limit),
            )
        return tuple(_delivery(row) for row in rows)

    def deliveries(self, alert_no: int) -> Sequence[DeliveryRecord]:
        """Return all messages about an alert, oldest first."""
        with self._connections.reading() as connection:
            rows = connection.rows(
                """
                SELECT d.no, d.alert_no, a.severity, d.target, d.message, d.n_attempts,
                    d.delivered_at, d.last_error
                FROM alert_deliveries d JOIN alerts a ON a.no = d.alert_no
                WHERE d.alert_no = ? ORDER BY d.no""",
                (alert_no,),
            )
        return tuple(_delivery(row) for row in rows)

    def take_delivery(self, no: int, for_s: float) -> bool:
        """Take a message that is due, so that nobody else sends it for so many seconds."""
        now_us = microseconds(self._clock.now())
        with self._connections.writing() as connection:
            return (
                connection.run(
                    """
                    UPDATE alert_deliveries SET next_at = ?
                    WHERE no = ? AND delivered_at IS NULL AND next_at <= ?""",
                    (now_us + round(for_s * _US_PER_S), no, now_us),
                )
                > 0
            )

    def delivered(self, no: int) -> None:
        """Note that a message was taken by its target."""
        now_us = microseconds(self._clock.now())
        with self._connections.writing() as connection:
            connection.run(
                """
                UPDATE alert_deliveries
                SET delivered_at = ?, n_attempts = n_attempts + 1, last_error = NULL WHERE no = ?""",
                (now_us, no),
            )

    def delivery_failed(self, no: int, error: str, again_in_s: float | None) -> None:
        """Note why a message was not taken; it is due again in so many seconds, None: never."""
        now_us = microseconds(self._clock.now())
        next_us = None if again_in_s is None else now_us + round(again_in_s * _US_PER_S)
        (clean,), _ = pack(("last_error",), (error,))
        with self._connections.writing() as connection:
            connection.run(
                """
                UPDATE alert_deliveries
                SET n_attempts = n_attempts + 1, last_error = ?, next_at = ? WHERE no = ?""",
                (clean, next_us, no),
            )

    def add_note(
        self, experiment_id: str, author: str, text: str, question: int | None = None
    ) -> NoteRecord:
        """Store what somebody wrote about an experiment or about one question of it."""
        now_us = microseconds(self._clock.now())
        texts, exact = pack(("author", "text"), (author, text))
        with self._connections.writing() as connection:
            row = connection.row(
                """
                INSERT INTO notes (experiment_no, question, author, text, written_at, exact)
                VALUES (?, ?, ?, ?, ?, ?) RETURNING no""",
                (number_of(connection, experiment_id), question, *texts, now_us, exact),
            )
        assert row is not None
        return NoteRecord(row[0], experiment_id, question, author, text, moment(now_us))

    def notes(self, experiment_id: str) -> Sequence[NoteRecord]:
        """Return what was written about an experiment, oldest first."""
        with self._connections.reading() as connection:
            rows = connection.rows(
                """
                SELECT no, question, written_at, author, text, exact FROM notes
                WHERE experiment_no = ? ORDER BY no""",
                (number_of(connection, experiment_id),),
            )
        return tuple(_note(experiment_id, row) for row in rows)


_ALL = 0
"""Stands for no experiment: NULL would never equal itself."""


def _optional_no(connection: Connection, experiment_id: str | None) -> int:
    return _ALL if experiment_id is None else number_of(connection, experiment_id)


def _latest(connection: Connection, experiment_no: int, new: NewAlert) -> AlertRecord | None:
    row = connection.row(
        f"""{_SELECT_ALERTS}
        WHERE a.rule = ? AND a.experiment_no = ? AND a.subject = ? ORDER BY a.no DESC LIMIT 1""",
        (new.rule, experiment_no, new.subject),
    )
    return None if row is None else _alert(row)


def _is_recent(found: AlertRecord, now_us: int) -> bool:
    assert found.resolved_at is not None
    return now_us - microseconds(found.resolved_at) < timedelta(days=1) // timedelta(microseconds=1)


def _insert(connection: Connection, experiment_no: int, new: NewAlert, now_us: int) -> int:
    (message, subject), exact = pack(("message", "subject"), (new.message, new.subject))
    row = connection.row(
        """
        INSERT INTO alerts
            (experiment_no, rule, severity, message, subject, value, threshold, raised_at,
             n_raised, exact)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?) RETURNING no""",
        (
            experiment_no,
            new.rule,
            new.severity,
            message,
            subject,
            new.value,
            new.threshold,
            now_us,
            exact,
        ),
    )
    assert row is not None
    return row[0]


def _update(connection: Connection, no: int, new: NewAlert) -> None:
    (message,), _ = pack(("message",), (new.message,))
    connection.run(
        "UPDATE alerts SET message = ?, severity = ?, value = ?, threshold = ? WHERE no = ?",
        (message, new.severity, new.value, new.threshold, no),
    )


def _reopen(connection: Connection, no: int, new: NewAlert, now_us: int) -> None:
    _update(connection, no, new)
    connection.run(
        """
        UPDATE alerts SET resolved_at = NULL, acknowledged_at = NULL, acknowledged_by = NULL,
            raised_at = ?, n_raised = n_raised + 1 WHERE no = ?""",
        (now_us, no),
    )


def _add_deliveries(
    connection: Connection, alert_no: int, message: str, targets: Sequence[str], now_us: int
) -> None:
    (clean,), _ = pack(("message",), (message,))
    connection.run_many(
        """
        INSERT INTO alert_deliveries (alert_no, target, message, n_attempts, next_at)
        VALUES (?, ?, ?, 0, ?)""",
        [(alert_no, target, clean, now_us) for target in targets],
    )


def _get(connection: Connection, no: int) -> AlertRecord:
    row = connection.row(f"{_SELECT_ALERTS} WHERE a.no = ?", (no,))
    assert row is not None
    return _alert(row)


def _alert(row: Row) -> AlertRecord:
    no, rule, severity, experiment_id, value, threshold, raised, resolved, seen, n_raised = row[:10]
    message, subject, note, seen_by = unpack(_ALERT_TEXTS, row[10:14], row[14])
    return AlertRecord(
        no=no,
        rule=rule,
        severity=severity,
        message=message or "",
        experiment_id=experiment_id,
        subject=subject or "",
        value=value,
        threshold=threshold,
        raised_at=moment(raised),
        resolved_at=moment(resolved),
        acknowledged_at=moment(seen),
        acknowledged_by=seen_by,
        note=note,
        n_raised=n_raised,
    )


def _delivery(row: Row) -> DeliveryRecord:
    no, alert_no, severity, target, message, n_attempts, delivered_at, last_error = row
    return DeliveryRecord(
        no, alert_no, severity, target, message, n_attempts, moment(delivered_at), last_error
    )


def _note(experiment_id: str, row: Row) -> NoteRecord:
    no, question, written_at, *texts, exact = row
    author, text = unpack(("author", "text"), texts, exact)
    return NoteRecord(no, experiment_id, question, author or "", text or "", moment(written_at))
