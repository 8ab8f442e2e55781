"""What a run waits for before it begins: workers of an earlier claim that may still have requests in flight."""

from scramblebench.core.clock import Clock
from scramblebench.evaluation.limits import pause
from scramblebench.evaluation.patience import patiently
from scramblebench.queue import Lease
from scramblebench.storage import Database

_LOOK_S = 0.1


async def earlier_workers_done(database: Database, lease: Lease, clock: Clock) -> None:
    """Return once no worker holds a shard of an earlier claim, or the run is to end.

    They can begin nothing, and learn so with their next reservation or heartbeat. What they have in flight
    is not asked again beside them, and no model has more requests in flight than it allows. A worker
    that is not heard of is waited for until its lease ends.
    """
    while not lease.stop.is_set() and await patiently(
        clock, database.shards.n_held_before, lease.claim
    ):
        await pause(clock, lease.stop, _LOOK_S)
