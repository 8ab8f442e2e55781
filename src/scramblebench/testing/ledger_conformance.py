"""What every ``TrialStore`` must do with money, and every ``RateStore`` with rates."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scramblebench.core.trials import Response
from scramblebench.storage import (
    Database,
    ExperimentLimits,
    LedgerTotals,
    Refusal,
    Reservation,
    Settlement,
)
from scramblebench.testing.experiments import (
    make_answer,
    make_experiment,
    make_failure,
    make_reservation,
    make_response,
)

_RESERVED_MICROUSD = 900  # what every attempt of make_attempt holds
_COST_MICROUSD = 17  # what every answer of make_response costs
_KEY = bytes(range(32))


class LedgerConformance:
    """Reserved before it is spent, booked once, never above the limit."""

    def test_a_reservation_is_held_until_it_is_settled(self, database: Database) -> None:
        _run(database, "e1")
        trials = database.trials
        trials.write([make_reservation("e1", n) for n in range(3)])
        held = trials.ledger("e1")
        assert (held.open_microusd, held.n_open) == (3 * _RESERVED_MICROUSD, 3)
        trials.write([make_answer("e1", 0), make_failure("e1", 1)])
        assert trials.ledger("e1") == LedgerTotals(
            settled_microusd=_COST_MICROUSD, open_microusd=_RESERVED_MICROUSD, n_open=1
        )

    def test_what_may_have_been_charged_stays_held(self, database: Database) -> None:
        _run(database, "e1")
        trials = database.trials
        trials.write([make_reservation("e1", n) for n in range(2)])
        unpriced = replace(make_response("x"), cost_microusd=None)
        trials.write([_lost(make_failure("e1", 0)), make_answer("e1", 1, response=unpriced)])
        totals = trials.ledger("e1")
        assert (totals.unknown_microusd, totals.n_unknown) == (2 * _RESERVED_MICROUSD, 2)
        assert (totals.open_microusd, totals.n_open, totals.settled_microusd) == (0, 0, 0)
        assert sum(counter.n_lost for counter in trials.counters("e1")) == 1
        assert sum(counter.n_cost_unknown for counter in trials.counters("e1")) == 1

    def test_booking_again_changes_nothing(self, database: Database) -> None:
        _run(database, "e1")
        items = [make_reservation("e1", n) for n in range(3)]
        items = [*items, make_answer("e1", 0), _lost(make_failure("e1", 1))]
        database.trials.write(items)
        once = database.trials.ledger("e1")
        database.trials.write(items)
        database.trials.write([*items, *items])
        assert database.trials.ledger("e1") == once

    def test_both_answers_of_a_trial_were_paid(self, database: Database) -> None:
        _run(database, "e1")
        database.trials.write([make_reservation("e1", 0, n) for n in (1, 2)])
        database.trials.write([make_answer("e1", 0, number=n) for n in (1, 2)])
        assert database.trials.ledger("e1").settled_microusd == 2 * _COST_MICROUSD
        assert sum(c.cost_microusd for c in database.trials.counters("e1")) == _COST_MICROUSD

    def test_what_an_earlier_claim_left_open_is_unknown(self, database: Database) -> None:
        _run(database, "e1", lease_s=0)
        database.trials.write([make_reservation("e1", 0)])
        assert database.queue.claim("other", 60) is not None
        totals = database.trials.ledger("e1")
        assert (totals.n_open, totals.n_unknown) == (0, 1)
        assert totals.unknown_microusd == totals.held_microusd == _RESERVED_MICROUSD
        database.trials.write([make_answer("e1", 0)])  # it comes after all
        assert database.trials.ledger("e1") == LedgerTotals(settled_microusd=_COST_MICROUSD)

    def test_reservations_stop_at_the_limit(self, database: Database) -> None:
        _run(database, "e1", ExperimentLimits(cost_limit_microusd=2 * _RESERVED_MICROUSD))
        trials = database.trials
        assert trials.write([make_reservation("e1", n) for n in range(4)]) == {
            2: Refusal.BUDGET,
            3: Refusal.BUDGET,
        }
        assert trials.ledger("e1").open_microusd == 2 * _RESERVED_MICROUSD
        again = [make_reservation("e1", 1), make_reservation("e1", 2)]
        assert trials.write(again) == {1: Refusal.BUDGET}  # the first is there already
        assert trials.write([make_failure("e1", 0), make_reservation("e1", 2)]) == {}
        assert trials.write([make_answer("e1", 1), make_reservation("e1", 3)]) == {
            1: Refusal.BUDGET
        }

    def test_a_smaller_reservation_may_fit(self, database: Database) -> None:
        _run(database, "e1", ExperimentLimits(cost_limit_microusd=_RESERVED_MICROUSD + 100))
        small = _priced(make_reservation("e1", 2), 100)
        items = [make_reservation("e1", 0), make_reservation("e1", 1), small]
        assert database.trials.write(items) == {1: Refusal.BUDGET}

    def test_the_limit_of_a_day_is_that_days(self, database: Database) -> None:
        _run(database, "e1", ExperimentLimits(daily_cost_limit_microusd=_RESERVED_MICROUSD))
        first, second = make_reservation("e1", 0), make_reservation("e1", 1)
        assert database.trials.write([first, second]) == {1: Refusal.DAILY_BUDGET}
        tomorrow = second.attempt.started_at + timedelta(days=1)
        later = Reservation(replace(second.attempt, started_at=tomorrow))
        assert database.trials.write([later]) == {}

    def test_an_unknown_price_is_not_zero(self, database: Database) -> None:
        _run(database, "e1")
        unpriced = _priced(make_reservation("e1", 0), None)
        assert database.trials.write([unpriced]) == {}
        limits = ExperimentLimits(cost_limit_microusd=10**9)
        database.experiments.change_limits("e1", limits)
        other = _priced(make_reservation("e1", 1), None)
        assert database.trials.write([other]) == {0: Refusal.UNPRICED}

    def test_writers_at_once_never_pass_the_limit(self, database: Database) -> None:
        limit = 10 * _RESERVED_MICROUSD
        _run(database, "e1", ExperimentLimits(cost_limit_microusd=limit))

        def spend(writer: int) -> int:
            n_stored = 0
            for start in range(0, 12, 3):
                items = [make_reservation("e1", 100 * writer + start + n) for n in range(3)]
                n_stored += len(items) - len(database.trials.write(items))
            return n_stored

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(spend, range(4))) == 10
        assert database.trials.ledger("e1").open_microusd == limit

    def test_totals_are_what_the_model_says(self, database: Database) -> None:
        numbers = iter(range(1000))

        @settings(max_examples=20, deadline=None)
        @given(st.data())
        def compare(data: st.DataObject) -> None:
            name = f"m{next(numbers)}"
            limit = data.draw(st.one_of(st.none(), st.integers(0, 6000)))
            _run(database, name, ExperimentLimits(cost_limit_microusd=limit))
            model = _LedgerModel(name, limit)
            for _ in range(data.draw(st.integers(1, 8))):
                items = list(model.items(data))
                assert database.trials.write(items) == model.write(items)
                totals = database.trials.ledger(name)
                assert totals.held_microusd == model.held_microusd
                assert totals.settled_microusd == model.settled_microusd
                assert totals.n_open == len(model.open)

        compare()

    def test_an_answer_is_found_again_by_its_key(self, database: Database) -> None:
        _run(database, "e1")
        assert database.trials.cached(_KEY) is None
        answer = make_answer("e1", 3)
        database.trials.write([replace(answer, cache_key=_KEY)])
        database.trials.write([replace(make_answer("e1", 4), cache_key=_KEY)])
        found = database.trials.cached(_KEY)
        assert answer.response is not None
        assert found == replace(
            answer.response,
            is_cached=True,
            cost_microusd=0,
            cost_source="cache",
            latency_s=0.0,
        )
        assert database.trials.cached(bytes(32)) is None

    def test_an_answer_from_the_cache_was_never_sent(self, database: Database) -> None:
        _run(database, "e1")
        response = Response("4", cost_microusd=0, cost_source="cache", is_cached=True)
        database.trials.write([make_answer("e1", 0, number=0, response=response)])
        (record,) = database.trials.responses("e1")
        assert (record.n_attempts, record.response.is_cached) == (0, True)
        assert database.trials.ledger("e1") == LedgerTotals()
        assert sum(counter.n_cached for counter in database.trials.counters("e1")) == 1


class RateConformance:
    """Places of a line are evenly spaced, and taken once however many runners ask."""

    def test_places_are_evenly_spaced(self, database: Database) -> None:
        rate = 1.0  # one a minute: the time that the test takes does not count
        waits = [database.rates.take("a", 1, rate) for _ in range(3)]
        assert waits == pytest.approx([0, 60, 120], abs=5)
        assert database.rates.take("b", 1, rate) == pytest.approx(0, abs=5)

    def test_several_places_at_once_and_back(self, database: Database) -> None:
        assert database.rates.take("a", 4, 1.0) == pytest.approx(0, abs=5)
        assert database.rates.take("a", -2, 1.0) == pytest.approx(240, abs=5)
        assert database.rates.take("a", 1, 1.0) == pytest.approx(120, abs=5)

    def test_runners_at_once_take_different_places(self, database: Database) -> None:
        with ThreadPoolExecutor(4) as pool:
            taken = [pool.submit(database.rates.take, "a", 1, 1.0) for _ in range(8)]
            waits = [one.result() for one in taken]
        assert sorted(round(wait_s / 60) for wait_s in waits) == list(range(8))


class _LedgerModel:
    """The ledger as a dictionary."""

    def __init__(self, name: str, limit: int | None) -> None:
        self.name = name
        self.limit = limit
        self.open: dict[int, int] = {}
        self.lost_microusd = 0
        self.settled_microusd = 0
        self._n_trials = 0

    @property
    def held_microusd(self) -> int:
        return sum(self.open.values()) + self.lost_microusd + self.settled_microusd

    def items(self, data: st.DataObject) -> Iterator[Reservation | Settlement]:
        """Draw a batch: settlements of what is open, then new reservations."""
        for index in (
            data.draw(st.lists(st.sampled_from(sorted(self.open)), unique=True))
            if (self.open)
            else ()
        ):
            kind = data.draw(st.sampled_from(["answer", "failure", "lost"]))
            failure = make_failure(self.name, index)
            yield {"answer": make_answer(self.name, index), "failure": failure}.get(
                kind, _lost(failure)
            )
        for _ in range(data.draw(st.integers(0, 4))):
            self._n_trials += 1
            amount = data.draw(st.integers(17, 2000))
            yield _priced(make_reservation(self.name, self._n_trials), amount)

    def write(self, items: list[Reservation | Settlement]) -> dict[int, Refusal]:
        """Do what the store should have done; return what it should have refused."""
        refused: dict[int, Refusal] = {}
        for position, item in enumerate(items):
            index = item.attempt.trial_index
            amount = item.attempt.reserved_microusd or 0
            if isinstance(item, Reservation):
                if self.limit is not None and self.held_microusd + amount > self.limit:
                    refused[position] = Refusal.BUDGET
                else:
                    self.open[index] = amount
                continue
            reserved = self.open.pop(index)
            if item.response is not None:
                self.settled_microusd += _COST_MICROUSD
            elif item.failure is not None and item.failure.may_be_charged:
                self.lost_microusd += reserved
        return refused


def _lost(item: Settlement) -> Settlement:
    assert item.failure is not None
    return replace(item, failure=replace(item.failure, may_be_charged=True))


def _priced(item: Reservation, reserved_microusd: int | None) -> Reservation:
    return Reservation(replace(item.attempt, reserved_microusd=reserved_microusd))


def _run(
    database: Database,
    name: str,
    limits: ExperimentLimits | None = None,
    *,
    lease_s: float = 3600,
) -> None:
    """Store an experiment and claim it: from then on it may be asked, under fence 1."""
    database.experiments.add(make_experiment(name))
    if limits is not None:
        database.experiments.change_limits(name, limits)
    database.queue.enqueue(name, 1)
    assert database.queue.claim("runner", lease_s, lambda _: name) is not None
