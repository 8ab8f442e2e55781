"""Statistics on plain numbers: it knows no models, no rows, and has no global state."""

from scramblebench.statistics.intervals import Interval, mean_t, wilson

__all__ = ["Interval", "mean_t", "wilson"]
