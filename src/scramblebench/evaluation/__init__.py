"""Reserve, send, record: the only room that spends money."""

from scramblebench.evaluation.config import EvaluationConfig
from scramblebench.evaluation.coordinating import Workforce
from scramblebench.evaluation.engine import run_plan
from scramblebench.evaluation.experiment import (
    Description,
    Place,
    restore_plan,
    run_experiment,
    store_experiment,
)
from scramblebench.evaluation.opening import Surroundings
from scramblebench.evaluation.outcomes import RunOutcome
from scramblebench.evaluation.preregistering import preregister
from scramblebench.evaluation.progress import LaneProgress, RunProgress
from scramblebench.evaluation.registered import (
    Registered,
    read_preregistration,
    registered_of,
)
from scramblebench.evaluation.runner import EvaluationRunner, run_stored
from scramblebench.evaluation.worker import SHARD_LEASE_S, WorkerTerms, run_worker

__all__ = [
    "SHARD_LEASE_S",
    "Description",
    "EvaluationConfig",
    "EvaluationRunner",
    "LaneProgress",
    "Place",
    "Registered",
    "RunOutcome",
    "RunProgress",
    "Surroundings",
    "WorkerTerms",
    "Workforce",
    "preregister",
    "read_preregistration",
    "registered_of",
    "restore_plan",
    "run_experiment",
    "run_plan",
    "run_stored",
    "run_worker",
    "store_experiment",
]
