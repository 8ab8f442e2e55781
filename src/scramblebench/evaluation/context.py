"""What all lanes of one run share."""

import asyncio
from dataclasses import dataclass, field
from math import nan
from typing import TYPE_CHECKING

from scramblebench.core.clock import Clock
from scramblebench.evaluation.progress import RunProgress
from scramblebench.plan import Plan
from scramblebench.queue import Lease
from scramblebench.storage import Database, Settlement, Writer

if TYPE_CHECKING:
    from scramblebench.evaluation.early_stopping import Stopper


@dataclass(frozen=True, slots=True)
class RunContext:
    """What all lanes of one run share.

    ``stop`` is set when nothing new may be begun; ``attempts`` has the attempts that earlier runs made
    at trials that are still missing, by trial index. ``stopper`` watches the question that may end the
    run early. ``has_sent`` is set with the first request.
    """

    lease: Lease
    plan: Plan
    database: Database
    writer: Writer
    progress: RunProgress
    clock: Clock
    attempts: dict[int, int]
    stopper: "Stopper | None" = None
    has_sent: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_over(self) -> bool:
        """Whether nothing new may be begun: told to stop, or the declared question is settled."""
        return self.stop.is_set() or (self.stopper is not None and self.stopper.is_settled)

    @property
    def experiment_id(self) -> str:
        """The experiment that is run."""
        return self.lease.claim.experiment_id

    @property
    def stop(self) -> asyncio.Event:
        """Set when nothing new may be begun."""
        return self.lease.stop

    def stored(self, settled: Settlement) -> None:
        """Count what is stored."""
        self.progress.settled(settled)
        if self.stopper is not None and settled.response is not None:
            score = nan if settled.score is None else settled.score.value
            self.stopper.settle(settled.attempt.trial_index, score)

    def given_up(self, trial_index: int) -> None:
        """Count a trial that stays without an answer."""
        if self.stopper is not None:
            self.stopper.settle(trial_index, nan)
