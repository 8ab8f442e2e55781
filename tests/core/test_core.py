"""Words: hashes, money, randomness, states."""

import json
import subprocess
import sys
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scramblebench.core.canonical import canonical_json, content_hash
from scramblebench.core.conditions import BASELINE, Condition
from scramblebench.core.errors import ErrorKind, StateError
from scramblebench.core.money import FREE, Price, microusd, usd
from scramblebench.core.questions import Question, identified
from scramblebench.core.randomness import RandomStream, key_bytes, random_bytes
from scramblebench.core.states import TRANSITIONS, ExperimentState, check_transition
from scramblebench.core.trials import trial_key_of


def test_canonical_json_ignores_order_and_refuses_nan():
    assert canonical_json({"b": 1, "a": [1.5, None]}) == '{"a":[1.5,null],"b":1}'
    assert content_hash({"b": 1, "a": 2}) == content_hash({"a": 2, "b": 1})
    with pytest.raises(ValueError, match="Out of range"):
        canonical_json(float("nan"))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_canonical_json_reads_back_equal(value: object):
    assert json.loads(canonical_json(value)) == value  # pyright: ignore[reportArgumentType]
    assert len(content_hash(value)) == 64  # pyright: ignore[reportArgumentType]


@example(Decimal("0.000249"))  # in floats, the micro-dollars are 248.99999999999997
@given(st.decimals(min_value=0, max_value=10**9, places=6))
def test_money_is_exact_to_the_micro_dollar(amount: Decimal):
    assert microusd(amount) == int(amount * 1_000_000)
    assert microusd(str(amount)) == microusd(amount)


@pytest.mark.parametrize("amount", [-1, "nan", "inf", "ten", ""])
def test_what_is_no_amount_is_refused(amount: object):
    with pytest.raises(ValueError, match="not an amount"):
        microusd(amount)  # pyright: ignore[reportArgumentType]


def test_a_call_costs_at_least_the_next_micro_dollar():
    price = Price(Decimal("0.00000015"), Decimal("0.0000006"), "test")
    assert price.cost_microusd(10, 4) == 4  # 1.5 + 2.4 micro-dollars, rounded up
    assert FREE.cost_microusd(10**6, 10**6) == 0
    assert usd(1_500_000) == 1.5


@given(st.integers(1, 1 << 64), st.text())
def test_random_integers_stay_below_their_bound(bound: int, key: str):
    stream = RandomStream(key)
    assert all(0 <= stream.below(bound) < bound for _ in range(5))


def test_random_integers_are_even():
    stream = RandomStream("even")
    counts = [0] * 6
    for _ in range(6_000):
        counts[stream.below(6)] += 1
    assert max(abs(count - 1_000) for count in counts) < 130  # 4.5 standard deviations


@given(st.lists(st.integers(), max_size=30), st.integers())
def test_shuffling_keeps_the_items(items: list[int], seed: int):
    assert sorted(RandomStream(seed).shuffled(items)) == sorted(items)


def test_keys_tell_their_parts_apart():
    keys = [key_bytes(*parts) for parts in (("1",), (1,), ("1", ""), ("", "1"), ("11",), (1, 1))]
    assert len(set(keys)) == len(keys)


def test_randomness_is_the_same_in_every_process():
    code = "from scramblebench.core.randomness import *; s = RandomStream('a', 1); print(s.below(10**9), s.uniform(), random_bytes(4, 'b').hex())"
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1")
    }
    stream = RandomStream("a", 1)
    assert runs == {f"{stream.below(10**9)} {stream.uniform()} {random_bytes(4, 'b').hex()}\n"}
    # Golden: the first 8 bytes, little-endian, of BLAKE2b-512 of counter 0 (8 zero bytes) under the key.
    assert RandomStream("golden").below(1 << 64) == 13992191226871281817


def test_question_ids_depend_on_content_only():
    question = Question("", "b", "What?", ("yes",))
    assert (
        identified(question).id == identified(Question("x", "b", "What?", ("yes",), domain="d")).id
    )
    assert identified(question).id != identified(question, occurrence=1).id
    assert Question("", "b", "?", ("x",), choices=("x", "y", "z", "w")).guess_rate == 0.25


def test_condition_ids_ignore_how_a_level_is_written():
    assert Condition("word_shuffle", 50).id == Condition("word_shuffle", 50.0).id
    assert Condition("word_shuffle", 50, seed=1).id != Condition("word_shuffle", 50, seed=2).id
    assert BASELINE.is_baseline


@given(st.sampled_from(ExperimentState), st.sampled_from(ExperimentState))
def test_states_follow_the_table(before: ExperimentState, after: ExperimentState):
    if after in TRANSITIONS[before]:
        check_transition(before, after)
    else:
        with pytest.raises(StateError, match=f"the experiment is {before}"):
            check_transition(before, after)


def test_completed_and_cancelled_are_the_end():
    assert not TRANSITIONS[ExperimentState.COMPLETED]
    assert not TRANSITIONS[ExperimentState.CANCELLED]


def test_no_error_is_both_passing_and_final_for_a_model():
    assert not any(kind.is_retryable and kind.stops_model for kind in ErrorKind)


@given(st.text(), st.text(), st.integers(0, 2**62))
def test_the_key_of_a_trial_is_the_content_hash_of_its_parts(
    question: str, condition: str, repeat: int
) -> None:
    parts = {"question": question, "condition": condition, "repeat": repeat}
    assert trial_key_of(question, condition, repeat) == content_hash(parts)
