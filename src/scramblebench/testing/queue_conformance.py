"""What every ``QueueStore`` must do: by examples, and against a plain model of it."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol, TypeVar
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scramblebench.core.errors import ExperimentNotFound, LeaseLost, StateError
from scramblebench.core.states import TRANSITIONS, ExperimentState
from scramblebench.storage import Choose, Claim, Database, QueueRecord
from scramblebench.storage.queue import MAX_RECOVERIES
from scramblebench.testing.experiments import make_experiment

T = TypeVar("T")

_S = ExperimentState
_LONG_S = 3600.0
_OVER_S = 0.0  # a lease of no time has ended at once: no test has to wait


class QueueConformance:
    """Order, leases, fences and dependencies."""

    def test_an_empty_queue(self, database: Database) -> None:
        assert database.queue.claim("one", _LONG_S) is None
        assert list(database.queue.entries()) == []

    def test_higher_priority_first_then_first_in_first_out(self, database: Database) -> None:
        _add(database, "a", "b", "c", "d")
        for experiment_id, priority in (("d", 1), ("b", 5), ("a", 1), ("c", 5)):
            database.queue.enqueue(experiment_id, priority, requirements_json='{"cpu":1}')
        entries = database.queue.entries()
        assert [entry.experiment_id for entry in entries] == ["b", "c", "d", "a"]
        assert [entry.priority for entry in entries] == [5, 5, 1, 1]
        assert {entry.requirements_json for entry in entries} == {'{"cpu":1}'}
        assert [_claimed(database, "one") for _ in range(5)] == ["b", "c", "d", "a", None]

    def test_a_claim_starts_the_experiment(self, database: Database) -> None:
        _add(database, "a")
        database.queue.enqueue("a", 1)
        assert database.experiments.get("a").state is _S.QUEUED
        claim = database.queue.claim("one", _LONG_S)
        assert claim == Claim("a", 1, "one")
        record = database.experiments.get("a")
        assert (record.state, record.fence) == (_S.RUNNING, 1)
        assert record.started_at is not None
        (entry,) = database.queue.entries()
        assert (entry.runner_id, entry.is_lease_live) == ("one", True)
        event = database.experiments.events("a")[-1]
        assert (event.after, event.actor, event.fence) == (_S.RUNNING, "one", 1)

    def test_a_claim_for_one_experiment_only(self, database: Database) -> None:
        _add(database, "a", "b")
        database.queue.enqueue("a", 9)
        database.queue.enqueue("b", 1)
        assert database.queue.claim("one", _LONG_S, only("b")) == Claim("b", 1, "one")
        assert database.queue.claim("two", _LONG_S, only("b")) is None
        assert database.queue.claim("two", _LONG_S, only("nowhere")) is None

    def test_an_ended_lease_is_taken_over_with_a_higher_fence(self, database: Database) -> None:
        _add(database, "a")
        database.queue.enqueue("a", 1)
        first = database.queue.claim("one", _OVER_S)
        second = database.queue.claim("two", _LONG_S)
        assert first is not None
        assert second is not None
        assert second == Claim("a", first.fence + 1, "two")
        assert database.queue.claim("three", _LONG_S) is None
        assert not database.queue.renew(first, _LONG_S)
        database.queue.release(first)
        assert database.queue.claim("three", _LONG_S) is None
        assert database.queue.renew(second, _LONG_S)
        events = database.experiments.events("a")[-2:]
        assert [(event.before, event.after, event.fence) for event in events] == [
            (_S.RUNNING, _S.QUEUED, 1),
            (_S.QUEUED, _S.RUNNING, 2),
        ]
        assert "one" in (events[0].reason or "")

    def test_a_runner_does_not_share_a_lease_with_itself(self, database: Database) -> None:
        _add(database, "a")
        database.queue.enqueue("a", 1)
        first = database.queue.claim("one", _OVER_S)
        second = database.queue.claim("one", _LONG_S)
        assert first is not None
        assert second is not None
        assert not database.queue.renew(first, _LONG_S)

    def test_an_ended_lease_may_be_renewed_while_nobody_took_it(self, database: Database) -> None:
        _add(database, "a")
        database.queue.enqueue("a", 1)
        claim = database.queue.claim("one", _OVER_S)
        assert claim is not None
        assert database.queue.renew(claim, _LONG_S)
        assert database.queue.claim("two", _LONG_S) is None

    def test_release_leaves_the_state_and_frees_the_experiment(self, database: Database) -> None:
        _add(database, "a")
        database.queue.enqueue("a", 1)
        claim = database.queue.claim("one", _LONG_S)
        assert claim is not None
        database.queue.release(claim)
        assert database.experiments.get("a").state is _S.RUNNING
        (entry,) = database.queue.entries()
        assert (entry.runner_id, entry.is_lease_live) == (None, False)
        assert database.queue.claim("two", _LONG_S) == Claim("a", 2, "two")

    @pytest.mark.parametrize("after", [_S.PAUSED, _S.CANCELLED, _S.COMPLETED, _S.FAILED])
    def test_a_change_of_state_ends_the_lease(
        self, database: Database, after: ExperimentState
    ) -> None:
        _add(database, "a")
        database.queue.enqueue("a", 1)
        claim = database.queue.claim("one", _LONG_S)
        assert claim is not None
        database.experiments.change_state("a", after, reason="by hand")
        assert not database.queue.renew(claim, _LONG_S)
        assert list(database.queue.entries()) == []
        assert database.queue.claim("two", _LONG_S) is None

    def test_what_is_resumed_keeps_its_place(self, database: Database) -> None:
        _add(database, "a", "b")
        database.queue.enqueue("a", 1)
        database.queue.enqueue("b", 1)
        assert _claimed(database, "one") == "a"
        database.experiments.change_state("a", _S.PAUSED)
        database.experiments.change_state("a", _S.QUEUED)
        assert [entry.experiment_id for entry in database.queue.entries()] == ["a", "b"]

    def test_what_failed_is_queued_again_at_the_end(self, database: Database) -> None:
        _add(database, "a", "b")
        database.queue.enqueue("a", 1)
        database.queue.enqueue("b", 1)
        database.experiments.change_state("a", _S.FAILED)
        database.queue.enqueue("a", 1)
        assert [entry.experiment_id for entry in database.queue.entries()] == ["b", "a"]

    def test_queued_by_its_state_alone(self, database: Database) -> None:
        _add(database, "a")
        database.experiments.change_state("a", _S.QUEUED)
        assert _claimed(database, "one") == "a"

    def test_queueing_again_changes_the_entry(self, database: Database) -> None:
        _add(database, "a", "b")
        database.queue.enqueue("a", 1)
        database.queue.enqueue("b", 2, depends_on=["a"])
        n_events = len(database.experiments.events("b"))
        database.queue.enqueue("b", 3, requirements_json='{"memory":1}')
        assert _claimed(database, "one") == "b"
        database.queue.enqueue("b", 4)
        entry = database.queue.entries()[0]
        assert (entry.priority, entry.runner_id) == (4, "one")
        assert database.experiments.get("b").state is _S.RUNNING
        assert len(database.experiments.events("b")) == n_events + 1

    @pytest.mark.parametrize("final", [_S.COMPLETED, _S.CANCELLED])
    def test_what_is_over_is_not_queued_again(
        self, database: Database, final: ExperimentState
    ) -> None:
        _add(database, "a")
        database.experiments.change_state("a", _S.QUEUED)
        database.experiments.change_state("a", _S.RUNNING)
        database.experiments.change_state("a", final)
        with pytest.raises(StateError):
            database.queue.enqueue("a", 1)

    def test_dependencies_are_waited_for(self, database: Database) -> None:
        _add(database, "a", "b", "c")
        database.queue.enqueue("a", 1)
        database.queue.enqueue("c", 9, depends_on=["a", "b", "a"])
        assert database.queue.entries()[0].waits_for == ("a", "b")
        assert _claimed(database, "one") == "a"
        assert _claimed(database, "two") is None
        database.experiments.change_state("a", _S.COMPLETED)
        assert database.queue.entries()[0].waits_for == ("b",)
        database.queue.enqueue("b", 1)
        assert _claimed(database, "one") == "b"
        database.experiments.change_state("b", _S.COMPLETED)
        assert _claimed(database, "one") == "c"

    def test_impossible_dependencies_are_refused_and_change_nothing(
        self, database: Database
    ) -> None:
        _add(database, "a", "b", "c", "failed", "cancelled")
        database.experiments.change_state("cancelled", _S.CANCELLED)
        database.experiments.change_state("failed", _S.QUEUED)
        database.experiments.change_state("failed", _S.FAILED)
        database.queue.enqueue("b", 1, depends_on=["a"])
        database.queue.enqueue("c", 1, depends_on=["b"])
        with pytest.raises(ExperimentNotFound, match="nowhere"):
            database.queue.enqueue("a", 1, depends_on=["nowhere"])
        for dependency in ("a", "b", "c"):
            with pytest.raises(StateError, match="circle"):
                database.queue.enqueue("a", 1, depends_on=[dependency])
        for dependency in ("failed", "cancelled"):
            with pytest.raises(StateError, match=dependency):
                database.queue.enqueue("a", 1, depends_on=[dependency])
        assert database.experiments.get("a").state is _S.PLANNED
        assert [entry.experiment_id for entry in database.queue.entries()] == ["b", "c"]

    def test_runners_at_once_never_hold_one_experiment_together(self, database: Database) -> None:
        names = [f"e{n}" for n in range(12)]
        _add(database, *names)
        for name in names:
            database.queue.enqueue(name, 1)

        def drain(runner_id: str) -> list[str]:
            claimed: list[str] = []
            while (name := _claimed(database, runner_id)) is not None:
                claimed.append(name)
            return claimed

        with ThreadPoolExecutor(4) as pool:
            claimed = [name for part in pool.map(drain, "wxyz") for name in part]
        while (name := _claimed(database, "last")) is not None:  # what two reached for at once
            claimed.append(name)
        assert sorted(claimed) == sorted(names)

    def test_whoever_chooses_sees_the_whole_queue(self, database: Database) -> None:
        _add(database, "a", "b", "c")
        for name in ("a", "b", "c"):
            database.queue.enqueue(name, 1, depends_on=["b"] if name == "c" else ())
        assert database.queue.claim("one", _LONG_S) is not None
        seen: list[tuple[str, bool, bool]] = []

        def choose(entries: Sequence[QueueRecord]) -> str | None:
            seen.extend((e.experiment_id, e.is_free, e.is_lease_live) for e in entries)
            return None

        assert database.queue.claim("two", _LONG_S, choose) is None
        assert seen == [("a", False, True), ("b", True, False), ("c", False, False)]
        assert database.queue.entries()[0].servers == (("ollama", ""), ("openrouter", ""))

    def test_takeover_at_once_has_one_winner(self, database: Database) -> None:
        _add(database, "a")
        database.queue.enqueue("a", 1)
        database.queue.claim("gone", _OVER_S)
        with ThreadPoolExecutor(6) as pool:
            claims = list(pool.map(partial(database.queue.claim, lease_s=_LONG_S), "uvwxyz"))
        assert sum(claim is not None for claim in claims) == 1
        assert database.experiments.get("a").fence == 2

    def test_heartbeats(self, database: Database) -> None:
        database.queue.heartbeat("host:1:x", "host", 1)
        database.queue.heartbeat("host:1:x", "host", 1)

    def test_the_queue_is_what_the_model_says(self, database: Database) -> None:
        @settings(max_examples=12, deadline=None)
        @given(st.data())
        def compare(data: st.DataObject) -> None:
            model = QueueModel(database, uuid4().hex)
            try:
                for _ in range(data.draw(st.integers(5, 25))):
                    step = data.draw(st.sampled_from(model.steps()))
                    step(data.draw)
                    model.check()
            finally:  # hypothesis may end an example at any draw
                model.clean_up()

        compare()


def only(experiment_id: str) -> Choose:
    """Return what chooses one experiment, free or not."""
    return lambda entries: next(
        (e.experiment_id for e in entries if e.experiment_id == experiment_id), None
    )


def _add(database: Database, *names: str) -> None:
    for name in names:
        database.experiments.add(make_experiment(name, name))


def _claimed(database: Database, runner_id: str) -> str | None:
    claim = database.queue.claim(runner_id, _LONG_S)
    return claim.experiment_id if claim else None


class Draw(Protocol):
    """How hypothesis hands out an example."""

    def __call__(self, strategy: st.SearchStrategy[T], /) -> T: ...


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
    n_recoveries: int = 0


class QueueModel:
    """The queue as a dictionary, moved in step with the one in the database."""

    def __init__(self, database: Database, prefix: str) -> None:
        self.database = database
        self.entries = {f"{prefix}-{n}": _Entry() for n in range(4)}
        self.claims: list[Claim] = []
        self.n_places = 0
        _add(database, *self.entries)

    def steps(self) -> list[Callable[[Draw], None]]:
        """Return what may be done next."""
        return [self.enqueue, self.claim, self.claim, self.renew, self.release, self.change_state]

    def enqueue(self, draw: Draw) -> None:
        """Queue one experiment, with one dependency at most."""
        name = draw(st.sampled_from(sorted(self.entries)))
        priority = draw(st.integers(-1, 2))
        depends_on = draw(st.lists(st.sampled_from(sorted(self.entries)), max_size=1))
        entry = self.entries[name]
        is_allowed = entry.state in (_S.QUEUED, _S.RUNNING) or _S.QUEUED in TRANSITIONS[entry.state]
        for dependency in depends_on:
            is_lost = self.entries[dependency].state in (_S.FAILED, _S.CANCELLED)
            is_allowed = is_allowed and not is_lost and not self._reaches(dependency, name)
        if not is_allowed:
            with pytest.raises(StateError):
                self.database.queue.enqueue(name, priority, depends_on)
            return
        self.database.queue.enqueue(name, priority, depends_on)
        entry.priority, entry.depends_on, entry.n_recoveries = priority, set(depends_on), 0
        if entry.state not in (_S.QUEUED, _S.RUNNING):
            self._become(entry, _S.QUEUED)

    def claim(self, draw: Draw) -> None:
        """Claim what is next, for a long time or for none."""
        runner_id = draw(st.sampled_from(["one", "two"]))
        lease_s = draw(st.sampled_from([_LONG_S, _OVER_S]))
        ready = [name for name in self._order() if self._is_ready(self.entries[name])]
        claim = self.database.queue.claim(runner_id, lease_s)
        while ready and self._is_poison(self.entries[ready[0]]):
            self._become(self.entries[ready.pop(0)], _S.FAILED)
        if not ready:
            assert claim is None
            return
        entry = self.entries[ready[0]]
        entry.n_recoveries = entry.n_recoveries + 1 if entry.state is _S.RUNNING else 0
        assert claim is not None
        assert claim == Claim(ready[0], entry.fence + 1, runner_id)
        self._become(entry, _S.RUNNING)
        entry.fence, entry.runner_id, entry.is_lease_live = claim.fence, runner_id, lease_s > 0
        self.claims.append(claim)

    def _is_poison(self, entry: _Entry) -> bool:
        return entry.state is _S.RUNNING and entry.n_recoveries >= MAX_RECOVERIES

    def renew(self, draw: Draw) -> None:
        """Renew any claim there ever was, or let it end."""
        if self.claims:
            claim = draw(st.sampled_from(self.claims))
            lease_s = draw(st.sampled_from([_LONG_S, _OVER_S]))
            is_held = self._is_held(claim)
            renewed = self.database.queue.renew(claim, lease_s)
            assert (renewed is not None) == is_held
            if is_held:
                self.entries[claim.experiment_id].is_lease_live = lease_s > 0

    def release(self, draw: Draw) -> None:
        """Release any claim there ever was."""
        if self.claims:
            claim = draw(st.sampled_from(self.claims))
            self.database.queue.release(claim)
            if self._is_held(claim):
                entry = self.entries[claim.experiment_id]
                entry.runner_id, entry.is_lease_live = None, False

    def change_state(self, draw: Draw) -> None:
        """Change a state as a user does, or as a runner with the fence of some claim."""
        name = draw(st.sampled_from(sorted(self.entries)))
        after = draw(st.sampled_from(list(_S)))
        entry = self.entries[name]
        fence = draw(st.one_of(st.none(), st.sampled_from([0, *(c.fence for c in self.claims)])))
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
        """Compare all that can be seen."""
        known = {entry.experiment_id: entry for entry in self.database.queue.entries()}
        assert list(known) == self._order()
        for name, entry in self.entries.items():
            record = self.database.experiments.get(name)
            assert (record.state, record.fence) == (entry.state, entry.fence)
            events = self.database.experiments.events(name)
            for event in events[1:]:
                assert event.before is not None
                assert event.after in TRANSITIONS[event.before]
            fences = [event.fence for event in events]
            assert fences == sorted(fences)
            if name in known:
                assert known[name].priority == entry.priority
                assert known[name].runner_id == entry.runner_id
                assert known[name].is_lease_live == entry.is_lease_live
                assert set(known[name].waits_for) == self._open(entry)

    def clean_up(self) -> None:
        """Take everything out of the queue, for the next model in the same database."""
        for name, entry in self.entries.items():
            if _S.CANCELLED in TRANSITIONS[entry.state]:
                self.database.experiments.change_state(name, _S.CANCELLED)

    def _become(self, entry: _Entry, after: ExperimentState) -> None:
        if after is _S.QUEUED and entry.state in (_S.PLANNED, _S.FAILED):
            self.n_places += 1
            entry.place = self.n_places
        if entry.state is _S.RUNNING:
            entry.runner_id, entry.is_lease_live = None, False
        entry.state = after

    def _order(self) -> list[str]:
        names = [n for n, e in self.entries.items() if e.state in (_S.QUEUED, _S.RUNNING)]
        return sorted(names, key=lambda n: (-self.entries[n].priority, self.entries[n].place))

    def _open(self, entry: _Entry) -> set[str]:
        return {n for n in entry.depends_on if self.entries[n].state is not _S.COMPLETED}

    def _is_ready(self, entry: _Entry) -> bool:
        is_free = entry.state is _S.QUEUED or not entry.is_lease_live
        return is_free and not self._open(entry)

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
