"""The Python API: experiments created, queued, run and watched.

Names are imported when they are first used: looking at a list must not load what runs an experiment.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scramblebench.core.errors import ExperimentNotFound
    from scramblebench.experiment_tracking.database import DatabaseManager
    from scramblebench.experiment_tracking.queue import ExperimentQueue, QueueMetrics
    from scramblebench.experiment_tracking.tracker import ExperimentTracker

__all__ = [
    "DatabaseManager",
    "ExperimentNotFound",
    "ExperimentQueue",
    "ExperimentTracker",
    "QueueMetrics",
]

_HOMES = {
    "DatabaseManager": "scramblebench.experiment_tracking.database",
    "ExperimentNotFound": "scramblebench.core.errors",
    "ExperimentQueue": "scramblebench.experiment_tracking.queue",
    "ExperimentTracker": "scramblebench.experiment_tracking.tracker",
    "QueueMetrics": "scramblebench.experiment_tracking.queue",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
