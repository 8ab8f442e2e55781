"""Parts of an experiment that workers take: frozen values, no rows."""

from dataclasses import dataclass

from scramblebench.storage.records import Claim, ExperimentLimits, Refusal


@dataclass(frozen=True, slots=True)
class NewShard:
    """Trials of one model, ``first`` to ``end`` (excluded), to be taken by one worker at a time.

    ``most_requests`` may be in flight of the model, all workers together; None leaves it to each.
    """

    model_index: int
    first: int
    end: int
    most_requests: int | None = None

    @property
    def trials(self) -> range:
        """The indices of its trials."""
        return range(self.first, self.end)


@dataclass(frozen=True, slots=True)
class ShardClaim:
    """The right of one worker to a shard until its lease ends.

    Two fences prove it: the experiment's, of whoever coordinates it, and the shard's own, which grows with
    each claim of it. ``limits`` hold from the start; their ``max_concurrent_requests`` are what this worker
    may have in flight. ``is_suspect`` is one whose worker died and that has not had an answer since: it may be
    what killed it.
    """

    experiment: Claim
    shard: NewShard
    fence: int
    limits: ExperimentLimits
    is_suspect: bool = False

    @property
    def proof(self) -> tuple[int, int]:
        """What a reservation shows: the shard's first trial and its fence."""
        return self.shard.first, self.fence


@dataclass(frozen=True, slots=True)
class ShardReport:
    """What a worker says of trials that it leaves without an answer.

    ``stop_reason`` says why the model is asked no more, by any worker; ``stop_budget`` is the limit that
    was reached. ``is_passing`` says that all of it may go well another time.
    """

    last_failure: str = ""
    is_passing: bool = True
    stop_reason: str | None = None
    stop_budget: Refusal | None = None


@dataclass(frozen=True, slots=True)
class ShardRecord:
    """A shard as it stands; ``worker_id`` holds it, by a lease that has not ended where it ``is_live``.

    ``n_granted`` is how many requests it may then have in flight, 0 where that is not divided.
    """

    shard: NewShard
    fence: int
    worker_id: str | None
    is_live: bool
    is_over: bool
    n_deaths: int
    report: ShardReport
    n_granted: int = 0
