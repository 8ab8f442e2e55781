"""Where an experiment stands: from counters, with what is not known left unknown."""

from dataclasses import replace
from datetime import timedelta
from math import isnan
from pathlib import Path

import pytest

from scramblebench.core.errors import StorageError
from scramblebench.monitoring.eta import Rate, eta_of, rate_of, recent_rate
from scramblebench.monitoring.history import experiment_history, latest_machines, machine_history
from scramblebench.monitoring.progress import experiment_progress
from scramblebench.monitoring.runners import read_runners
from scramblebench.monitoring.samples import Sample, read_sample, totals_of, write_values
from scramblebench.monitoring.status import status_of
from scramblebench.monitoring.tallies import Tally, quantile_s, response_times
from scramblebench.storage import (
    Database,
    ExperimentLimits,
    LatencyCount,
    SampleRecord,
    latency_bucket,
    latency_of,
    open_database,
)
from scramblebench.testing.experiments import START, make_answer, make_experiment, make_failure


class StoppedClock:
    """Time that goes on when it is told to."""

    def __init__(self) -> None:
        self.at = START
        self.seconds = 0.0

    def now(self):
        return self.at

    def monotonic_s(self) -> float:
        return self.seconds

    async def sleep(self, duration_s: float) -> None:
        self.seconds += duration_s


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def database(tmp_path: Path, clock: StoppedClock) -> Database:
    found = open_database(f"sqlite:///{tmp_path}/x.db", clock=clock)
    found.migrate()
    found.experiments.add(make_experiment("e1"))
    return found


def progress(database: Database, clock: StoppedClock):
    return experiment_progress(database, database.experiments.get("e1"), clock)


def test_before_anything_was_asked_nothing_is_known(database: Database, clock: StoppedClock):
    found = progress(database, clock)
    assert (found.stage, found.waiting_reason) == ("planned", "not queued yet")
    assert (found.tally.n_planned, found.tally.n_answered, found.tally.progress) == (20, 0, 0.0)
    assert isnan(found.tally.success_rate)
    assert isnan(found.tally.score.estimate)
    assert isnan(found.response_times.p95_s)
    assert found.spending.projected_microusd is None
    assert (found.eta, found.per_minute, found.tokens_per_s) == (None, None, None)


def test_totals_stand_at_their_model_and_condition(database: Database, clock: StoppedClock):
    database.trials.write(
        [make_answer("e1", n) for n in (0, 1, 4, 2)] + [make_failure("e1", 6, message="slow \0")]
    )
    found = progress(database, clock)
    first, second = found.models
    assert [m.tally.n_planned for m in found.models] == [10, 10]
    assert [part.tally.n_planned for part in first.conditions] == [5, 5]
    assert [part.tally.n_answered for part in first.conditions] == [2, 1]
    assert first.conditions[0].tally.score.estimate == 1.0
    assert first.conditions[1].tally.score.estimate == 0.0
    assert 0 < first.conditions[0].tally.score.low < 1
    assert (second.tally.n_failures, second.tally.error_rate) == (1, 0.5)
    (failure,) = second.failures
    assert (failure.kind, failure.count, failure.last_message) == ("timeout", 1, "slow \0")
    assert found.response_times.p50_s == pytest.approx(0.25, rel=0.06)


def test_what_it_will_cost(database: Database, clock: StoppedClock):
    database.experiments.change_limits("e1", ExperimentLimits(cost_limit_microusd=300))
    database.trials.write([make_answer("e1", 0), make_answer("e1", 2)])
    spending = progress(database, clock).spending
    assert (spending.spent_microusd, spending.projected_microusd) == (34, 340)
    assert spending.left_microusd == 266
    assert spending.is_enough is False
    unknown = replace(make_answer("e1", 1).response, cost_microusd=None)
    database.trials.write([make_answer("e1", 1, response=unknown)])
    assert progress(database, clock).spending.n_unknown == 1


