"""The seam: whoever can start a long-lived process somewhere can run workers.

An executor never carries a shard or a request: workers take those from the database themselves, and it may
lose, freeze or start one twice without harm.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be placed: ``n_workers`` on one database; its URL may have a password and is never shown."""

    database_url: str = field(repr=False)
    n_workers: int
    lease_s: float


class Executor(Protocol):
    """Places workers. Its methods block, and are called one after the other."""

    def start(self, order: Order) -> None:
        """Place the workers. Raises MissingDependency where an optional package is not installed."""
        ...

    def keep(self) -> None:
        """Replace workers that have ended. Raises ScrambleBenchError where they end again and again."""
        ...

    def stop(self, patience_s: float) -> None:
        """Have the workers finish what is in flight; end those that take longer than ``patience_s``."""
        ...


def _processes() -> Executor:
    from scramblebench.executors.processes import Processes

    return Processes()


def _ray() -> Executor:
    from scramblebench.executors.ray_actors import RayActors

    return RayActors()


def _dask() -> Executor:
    from scramblebench.executors.dask_tasks import DaskTasks

    return DaskTasks()


EXECUTORS: dict[str, Callable[[], Executor]] = {
    "processes": _processes,
    "ray": _ray,
    "dask": _dask,
}
"""By name; ``local`` is none of them: the process itself."""


def open_executor(name: str) -> Executor:
    """Return an executor that has not placed anything yet."""
    return EXECUTORS[name]()


def n_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
