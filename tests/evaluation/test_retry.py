"""Retries and pacing."""

import asyncio
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from scramblebench.core.errors import ErrorKind
from scramblebench.core.trials import Failure
from scramblebench.evaluation.limits import Pacer
from scramblebench.evaluation.retry import RetryPolicy
from scramblebench.settings import ModelSpec, parse_spec

POLICY = RetryPolicy(max_retries=3, first_wait_s=1.0, max_wait_s=60.0)


class FakeClock:
    """A clock that moves only when someone sleeps."""

    def __init__(self) -> None:
        self.time_s = 100.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time_s, UTC)

    def monotonic_s(self) -> float:
        return self.time_s

    async def sleep(self, duration_s: float) -> None:
        self.time_s += duration_s


@given(st.sampled_from(ErrorKind), st.integers(1, 10))
def test_only_passing_errors_are_tried_again_and_not_for_ever(kind: ErrorKind, n_failed: int):
    wait = POLICY.wait_s(Failure(kind, "x"), n_failed, "key")
    assert (wait is not None) == (kind.is_retryable and n_failed <= 3)


@given(st.floats(0, 1e9), st.integers(1, 3))
def test_a_retry_after_is_honoured_up_to_the_cap(asked: float, n_failed: int):
    failure = Failure(ErrorKind.RATE_LIMIT, "x", retry_after_s=asked)
    wait = POLICY.wait_s(failure, n_failed, "key")
    assert wait is not None
    assert min(asked, 60.0) <= wait <= 60.0


def test_waits_double_and_are_spread():
    failure = Failure(ErrorKind.SERVER, "x")
    waits = [POLICY.wait_s(failure, n, f"key{k}") or 0 for n in (1, 2, 3) for k in range(50)]
    for n, low in ((0, 0.5), (1, 1.0), (2, 2.0)):
        group = waits[50 * n : 50 * n + 50]
        assert low <= min(group)
        assert max(group) < 2 * low
        assert len(set(group)) > 40


def test_retries_can_be_switched_off():
    spec = parse_spec("tracking: {auto_retry_failures: false}\nexecution: {retry_attempts: 9}")
    assert RetryPolicy.of(spec).wait_s(Failure(ErrorKind.SERVER, "x"), 1, "k") is None


def _send(pacer: Pacer, clock: FakeClock, n_requests: int, n_tokens: int = 0) -> float:
    async def run() -> None:
        for _ in range(n_requests):
            turn = pacer.take_turn()
            while (wait := pacer.wait_s(turn)) > 0:
                await clock.sleep(wait)
            pacer.count_tokens(n_tokens)

    start = clock.time_s
    asyncio.run(run())
    return clock.time_s - start


def test_requests_per_minute_are_kept():
    clock = FakeClock()
    pacer = Pacer(
        ModelSpec.model_validate_json(
            '{"name":"m","provider":"simulated","requests_per_minute":60}'
        ),
        clock,
    )
    assert 58 <= _send(pacer, clock, 60) <= 60


def test_tokens_per_minute_are_kept():
    clock = FakeClock()
    pacer = Pacer(
        ModelSpec.model_validate_json(
            '{"name":"m","provider":"simulated","tokens_per_minute":600}'
        ),
        clock,
    )
    assert 98 <= _send(pacer, clock, 100, n_tokens=10) <= 100


def test_a_model_without_limits_never_waits():
    clock = FakeClock()
    pacer = Pacer(ModelSpec.model_validate_json('{"name":"m","provider":"simulated"}'), clock)
    assert _send(pacer, clock, 1000) == 0


def test_a_pause_holds_every_request():
    clock = FakeClock()
    pacer = Pacer(ModelSpec.model_validate_json('{"name":"m","provider":"simulated"}'), clock)
    pacer.hold(7)
    assert _send(pacer, clock, 3) == 7
