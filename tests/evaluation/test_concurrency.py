"""How many requests may be in flight: up while all goes well, down when it does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.core.errors import ErrorKind
from scramblebench.evaluation.concurrency import CONGESTION, Concurrency, batch_items
from scramblebench.settings import spec_from_mapping


def test_it_begins_low_and_grows_to_the_maximum():
    limit = Concurrency(256)
    assert limit.allowed == 128
    n_answers = 0
    while limit.allowed < 256:
        limit.succeeded(0.2)
        n_answers += 1
    assert n_answers == 128  # doubled, one more for each answer
    limit.succeeded(0.2)
    assert limit.allowed == 256


@pytest.mark.parametrize(("maximum", "first"), [(1, 1), (5, 5), (8, 8), (16, 8), (64, 32)])
def test_small_limits_begin_at_eight_others_at_half(maximum: int, first: int):
    assert Concurrency(maximum).allowed == first


def test_congestion_halves_once_per_round_trip():
    limit = Concurrency(64)
    limit.set_maximum(64)
    for _ in range(64):
        limit.succeeded(0.1)
    for _ in range(30):  # all were sent before the first of them failed
        limit.failed(ErrorKind.RATE_LIMIT, sent_at_s=1.0, now_s=2.0)
    assert limit.allowed == 32
    limit.failed(ErrorKind.OVERLOADED, sent_at_s=3.0, now_s=4.0)
    assert limit.allowed == 16


def test_after_congestion_it_grows_by_steps():
    limit = Concurrency(64)
    limit.failed(ErrorKind.RATE_LIMIT, 1.0, 2.0)
    assert limit.allowed == 16
    for _ in range(16):  # one round trip
        limit.succeeded(0.1)
    assert 19 <= limit.allowed <= 20


@given(st.sampled_from([kind for kind in ErrorKind if kind not in CONGESTION]))
def test_other_failures_do_not_count(kind: ErrorKind):
    limit = Concurrency(64)
    limit.failed(kind, 1.0, 2.0)
    assert limit.allowed == 32


def test_it_does_not_grow_while_answers_wait_in_line():
    limit = Concurrency(64)
    limit.succeeded(1.0)
    for _ in range(200):
        limit.succeeded(10.0)
    stuck = limit.allowed
    for _ in range(200):
        limit.succeeded(10.0)
    assert limit.allowed == stuck < 64


@given(st.integers(1, 4096), st.lists(st.tuples(st.booleans(), st.floats(0.001, 100)), max_size=60))
def test_it_stays_between_one_and_the_maximum(maximum: int, events: list[tuple[bool, float]]):
    limit = Concurrency(maximum)
    now_s = 0.0
    for is_success, latency_s in events:
        now_s += latency_s
        if is_success:
            limit.succeeded(latency_s)
        else:
            limit.failed(ErrorKind.RATE_LIMIT, now_s - latency_s, now_s)
        assert 1 <= limit.allowed <= maximum


def test_the_maximum_may_be_changed_while_it_runs():
    limit = Concurrency(64)
    limit.set_maximum(4)
    assert limit.allowed == 4
    limit.set_maximum(16)
    limit.succeeded(0.1)
    assert limit.allowed == 5


@pytest.mark.parametrize(
    ("most_at_once", "batch_size", "items"),
    [((8,), 50, 50), ((64,), 50, 80), ((256,), 50, 320), ((128, 128), 25, 160), ((4096,), 50, 512),
     ((4096,), 1000, 1000)],
)  # fmt: skip
def test_batches_grow_with_what_may_be_in_flight(most_at_once, batch_size, items):
    models = [
        {"name": f"m{n}", "provider": "simulated", "max_concurrent_requests": most}
        for n, most in enumerate(most_at_once)
    ]
    config = {
        "models": models,
        "benchmarks": {"b": {"generated": {}}},
        "optimization": {"batch_size": batch_size},
    }
    assert batch_items(spec_from_mapping(config).spec) == items
