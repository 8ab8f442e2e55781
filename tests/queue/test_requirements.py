"""Requirements: what people write, checked when it is queued; and when a failure is tried again."""

import json
from typing import Any

import pytest

from scramblebench.core.errors import UsageError
from scramblebench.queue import (
    Requirements,
    check_requirements,
    read_requirements,
    retry_wait_s,
)


def test_all_of_them():
    values = {
        "api_calls_per_hour": 1000,
        "memory_gb": 0.5,
        "cost_limit": 0,
        "max_concurrent_requests": 8,
    }
    assert check_requirements(values) == Requirements(1000, 0.5, 0, 8)
    assert read_requirements(json.dumps(values)) == Requirements(1000, 0.5, 0, 8)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"memory": 4}, "did you mean memory_gb"),
        ({"gpu": 4}, "known are api_calls_per_hour, memory_gb"),
        ({"memory_gb": -1}, "memory_gb: -1 is no amount"),
        ({"memory_gb": "4"}, "memory_gb: '4' is no amount"),
        ({"memory_gb": True}, "memory_gb: True is no amount"),
        ({"memory_gb": None}, "memory_gb: None is no amount"),
        ({"cost_limit": float("nan")}, "cost_limit: nan is no amount"),
        ({"cost_limit": float("inf")}, "cost_limit: inf is no amount"),
    ],
)
def test_what_is_none_is_refused_in_one_line(values: dict[str, Any], said: str):
    with pytest.raises(UsageError, match=said) as refused:
        check_requirements(values)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"of_a_later_version": 1}'])
def test_what_cannot_be_read_asks_for_nothing(text: str):
    assert read_requirements(text) == Requirements()


def test_retries_wait_twice_as_long_each_time_and_end():
    assert [retry_wait_s(n) for n in range(5)] == [60, 120, 240, None, None]
