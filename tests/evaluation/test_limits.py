"""Pacing: the rates of a model and of its provider, kept by all runners together."""

import asyncio
from typing import Any

import pytest

from scramblebench.evaluation.limits import Pacer
from scramblebench.settings import ModelSpec, ProviderLimits
from tests.evaluation.clocks import FakeClock


class FakeRates:
    """Lines as the database keeps them, on a clock that moves by hand."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._free_at_s: dict[str, float] = {}
        self.n_calls = 0

    def take(self, key: str, amount: float, rate_per_minute: float) -> float:
        self.n_calls += 1
        now_s = self._clock.time_s
        first_s = max(self._free_at_s.get(key, now_s), now_s)
        self._free_at_s[key] = first_s + amount * 60 / rate_per_minute
        return first_s - now_s


def model(**limits: Any) -> ModelSpec:
    return ModelSpec.model_validate({"name": "m", "provider": "simulated", **limits}, strict=False)


async def send(pacer: Pacer, clock: FakeClock, n_requests: int, n_tokens: int = 0) -> list[float]:
    """Send requests one after the other; return when each of them left."""
    sent_s: list[float] = []
    for _ in range(n_requests):
        wait_s = 0.0 if pacer.is_open else await pacer.turn_s(0)
        await clock.sleep(max(0.0, wait_s))
        sent_s.append(clock.time_s)
        pacer.count_tokens(0, 0, n_tokens)
    return sent_s


def most_in_a_minute(sent_s: list[float]) -> int:
    return max(sum(start <= moment < start + 59.999 for moment in sent_s) for start in sent_s)


@pytest.mark.parametrize("per_minute", [0.5, 7, 60, 600])
def test_requests_per_minute_are_kept(per_minute: float):
    clock = FakeClock()
    rates = FakeRates(clock)
    pacer = Pacer(model(requests_per_minute=per_minute), ProviderLimits(), rates, clock)
    sent_s = asyncio.run(send(pacer, clock, 100))
    assert most_in_a_minute(sent_s) <= max(1, per_minute)
    assert sent_s[-1] - sent_s[0] == pytest.approx(99 * 60 / per_minute, rel=0.02)
    assert rates.n_calls <= 100 / max(1, int(per_minute / 60)) + 1


def test_runners_share_a_rate():
    clock = FakeClock()
    rates = FakeRates(clock)
    runners = [
        Pacer(model(requests_per_minute=120), ProviderLimits(), rates, clock) for _ in range(3)
    ]

    async def go() -> list[float]:
        return [(await send(runners[n % 3], clock, 1))[0] for n in range(240)]

    assert most_in_a_minute(sorted(asyncio.run(go()))) <= 120 + 3


def test_the_limit_of_a_provider_holds_for_all_of_its_models():
    clock = FakeClock()
    rates = FakeRates(clock)
    limits = ProviderLimits(requests_per_minute=60.0)
    models = [Pacer(model(name=name), limits, rates, clock) for name in ("a", "b")]

    async def go() -> list[float]:
        return [(await send(models[n % 2], clock, 1))[0] for n in range(60)]

    sent_s = asyncio.run(go())
    assert sent_s[-1] - sent_s[0] >= 58


def test_tokens_per_minute_are_kept_whatever_answers_take():
    for n_tokens in (2, 10, 400):
        clock = FakeClock()
        spec = model(tokens_per_minute=600, max_tokens=50)
        pacer = Pacer(spec, ProviderLimits(), FakeRates(clock), clock)
        sent_s = asyncio.run(send(pacer, clock, 200, n_tokens))
        elapsed_s = sent_s[-1] - sent_s[0]
        assert 200 * n_tokens / elapsed_s * 60 <= 600 * 1.05
        assert elapsed_s <= 200 * n_tokens / 10 + 60


def test_a_model_without_limits_never_asks():
    clock = FakeClock()
    rates = FakeRates(clock)
    pacer = Pacer(model(), ProviderLimits(), rates, clock)
    asyncio.run(send(pacer, clock, 1000))
    assert (clock.time_s, rates.n_calls) == (100.0, 0)


def test_a_pause_holds_every_request():
    clock = FakeClock()
    pacer = Pacer(model(), ProviderLimits(), FakeRates(clock), clock)
    pacer.hold(7)
    pacer.hold(3)
    assert not pacer.is_open
    assert asyncio.run(send(pacer, clock, 3)) == [107.0] * 3
    assert pacer.is_open
