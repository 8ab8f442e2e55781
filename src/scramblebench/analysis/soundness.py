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
    _check(database, plan, columns.trial_index, columns.value, after, list(before) == list(after))
    return columns


def with_sound_scores(
    database: Database, record: ExperimentRecord, plan: Plan, responses: Iterable[ResponseRecord]
) -> Iterator[ResponseRecord]:
    """Yield all responses of an experiment; raises as ``read_sound_scores`` does, after the last."""
    index, value = array("q"), array("d")
    before = database.trials.counters(record.id)
    for response in responses:
        if response.score is not None:
            index.append(response.trial_index)
            value.append(response.score.value)
        yield response
    after = database.trials.counters(record.id)
    _check(database, plan, np.array(index), np.array(value), after, list(before) == list(after))


def _check(
    database: Database,
    plan: Plan,
    index: npt.NDArray[np.int64],
    value: npt.NDArray[np.float64],
    counters: Sequence[CounterRecord],
    are_all: bool,
) -> None:
    """Raise StorageError for scores of no trial, and where ``are_all``, which do not add up to the totals."""
    if len(index) and (index.min() < 0 or index.max() >= len(plan)):
        raise _damaged(database, "a score belongs to no trial")
    if not are_all:
        return
    grid = plan.grid
    cells = grid.cells(index)
    place = cells[:, 0] * grid.n_conditions + cells[:, 3]
    n_places = grid.n_models * grid.n_conditions
    sums = np.bincount(place, value, n_places)
    counts = np.bincount(place, minlength=n_places)
    n_answered = np.zeros(n_places)
    expected = np.zeros(n_places)
    for counter in counters:
        at = counter.model_index * grid.n_conditions + counter.condition_index
        if not 0 <= at < n_places:
            raise _damaged(database, "a running total belongs to no condition")
        n_answered[at], expected[at] = counter.n_answered, counter.score_sum
    # a response that a scorer could not judge has no score, and adds nothing to the sum
    is_sound = (counts <= n_answered) & (np.abs(sums - expected) <= _SUM_TOLERANCE)
    if not is_sound.all():
        raise _damaged(database, "the scores do not add up to their running totals")


def _damaged(database: Database, what: str) -> StorageError:
    return StorageError(
        f"{database.shown_url}: the database is damaged: {what}; restore it from a copy"
    )
