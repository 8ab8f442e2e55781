"""Budgets, charges that nobody can tell, the cache: money at the level of the engine."""

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.core.errors import UsageError
from scramblebench.core.money import FREE, Price
from scramblebench.core.states import ExperimentState
from scramblebench.evaluation import Description, store_experiment
from scramblebench.evaluation.budget import most_microusd
from scramblebench.plan import make_plan
from scramblebench.providers import Message
from scramblebench.settings import spec_from_mapping
from scramblebench.storage import Database, ExperimentLimits
from scramblebench.testing.fake_provider import FakeProviderServer, Fault
from tests.evaluation.test_engine import KEY, World, ask, create

PRICE = {"prompt_usd_per_million": 1, "completion_usd_per_million": 2}  # what the fake charges


def study(server: FakeProviderServer, **changes: Any) -> dict[str, Any]:
    model = {
        "name": "gpt-3.5-turbo",
        "provider": "openrouter",
        "base_url": server.url_openrouter,
        "price": PRICE,
        **changes.pop("model", {}),
    }
    return {
        "models": [model],
        "benchmarks": {"b": {"generated": {"per_domain": 4}}},
        "scrambling": {"levels": [0, 50, 100]},
        "execution": {
            "retry_wait_s": 0.001,
            "max_concurrent_requests": 16,
            **changes.pop("execution", {}),
        },
        **changes,
    }


def run(faults: Sequence[Fault] = (), **changes: Any) -> World:
    async def go() -> World:
        async with FakeProviderServer(faults=faults, seed=3, api_key=KEY) as server:
            database, experiment_id = create(study(server, **changes))
            outcome = await ask(database, experiment_id)
            return World(database, experiment_id, list(server.ledger.entries), outcome)

    return asyncio.run(go())


def charged(world: World) -> int:
    return sum(entry.cost_microusd for entry in world.ledger)


@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=300), max_size=4),
    st.integers(1, 500),
)
def test_a_reservation_bounds_what_any_tokenizer_makes_of_it(texts: list[str], max_tokens: int):
    prompt, completion = (Decimal(amount) / 10**6 for amount in PRICE.values())
    price = Price(prompt, completion, "test")
    most = most_microusd(price, [Message("user", text) for text in texts], max_tokens)
    n_bytes = sum(len(text.encode()) for text in texts)
    assert most is not None
    assert most >= price.cost_microusd(n_bytes + 4 * len(texts), max_tokens)
    assert most_microusd(None, [], 1) is None
    assert most_microusd(FREE, [Message("user", "x" * 10**6)], 10**6) == 0


def test_the_ledger_never_passes_the_limit_and_the_rest_goes_on_with_more_money():
    async def go() -> None:
        async with FakeProviderServer(latency_s=0.002, api_key=KEY) as server:
            database, experiment_id = create(
                study(server, execution={"cost_limit": 0.002, "max_concurrent_requests": 16})
            )
            outcome = await ask(database, experiment_id)
            spent = sum(entry.cost_microusd for entry in server.ledger.entries)
            money = database.trials.ledger(experiment_id)
            record = database.experiments.get(experiment_id)
            assert outcome.is_over_budget
            assert 0 < spent == money.settled_microusd <= 2000
            assert money.open_microusd == money.unknown_microusd == 0
            assert record.state is ExperimentState.PAUSED
            assert "budget: $0.00" in (record.reason or "")
            assert 0 < outcome.n_answered == len(server.ledger.entries) < outcome.n_trials

            database.experiments.change_limits(
                experiment_id, ExperimentLimits(cost_limit_microusd=10**6), reason="more"
            )
            second = await ask(database, experiment_id)
            assert second.n_missing == 0
            assert len(server.ledger.entries) == second.n_trials  # nothing was paid twice

    asyncio.run(go())


def test_a_limit_below_one_request_sends_nothing():
    world = run(execution={"cost_limit": 0.000001})
    assert world.state is ExperimentState.PAUSED
    assert world.ledger == []


def test_the_limit_of_a_day_pauses_too():
    world = run(execution={"cost_limit_per_day": 0.002})
    assert world.state is ExperimentState.PAUSED
    assert "today" in world.outcome.reasons[0]
    assert charged(world) <= 2000


def test_an_unknown_price_under_a_limit_is_refused_at_once():
    with pytest.raises(UsageError, match=r"price of 'my-own/model' is not known"):
        run(model={"name": "my-own/model", "price": None}, execution={"cost_limit": 1})


