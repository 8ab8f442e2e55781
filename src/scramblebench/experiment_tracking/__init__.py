"""The Python API: experiments created, queued, run and watched."""

from scramblebench.core.errors import ExperimentNotFound
from scramblebench.experiment_tracking.database import DatabaseManager
from scramblebench.experiment_tracking.tracker import ExperimentTracker

__all__ = ["DatabaseManager", "ExperimentNotFound", "ExperimentTracker"]
