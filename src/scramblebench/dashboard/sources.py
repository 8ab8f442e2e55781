"""What all pages read from and write to."""

from dataclasses import dataclass

from starlette.requests import Request

from scramblebench.core.clock import Clock
from scramblebench.core.people import user_name
from scramblebench.dashboard.jobs import Jobs
from scramblebench.dashboard.network import NetworkPolicy
from scramblebench.storage import AlertRecord, Database

PAGE_ROWS = 50
MOST_ROWS = 1_000
QUERY_DEADLINE_S = 2.0


@dataclass(frozen=True, slots=True)
class Sources:
    """The databases: one that only reads, one for what people do here; they may be different servers.

    ``computing`` runs statistics in another process; None where it could not open the same database.
    """

    reading: Database
    writing: Database
    clock: Clock
    policy: NetworkPolicy
    computing: Jobs | None = None


def sources_of(request: Request) -> Sources:
    """Return the sources of the application that a request came to."""
    return request.app.state.sources


def person() -> str:
    """Return who is taken to act where nobody says a name: the one who started the dashboard."""
    return user_name()


def open_alerts(database: Database) -> dict[str | None, list[AlertRecord]]:
    """Return the open alerts by experiment; None holds those of machines."""
    found: dict[str | None, list[AlertRecord]] = {}
    for alert in database.monitor.alerts(is_open=True, limit=MOST_ROWS):
        found.setdefault(alert.experiment_id, []).append(alert)
    return found
