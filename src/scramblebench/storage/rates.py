"""Rates that several runners share: one row per line, moved by one statement."""

from scramblebench.storage.connection import Connections

_US_PER_MINUTE = 60_000_000

_TAKE = """
    INSERT INTO rate_limits (key, free_at) VALUES (?, ?)
    ON CONFLICT (key) DO UPDATE SET free_at = ? +
        CASE WHEN rate_limits.free_at > ? THEN rate_limits.free_at ELSE ? END
    RETURNING free_at"""


class SqlRateStore:
    """The ``RateStore`` of both databases."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def take(self, key: str, amount: float, rate_per_minute: float) -> float:
        """Take places of the key's line; return in how many seconds the first is due."""
        taken_us = round(amount * _US_PER_MINUTE / rate_per_minute)
        with self._connections.writing() as connection:
            now_us = connection.now_us()
            values = (key, now_us + taken_us, taken_us, now_us, now_us)
            row = connection.row(_TAKE, values)
        assert row is not None
        return (row[0] - taken_us - now_us) / 1_000_000
