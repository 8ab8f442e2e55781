"""Ways out of a budget: each fits, and one question more would not."""

from decimal import Decimal

import numpy as np
import pytest

from scramblebench.analysis.budgeting import WayOut, known_cost, lane_costs, ways_out
from scramblebench.plan import Plan
from tests.analysis.two_experiments import questions, side

NAMES = [f"What is the sum of {n} and {n}?" for n in range(60)]


def plan_of(
    *prices: str, levels: tuple[float, ...] = (0, 25, 50, 75, 100), repeats: int = 1
) -> Plan:
    models = [
        {
            "name": f"m{number}",
            "provider": "openrouter",
            "max_tokens": 100,
            "price": {"prompt_usd_per_million": 1, "completion_usd_per_million": price},
        }
        for number, price in enumerate(prices)
    ]
    tables = {model["name"]: np.ones((60, len(levels))) for model in models}
    return side(
        "plan", tables, questions(NAMES), levels,
        n_repeats=1, models=models, execution={"repeats": repeats},
    ).plan  # fmt: skip


def ways_of(plan: Plan, share: float) -> tuple[int, dict[str, WayOut]]:
    costs = lane_costs(plan)
    budget = int(known_cost(costs) * share)
    return budget, {way.kind: way for way in ways_out(plan, costs, budget)}


def test_each_way_fits_and_says_what_it_detects():
    plan = plan_of("10")
    budget, ways = ways_of(plan, 0.41)
    assert set(ways) == {"questions", "levels", "tokens"}
    assert all(way.cost_microusd <= budget for way in ways.values())
    assert ways["questions"].n_questions == 24
    assert ways["questions"].n_calls == 24 * 5
    assert ways["levels"].levels_pct == (0, 50, 100)
    assert ways["tokens"].max_tokens[0] < 100
    assert ways["tokens"].n_questions == 60
    few, many = ways["questions"].drops[0][1], ways["tokens"].drops[0][1]
    assert all(less > more for (_, less), (_, more) in zip(few, many, strict=True))


def test_what_fits_fits_to_the_question():
    plan = plan_of("10")
    budget, ways = ways_of(plan, 0.41)
    per_question = known_cost(lane_costs(plan)) / 60
    assert ways["questions"].cost_microusd + per_question > budget - 5


def test_several_models_and_repeats():
    plan = plan_of("100", "10", repeats=3)
    budget, ways = ways_of(plan, 0.5)
    assert set(ways) == {"questions", "levels", "repeats", "models"}
    assert (ways["repeats"].n_repeats, ways["repeats"].n_questions) == (1, 60)
    assert ways["models"].models == ("m1",)
    assert all(way.cost_microusd <= budget for way in ways.values())


def test_where_fewer_models_do_not_suffice_there_are_fewer_questions_too():
    _, ways = ways_of(plan_of("100", "99"), 0.2)
    assert ways["models"].models == ("m1",)
    assert ways["models"].n_questions < 60


def test_three_levels_cannot_be_fewer():
    _, ways = ways_of(plan_of("10", levels=(0, 50, 100)), 0.5)
    assert "levels" not in ways


def test_nothing_fits_into_nothing():
    assert ways_of(plan_of("10"), 0.0)[1] == {}


def test_an_unknown_price_is_not_zero():
    plan = side(
        "plan", {"m": np.ones((60, 2))}, questions(NAMES),
        models=[{"name": "nobody-knows", "provider": "openrouter"}],
    ).plan  # fmt: skip
    (cost,) = lane_costs(plan)
    assert cost.cost_microusd is None
    assert known_cost([cost]) == 0


def test_prices_come_with_their_source():
    (cost,) = lane_costs(plan_of("10"))
    assert cost.price is not None
    assert cost.price.completion_usd == pytest.approx(Decimal("0.00001"))
    assert cost.price.source == "configured"