def test_without_a_limit_an_unknown_price_is_asked_and_said():
    world = run([Fault("missing-usage")], model={"price": None})
    (counter, *_) = world.database.trials.counters(world.experiment_id)
    assert counter.n_cost_unknown == counter.n_answered > 0
    assert world.database.trials.ledger(world.experiment_id).n_unknown == len(world.ledger)


@pytest.mark.parametrize("kind", ["drop-after:80", "truncated-json", "garbage"])
def test_what_was_charged_and_lost_is_held_as_unknown(kind: str):
    world = run([Fault(kind, limit=5)])
    money = world.database.trials.ledger(world.experiment_id)
    stored = sum(e.cost_microusd for e in world.ledger if e.fault is None)
    lost = [e for e in world.ledger if e.fault]
    assert world.outcome.n_missing == 0
    assert money.settled_microusd == stored
    assert money.n_unknown == len(lost) == 5
    assert money.unknown_microusd >= sum(e.cost_microusd for e in lost) > 0


@pytest.mark.parametrize("kind", ["429:0", "500", "503:0", "200-error", "null-content"])
def test_what_was_refused_is_not_held(kind: str):
    world = run([Fault(kind, share=0.3)])
    money = world.database.trials.ledger(world.experiment_id)
    assert charged(world) == money.settled_microusd == money.held_microusd
    assert money.n_unknown == 0


def test_losses_count_against_the_limit():
    world = run([Fault("drop-after:80", share=0.3)], execution={"cost_limit": 0.01})
    assert charged(world) <= 10_000


def caching(server: FakeProviderServer, **changes: Any) -> Mapping[str, Any]:
    return study(server, optimization={"enable_response_caching": True}, **changes)


def test_the_same_request_is_answered_from_the_store():
    async def go() -> None:
        async with FakeProviderServer(api_key=KEY) as server:
            database, first_id = create(caching(server))
            first = await ask(database, first_id)
            n_sent = len(server.ledger.entries)
            second_id = _again(database, caching(server))
            second = await ask(database, second_id)
            assert len(server.ledger.entries) == n_sent == first.n_answered == second.n_answered
            answers = [
                [(r.response.text, r.score) for r in database.trials.responses(key)]
                for key in (first_id, second_id)
            ]
            assert answers[0] == answers[1]
            stored = list(database.trials.responses(second_id))
            assert all(r.response.is_cached and r.n_attempts == 0 for r in stored)
            assert database.trials.ledger(second_id).held_microusd == 0

    asyncio.run(go())


@pytest.mark.parametrize(
    "change",
    [
        {"model": {"seed": 1}},
        {"model": {"temperature": 0.5}},
        {"model": {"max_tokens": 7}},
        {"model": {"name": "openai/gpt-4o-mini"}},
        {"scrambling": {"levels": [0, 50, 100], "random_seed": 7}},
    ],
)
def test_another_request_is_not(change: dict[str, Any]):
    async def go() -> None:
        async with FakeProviderServer(api_key=KEY) as server:
            database, first_id = create(caching(server))
            await ask(database, first_id)
            n_sent = len(server.ledger.entries)
            second_id = _again(database, caching(server, **change))
            await ask(database, second_id)
            n_cached = sum(c.n_cached for c in database.trials.counters(second_id))
            n_same = 20 if "scrambling" in change else 0  # the baseline is scrambled by no seed
            assert n_cached == n_same
            assert len(server.ledger.entries) == n_sent + 60 - n_same

    asyncio.run(go())


def test_repeats_never_share_an_answer():
    async def go() -> None:
        async with FakeProviderServer(api_key=KEY) as server:
            database, experiment_id = create(caching(server, execution={"repeats": 2}))
            outcome = await ask(database, experiment_id)
            assert len(server.ledger.entries) == outcome.n_answered == 120

    asyncio.run(go())


def test_without_being_asked_for_nothing_is_cached():
    async def go() -> None:
        async with FakeProviderServer(api_key=KEY) as server:
            database, experiment_id = create(study(server))
            await ask(database, experiment_id)
            n_sent = len(server.ledger.entries)
            await ask(database, _again(database, study(server)))
            assert len(server.ledger.entries) == 2 * n_sent

    asyncio.run(go())


def _again(database: Database, config: Mapping[str, Any]) -> str:
    source = spec_from_mapping(config)
    return store_experiment(database, make_plan(source), source.text, Description())
