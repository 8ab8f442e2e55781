"""What every ``QueueStore`` must do: by examples, and against a plain model of it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from scramblebench.core.errors import ExperimentNotFound, StateError
from scramblebench.core.states import ExperimentState
from scramblebench.storage import (
    Choose,
    Claim,
    Database,
    ExperimentLimits,
    QueueRecord,
    first_free,
)
from scramblebench.storage.queue import MAX_RECOVERIES
from scramblebench.testing.experiments import make_answer, make_experiment
from scramblebench.testing.queue_model import LONG_S as _LONG_S
from scramblebench.testing.queue_model import OVER_S as _OVER_S
from scramblebench.testing.queue_model import run_queue_model

_S = ExperimentState


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

    def test_a_runner_may_claim_again_what_it_holds(self, database: Database) -> None:
        _add(database, "a")
        database.queue.enqueue("a", 1)
        first = database.queue.claim("one", _LONG_S)
        assert database.queue.claim("one", _LONG_S) is None
        assert database.queue.claim("two", _LONG_S, only("a")) is None
        second = database.queue.claim("one", _LONG_S, only("a"))
        assert first is not None
        assert second is not None
        assert second.fence == first.fence + 1
        assert not database.queue.renew(first, _LONG_S)
        assert database.queue.renew(second, _LONG_S)

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

    def test_what_is_not_said_when_queueing_again_stays(self, database: Database) -> None:
        _add(database, "a", "b")
        database.queue.enqueue("a")
        database.queue.enqueue("b", 7, ["a"], '{"memory_gb":1}')
        database.experiments.change_state("b", _S.PAUSED)
        database.queue.enqueue("b")
        first, second = database.queue.entries()
        assert (first.experiment_id, first.priority, first.waits_for) == ("b", 7, ("a",))
        assert (first.requirements_json, second.priority) == ('{"memory_gb":1}', 1)
        database.queue.enqueue("b", depends_on=[], requirements_json="{}")
        first, _ = database.queue.entries()
        assert (first.waits_for, first.requirements_json) == ((), "{}")

    def test_queueing_again_changes_the_entry(self, database: Database) -> None:
        _add(database, "a", "b")
        database.queue.enqueue("a", 1)
        database.queue.enqueue("b", 2, depends_on=["a"])
        n_events = len(database.experiments.events("b"))
        database.queue.enqueue("b", 3, [], '{"memory":1}')
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

    def test_an_experiment_that_kills_its_runners_fails_and_others_proceed(
        self, database: Database
    ) -> None:
        _add(database, "poison", "b", "waiting")
        database.queue.enqueue("poison", 9)
        database.queue.enqueue("waiting", 5, depends_on=["poison"])
        database.queue.enqueue("b", 1)
        for n in range(MAX_RECOVERIES + 1):
            claim = database.queue.claim(f"runner {n}", _OVER_S)
            assert claim == Claim("poison", n + 1, f"runner {n}")
            assert database.queue.entries()[0].is_suspect
        assert _claimed(database, "last") == "b"
        record = database.experiments.get("poison")
        assert (record.state, record.fence) == (_S.FAILED, MAX_RECOVERIES + 1)
        assert "died 4 times in a row without one answer" in (record.reason or "")
        entries = {entry.experiment_id: entry for entry in database.queue.entries()}
        assert list(entries) == ["waiting", "b"]
        assert entries["waiting"].blocked_by == ("poison",)

    def test_an_answer_in_between_proves_that_it_can_be_run(self, database: Database) -> None:
        _add(database, "a")
        database.queue.enqueue("a", 1)
        for n in range(3 * MAX_RECOVERIES):
            assert database.queue.claim(f"runner {n}", _OVER_S) is not None
            database.trials.write([make_answer("a", n)])
            assert not database.queue.entries()[0].is_suspect
        assert _claimed(database, "last") == "a"

    @pytest.mark.parametrize("how", ["released", "queued again", "back to its runner"])
    def test_what_did_not_die_is_no_recovery(self, database: Database, how: str) -> None:
        _add(database, "a")
        database.queue.enqueue("a", 1)
        for n in range(3 * MAX_RECOVERIES):
            runner_id = "one" if how == "back to its runner" else f"runner {n}"
            claim = database.queue.claim(runner_id, _OVER_S)
            assert claim is not None
            if how == "released":
                database.queue.release(claim)
            elif how == "queued again":
                database.experiments.change_state("a", _S.QUEUED, fence=claim.fence)
        assert database.experiments.get("a").state is not _S.FAILED

    def test_what_failed_is_tried_again_when_it_is_due(self, database: Database) -> None:
        _add(database, "a", "next")
        database.queue.enqueue("next", 9, depends_on=["a"])
        database.queue.enqueue("a", 1, requirements_json='{"memory_gb":1}')
        assert _claimed(database, "one") == "a"
        database.experiments.change_state("a", _S.FAILED, reason="overloaded")
        database.queue.retry_later("a", _LONG_S)
        waiting, entry = database.queue.entries()
        assert (entry.state, entry.is_free, entry.n_retries) == (_S.FAILED, False, 1)
        assert entry.retry_at is not None
        assert (waiting.waits_for, waiting.blocked_by) == (("a",), ())
        assert _claimed(database, "one") is None
        database.queue.retry_later("a", _OVER_S)
        assert database.queue.entries()[1].is_free
        assert database.queue.claim("one", _LONG_S) == Claim("a", 2, "one")
        entry = database.queue.entries()[1]
        assert (entry.n_retries, entry.retry_at) == (2, None)
        assert (entry.priority, entry.requirements_json) == (1, '{"memory_gb":1}')
        changes = [(event.before, event.after) for event in database.experiments.events("a")[-2:]]
        assert changes == [(_S.FAILED, _S.QUEUED), (_S.QUEUED, _S.RUNNING)]
        database.experiments.change_state("a", _S.COMPLETED)
        assert _claimed(database, "one") == "next"

    def test_only_what_failed_is_tried_again(self, database: Database) -> None:
        _add(database, "a")
        database.queue.enqueue("a", 1)
        database.queue.retry_later("a", _LONG_S)
        (entry,) = database.queue.entries()
        assert (entry.n_retries, entry.retry_at, entry.is_free) == (0, None, True)

    def test_queueing_again_counts_retries_anew(self, database: Database) -> None:
        _add(database, "a")
        database.queue.enqueue("a", 1)
        database.experiments.change_state("a", _S.FAILED)
        database.queue.retry_later("a", _LONG_S)
        database.queue.enqueue("a", 1)
        (entry,) = database.queue.entries()
        assert (entry.state, entry.n_retries, entry.retry_at) == (_S.QUEUED, 0, None)

    def test_what_waits_for_one_that_will_never_be_completed_is_blocked(
        self, database: Database
    ) -> None:
        _add(database, "a", "b", "c")
        database.queue.enqueue("a", 1)
        database.queue.enqueue("b", 1)
        database.queue.enqueue("c", 9, depends_on=["a", "b"])
        database.experiments.change_state("a", _S.FAILED)
        entry = database.queue.entries()[0]
        assert (entry.waits_for, entry.blocked_by) == (("a", "b"), ("a",))
        database.experiments.change_state("b", _S.CANCELLED)
        assert database.queue.entries()[0].blocked_by == ("a", "b")
        assert _claimed(database, "one") is None
        database.queue.enqueue("a", 1)
        assert database.queue.entries()[0].blocked_by == ("b",)

    def test_what_is_chosen_and_not_free_is_not_claimed(self, database: Database) -> None:
        _add(database, "held", "waiting", "free")
        database.queue.enqueue("held", 9)
        database.queue.enqueue("waiting", 5, depends_on=["held"])
        database.queue.enqueue("free", 1)
        assert _claimed(database, "one") == "held"
        for name in ("held", "waiting"):
            assert database.queue.claim("two", _LONG_S, _insist_on(name)) is None
        assert database.queue.claim("two", _LONG_S, _insist_on("free")) is not None

    def test_what_is_chosen_together_fits_together(self, database: Database) -> None:
        names = [f"e{n}" for n in range(8)]
        _add(database, *names)
        for name in names:
            database.queue.enqueue(name, 1)

        def two_at_most(entries: Sequence[QueueRecord]) -> str | None:
            n_running = sum(entry.state is _S.RUNNING for entry in entries)
            return first_free(entries) if n_running < 2 else None

        with ThreadPoolExecutor(8) as pool:
            claim = partial(database.queue.claim, lease_s=_LONG_S, choose=two_at_most)
            claims = list(pool.map(claim, "stuvwxyz"))
        assert sum(claim is not None for claim in claims) == 2

    def test_a_renewal_brings_the_limits_in_force(self, database: Database) -> None:
        _add(database, "a")
        database.queue.enqueue("a", 1)
        claim = database.queue.claim("one", _LONG_S)
        assert claim is not None
        assert database.queue.renew(claim, _LONG_S) == ExperimentLimits()
        limits = ExperimentLimits(5_000_000, None, 16)
        database.experiments.change_limits("a", limits, reason="because", actor="ada")
        assert database.queue.renew(claim, _LONG_S) == limits

    def test_runners_are_heard_of(self, database: Database) -> None:
        assert list(database.queue.runners()) == []
        database.queue.heartbeat("host:1:x", "host", 1)
        database.queue.heartbeat("host:2:y", "host", 2)
        (first,) = (r for r in database.queue.runners() if r.id == "host:1:x")
        database.queue.heartbeat("host:1:x", "host", 1)
        again, other = database.queue.runners()
        assert (again.id, again.host, again.pid, again.is_alive) == ("host:1:x", "host", 1, True)
        assert other.id == "host:2:y"
        assert again.started_at == first.started_at
        assert again.heartbeat_at > first.heartbeat_at

    def test_totals(self, database: Database) -> None:
        empty = database.queue.totals()
        assert set(empty.by_state) == set(_S)
        assert sum(empty.by_state.values()) == 0
        assert (empty.mean_wait_s, empty.mean_run_s, empty.n_completed_last_hour) == (None, None, 0)
        _add(database, "a", "b", "c", "planned")
        for name in ("a", "b", "c"):
            database.queue.enqueue(name, 1)
        for after in (_S.COMPLETED, _S.FAILED):
            name = _claimed(database, "one")
            assert name is not None
            database.experiments.change_state(name, after)
        totals = database.queue.totals()
        expected = {_S.COMPLETED: 1, _S.FAILED: 1, _S.QUEUED: 1, _S.PLANNED: 1}
        assert {state: n for state, n in totals.by_state.items() if n} == expected
        assert totals.n_completed_last_hour == 1
        completed = database.experiments.get("a")
        assert completed.started_at is not None
        assert completed.completed_at is not None
        run_s = (completed.completed_at - completed.started_at).total_seconds()
        assert totals.mean_run_s == pytest.approx(run_s, abs=1e-6)
        assert totals.mean_wait_s is not None
        assert 0 <= totals.mean_wait_s < 60

    def test_the_queue_is_what_the_model_says(self, database: Database) -> None:
        run_queue_model(database, n_examples=12, n_steps=20)


def only(experiment_id: str) -> Choose:
    """Return what chooses one experiment, free or not."""
    return lambda entries: next(
        (e.experiment_id for e in entries if e.experiment_id == experiment_id), None
    )


def _insist_on(experiment_id: str) -> Choose:
    return lambda _: experiment_id


def _add(database: Database, *names: str) -> None:
    for name in names:
        database.experiments.add(make_experiment(name, name))


def _claimed(database: Database, runner_id: str) -> str | None:
    claim = database.queue.claim(runner_id, _LONG_S)
    return claim.experiment_id if claim else None
