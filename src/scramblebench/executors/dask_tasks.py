"""Workers as long tasks of Dask: one for each worker, which Dask starts anew where its process dies.

A task ends when nothing was to be had for a while, or when its executor says so; the results of tasks are not
what counts, so that nobody need wait for them.
"""

import os
from importlib import import_module
from typing import Any
from uuid import uuid4

from scramblebench.core.errors import MissingDependency, ScrambleBenchError
from scramblebench.executors.base import Order
from scramblebench.executors.hosted import HostedWorker

PATIENCE_S = 120.0
_LOOK_S = 1.0
_SILENT = "30 s"
"""So long a worker of Dask may be silent; by default it is waited for much longer (worker-ttl)."""
_MOST_DEATHS = 1_000
"""So many processes of Dask may die under one task; by default three (allowed-failures)."""
_END_S = 600.0


class DaskTasks:
    """Tasks on the cluster that DASK_SCHEDULER_ADDRESS names, else on one that Dask starts here."""

    def __init__(self) -> None:
        try:
            self._dask: Any = import_module("dask")
            self._distributed: Any = import_module("distributed")
        except ImportError:
            raise MissingDependency(
                'the executor dask needs Dask; install it with: pip install "scramblebench[dask]"'
            ) from None
        self._cluster: Any = None
        self._client: Any = None
        self._order: Order | None = None
        self._tasks: list[Any] = []
        self._run = f"scramblebench-{uuid4().hex[:8]}"

    def start(self, order: Order) -> None:
        """Join or start a cluster, and place one task for each worker."""
        self._order = order
        address = os.environ.get("DASK_SCHEDULER_ADDRESS")
        if address is None:
            scheduler = "distributed.scheduler"
            self._dask.config.set({f"{scheduler}.worker-ttl": _SILENT})
            self._dask.config.set({f"{scheduler}.allowed-failures": _MOST_DEATHS})
            self._cluster = self._distributed.LocalCluster(
                n_workers=max(1, order.n_workers), threads_per_worker=1, dashboard_address=None
            )
        self._client = self._distributed.Client(address or self._cluster)
        self._tasks = [self._placed() for _ in range(order.n_workers)]

    def _placed(self) -> Any:
        assert self._order is not None
        order = self._order
        task = self._client.submit(work, order.database_url, order.lease_s, self._run, pure=False)
        self._distributed.fire_and_forget(task)  # goes on when this process is gone
        return task

    def keep(self) -> None:
        """Place a task anew that has ended; raises ScrambleBenchError where one ended with an error."""
        for number, task in enumerate(self._tasks):
            if task.status == "error" and "KilledWorker" not in repr(task.exception()):
                raise ScrambleBenchError(f"a worker of Dask ended with: {task.exception()}")
            if task.done():
                self._tasks[number] = self._placed()

    def stop(self, patience_s: float) -> None:
        """Have the tasks finish what is in flight, and let the cluster go where it was started here."""
        self._distributed.Event(self._run, client=self._client).set()
        self._distributed.wait(self._tasks, timeout=patience_s)
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()


def work(database_url: str, lease_s: float, run: str) -> None:
    """Work in a task until there is no more, or the executor says so."""
    worker = HostedWorker(database_url, lease_s, PATIENCE_S)
    over = import_module("distributed").Event(run)
    while worker.is_working():
        if over.wait(timeout=_LOOK_S):
            worker.end(_END_S)
