"""The states of an experiment and the one table of what may follow what.

::

    planned -> queued -> running -> completed
                 ^  ^       |-----> failed ----> queued      (retried)
                 |  |       |-----> cancelled
                 |  +-------|                                (released: interrupted, runner gone)
                 |       running <-> paused                  (by user, budget, outage: with reason)
                 +----------------- paused                   (resumed without a runner)

    planned, queued, paused and failed may be cancelled; nothing follows completed or cancelled.
"""

from enum import StrEnum

from scramblebench.core.errors import StateError


class ExperimentState(StrEnum):
    """Where an experiment is in its life."""

    PLANNED = "planned"
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self in (self.COMPLETED, self.FAILED, self.CANCELLED)


_S = ExperimentState
TRANSITIONS: dict[ExperimentState, frozenset[ExperimentState]] = {
    _S.PLANNED: frozenset({_S.QUEUED, _S.CANCELLED}),
    _S.QUEUED: frozenset({_S.RUNNING, _S.PAUSED, _S.CANCELLED, _S.FAILED}),
    _S.RUNNING: frozenset({_S.COMPLETED, _S.FAILED, _S.CANCELLED, _S.PAUSED, _S.QUEUED}),
    _S.PAUSED: frozenset({_S.RUNNING, _S.QUEUED, _S.CANCELLED}),
    _S.FAILED: frozenset({_S.QUEUED, _S.CANCELLED}),
    _S.COMPLETED: frozenset(),
    _S.CANCELLED: frozenset(),
}


def check_transition(before: ExperimentState, after: ExperimentState) -> None:
    """Raise StateError unless ``after`` may follow ``before``."""
    if after == before:
        raise StateError(f"the experiment is {before} already")
    if after not in TRANSITIONS[before] and not TRANSITIONS[before]:
        raise StateError(f"the experiment is {before} for good; create it anew to ask again")
    if after not in TRANSITIONS[before]:
        allowed = ", ".join(sorted(TRANSITIONS[before]))
        raise StateError(f"the experiment is {before}; it cannot become {after}, only {allowed}")
