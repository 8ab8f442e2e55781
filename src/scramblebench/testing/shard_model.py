"""The reference model of shards: a dictionary, moved in step with the ones in a database."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from hypothesis import strategies as st

from scramblebench.core.states import ExperimentState
from scramblebench.storage import (
    WORKER,
    Claim,
    Database,
    ExperimentLimits,
    NewShard,
    Refusal,
    Reservation,
    ShardClaim,
    ShardReport,
)
from scramblebench.storage.queue import MAX_RECOVERIES
from scramblebench.testing.experiments import make_attempt, make_experiment
from scramblebench.testing.model_lives import LONG_S, OVER_S, Draw, live_through

_S = ExperimentState
_SIZE = 5
_MOST = 6
_WORKERS = ("w1", "w2", "w3")


def run_shard_model(database: Database, n_examples: int, n_steps: int, seed: int = 0) -> None:
    """Live ``n_examples`` times through up to ``n_steps`` steps; raises AssertionError on a difference.

    The database holds no other experiment that runs.
    """

    live_through(lambda: ShardModel(database, uuid4().hex), n_examples, n_steps, seed)


@dataclass
class _Part:
    """What the model knows of one shard."""

    shard: NewShard
    fence: int = 0
    worker_id: str | None = None
    is_live: bool = False
    is_over: bool = False
    n_deaths: int = 0
    n_granted: int = 0

    @property
    def is_free(self) -> bool:
        return not self.is_over and not self.is_live


@dataclass
class ShardModel:
    """One experiment of two models, its shards in a dictionary and in the database."""

    database: Database
    experiment_id: str
    parts: dict[int, _Part] = field(default_factory=dict[int, _Part])
    claims: list[ShardClaim] = field(default_factory=list[ShardClaim])
    coordinator: Claim | None = None
    n_reserved: int = 0
    most: int = _MOST
    n_granted_before: list[int] = field(default_factory=lambda: [0, 0])

    def __post_init__(self) -> None:
        self.database.experiments.add(make_experiment(self.experiment_id))
        for worker_id in _WORKERS:
            self.database.queue.heartbeat(worker_id, "here", 1, WORKER)

    def step(self, draw: Draw) -> None:
        """Do one thing that coordinators, workers and users do, to the model and the database alike."""
        steps: list[Callable[[Draw], None]] = [
            self.coordinate,
            *[self.claim] * 5,
            *[self.renew] * 2,
            *[self.reserve] * 3,
            self.finish,
            self.release,
            self.close,
            self.leave,
            self.change_limit,
        ]
        draw(st.sampled_from(steps))(draw)

    def coordinate(self, draw: Draw) -> None:
        """Have a coordinator claim the experiment and cut it anew."""
        self.database.queue.enqueue(self.experiment_id, 1)
        if self.coordinator is not None:  # it does not answer any more
            assert self.database.queue.renew(self.coordinator, OVER_S) is not None
        claim = self.database.queue.claim(uuid4().hex, LONG_S)
        if claim is None:  # taken over so often that it failed
            assert self.database.experiments.get(self.experiment_id).state is _S.FAILED
            self.coordinator, self.parts = None, {}
            return
        size = draw(st.integers(2, _SIZE))
        shards = [
            NewShard(model, start, min(start + size, 10 * model + 10), _MOST)
            for model in range(2)
            for start in range(10 * model, 10 * model + 10, size)
        ]
        self.database.shards.open(claim, shards)
        self.coordinator = claim
        self.parts = {shard.first: _Part(shard) for shard in shards}

    def claim(self, draw: Draw) -> None:
        """Have a worker take a shard, for a long time or for none."""
        worker_id = draw(st.sampled_from(_WORKERS))
        lease_s = draw(st.sampled_from([LONG_S, LONG_S, OVER_S]))
        held = [
            c for c in self.claims if self._is_current(c) and self._part(c).worker_id == worker_id
        ]
        claim = self.database.shards.claim(worker_id, lease_s, held)
        part = self._next(worker_id, has_others=bool(held))
        if part is None:
            assert claim is None
            return
        assert claim is not None
        assert (claim.shard, claim.fence) == (part.shard, part.fence + 1)
        most = claim.limits.max_concurrent_requests
        assert most is not None
        assert most >= 1
        part.n_deaths += part.worker_id is not None
        part.fence, part.worker_id, part.n_granted = claim.fence, worker_id, most
        part.is_live = lease_s > 0
        self.claims.append(claim)

    def _next(self, worker_id: str, *, has_others: bool) -> _Part | None:
        """Return the shard that a worker gets: what kills its workers is passed over, and over."""
        for model in range(2):
            own = [part for part in self.parts.values() if part.shard.model_index == model]
            held = any(part.worker_id == worker_id for part in own)
            if held or sum(part.n_granted for part in own if part.is_live) >= self.most:
                continue
            for part in own:
                if not part.is_free:
                    continue
                n_deaths = part.n_deaths + (part.worker_id is not None)
                if n_deaths and has_others:
                    break
                if n_deaths <= MAX_RECOVERIES:
                    return part
                part.worker_id, part.is_over, part.n_granted = None, True, 0
        return None

    def renew(self, draw: Draw) -> None:
        """Renew any claim there ever was, or let it end."""
        if not self.claims:
            return
        claim = draw(st.sampled_from(self.claims))
        lease_s, n_in_use = draw(st.sampled_from([LONG_S, OVER_S])), draw(st.integers(0, 9))
        is_held = self._is_current(claim) and not self._part(claim).is_over
        if is_held:  # nobody uses more than it was granted, or anything after its lease
            part = self._part(claim)
            n_in_use = min(n_in_use, part.n_granted if part.is_live else 0)
        limits = self.database.shards.renew(claim, lease_s, n_in_use)
        assert (limits is not None) == is_held
        if limits is not None and limits.max_concurrent_requests is not None:
            part = self._part(claim)
            part.is_live = lease_s > 0
            part.n_granted = max(limits.max_concurrent_requests, n_in_use)

    def reserve(self, draw: Draw) -> None:
        """Reserve a trial under any claim there ever was: only the one that holds its shard may."""
        if self.claims:
            claim = draw(st.sampled_from(self.claims))
            self.n_reserved += 1
            attempt = make_attempt(
                self.experiment_id, claim.shard.first, self.n_reserved, claim.experiment.fence
            )
            refused = self.database.trials.write([Reservation(attempt, claim.proof)])
            may = self._is_current(claim) and not self._part(claim).is_over
            assert refused == ({} if may else {0: Refusal.LEASE})

    def finish(self, draw: Draw) -> None:
        """Finish any claim there ever was, perhaps with all of its model."""
        if not self.claims:
            return
        claim = draw(st.sampled_from(self.claims))
        reason = draw(st.sampled_from([None, None, "no such model"]))
        self.database.shards.finish(claim, ShardReport(stop_reason=reason))
        if not self._is_current(claim):
            return
        part = self._part(claim)
        part.worker_id, part.is_live, part.is_over, part.n_granted = None, False, True, 0
        for other in self.parts.values():
            if reason and other.shard.model_index == part.shard.model_index:
                other.is_over = True

    def release(self, draw: Draw) -> None:
        """Release any claim there ever was."""
        if self.claims:
            claim = draw(st.sampled_from(self.claims))
            self.database.shards.release(claim)
            if self._is_current(claim):
                part = self._part(claim)
                part.worker_id, part.is_live, part.n_deaths, part.n_granted = None, False, 0, 0

    def close(self, draw: Draw) -> None:
        """End all shards, now and then."""
        if self.coordinator is not None and draw(st.integers(0, 5)) == 0:
            self.database.shards.close(self.coordinator)
            for part in self.parts.values():
                part.is_over = True

    def leave(self, draw: Draw) -> None:
        """Pause the experiment, now and then."""
        if self.coordinator is not None and draw(st.integers(0, 5)) == 0:
            self.database.experiments.change_state(self.experiment_id, _S.PAUSED)
            self.database.experiments.change_state(self.experiment_id, _S.QUEUED)
            self.coordinator, self.parts = None, {}

    def change_limit(self, draw: Draw) -> None:
        """Change how many requests of a model may be in flight."""
        self.most = draw(st.integers(1, 9))
        limits = ExperimentLimits(max_concurrent_requests=self.most)
        self.database.experiments.change_limits(self.experiment_id, limits)

    def check(self) -> None:
        """Compare all that can be seen; no model may ever have more in flight than it allows."""
        if self.coordinator is None:
            assert self.database.shards.n_unfinished() == 0
            return
        listed = self.database.shards.list(self.experiment_id)
        assert [record.shard.first for record in listed] == sorted(self.parts)
        for record in listed:
            part = self.parts[record.shard.first]
            assert (record.shard, record.fence) == (part.shard, part.fence)
            assert (record.worker_id, record.is_live) == (part.worker_id, part.is_live)
            assert (record.is_over, record.n_deaths) == (part.is_over, part.n_deaths)
        unfinished = sum(not part.is_over for part in self.parts.values())
        assert self.database.shards.n_unfinished() == unfinished
        for model in range(2):  # of a limit that was lowered, what was granted is only given back
            n_granted = self._n_granted(model)
            assert n_granted <= max(self.most, self.n_granted_before[model]), self._live(model)
            self.n_granted_before[model] = n_granted

    def check_at_end(self) -> None:
        """All that there is was compared after each step."""

    def clean_up(self) -> None:
        """Take the experiment out of the way of the next one in the same database."""
        state = self.database.experiments.get(self.experiment_id).state
        if state is _S.FAILED:
            self.database.queue.enqueue(self.experiment_id, 1)
        self.database.experiments.change_state(self.experiment_id, _S.CANCELLED)

    def _live(self, model: int) -> Sequence[_Part]:
        parts = self.parts.values()
        return [p for p in parts if p.shard.model_index == model and p.is_live]

    def _n_granted(self, model: int) -> int:
        return sum(part.n_granted for part in self._live(model))

    def _part(self, claim: ShardClaim) -> _Part:
        return self.parts[claim.shard.first]

    def _is_current(self, claim: ShardClaim) -> bool:
        """Whether a claim is the latest of its shard, and still its worker's."""
        is_ours = self.coordinator is not None and claim.experiment.fence == self.coordinator.fence
        return is_ours and (
            self._part(claim).fence == claim.fence and self._part(claim).worker_id is not None
        )
