"""Scores that agree with what is kept beside them: a damaged file must never give wrong statistics."""

from array import array
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from scramblebench.core.errors import StorageError
from scramblebench.plan import Plan
from scramblebench.storage import (
    CounterRecord,
    Database,
    ExperimentRecord,
    ResponseRecord,
    ScoreColumns,
)

_BLOCK = 50_000
_SUM_TOLERANCE = 1e-6
"""Scores are 0 to 1 and added in another order than the counters were; the error grows with neither."""


def read_sound_scores(database: Database, record: ExperimentRecord, plan: Plan) -> ScoreColumns:
    """Return the scores of an experiment; raises StorageError where they cannot be what was stored.

    The plan must have as many trials as were planned, every score must belong to one of them, and the
    scores of each model under each condition must add up to its running totals. Answers that come in
    meanwhile are no damage.
    """
    if len(plan) != record.n_trials:
        raise _damaged(
            database, f"{record.n_trials:,} trials were planned, {len(plan):,} are there"
        )
    before = database.trials.counters(record.id)
    columns = database.trials.read_scores(record.id)
    after = database.trials.counters(record.id)
    sums = _Sums(database, plan)
    sums.add(columns.trial_index, columns.value)
    if list(before) == list(after):
        sums.compare(after)
    return columns


def with_sound_scores(
    database: Database, record: ExperimentRecord, plan: Plan, responses: Iterable[ResponseRecord]
) -> Iterator[ResponseRecord]:
    """Yield all responses of an experiment; raises as ``read_sound_scores`` does, after the last."""
    sums = _Sums(database, plan)
    index, value = array("q"), array("d")
    before = database.trials.counters(record.id)
    for response in responses:
        if response.score is not None:
            index.append(response.trial_index)
            value.append(response.score.value)
        if len(index) == _BLOCK:
            sums.add(np.array(index), np.array(value))
            index, value = array("q"), array("d")
        yield response
    sums.add(np.array(index), np.array(value))
    after = database.trials.counters(record.id)
    if list(before) == list(after):
        sums.compare(after)


class _Sums:
    """Scores added up by model and condition, as the running totals were."""

    def __init__(self, database: Database, plan: Plan) -> None:
        self._database, self._plan = database, plan
        self._sums = np.zeros(plan.grid.n_models * plan.grid.n_conditions)
        self._counts = np.zeros_like(self._sums)

    def add(self, index: npt.NDArray[np.int64], value: npt.NDArray[np.float64]) -> None:
        """Add scores; raises StorageError for one that belongs to no trial."""
        if len(index) and (index.min() < 0 or index.max() >= len(self._plan)):
            raise _damaged(self._database, "a score belongs to no trial")
        grid = self._plan.grid
        cells = grid.cells(index)
        place = cells[:, 0] * grid.n_conditions + cells[:, 3]
        self._sums += np.bincount(place, value, len(self._sums))
        self._counts += np.bincount(place, minlength=len(self._sums))

    def compare(self, counters: Sequence[CounterRecord]) -> None:
        """Raise StorageError unless the scores add up to their running totals."""
        n_answered = np.zeros_like(self._sums)
        expected = np.zeros_like(self._sums)
        for counter in counters:
            at = counter.model_index * self._plan.grid.n_conditions + counter.condition_index
            if not 0 <= at < len(expected):
                raise _damaged(self._database, "a running total belongs to no condition")
            n_answered[at], expected[at] = counter.n_answered, counter.score_sum
        # a response that a scorer could not judge has no score, and adds nothing to the sum
        is_sound = (self._counts <= n_answered) & (np.abs(self._sums - expected) <= _SUM_TOLERANCE)
        if not is_sound.all():
            raise _damaged(self._database, "the scores do not add up to their running totals")


def _damaged(database: Database, what: str) -> StorageError:
    return StorageError(
        f"{database.shown_url}: the database is damaged: {what}; restore it from a copy"
    )