def test_an_answer_without_a_price_is_no_unknown_outcome(database: Database, clock: StoppedClock):
    unknown = replace(make_answer("e1", 1).response, cost_microusd=None)
    database.trials.write([make_answer("e1", 0), make_answer("e1", 1, response=unknown)])
    assert progress(database, clock).n_outcome_unknown == 0
    failed = make_failure("e1", 2)
    assert failed.failure is not None
    lost = replace(failed, failure=replace(failed.failure, may_be_charged=True))
    database.trials.write([lost])
    assert progress(database, clock).n_outcome_unknown == 1


def test_repeats_do_not_narrow_the_interval():
    once = Tally(20, n_answered=20, score_sum=10)
    thrice = Tally(60, n_answered=60, score_sum=30, n_repeats=3)
    assert thrice.score == once.score
    assert 0 <= Tally(3, n_answered=3, score_sum=3.0000000004).score.low <= 1


def running(database: Database) -> None:
    database.queue.enqueue("e1")
    database.queue.claim("host:1:abc", 3600)


def store_samples(database: Database, seconds: list[float], answered: list[list[int]]) -> None:
    database.monitor.add_samples(
        [
            SampleRecord(
                "e1",
                "host:1:abc",
                START + timedelta(seconds=at),
                write_values(
                    {
                        "m0.answered": a,
                        "m1.answered": b,
                        "answered": a + b,
                        "m0.completion_tokens": 4 * a,
                    }
                ),
            )
            for at, (a, b) in zip(seconds, answered, strict=True)
        ]
    )


def test_it_is_done_when_the_slowest_model_is(database: Database, clock: StoppedClock):
    running(database)
    database.trials.write([make_answer("e1", n) for n in (0, 1, 4, 5, 8, 2, 3, 6, 7)])
    store_samples(database, [0, 20, 40], [[0, 0], [2, 2], [5, 4]])
    clock.at = START + timedelta(seconds=40)
    found = progress(database, clock)
    assert found.is_live
    assert found.stage == "asking"
    assert found.eta is not None
    left_s = (found.eta.middle - clock.at).total_seconds()
    assert left_s == pytest.approx(6 / (4 / 40))
    assert found.eta.low < found.eta.middle < found.eta.high
    assert found.per_minute == pytest.approx(9 / 40 * 60)
    assert found.tokens_per_s == pytest.approx(20 / 40)


def test_a_run_that_stands_still_has_no_eta(database: Database, clock: StoppedClock):
    running(database)
    database.trials.write([make_answer("e1", n) for n in range(6)])
    store_samples(database, [0, 100, 200], [[3, 3], [3, 3], [3, 3]])
    clock.at = START + timedelta(seconds=200)
    assert progress(database, clock).eta is None


def test_without_samples_all_running_time_tells(database: Database, clock: StoppedClock):
    running(database)
    database.trials.write([make_answer("e1", n) for n in (0, 1, 4, 5, 2, 3, 6, 7)])
    clock.at = START + timedelta(seconds=80)
    eta = progress(database, clock).eta
    assert eta is not None
    assert (eta.middle - clock.at).total_seconds() == pytest.approx(6 * 20)


def test_models_of_one_machine_take_turns():
    rates = {0: Rate(1.0, 0.0), 1: Rate(0.5, 0.0)}
    in_turn = eta_of([10, 10], rates, [[0, 1]], START)
    side_by_side = eta_of([10, 10], rates, [[0], [1]], START)
    not_begun = eta_of([10, 10], {0: Rate(1.0, 0.0)}, [[0, 1]], START)
    assert [
        (e.middle - START).total_seconds() for e in (in_turn, side_by_side, not_begun) if e
    ] == [
        30,
        20,
        20,
    ]
    assert eta_of([0, 0], rates, [[0, 1]], START) is None


def test_uneven_answers_widen_the_range():
    def samples(steps: list[int]) -> list[Sample]:
        totals = [sum(steps[:n]) for n in range(len(steps) + 1)]
        return [
            Sample("r", START + timedelta(seconds=10 * n), {"answered": float(total)})
            for n, total in enumerate(totals)
        ]

    now = START + timedelta(seconds=60)
    even = recent_rate(samples([10] * 6), "answered", now)
    uneven = recent_rate(samples([60, 0, 0, 0, 0, 0]), "answered", now)
    assert even is not None
    assert uneven is not None
    assert even.per_s == uneven.per_s == 1.0
    assert uneven.spread > 3 * even.spread
    assert rate_of(2, 100) is None


