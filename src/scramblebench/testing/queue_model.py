"""The reference model of the queue: a dictionary, moved in step with the one in a database.

``run_queue_model`` draws experiments' lives by hypothesis and compares all that can be seen after every
step; a difference is shrunk to the shortest life that shows it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from uuid import uuid4

import pytest
from hypothesis import strategies as st

from scramblebench.core.errors import LeaseLost, StateError
from scramblebench.core.states import TRANSITIONS, ExperimentState
from scramblebench.storage import Choose, Claim, Database, ExperimentLimits, QueueRecord, first_free
from scramblebench.storage.queue import MAX_RECOVERIES
from scramblebench.testing.experiments import make_answer, make_experiment
from scramblebench.testing.model_lives import LONG_S, OVER_S, Draw, live_through

_S = ExperimentState
_LETTERS = "abcd"
_RUNNERS = ("one", "two", "three")


def run_queue_model(database: Database, n_examples: int, n_steps: int, seed: int = 0) -> None:
    """Live ``n_examples`` times through up to ``n_steps`` steps; raises AssertionError on a difference.

    The database holds no other queue; what the model leaves in it is cancelled or completed.
    """

    live_through(lambda: QueueModel(database, uuid4().hex), n_examples, n_steps, seed)


@dataclass
class _Entry:
    """What the model knows of one experiment; ``place`` orders those of one priority."""

    state: ExperimentState = _S.PLANNED
    fence: int = 0
    priority: int = 1
    place: int = 0
    depends_on: set[str] = field(default_factory=set[str])
    runner_id: str | None = None
    is_lease_live: bool = False
    is_retry_set: bool = False
    is_retry_due: bool = False
    n_retries: int = 0
    n_recoveries: int = 0
    n_answered: int = 0
    n_answered_at_claim: int = 0
    limits: ExperimentLimits = field(default_factory=ExperimentLimits)

    @property
    def is_listed(self) -> bool:
        return self.state in (_S.QUEUED, _S.RUNNING) or self.is_to_be_retried

    @property
    def is_to_be_retried(self) -> bool:
        return self.state is _S.FAILED and self.is_retry_set

    @property
    def has_answers(self) -> bool:
        """Whether a response came since the last claim."""
        return self.n_answered > self.n_answered_at_claim

    @property
    def is_suspect(self) -> bool:
        """Whether it may be what killed its runner: nothing has come of it since."""
        was_dropped = self.runner_id is not None and not self.is_lease_live
        is_doubted = was_dropped or self.n_recoveries > 0
        return self.state is _S.RUNNING and is_doubted and not self.has_answers

    @property
    def is_lost(self) -> bool:
        """Whether what waits for it waits for ever."""
        return self.state is _S.CANCELLED or (self.state is _S.FAILED and not self.is_retry_set)


class QueueModel:
    """Four experiments in the queue, as a dictionary and in the database."""

    def __init__(self, database: Database, prefix: str) -> None:
        self.database = database
        self.entries = {f"{prefix}-{letter}": _Entry() for letter in _LETTERS}
        self.claims: list[Claim] = []
        self.n_places = 0
        for name in self.entries:
            database.experiments.add(make_experiment(name, name))

    def step(self, draw: Draw) -> None:
        """Do one thing that users and runners do, to the model and the database alike."""
        steps: list[Callable[[Draw], None]] = [
            self.enqueue,
            *[self.claim] * 4,
            self.claim_chosen,
            self.answer,
            self.renew,
            self.release,
            self.fail,
            self.retry_later,
            self.change_limits,
            self.change_state,
        ]
        draw(st.sampled_from(steps))(draw)

    def enqueue(self, draw: Draw) -> None:
        """Queue one experiment, with two dependencies at most."""
        name = self._any(draw)
        priority = draw(st.integers(-1, 2))
        depends_on = draw(st.lists(st.sampled_from(sorted(self.entries)), max_size=2))
        entry = self.entries[name]
        is_allowed = entry.state in (_S.QUEUED, _S.RUNNING) or _S.QUEUED in TRANSITIONS[entry.state]
        is_allowed &= not any(
            self.entries[other].is_lost or self._reaches(other, name) for other in depends_on
        )
        if not is_allowed:
            with pytest.raises(StateError):
                self.database.queue.enqueue(name, priority, depends_on)
            return
        self.database.queue.enqueue(name, priority, depends_on)
        if entry.state not in (_S.QUEUED, _S.RUNNING):
            self._become(entry, _S.QUEUED)
        entry.priority, entry.depends_on = priority, set(depends_on)
        entry.n_recoveries = entry.n_retries = 0

    def claim(self, draw: Draw) -> None:
        """Claim what is next."""
        self._claim(draw, first_free, lambda _: [n for n in self._listed() if self._is_free(n)])

    def claim_chosen(self, draw: Draw) -> None:
        """Claim one experiment and no other: free, held by the runner itself, or neither."""
        chosen = self._any(draw)
        entry = self.entries[chosen]

        def choose(_: object) -> str:
            return chosen

        def free_for(runner_id: str) -> list[str]:
            is_free = self._is_free(chosen) or entry.runner_id == runner_id
            return [chosen] if entry.is_listed and is_free else []

        self._claim(draw, choose, free_for)

    def _claim(self, draw: Draw, choose: Choose, free_for: Callable[[str], list[str]]) -> None:
        runner_id = draw(st.sampled_from(_RUNNERS))
        free = free_for(runner_id)
        lease_s = draw(st.sampled_from([OVER_S, OVER_S, LONG_S]))
        claim = self.database.queue.claim(runner_id, lease_s, choose)
        while free and self._is_poison(self.entries[free[0]], runner_id):
            self._become(self.entries[free.pop(0)], _S.FAILED)
        if not free:
            assert claim is None
            return
        entry = self.entries[free[0]]
        assert claim is not None
        assert claim == Claim(free[0], entry.fence + 1, runner_id)
        self._take(entry, claim, is_live=lease_s > 0)

    def _take(self, entry: _Entry, claim: Claim, *, is_live: bool) -> None:
        entry.n_recoveries = self._n_recoveries(entry, claim.runner_id)
        n_retries = entry.n_retries
        if entry.state is not _S.QUEUED:
            self._become(entry, _S.QUEUED)
        self._become(entry, _S.RUNNING)
        entry.n_retries, entry.n_answered_at_claim = n_retries, entry.n_answered
        entry.fence, entry.runner_id, entry.is_lease_live = claim.fence, claim.runner_id, is_live
        self.claims.append(claim)

    def answer(self, draw: Draw) -> None:
        """Store the next response of an experiment: a fact, whatever its state."""
        name = self._any(draw)
        entry = self.entries[name]
        self.database.trials.write([make_answer(name, entry.n_answered)])
        entry.n_answered += 1

    def renew(self, draw: Draw) -> None:
        """Renew any claim there ever was, or let it end."""
        if self.claims:
            claim = draw(st.sampled_from(self.claims))
            lease_s = draw(st.sampled_from([LONG_S, OVER_S]))
            entry = self.entries[claim.experiment_id]
            limits = self.database.queue.renew(claim, lease_s)
            assert limits == (entry.limits if self._is_held(claim) else None)
            if limits is not None:
                entry.is_lease_live = lease_s > 0

    def release(self, draw: Draw) -> None:
        """Release any claim there ever was."""
        if self.claims:
            claim = draw(st.sampled_from(self.claims))
            self.database.queue.release(claim)
            if self._is_held(claim):
                entry = self.entries[claim.experiment_id]
                entry.runner_id, entry.is_lease_live = None, False

    def fail(self, draw: Draw) -> None:
        """Have an experiment fail, where one can."""
        name = self._any(draw, lambda entry: _S.FAILED in TRANSITIONS[entry.state])
        entry = self.entries[name]
        if _S.FAILED in TRANSITIONS[entry.state]:
            self.database.experiments.change_state(name, _S.FAILED)
            self._become(entry, _S.FAILED)

    def retry_later(self, draw: Draw) -> None:
        """Have an experiment tried again, at once or later; only what failed is."""
        name = self._any(draw, lambda entry: entry.state is _S.FAILED)
        wait_s = draw(st.sampled_from([LONG_S, OVER_S]))
        self.database.queue.retry_later(name, wait_s)
        entry = self.entries[name]
        if entry.state is _S.FAILED:
            entry.is_retry_set, entry.is_retry_due = True, wait_s == 0
            entry.n_retries += 1

    def change_limits(self, draw: Draw) -> None:
        """Change how much an experiment may ask at once, in any state."""
        name = self._any(draw)
        limits = ExperimentLimits(max_concurrent_requests=draw(st.sampled_from([None, 4, 16])))
        assert self.database.experiments.change_limits(name, limits).limits == limits
        self.entries[name].limits = limits

    def change_state(self, draw: Draw) -> None:
        """Change a state as a user does, or as a runner with the fence of some claim."""
        name = self._any(draw)
        entry = self.entries[name]
        after = draw(st.sampled_from([*_S, *sorted(TRANSITIONS[entry.state])]))
        fence = draw(st.sampled_from([None, None, entry.fence, *(c.fence for c in self.claims)]))
        if fence is not None and fence != entry.fence:
            with pytest.raises(LeaseLost):
                self.database.experiments.change_state(name, after, fence=fence)
        elif after not in TRANSITIONS[entry.state]:
            with pytest.raises(StateError):
                self.database.experiments.change_state(name, after, fence=fence)
        else:
            self.database.experiments.change_state(name, after, fence=fence)
            self._become(entry, after)

    def check(self) -> None:
        """Compare all that can be seen of the queue and of its experiments."""
        listed = self.database.queue.entries()
        assert [record.experiment_id for record in listed] == self._listed()
        for record in listed:
            self._check_record(record)
        stored = {r.id: r for r in self.database.experiments.list(limit=len(self.entries))}
        for name, entry in self.entries.items():
            known = stored[name]
            assert (known.state, known.fence) == (entry.state, entry.fence)
            assert (known.n_answered, known.limits) == (entry.n_answered, entry.limits)

    def _check_record(self, record: QueueRecord) -> None:
        entry = self.entries[record.experiment_id]
        waits_for = {n for n in entry.depends_on if self.entries[n].state is not _S.COMPLETED}
        assert (record.state, record.priority) == (entry.state, entry.priority)
        assert (record.runner_id, record.is_lease_live) == (entry.runner_id, entry.is_lease_live)
        assert record.is_free == self._is_free(record.experiment_id)
        assert set(record.waits_for) == waits_for
        assert set(record.blocked_by) == {n for n in waits_for if self.entries[n].is_lost}
        assert (record.retry_at is not None) == entry.is_retry_set
        assert (record.n_retries, record.is_suspect) == (entry.n_retries, entry.is_suspect)

    def check_at_end(self) -> None:
        """Check that only legal changes happened, each claim under a fence of its own."""
        for name, entry in self.entries.items():
            events = self.database.experiments.events(name)
            for earlier, event in pairwise(events):
                assert event.before is earlier.after
                is_of_limits = event.before is event.after
                assert is_of_limits or event.after in TRANSITIONS[earlier.after]
                assert event.fence in (earlier.fence, earlier.fence + 1)
            claims = [e.fence for e in events if e.actor in _RUNNERS and e.after is _S.RUNNING]
            assert claims == list(range(1, entry.fence + 1))
            assert events[-1].fence == entry.fence

    def clean_up(self) -> None:
        """Take everything out of the queue, for the next model in the same database."""
        for name in self.entries:
            state = self.database.experiments.get(name).state
            if state is _S.FAILED:
                state = self.database.experiments.change_state(name, _S.QUEUED).state
            if _S.CANCELLED in TRANSITIONS[state]:
                self.database.experiments.change_state(name, _S.CANCELLED)

    def _any(self, draw: Draw, is_apt: Callable[[_Entry], bool] = lambda _: True) -> str:
        """Return one of those that are apt; of all where none is."""
        names = sorted(self.entries)
        apt = [name for name in names if is_apt(self.entries[name])]
        return draw(st.sampled_from(apt or names))

    def _become(self, entry: _Entry, after: ExperimentState) -> None:
        if after is _S.QUEUED and entry.state in (_S.PLANNED, _S.FAILED):
            self.n_places += 1
            entry.place = self.n_places
            entry.n_retries = entry.n_recoveries = entry.n_answered_at_claim = 0
            entry.is_retry_set = entry.is_retry_due = False
        if entry.state is _S.RUNNING:
            entry.runner_id, entry.is_lease_live = None, False
        entry.state = after

    def _listed(self) -> list[str]:
        names = [name for name, entry in self.entries.items() if entry.is_listed]
        return sorted(names, key=lambda n: (-self.entries[n].priority, self.entries[n].place))

    def _is_free(self, name: str) -> bool:
        entry = self.entries[name]
        if any(self.entries[other].state is not _S.COMPLETED for other in entry.depends_on):
            return False
        if entry.state is _S.RUNNING:
            return not entry.is_lease_live
        return entry.state is _S.QUEUED or (entry.is_to_be_retried and entry.is_retry_due)

    def _n_recoveries(self, entry: _Entry, runner_id: str) -> int:
        if entry.state is not _S.RUNNING or entry.has_answers:
            return 0
        is_death = entry.runner_id not in (None, runner_id)
        return entry.n_recoveries + is_death

    def _is_poison(self, entry: _Entry, runner_id: str) -> bool:
        return self._n_recoveries(entry, runner_id) > MAX_RECOVERIES

    def _is_held(self, claim: Claim) -> bool:
        entry = self.entries[claim.experiment_id]
        return (entry.fence, entry.runner_id) == (claim.fence, claim.runner_id)

    def _reaches(self, start: str, goal: str) -> bool:
        reached, frontier = {start}, [start]
        while frontier:
            found = self.entries[frontier.pop()].depends_on - reached
            reached |= found
            frontier.extend(found)
        return goal in reached
