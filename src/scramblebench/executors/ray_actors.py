"""Workers as detached actors of Ray: each a process with one event loop, which Ray starts anew when it dies.

An actor begins to work when it is made, not when it is asked to: so one that Ray restarts goes on by itself, also when the
process that placed it is gone. It ends when nothing was to be had for a while.
"""

import os
from importlib import import_module
from typing import Any
from uuid import uuid4

from scramblebench.core.errors import MissingDependency
from scramblebench.executors.base import Order
from scramblebench.executors.hosted import HostedWorker

PATIENCE_S = 120.0
_REPLY_S = 3.0


class RayActors:
    """Actors on the cluster that RAY_ADDRESS names, else on one that Ray starts here."""

    def __init__(self) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            self._ray: Any = import_module("ray")
        except ImportError:
            raise MissingDependency(
                'the executor ray needs Ray; install it with: pip install "scramblebench[ray]"'
            ) from None
        self._order: Order | None = None
        self._actors: dict[str, Any] = {}

    def start(self, order: Order) -> None:
        """Join or start a cluster, and place one actor for each worker, spread over the nodes."""
        self._order = order
        address = os.environ.get("RAY_ADDRESS", "local")
        if not self._ray.is_initialized():
            self._ray.init(
                address=address,
                namespace="scramblebench",
                include_dashboard=False,
                log_to_driver=False,
                logging_level="ERROR",
            )
        run = uuid4().hex[:8]
        for number in range(order.n_workers):
            self._place(f"{run}-{number}")

    def _place(self, name: str) -> None:
        assert self._order is not None
        options = {
            "name": name,
            "lifetime": "detached",
            "max_restarts": -1,
            "max_concurrency": 2,
            "num_cpus": 1,
            "scheduling_strategy": "SPREAD",
        }
        actor = self._ray.remote(HostedWorker).options(**options)
        self._actors[name] = actor.remote(self._order.database_url, self._order.lease_s, PATIENCE_S)

    def keep(self) -> None:
        """Place an actor anew that has ended for good: it had waited for work in vain."""
        for name in self._actors.keys() - self._answering(is_over=False):
            self._ray.kill(self._actors.pop(name))
            self._place(f"{name}+")

    def stop(self, patience_s: float) -> None:
        """Have the actors finish what is in flight, and end them; those on lost nodes are not waited for."""
        names = self._answering(is_over=True)
        ending = [self._actors[name].end.remote(patience_s) for name in names]
        if ending:
            self._ray.wait(ending, num_returns=len(ending), timeout=patience_s)
        for actor in self._actors.values():
            self._ray.kill(actor)
        self._ray.shutdown()

    def _answering(self, *, is_over: bool) -> set[str]:
        """Return the actors that work; those that do not answer, being restarted or frozen, unless it ``is_over``."""
        asked = {actor.is_working.remote(): name for name, actor in self._actors.items()}
        replies = list(asked)
        done = (
            self._ray.wait(replies, num_returns=len(replies), timeout=_REPLY_S)[0] if asked else []
        )
        found = set() if is_over else {asked[reply] for reply in replies if reply not in done}
        for reply in done:
            try:
                is_working = self._ray.get(reply)
            except self._ray.exceptions.RayActorError:
                is_working = False
            if is_working:
                found.add(asked[reply])
        return found
