"""Where workers live: processes of this machine, actors of Ray, tasks of Dask. Who they are, not what they do."""

from scramblebench.executors.base import EXECUTORS, Executor, Order, open_executor
from scramblebench.executors.placing import Placing

__all__ = ["EXECUTORS", "Executor", "Order", "Placing", "open_executor"]
