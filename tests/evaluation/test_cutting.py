"""Shards together have all that is missing, and nothing twice."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.evaluation.cutting import FEWEST, MOST, cut, shard_size, waiting_lanes
from scramblebench.plan import Plan, make_plan
from scramblebench.settings import spec_from_mapping


def plan_of(shard_size: int | None, provider: str = "simulated") -> Plan:
    config = {
        "models": [{"name": "a", "provider": provider}, {"name": "b", "provider": "simulated"}],
        "benchmarks": {"b": {"generated": {"per_domain": 2}}},
        "scrambling": {"levels": [0, 50]},
        "execution": {"shard_size": shard_size, "max_concurrent_requests": 7},
    }
    return make_plan(spec_from_mapping(config))


PLANS = {size: plan_of(size) for size in (1, 3, 7, None)}


@given(st.sampled_from([1, 3, 7, None]), st.data())
def test_shards_have_what_is_missing_of_a_model(size: int | None, data: st.DataObject):
    plan = PLANS[size]
    n_trials = len(plan)
    answered = np.array(data.draw(st.lists(st.booleans(), min_size=n_trials, max_size=n_trials)))
    for model_index in range(2):
        lane = plan.grid.lane(model_index)
        shards = cut(plan, model_index, answered, 4)
        inside = [index for shard in shards for index in shard.trials]
        assert inside == sorted(set(inside))
        assert set(inside) <= set(lane)
        missing = {index for index in lane if not answered[index]}
        assert missing <= set(inside)
        assert all(not answered[shard.first] and not answered[shard.end - 1] for shard in shards)
        if size is not None:
            sizes = [sum(not answered[index] for index in shard.trials) for shard in shards]
            assert all(n == size for n in sizes[:-1])
        assert {shard.most_requests for shard in shards} <= {7}


@pytest.mark.parametrize(
    ("n_missing", "n_workers", "expected"),
    [(10, 4, FEWEST), (100_000, 4, 3_125), (10_000_000, 4, MOST), (100_000, 0, MOST)],
)
def test_there_are_about_eight_shards_for_each_worker(
    n_missing: int, n_workers: int, expected: int
):
    assert shard_size(n_missing, n_workers) == expected


def test_a_model_in_the_process_that_asks_is_not_divided():
    plan = plan_of(4, provider="local")
    answered = np.zeros(len(plan), dtype=np.bool_)
    assert {shard.most_requests for shard in cut(plan, 0, answered, 2)} == {None}


def test_models_of_one_group_take_turns():
    assert waiting_lanes([[0, 1], [2]], [False, False, False]) == [0, 2]
    assert waiting_lanes([[0, 1], [2]], [True, False, True]) == [1]
    assert waiting_lanes([[0, 1], [2]], [True, True, True]) == []
