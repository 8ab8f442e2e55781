"""One machine or several: an SQLite file is safe on one only."""

from scramblebench.core.errors import UsageError
from scramblebench.storage import Database, host_identity

_SQLITE = "sqlite"


def check_one_machine(database: Database) -> None:
    """Raise UsageError where another machine uses this SQLite file: locks and clocks end at the machine."""
    if database.engine().dialect != _SQLITE:
        return
    here = host_identity()
    others = {r.host for r in database.queue.runners() if r.is_alive and r.host != here}
    if others:
        raise UsageError(
            f"{database.shown_url} is in use by another machine or container, {min(others)}; an SQLite "
            "file serves one machine only: give all of them --database-url postgresql://..."
        )
