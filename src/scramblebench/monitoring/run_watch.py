"""What a runner starts beside its queue: the sampler, and the delivery of alerts."""

import asyncio
from collections.abc import Mapping
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING

from scramblebench.core.clock import Clock
from scramblebench.monitoring.delivery import Deliverer
from scramblebench.monitoring.sampler import OnTrouble, Sampler
from scramblebench.notify import open_variable
from scramblebench.storage import Database

if TYPE_CHECKING:
    from scramblebench.evaluation import RunOutcome, RunProgress

_SAMPLER_S = 5.0
_HURRIED_S = 0.4
_DELIVERY_S = 10.0
"""How long the end of a runner waits for its last alerts to be sent."""


class RunWatch:
    """Watches the experiments of one runner while it is entered."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        environment: Mapping[str, str],
        on_trouble: OnTrouble = lambda _error: None,
    ) -> None:
        self._on_trouble = on_trouble
        self._deliverer = Deliverer(
            database, clock, partial(open_variable, environment=environment), environment
        )
        self._sampler = Sampler(database, clock, self._deliverer.notice, on_trouble)

    async def __aenter__(self) -> "RunWatch":
        try:
            self._deliverer.start()
            self._sampler.start()
        except RuntimeError as error:  # no more threads: it runs unwatched
            self._on_trouble(error)
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        is_hurried = isinstance(error, asyncio.CancelledError)
        await asyncio.to_thread(self._close, is_hurried=is_hurried)

    def _close(self, *, is_hurried: bool) -> None:
        self._sampler.close(_HURRIED_S if is_hurried else _SAMPLER_S)
        self._deliverer.close(_HURRIED_S if is_hurried else _DELIVERY_S)

    def begin(self, experiment_id: str, progress: "RunProgress") -> None:
        """Watch an experiment that has started to run."""
        self._sampler.begin(experiment_id, progress)

    def end(self, experiment_id: str, outcome: "RunOutcome | None") -> None:
        """Watch it no longer, and say how it ended (None: by an error)."""
        self._sampler.end(experiment_id, outcome)
