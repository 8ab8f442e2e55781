"""An experiment cut into shards: ranges of what is missing of one model, for one worker at a time."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from scramblebench.plan import Plan
from scramblebench.settings import ProviderName
from scramblebench.storage import NewShard

FEWEST, MOST = 500, 5_000
_SHARDS_PER_WORKER = 8


def shard_size(n_missing: int, n_workers: int, asked: int | None = None) -> int:
    """Return how many missing trials a shard has.

    About eight shards for each worker, so that they end together; no smaller than pays for a claim, no
    bigger than may be done again when a worker dies.
    """
    if asked is not None:
        return asked
    even = -(-n_missing // (_SHARDS_PER_WORKER * max(1, n_workers)))
    return min(MOST, max(FEWEST, even))


def cut(
    plan: Plan, model_index: int, answered: npt.NDArray[np.bool_], n_workers: int
) -> list[NewShard]:
    """Return the shards of one model: together they have all that is missing, and nothing twice."""
    lane = plan.grid.lane(model_index)
    missing = lane.start + np.flatnonzero(~answered[lane.start : lane.stop])
    size = shard_size(len(missing), n_workers, plan.spec.execution.shard_size)
    most = most_requests(plan, model_index)
    return [NewShard(model_index, first, end, most) for first, end in _ranges(missing, size)]


def _ranges(missing: npt.NDArray[np.int64], size: int) -> Iterator[tuple[int, int]]:
    for start in range(0, len(missing), size):
        part = missing[start : start + size]
        yield int(part[0]), int(part[-1]) + 1


def most_requests(plan: Plan, model_index: int) -> int | None:
    """Return how many requests of a model may be in flight, all workers together.

    None for a model in the process that asks: each worker has its own.
    """
    model = plan.spec.models[model_index]
    if model.provider is ProviderName.LOCAL:
        return None
    return model.max_concurrent_requests or plan.spec.execution.max_concurrent_requests


def waiting_lanes(groups: Sequence[Sequence[int]], over: Sequence[bool]) -> list[int]:
    """Return the models whose turn it is: the first of each group that is not over."""
    turns = (next((index for index in group if not over[index]), None) for group in groups)
    return [index for index in turns if index is not None]
