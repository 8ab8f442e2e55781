"""The contract of shards: one experiment, run by many workers."""

from collections.abc import Collection, Sequence
from typing import Protocol

from scramblebench.storage.records import Claim, ExperimentLimits
from scramblebench.storage.shard_records import NewShard, ShardClaim, ShardRecord, ShardReport


class ShardStore(Protocol):
    """Who asks which trials of an experiment that is run by many.

    Shards belong to one claim of their experiment and mean nothing beyond it: once the experiment has
    left RUNNING, or a later claim has it, they can neither be claimed nor renewed, and nothing may be
    reserved under them. They hold no facts: without them, all that is missing is still known.

    A shard that is over is never claimed again. A worker never holds two shards of one model.
    """

    def open(self, claim: Claim, shards: Sequence[NewShard]) -> None:
        """Add shards of an experiment, and drop those of its earlier claims; may be done again.

        Raises LeaseLost where the experiment has moved on.
        """
        ...

    def n_held_before(self, claim: Claim) -> int:
        """Return how many shards of earlier claims of an experiment are held, as long as they are not dropped."""
        ...

    def claim(
        self, worker_id: str, lease_s: float, held: Collection[ShardClaim] = ()
    ) -> ShardClaim | None:
        """Claim a shard for ``lease_s`` seconds; None where none is to be had.

        Experiments come in the order of the queue. A shard is free that nobody holds, whose lease has ended
        or whose worker is gone; ``held`` are those that the worker knows it has: what else it has was claimed
        by a call whose answer was lost, and is free. A model is left alone of which others may have all
        requests in flight that it allows.

        Taking over from a worker that died counts a death of the shard; the one after ``MAX_RECOVERIES``
        without one answer in between ends the shard, with that as its reason. One that had a death and no
        answer since is given only to a worker that holds no other.
        """
        ...

    def renew(self, claim: ShardClaim, lease_s: float, n_in_use: int) -> ExperimentLimits | None:
        """Extend the lease and return the limits in force; None where it is lost or over.

        ``n_in_use`` is how many requests the worker may begin or have in flight by what it knows. What it
        may have from now on is its share of the model's, and so much is kept for it, but never less than
        ``n_in_use``: so that all workers together never have more than the model's.
        """
        ...

    def finish(self, claim: ShardClaim, report: ShardReport) -> None:
        """End a shard for good; with a ``stop_reason``, all of its model. Nothing where it is lost."""
        ...

    def release(self, claim: ShardClaim) -> None:
        """End the lease at once: another worker may take the shard. Nothing where it is lost."""
        ...

    def defer(self, claim: ShardClaim) -> bool:
        """Release a shard that there is no money for while others may give some back; whether they may."""
        ...

    def close(self, claim: Claim) -> None:
        """End all shards of an experiment: no worker begins anything new."""
        ...

    def list(self, experiment_id: str) -> Sequence[ShardRecord]:
        """Return the shards of the latest claim, in order."""
        ...

    def n_unfinished(self) -> int:
        """Return how many shards of running experiments are not over, held or not."""
        ...