def test_the_status_has_what_the_promise_names(database: Database, clock: StoppedClock):
    values = status_of(database, database.experiments.get("e1"), clock)
    assert {"progress", "eta", "api_calls", "total_cost", "success_rate"} <= set(values)
    assert [len(model["conditions"]) for model in values["models"]] == [2, 2]


def test_history_has_rates_between_points_and_accuracy_up_to_them(database: Database):
    answers = [make_answer("e1", n) for n in range(8)]
    for n, at in ((0, 0), (4, 60), (8, 120)):
        database.trials.write(answers[:n])
        values = totals_of(database.trials.counters("e1"), database.monitor.latencies("e1"))
        moment = START + timedelta(seconds=at)
        database.monitor.add_samples([SampleRecord("e1", "r", moment, write_values(values))])
    history = experiment_history(database, "e1")
    assert history.answered == [0, 4, 8]
    assert isnan(history.calls_per_minute[0])
    assert history.calls_per_minute[1:] == [4, 4]
    assert history.cost_usd[-1] == pytest.approx(8 * 17e-6)
    assert history.p95_s[1:] == pytest.approx([0.25, 0.25], rel=0.11)  # a bucket is a tenth wide
    assert (history.accuracy[0][1:], history.accuracy[1][1:]) == ([1, 1], [0, 0])
    assert isnan(history.accuracy[0][0])
    assert {len(s) for s in (history.at_s, history.error_rate, history.tokens_per_s)} == {3}


def test_a_long_history_is_cut_to_the_points_wanted(database: Database):
    store_samples(database, list(range(1000)), [[n, 0] for n in range(1000)])
    history = experiment_history(database, "e1", n_points=50)
    assert 40 <= len(history.at_s) <= 50
    assert (history.answered[0], history.answered[-1]) == (0, 999)


def test_machines_are_told_apart_and_their_runners_together(
    database: Database, clock: StoppedClock
):
    database.monitor.add_samples(
        [
            SampleRecord(
                None, who, START + timedelta(seconds=at), write_values({"cpu_percent": cpu})
            )
            for who, at, cpu in (("a:1:x", 0, 10), ("b:1:y", 0, 20), ("a:2:z", 5, 30))
        ]
    )
    first, second = machine_history(database)
    assert (first.host, first.values["cpu_percent"]) == ("a", [10, 30])
    assert (second.host, second.values["cpu_percent"]) == ("b", [20])
    assert [m.runner_id for m in latest_machines(database, clock)] == ["a:2:z", "b:1:y"]


def test_runners_with_what_they_run(database: Database):
    database.queue.heartbeat("host:1:abc", "host", 1)
    running(database)
    (runner,) = read_runners(database)
    assert (runner.id, runner.experiment_ids, runner.is_alive) == ("host:1:abc", ("e1",), True)


def test_a_damaged_sample_is_an_error_in_words():
    with pytest.raises(StorageError, match="damaged"):
        read_sample(SampleRecord("e1", "r", START, "[1]"))


def test_quantiles_of_no_answers_are_not_zero():
    assert isnan(quantile_s({}, 0.5))
    assert quantile_s({3: 1, 90: 99}, 0.01) < quantile_s({3: 1, 90: 99}, 0.5)


@pytest.mark.parametrize("latency_s", [0.0213, 0.5, 3.14, 60.0])
def test_where_all_take_the_same_time_no_quantile_is_below_it(latency_s: float):
    counts = [LatencyCount(0, latency_bucket(latency_s), 500)]
    times = response_times(counts, latency_s)
    assert (times.p50_s, times.p95_s, times.p99_s) == (latency_s, latency_s, latency_s)


def test_quantiles_lie_within_their_bucket_by_rank():
    bucket = latency_bucket(1.0)
    low, high = latency_of(bucket, 0), latency_of(bucket, 1)
    times = response_times([LatencyCount(0, bucket, 100)])
    assert low < times.p50_s < times.p95_s < times.p99_s < high
    assert times.p50_s == pytest.approx(latency_of(bucket))
    assert quantile_s({bucket: 50, bucket + 1: 50}, 0.5) == pytest.approx(high)
