"""The simulation behind docs/design/scale.md: what it says of measured settings, and what it must never lose."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.scale_model.costs import read_measured
from benchmarks.scale_model.demands import ORDERS, SHARD_TRIALS, Workload, analysis_line, unit
from benchmarks.scale_model.engine_model import (
    Database,
    DatabaseCosts,
    EngineCosts,
    Provider,
    RateLine,
    Runner,
    Trials,
)
from benchmarks.scale_model.events import Clock, Cores
from benchmarks.scale_model.points import POSTGRESQL, SQLITE, read_points
from benchmarks.scale_model.saturation import Layout, steady
from benchmarks.scale_model.shards_model import Fleet, ShardRun
from benchmarks.scale_model.table import BEGIN, END, replaced
from benchmarks.scale_model.validation import TOLERANCE, Prediction, predict

REPOSITORY = Path(__file__).resolve().parents[2]
SCALE = REPOSITORY / "docs" / "design" / "scale.md"
MOST_TRIALS = 20_000
CPU_TOLERANCE = 0.25
COSTS = DatabaseCosts(0.0003, 0.00002, 0.0006, 0.00003, 0.5, 12, 0.001)
ENGINE = EngineCosts(start_s=0.1, main_s=0.0002, batch_size=50)


@pytest.fixture(scope="module")
def predictions() -> list[Prediction]:
    points, measured = read_points(), read_measured()
    return [predict(point, points, measured) for point in points if point.n_trials <= MOST_TRIALS]


def test_predicted_rates_are_those_that_were_measured(predictions: list[Prediction]) -> None:
    off = {str(found.point): round(found.rate_error, 3) for found in predictions}

    assert len(off) >= 8
    assert {name: error for name, error in off.items() if abs(error) > TOLERANCE} == {}


def test_predicted_cpu_is_what_was_measured(predictions: list[Prediction]) -> None:
    off = {str(f.point): round(f.cpu_error, 3) for f in predictions if not f.is_cpu_given}

    assert {name: error for name, error in off.items() if abs(error) > CPU_TOLERANCE} == {}


def test_no_trial_is_lost_or_stored_twice_and_nothing_works_more_than_all_the_time(
    predictions: list[Prediction],
) -> None:
    for found in predictions:
        assert found.n_asked == found.n_stored == found.point.n_trials
        assert found.most_in_flight <= found.point.concurrency
        assert 0 < found.utilisation <= 1
        assert 0 < found.lock_share <= 1


def test_the_simulation_repeats_itself() -> None:
    points, measured = read_points(), read_measured()
    point = replace(points[0], n_trials=1_000)

    assert predict(point, points, measured) == predict(point, points, measured)


def test_a_second_answer_to_a_trial_is_found_out() -> None:
    trials = Trials(3)
    trials.store(1)

    with pytest.raises(ValueError, match="trial 1 is stored twice"):
        trials.store(1)


@settings(max_examples=25, deadline=None)
@given(
    n_runners=st.integers(1, 4),
    concurrency=st.integers(1, 40),
    n_trials=st.integers(1, 400),
    batch=st.integers(1, 60),
    per_s=st.none() | st.floats(20, 2_000),
    latency_s=st.sampled_from([0.0, 0.01, 0.3]),
)
def test_runners_of_one_experiment_answer_every_trial_once_at_no_more_than_the_limit(
    n_runners: int,
    concurrency: int,
    n_trials: int,
    batch: int,
    per_s: float | None,
    latency_s: float,
) -> None:
    clock = Clock()
    cores = Cores(clock, 2)
    database = Database(clock, cores, COSTS)
    line = RateLine(clock, per_s) if per_s else None
    trials = Trials(n_trials)
    providers = [Provider(clock, latency_s, None, 0.0) for _ in range(n_runners)]
    engine = replace(ENGINE, batch_size=batch)
    runners = [
        Runner(cores, database, one, trials, engine, concurrency=concurrency, line=line)
        for one in providers
    ]
    for runner in runners:
        runner.start()
    clock.run()

    assert trials.n_stored == n_trials == sum(one.n_asked for one in providers)
    assert all(runner.most_in_flight <= concurrency for runner in runners)
    assert cores.utilisation() <= 1 + 1e-9
    assert database.most_held_s <= clock.now_s + 1e-9
    if per_s:
        first_second = max(1.0, per_s)
        assert n_trials <= per_s * clock.now_s + n_runners * first_second


def test_more_runners_than_an_experiment_can_write_for_add_nothing() -> None:
    points, measured = read_points(), read_measured()
    two = Layout(2, concurrency=400, latency_s=0.05, round_trip_ms=1.0)

    few = steady(two, points, measured)
    many = steady(replace(two, n_runners=4), points, measured)
    apart = steady(replace(two, n_runners=4, n_experiments=4), points, measured)

    assert few.lock_share > 0.95
    assert many.rate_per_s < 1.1 * few.rate_per_s
    assert apart.rate_per_s > 1.5 * many.rate_per_s
    assert max(few.server_share, many.server_share, apart.server_share) <= 1


fleets = st.builds(
    Fleet,
    n_runners=st.integers(1, 12),
    rate_per_s=st.just(lambda n: min(900.0, 250.0 * n)),
    in_flight=st.integers(0, 300),
    shard_trials=st.integers(50, 5_000),
    lifetime_s=st.floats(60, 10_000),
    frozen_share=st.floats(0, 1),
    frozen_s=st.floats(1, 200),
)


@settings(max_examples=60, deadline=None)
@given(fleet=fleets, n_trials=st.integers(1, 60_000), seed=st.integers(0, 2**32))
def test_whatever_dies_or_freezes_every_trial_is_answered_once(
    fleet: Fleet, n_trials: int, seed: int
) -> None:
    course = ShardRun(n_trials, fleet, seed).run()

    assert course.n_answered == n_trials
    assert course.n_asked == course.n_answered + course.n_unknown + course.n_refused
    assert course.n_unknown <= course.n_deaths * fleet.in_flight
    assert course.n_refused <= course.n_freezes * fleet.in_flight
    assert course.utilisation <= 1 + 1e-9
    assert course.wall_s >= course.ideal_s * (1 - 1e-9)


def test_a_death_costs_the_lease_and_what_was_in_flight_and_no_more() -> None:
    fleet = Fleet(4, lambda n: 100.0 * n, in_flight=50, lifetime_s=900.0, claim_s=0.0)
    undisturbed = ShardRun(200_000, replace(fleet, lifetime_s=float("inf")), 1).run()
    course = ShardRun(200_000, fleet, 1).run()

    assert (undisturbed.n_asked, undisturbed.n_claims) == (200_000, 40)
    assert undisturbed.wall_s == pytest.approx(500.0)
    assert course.n_deaths > 0
    away_s = course.n_deaths * fleet.restart_s
    shard_s = fleet.shard_trials / 100.0
    assert course.wall_s <= undisturbed.wall_s + away_s + fleet.lease_s + 2 * shard_s


def test_costs_grow_with_what_is_asked() -> None:
    measured = read_measured()
    short, long = (unit(measured, Workload(answer_bytes=size)) for size in (50, 1_000))

    for database in (SQLITE, POSTGRESQL):
        assert long.stored_bytes[database] - short.stored_bytes[database] >= 950
    assert 0 < short.dump_bytes < long.dump_bytes < long.stored_bytes[POSTGRESQL]
    memory = analysis_line(measured, "peak_mb")
    assert [memory.at(n) for n in ORDERS] == sorted(memory.at(n) for n in ORDERS)
    assert memory.at(int(memory.reached(512))) == pytest.approx(512, rel=0.01)


def test_the_document_has_a_place_for_every_table() -> None:
    text = SCALE.read_text("utf-8")

    for name in ("validation", "saturation", "demands"):
        assert text.count(BEGIN.format(name)) == text.count(END.format(name)) == 1
        assert "| " in text.partition(BEGIN.format(name))[2].partition(END.format(name))[0]
        assert replaced(text, name, ["a new line"]) != text
    assert f"shards of {SHARD_TRIALS:,}" in text


def test_a_document_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match="no place for the table"):
        replaced("nothing here", "demands", [])
