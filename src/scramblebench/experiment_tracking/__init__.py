"""The Python API: experiments created, queued, run and watched.

Names are imported when they are first used: looking at a list must not load what runs an experiment.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scramblebench.core.errors import ExperimentNotFound
    from scramblebench.experiment_tracking.ab_tests import ABTestFramework, ABTestResult
    from scramblebench.experiment_tracking.analyzer import StatisticalAnalyzer
    from scramblebench.experiment_tracking.database import DatabaseManager
    from scramblebench.experiment_tracking.exporter import AcademicExporter
    from scramblebench.experiment_tracking.monitor import ExperimentMonitor
    from scramblebench.experiment_tracking.queue import ExperimentQueue
    from scramblebench.experiment_tracking.reproducibility import ReproducibilityValidator
    from scramblebench.experiment_tracking.significance import SignificanceTest
    from scramblebench.experiment_tracking.tracker import ExperimentTracker
    from scramblebench.monitoring.queue import QueueMetrics

__all__ = [
    "ABTestFramework",
    "ABTestResult",
    "AcademicExporter",
    "DatabaseManager",
    "ExperimentMonitor",
    "ExperimentNotFound",
    "ExperimentQueue",
    "ExperimentTracker",
    "QueueMetrics",
    "ReproducibilityValidator",
    "SignificanceTest",
    "StatisticalAnalyzer",
]

_HOMES = {
    "ABTestFramework": "scramblebench.experiment_tracking.ab_tests",
    "ABTestResult": "scramblebench.experiment_tracking.ab_tests",
    "AcademicExporter": "scramblebench.experiment_tracking.exporter",
    "DatabaseManager": "scramblebench.experiment_tracking.database",
    "ExperimentMonitor": "scramblebench.experiment_tracking.monitor",
    "ExperimentNotFound": "scramblebench.core.errors",
    "ExperimentQueue": "scramblebench.experiment_tracking.queue",
    "ExperimentTracker": "scramblebench.experiment_tracking.tracker",
    "QueueMetrics": "scramblebench.monitoring.queue",
    "ReproducibilityValidator": "scramblebench.experiment_tracking.reproducibility",
    "SignificanceTest": "scramblebench.experiment_tracking.significance",
    "StatisticalAnalyzer": "scramblebench.experiment_tracking.analyzer",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
