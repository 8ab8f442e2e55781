"""Alerts: open ones first, then those that are over; who has seen them, and what became of the messages."""

from typing import Any

from scramblebench.core.errors import DatabaseMissing
from scramblebench.dashboard.live import LiveView, Query
from scramblebench.dashboard.sources import PAGE_ROWS, Sources, person
from scramblebench.storage import AlertRecord, ExperimentRecord

_MOST_NO = 2**53


def read(sources: Sources, query: Query) -> dict[str, Any]:
    """Return what the page shows; of one experiment where the query names one."""
    database = sources.reading
    before = query.get("before", "")
    before_no = min(int(before), _MOST_NO) if before.isascii() and before.isdecimal() else None
    empty: dict[str, Any] = {
        "opened": [], "over": [], "next_no": None, "names": {}, "deliveries": {}, "person": person()
    }  # fmt: skip
    try:
        only = database.experiments.get(query["id"]).id if query.get("id") else None
        opened = database.monitor.alerts(only, is_open=True, limit=10 * PAGE_ROWS)
        over = database.monitor.alerts(
            only, is_open=False, limit=PAGE_ROWS + 1, before_no=before_no
        )
    except DatabaseMissing:
        return empty
    shown = [*opened, *over[:PAGE_ROWS]]
    return {
        **empty,
        "opened": sorted(opened, key=_urgency),
        "over": over[:PAGE_ROWS],
        "next_no": over[PAGE_ROWS - 1].no if len(over) > PAGE_ROWS else None,
        "names": _names(sources, shown),
        "deliveries": {alert.no: database.monitor.deliveries(alert.no) for alert in shown},
    }


_SEVERITIES = ("critical", "error", "warning", "info")


def _urgency(alert: AlertRecord) -> tuple[bool, int]:
    """Return what open alerts are sorted by: those nobody has seen first, the gravest of them first."""
    known = alert.severity in _SEVERITIES
    rank = _SEVERITIES.index(alert.severity) if known else len(_SEVERITIES)
    return alert.acknowledged_at is not None, rank


def _names(sources: Sources, alerts: list[AlertRecord]) -> dict[str, ExperimentRecord]:
    ids = {alert.experiment_id for alert in alerts if alert.experiment_id is not None}
    return {found: sources.reading.experiments.get(found) for found in ids}


ALERTS = LiveView("alerts", {"open": "parts/alerts.html"}, read)
