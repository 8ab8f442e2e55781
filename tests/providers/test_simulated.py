"""The psychometric model: repeatable, nested in the dose, right as often as it says."""

import asyncio
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scramblebench.core.questions import Question, identified
from scramblebench.core.randomness import RandomStream
from scramblebench.providers.simulated import SimulatedProvider, right_answer, wrong_answer
from scramblebench.settings.models import ModelSpec, ProviderName, SimulationSpec

from .support import FixedClock, model_request


def simulated(seed=1, clock=None, **rule):
    spec = ModelSpec(
        name="sim", provider=ProviderName.SIMULATED, seed=seed, simulation=SimulationSpec(**rule)
    )
    return SimulatedProvider(spec, clock=clock or FixedClock())


def open_question(number):
    return identified(Question("", "b", f"What is {number}?", (str(number),)))


def choice_question(number):
    choices = ("red", "green", "blue", "gold")
    right = number % 4
    return identified(
        Question("", "b", f"Colour {number}?", (choices[right],), choices, correct_choice=right)
    )


def texts(provider, questions, dose=0.0, repeat=0):
    async def run():
        return [
            (await provider.complete(model_request(question=q, dose=dose, repeat=repeat))).text
            for q in questions
        ]

    return asyncio.run(run())


def share_right(provider, questions, dose=0.0):
    rights = [f"The answer is {right_answer(question)}." for question in questions]
    given_texts = texts(provider, questions, dose)
    return sum(map(str.__eq__, rights, given_texts)) / len(questions)


QUESTIONS = [open_question(number) for number in range(1500)]


@given(st.integers(0, 10**6), st.floats(0, 1), st.integers(0, 3), st.integers(0, 50))
@settings(max_examples=40, deadline=None)
def test_the_same_question_has_the_same_answer(seed, dose, repeat, number):
    once = texts(simulated(seed), [open_question(number)], dose, repeat)
    assert once == texts(simulated(seed), [open_question(number)], dose, repeat)


@given(st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=20, deadline=None)
def test_an_item_lost_stays_lost_at_a_higher_dose(one, other):
    low, high = sorted((one, other))
    provider = simulated(guess_rate=0.0)
    questions = QUESTIONS[:60]
    rights = [f"The answer is {right_answer(question)}." for question in questions]
    at_low, at_high = texts(provider, questions, low), texts(provider, questions, high)
    lost = [i for i, right in enumerate(rights) if at_low[i] != right]
    assert all(at_high[i] == at_low[i] for i in lost)


@pytest.mark.parametrize(
    ("ability", "decay", "dose"), [(1.0, 2.0, 0.0), (1.0, 2.0, 0.5), (0, 1, 1)]
)
def test_it_is_right_as_often_as_its_rule_says(ability, decay, dose):
    provider = simulated(ability=ability, decay=decay)
    expected = sum(provider.p_known(question, dose) for question in QUESTIONS) / len(QUESTIONS)
    error = math.sqrt(expected * (1 - expected) / len(QUESTIONS))
    assert abs(share_right(provider, QUESTIONS, dose) - expected) < 4 * error


def test_guessing_lapses_and_silence_have_their_shares():
    choices = [choice_question(number) for number in range(1500)]
    assert abs(share_right(simulated(ability=-50), choices) - 0.25) < 0.05
    assert abs(share_right(simulated(ability=50, lapse_rate=0.3), QUESTIONS) - 0.7) < 0.05
    silent = texts(simulated(ability=50, no_answer_rate=0.2), QUESTIONS)
    assert abs(sum(not text.startswith("The answer is") for text in silent) / 1500 - 0.2) < 0.05


def test_seeds_and_repeats_differ():
    assert texts(simulated(1), QUESTIONS) != texts(simulated(2), QUESTIONS)
    assert texts(simulated(1), QUESTIONS) != texts(simulated(1), QUESTIONS, repeat=1)


def test_known_values_stay():
    assert texts(simulated(7), QUESTIONS[:6], 0.2) == [
        "The answer is 2.",
        "The answer is 1.",
        "The answer is 0.",
        "The answer is 5.",
        "The answer is 4.",
        "The answer is 5.",
    ]


ANSWERS = st.one_of(
    st.integers(-(10**6), 10**6).map(str),
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda number: f"{number:.2f}"),
    st.sampled_from(["True", "no", "Paris", "1,000", "the Nile", "seven apples", "(A)", ""]),
)


@given(ANSWERS, st.integers(0, 10**6))
def test_a_wrong_answer_is_never_an_accepted_one(answer, seed):
    question = Question("q", "b", "?", (answer,))
    wrong = wrong_answer(question, RandomStream(seed))
    assert wrong.strip().lower() != answer.strip().lower()
    if answer.replace(",", "").lstrip("-").replace(".", "").isdigit():
        assert float(wrong) != float(answer.replace(",", ""))


def test_latency_is_waited_on_the_clock():
    clock = FixedClock()
    texts(simulated(clock=clock, latency_s=0.25), QUESTIONS[:3])
    assert clock.slept_s == [0.25] * 3
