"""The state machine of a rule, and what it is held against."""

from dataclasses import replace
from datetime import timedelta
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.monitoring.alert_rules import (
    Change,
    Rule,
    RuleState,
    rule_of,
    step,
    value_of,
    words_of,
)
from scramblebench.monitoring.samples import Sample
from scramblebench.settings import AlertRuleSpec
from scramblebench.testing.experiments import START

RULE = Rule("cpu", "cpu_percent", 85.0, 76.5, 60.0, 600.0, "keep", "warning", 20)
VALUES = st.one_of(st.none(), st.floats(0, 100))
STEPS = st.lists(st.tuples(VALUES, st.floats(0.1, 300)), max_size=60)


def walk(rule: Rule, steps: list[tuple[float | None, float]]):
    """Yield (time, value, state before, change) of each step."""
    state, now_s = RuleState(), 0.0
    for value, wait_s in steps:
        now_s += wait_s
        before = state
        state, change = step(rule, state, value, now_s)
        yield now_s, value, before, change


@given(STEPS, st.sampled_from(["keep", "resolve", "alert"]))
def test_it_flaps_only_by_going_through_the_whole_hysteresis(steps, no_data):
    rule = replace(RULE, no_data=no_data)
    for _, value, before, change in walk(rule, steps):
        if value is not None and rule.clear_at < value <= rule.threshold:
            assert change is (Change.GOES_ON if before.is_raised else Change.NOTHING)
        if change is Change.RAISED:
            assert not before.is_raised
            assert value is None or value > rule.threshold
        if change is Change.RESOLVED:
            assert before.is_raised
            assert value is None or value <= rule.clear_at


@given(STEPS)
def test_it_is_not_raised_again_within_the_cool_down(steps):
    over_at = -inf
    for now_s, _, _, change in walk(RULE, steps):
        if change is Change.RAISED:
            assert now_s >= over_at + RULE.cooldown_s
        if change is Change.RESOLVED:
            over_at = now_s


@given(STEPS)
def test_raised_and_resolved_take_turns(steps):
    told = [c for *_, c in walk(RULE, steps) if c in (Change.RAISED, Change.RESOLVED)]
    assert all(c is (Change.RESOLVED if n % 2 else Change.RAISED) for n, c in enumerate(told))


@pytest.mark.parametrize(
    ("no_data", "from_quiet", "from_raised"),
    [
        ("keep", Change.NOTHING, Change.GOES_ON),
        ("resolve", Change.NOTHING, Change.RESOLVED),
        ("alert", Change.RAISED, Change.GOES_ON),
    ],
)
def test_without_data(no_data: str, from_quiet: Change, from_raised: Change):
    rule = replace(RULE, no_data=no_data)
    assert step(rule, RuleState(False), None, 0.0)[1] is from_quiet
    assert step(rule, RuleState(True), None, 0.0)[1] is from_raised


def test_a_threshold_of_zero_can_be_over():
    rule = rule_of(AlertRuleSpec(metric="error_rate", name="any", threshold=0.01, hysteresis=1.0))
    assert step(rule, RuleState(True), 0.005, 0.0)[1] is Change.GOES_ON
    assert step(rule, RuleState(True), 0.0, 0.0)[1] is Change.RESOLVED


def sample(at_s: float, **values: float) -> Sample:
    return Sample("host:1:a", START + timedelta(seconds=at_s), values)


def rule(metric: str, window_s: float, **changes: float) -> Rule:
    return replace(RULE, metric=metric, window_s=window_s, **changes)


def test_a_machine_is_judged_by_the_mean_of_a_whole_window():
    samples = [sample(10 * n, cpu_percent=float(n)) for n in range(13)]
    assert value_of(rule("cpu_percent", 60), samples[:3]) is None
    assert value_of(rule("cpu_percent", 60), samples) == 9.0
    assert value_of(rule("memory_percent", 60), samples) is None
    assert value_of(rule("cpu_percent", 60), []) is None


def test_calls_and_costs_are_rates_of_the_window():
    samples = [
        sample(n, answered=2 * n, failures=n, cached=n, cost_microusd=1000 * n) for n in range(61)
    ]
    assert value_of(rule("api_calls_per_minute", 60), samples) == 120
    assert value_of(rule("api_calls_per_minute", 7), samples) == 120
    assert value_of(rule("cost_per_hour", 60), samples) == pytest.approx(3.6)
    assert value_of(rule("cost_per_hour", 300), samples) is None


def test_a_window_shorter_than_two_samples_is_covered_by_the_sample_before_it():
    samples = [sample(n * 1.004, answered=5 * n) for n in range(9)]
    assert value_of(rule("api_calls_per_minute", 3), samples) == pytest.approx(300, rel=0.01)


def test_what_was_long_before_a_gap_is_left_out():
    samples = [sample(0, answered=0), sample(7200, answered=100)]
    assert value_of(rule("api_calls_per_minute", 60), samples) is None


def test_an_error_rate_needs_calls():
    samples = [sample(0), sample(10, answered=10, failures=5)]
    assert value_of(rule("error_rate", 300, min_calls=20), samples) is None
    assert value_of(rule("error_rate", 300, min_calls=15), samples) == pytest.approx(1 / 3)


def test_response_times_are_those_of_the_window():
    samples = [sample(0, answered=100, l50=100), sample(10, answered=200, l50=101, l110=99)]
    found = value_of(rule("response_time_p95", 60), samples)
    assert found == pytest.approx(6.3, rel=0.1)


def test_words_have_value_and_threshold():
    cost = rule("cost_per_hour", 300, threshold=50.0)
    assert words_of(cost, 61.237) == "cost at $61.24 an hour, above $50 an hour (over 300 s)"
    assert "nothing could be measured" in words_of(cost, None)
