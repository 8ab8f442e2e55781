"""What every ``ShardStore`` must do: by examples, and against a plain model of it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest

from scramblebench.core.errors import ErrorKind, LeaseLost
from scramblebench.core.states import ExperimentState
from scramblebench.core.trials import Failure
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
from scramblebench.testing.experiments import (
    make_answer,
    make_attempt,
    make_experiment,
    make_failure,
)
from scramblebench.testing.queue_model import LONG_S as _LONG_S
from scramblebench.testing.queue_model import OVER_S as _OVER_S
from scramblebench.testing.shard_model import run_shard_model

_S = ExperimentState
_FIRST = (NewShard(0, 0, 4), NewShard(0, 4, 10))
_SECOND = (NewShard(1, 10, 20),)


class ShardConformance:
    """Leases on parts of an experiment, their fences, and what may be in flight."""

    def test_a_shard_is_held_by_one_worker(self, database: Database) -> None:
        claim = _opened(database, _FIRST)
        first, second = _claimed(database, "w1"), _claimed(database, "w2")
        assert (first.shard, second.shard) == _FIRST
        assert first.experiment == replace(claim, runner_id="w1")
        assert first.fence == second.fence == 1
        assert database.shards.claim("w3", _LONG_S) is None
        assert [(s.worker_id, s.is_live) for s in database.shards.list("a")] == [
            ("w1", True),
            ("w2", True),
        ]

    def test_a_worker_holds_one_shard_of_a_model(self, database: Database) -> None:
        _opened(database, (*_FIRST, *_SECOND))
        first = _claimed(database, "w1")
        second = database.shards.claim("w1", _LONG_S, [first])
        assert second is not None
        assert (first.shard, second.shard) == (_FIRST[0], _SECOND[0])
        assert database.shards.claim("w1", _LONG_S, [first, second]) is None

    def test_a_claim_whose_answer_was_lost_is_made_again(self, database: Database) -> None:
        _opened(database, _FIRST[:1])
        lost = _claimed(database, "w1")
        again = _claimed(database, "w1")
        assert (again.shard, again.fence) == (lost.shard, lost.fence + 1)
        assert database.shards.renew(lost, _LONG_S, 0) is None
        assert _n_deaths(database) == [0]

    def test_an_ended_lease_is_taken_over_with_a_higher_fence(self, database: Database) -> None:
        _opened(database, _FIRST[:1])
        first = _claimed(database, "w1", _OVER_S)
        second = _claimed(database, "w2")
        assert second.fence == first.fence + 1
        assert database.shards.renew(first, _LONG_S, 0) is None
        database.shards.release(first)
        database.shards.finish(first, ShardReport(stop_reason="a zombie's"))
        (record,) = database.shards.list("a")
        assert (record.worker_id, record.is_over, record.report) == ("w2", False, ShardReport())
        assert database.shards.renew(second, _LONG_S, 0) is not None

    def test_an_ended_lease_may_be_renewed_while_nobody_took_it(self, database: Database) -> None:
        _opened(database, _FIRST[:1])
        claim = _claimed(database, "w1", _OVER_S)
        assert database.shards.renew(claim, _LONG_S, 0) is not None
        assert database.shards.claim("w2", _LONG_S) is None

    def test_a_released_shard_is_free_and_a_finished_one_is_over(self, database: Database) -> None:
        _opened(database, _FIRST)
        first = _claimed(database, "w1")
        database.shards.release(first)
        first = _claimed(database, "w1")
        assert first.shard == _FIRST[0]
        database.shards.finish(first, ShardReport(last_failure="\0 odd", is_passing=False))
        second = _claimed(database, "w1")
        assert second.shard == _FIRST[1]
        assert database.shards.n_unfinished() == 1
        database.shards.finish(second, ShardReport())
        assert database.shards.claim("w1", _LONG_S) is None
        assert database.shards.n_unfinished() == 0
        over = database.shards.list("a")
        assert [shard.is_over for shard in over] == [True, True]
        assert not over[0].report.is_passing
        assert "odd" in over[0].report.last_failure

    def test_what_stops_a_model_ends_all_its_shards_and_no_others(self, database: Database) -> None:
        _opened(database, (*_FIRST, *_SECOND))
        first, other = _claimed(database, "w1"), _claimed(database, "w2")
        report = ShardReport(stop_reason="the key is wrong", stop_budget=Refusal.BUDGET)
        database.shards.finish(first, report)
        assert database.shards.renew(other, _LONG_S, 0) is None
        assert _refusal(database, other, 4) is Refusal.LEASE
        assert _claimed(database, "w1").shard == _SECOND[0]
        records = database.shards.list("a")
        assert [record.is_over for record in records] == [True, True, False]
        assert [record.report.stop_reason for record in records][:2] == ["the key is wrong", None]
        assert records[0].report == report

    def test_reservations_need_the_shard(self, database: Database) -> None:
        _opened(database, _FIRST)
        first = _claimed(database, "w1", _OVER_S)
        other = _claimed(database, "w2", _LONG_S)  # the same shard, taken over
        assert first.shard == other.shard
        assert _refusal(database, first, 0) is Refusal.LEASE
        assert _refusal(database, other, 0) is None
        items = [_reservation(first, 1), _reservation(other, 2)]
        assert database.trials.write(items) == {0: Refusal.LEASE}
        database.shards.finish(other, ShardReport())
        assert _refusal(database, other, 3) is Refusal.LEASE

    def test_a_late_answer_of_a_lost_shard_is_stored(self, database: Database) -> None:
        _opened(database, _FIRST[:1])
        first = _claimed(database, "w1", _OVER_S)
        database.trials.write([_reservation(first, n) for n in range(2)])
        second = _claimed(database, "w2")
        assert database.trials.attempt_numbers("a", range(1, 4)) == {1: 1}
        late = make_answer("a", 0)
        again = [_reservation(second, n, number=2) for n in range(2)]
        assert database.trials.write([late, *again]) == {1: Refusal.ANSWERED}
        assert database.trials.write([make_answer("a", 1)]) == {}
        totals = database.trials.ledger("a")
        assert (totals.n_open, totals.settled_microusd) == (1, 34)
        assert database.trials.answered("a", 4).tolist() == [True, True, False, False]
        assert database.trials.answered("a", 4, 1).tolist() == [False, True, False, False]

    def test_what_was_given_up_under_a_claim_is_known(self, database: Database) -> None:
        _opened(database, _FIRST[:1])
        permanent = Failure(ErrorKind.CONTENT_FILTER, "refused", 400)
        tried = [
            (0, [permanent]),
            (1, [None]),
            (2, [None, None, None]),
            (3, [None, permanent]),
        ]
        for trial_index, failures in tried:
            for number, failure in enumerate(failures, 1):
                item = make_failure("a", trial_index, number=number)
                change = {} if failure is None else {"failure": failure}
                database.trials.write([replace(item, **change)])
        trials = database.trials
        assert trials.given_up("a", 1, range(4), 3) == {0, 2, 3}
        assert trials.given_up("a", 1, range(1, 3), 3) == {2}
        assert trials.given_up("a", 2, range(4), 3) == frozenset()
        trials.write([make_answer("a", 2, number=4)])
        assert trials.given_up("a", 1, range(4), 3) == {0, 3}

    @pytest.mark.parametrize("after", [_S.PAUSED, _S.CANCELLED, _S.QUEUED])
    def test_an_experiment_that_left_running_has_no_shards(
        self, database: Database, after: ExperimentState
    ) -> None:
        _opened(database, _FIRST)
        held = _claimed(database, "w1")
        database.experiments.change_state("a", after)
        assert database.shards.renew(held, _LONG_S, 0) is None
        assert database.shards.claim("w2", _LONG_S) is None
        assert _refusal(database, held, 0) is Refusal.LEASE
        assert database.shards.n_unfinished() == 0

    def test_shards_of_an_earlier_claim_mean_nothing(self, database: Database) -> None:
        before = _opened(database, _FIRST, lease_s=_OVER_S)
        held = _claimed(database, "w1")
        after = database.queue.claim("c2", _LONG_S)
        assert after is not None
        assert database.shards.claim("w2", _LONG_S) is None
        assert list(database.shards.list("a")) == []
        with pytest.raises(LeaseLost):
            database.shards.open(before, _FIRST)
        database.shards.open(after, _FIRST)
        mine = _claimed(database, "w2")
        assert mine.proof == held.proof
        assert _refusal(database, held, 0) is Refusal.LEASE
        assert database.shards.renew(held, _LONG_S, 0) is None
        database.shards.release(held)
        database.shards.finish(held, ShardReport(stop_reason="a zombie's"))
        database.shards.close(before)
        assert database.shards.renew(mine, _LONG_S, 0) is not None

    def test_what_workers_of_an_earlier_claim_hold_is_known(self, database: Database) -> None:
        _opened(database, _FIRST, lease_s=_OVER_S)
        held = _claimed(database, "w1")
        _claimed(database, "w2", lease_s=_OVER_S)
        after = database.queue.claim("c2", _LONG_S)
        assert after is not None
        assert database.shards.n_held_before(after) == 1
        database.shards.release(held)
        assert database.shards.n_held_before(after) == 0
        database.shards.open(after, _FIRST)
        _claimed(database, "w1")
        assert database.shards.n_held_before(after) == 0

    def test_opening_again_changes_nothing(self, database: Database) -> None:
        claim = _opened(database, _FIRST)
        held = _claimed(database, "w1")
        database.shards.open(claim, _FIRST)
        assert database.shards.renew(held, _LONG_S, 0) is not None
        database.shards.open(claim, _SECOND)
        assert [s.shard for s in database.shards.list("a")] == [*_FIRST, *_SECOND]

    def test_a_closed_experiment_gives_no_shard(self, database: Database) -> None:
        claim = _opened(database, _FIRST)
        held = _claimed(database, "w1")
        database.shards.close(claim)
        assert database.shards.claim("w2", _LONG_S) is None
        assert database.shards.renew(held, _LONG_S, 0) is None
        assert [s.is_live for s in database.shards.list("a")] == [True, False]
        database.shards.release(held)
        assert [s.is_live for s in database.shards.list("a")] == [False, False]

    def test_higher_priority_first(self, database: Database) -> None:
        for name, priority in (("a", 1), ("b", 5)):
            database.experiments.add(make_experiment(name))
            database.queue.enqueue(name, priority)
            claim = database.queue.claim("c", _LONG_S)
            assert claim is not None
            database.shards.open(claim, _FIRST)
        first = _claimed(database, "w1")
        second = database.shards.claim("w1", _LONG_S, [first])
        assert second is not None
        assert [c.experiment.experiment_id for c in (first, second)] == ["b", "a"]

    def test_a_shard_that_kills_its_workers_ends(self, database: Database) -> None:
        _opened(database, _FIRST)
        for n in range(MAX_RECOVERIES + 1):
            assert _claimed(database, f"w{n}", _OVER_S).shard == _FIRST[0]
        assert _claimed(database, "w9").shard == _FIRST[1]
        deadly, other = database.shards.list("a")
        assert (deadly.is_over, other.is_over) == (True, False)
        assert "ends the process" in (deadly.report.stop_reason or "")
        assert not deadly.report.is_passing

    def test_a_suspect_is_taken_by_a_worker_that_has_nothing_else(self, database: Database) -> None:
        _opened(database, (*_FIRST, *_SECOND))
        _claimed(database, "w1", _OVER_S)
        other = database.shards.claim("w2", _LONG_S)
        assert other is not None
        assert (other.shard, other.is_suspect) == (_FIRST[0], True)
        database.shards.finish(other, ShardReport())
        _claimed(database, "w3", _OVER_S)
        sound = _SECOND[0]
        third = database.shards.claim("w4", _LONG_S, [other])
        assert third is not None
        assert (third.shard, third.is_suspect) == (sound, False)

    def test_an_answer_proves_that_a_shard_kills_nobody(self, database: Database) -> None:
        _opened(database, _FIRST[:1])
        for n in range(3):
            _claimed(database, f"w{n}", _OVER_S)
        assert _n_deaths(database) == [2]
        database.trials.write([make_answer("a", 0)])
        _claimed(database, "w8")
        assert _n_deaths(database) == [0]

    def test_requests_of_a_model_are_divided(self, database: Database) -> None:
        _opened(database, [replace(shard, most_requests=8) for shard in _FIRST])
        _say_alive(database, "w1")
        first = _claimed(database, "w1")
        assert first.limits.max_concurrent_requests == 8
        _say_alive(database, "w2")
        assert database.shards.claim("w2", _LONG_S) is None  # the first may have all in flight
        assert _granted(database, first, 8) == 4
        assert database.shards.claim("w2", _LONG_S) is None  # ... and has not let go of any
        assert _granted(database, first, 4) == 4
        second = _claimed(database, "w2")
        assert second.limits.max_concurrent_requests == 4
        assert _granted(database, first, 4) == 4
        database.shards.finish(second, ShardReport())
        assert _granted(database, first, 4) == 8

    def test_a_lowered_limit_holds_for_all_workers_together(self, database: Database) -> None:
        _opened(database, [replace(shard, most_requests=8) for shard in _FIRST])
        for worker in ("w1", "w2"):
            _say_alive(database, worker)
        first, second = _claimed(database, "w1"), _claimed(database, "w2")
        database.experiments.change_limits("a", ExperimentLimits(70, 7, 3))
        limits = database.shards.renew(first, _LONG_S, 4)
        assert limits is not None
        assert (limits.cost_limit_microusd, limits.daily_cost_limit_microusd) == (70, 7)
        shares = [limits.max_concurrent_requests, _granted(database, second, 4)]
        assert shares == [1, 1]  # as little as both can have: each knows of the other's four
        shares = [_granted(database, first, 1), _granted(database, second, 1)]
        assert sum(shares) == 3

    def test_a_model_without_a_limit_leaves_it_to_each(self, database: Database) -> None:
        _opened(database, _FIRST)
        for worker in ("w1", "w2"):
            assert _claimed(database, worker).limits == ExperimentLimits()

    def test_money_that_others_may_give_back_is_waited_for(self, database: Database) -> None:
        _opened(database, _FIRST)
        first, second = _claimed(database, "w1"), _claimed(database, "w2")
        assert database.shards.defer(first)
        assert not database.shards.defer(second)
        assert database.shards.renew(second, _LONG_S, 0) is not None
        assert _claimed(database, "w1").shard == first.shard

    def test_many_workers_at_once_never_share_a_shard(self, database: Database) -> None:
        shards = [NewShard(0, n, n + 1) for n in range(8)]
        _opened(database, shards)
        with ThreadPoolExecutor(8) as pool:
            claims = list(pool.map(partial(_claim_of, database), range(10)))
        taken = [claim.shard for claim in claims if claim is not None]
        assert sorted(taken, key=lambda shard: shard.first) == shards

    def test_workers_are_told_from_runners(self, database: Database) -> None:
        database.queue.heartbeat("r", "here", 1)
        _say_alive(database, "w")
        assert {r.id: r.role for r in database.queue.runners()} == {"r": "runner", "w": WORKER}

    def test_shards_against_a_model(self, database: Database) -> None:
        run_shard_model(database, n_examples=15, n_steps=30)


def _opened(database: Database, shards: Sequence[NewShard], lease_s: float = _LONG_S) -> Claim:
    database.experiments.add(make_experiment("a"))
    database.queue.enqueue("a", 1)
    claim = database.queue.claim("c", lease_s)
    assert claim is not None
    database.shards.open(claim, shards)
    return claim


def _claimed(database: Database, worker_id: str, lease_s: float = _LONG_S) -> ShardClaim:
    claim = database.shards.claim(worker_id, lease_s)
    assert claim is not None
    return claim


def _claim_of(database: Database, number: int) -> ShardClaim | None:
    return database.shards.claim(f"w{number}", _LONG_S)


def _granted(database: Database, claim: ShardClaim, n_in_use: int) -> int:
    limits = database.shards.renew(claim, _LONG_S, n_in_use)
    assert limits is not None
    assert limits.max_concurrent_requests is not None
    return limits.max_concurrent_requests


def _say_alive(database: Database, worker_id: str) -> None:
    database.queue.heartbeat(worker_id, "here", 1, WORKER)


def _n_deaths(database: Database) -> list[int]:
    return [shard.n_deaths for shard in database.shards.list("a")]


def _reservation(claim: ShardClaim, trial_index: int, number: int = 1) -> Reservation:
    attempt = make_attempt("a", trial_index, number=number, fence=claim.experiment.fence)
    return Reservation(attempt, claim.proof)


def _refusal(database: Database, claim: ShardClaim, trial_index: int) -> Refusal | None:
    return database.trials.write([_reservation(claim, trial_index)]).get(0)
