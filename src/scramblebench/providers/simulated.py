"""``simulated``: a psychometric model of a model, for dry runs and power; always labelled so.

With logit ability a, the question's difficulty b (normal, mean 0), decay c and realised dose d, the
model knows the answer with probability ``logistic(a - b) * exp(-c * d)``, and guesses otherwise. All
randomness is keyed by (seed, model, question, repeat) and not by the condition: an item lost at some
dose stays lost at every higher one, and the same question always gets the same answer.
"""

import asyncio
import math
import re
from statistics import NormalDist

from scramblebench.core.clock import Clock
from scramblebench.core.questions import Question
from scramblebench.core.randomness import RandomStream
from scramblebench.core.trials import Response
from scramblebench.providers.base import ModelIdentity, ModelRequest
from scramblebench.settings.models import ModelSpec

_NUMBER = re.compile(r"-?\d[\d,]*(\.\d+)?")
_OPPOSITES = {"true": "False", "false": "True", "yes": "No", "no": "Yes"}
_WRONG_WORDS = ("Paris", "gold", "seven", "the Nile", "Mozart", "winter", "an apple", "Jupiter")
_SILENCES = ("", "I cannot answer that question.", "I don't know.")
_CHARS_PER_TOKEN = 4


class SimulatedProvider:
    """A model that exists only as a rule."""

    def __init__(self, spec: ModelSpec, *, clock: Clock) -> None:
        self._name = spec.name
        self._seed = spec.seed or 0
        self._rule = spec.simulation
        self._clock = clock

    async def identify(self) -> ModelIdentity:
        """Return an identity that says it is simulated."""
        return ModelIdentity(self._name, is_simulated=True)

    async def complete(self, request: ModelRequest) -> Response:
        """Return the answer that the rule gives."""
        if self._rule.latency_s > 0:
            await self._clock.sleep(self._rule.latency_s)
        else:
            await asyncio.sleep(0)  # others get their turn
        text = self._answer(request)
        n_chars = sum(len(message.content) for message in request.messages)
        return Response(
            text=text,
            finish_reason="stop",
            latency_s=self._rule.latency_s,
            prompt_tokens=-(-n_chars // _CHARS_PER_TOKEN),
            completion_tokens=-(-len(text) // _CHARS_PER_TOKEN),
            cost_microusd=0,
            cost_source="simulated",
            served_model=self._name,
            served_provider="simulated",
        )

    async def close(self) -> None:
        """Nothing to give back."""

    def _answer(self, request: ModelRequest) -> str:
        question = request.question
        stream = RandomStream("answer", self._seed, self._name, question.id, request.repeat)
        is_silent = stream.uniform() < self._rule.no_answer_rate
        is_known = stream.uniform() < self.p_known(question, request.dose)
        is_lapse = stream.uniform() < self._rule.lapse_rate
        is_guessed = stream.uniform() < self._guess_rate(question)
        if is_silent:
            return stream.choice(_SILENCES)
        is_right = not is_lapse if is_known else is_guessed
        answer = right_answer(question) if is_right else wrong_answer(question, stream)
        return f"The answer is {answer}."

    def p_known(self, question: Question, dose: float) -> float:
        """Return the probability that the model knows the answer at a realised dose of 0 to 1."""
        difficulty = _standard_normal(question.id) * self._rule.difficulty_sd
        logit = self._rule.ability - difficulty
        return _logistic(logit) * math.exp(-self._rule.decay * dose)

    def _guess_rate(self, question: Question) -> float:
        stated = self._rule.guess_rate
        return question.guess_rate if stated is None else stated


def right_answer(question: Question) -> str:
    """Return the reference answer: the letter of the right choice where there are choices."""
    if question.correct_choice is not None:
        return _choice_name(question, question.correct_choice)
    return question.answers[0]


def wrong_answer(question: Question, stream: RandomStream) -> str:
    """Return a plausible answer that is none of the accepted ones."""
    if question.correct_choice is not None and len(question.choices) > 1:
        others = [i for i in range(len(question.choices)) if i != question.correct_choice]
        return _choice_name(question, stream.choice(others))
    right = question.answers[0].strip()
    if opposite := _OPPOSITES.get(right.lower()):
        return opposite
    if _NUMBER.fullmatch(right):
        return _near_number(right, stream)
    accepted = {answer.strip().lower() for answer in question.answers}
    return stream.choice([word for word in _WRONG_WORDS if word.lower() not in accepted])


def _choice_name(question: Question, index: int) -> str:
    return chr(ord("A") + index) if index < 26 else question.choices[index]


def _near_number(right: str, stream: RandomStream) -> str:
    n_decimals = len(right.partition(".")[2])
    value = float(right.replace(",", ""))
    span = max(3, round(abs(value) / 4)) if abs(value) < 2**53 else 2**52
    offset = stream.below(span) + 1
    return f"{value + (offset if stream.below(2) else -offset):.{n_decimals}f}"


def _standard_normal(question_id: str) -> float:
    uniform = RandomStream("difficulty", question_id).uniform()
    return NormalDist().inv_cdf(min(max(uniform, 1e-12), 1 - 1e-12))


def _logistic(logit: float) -> float:
    if logit >= 0:
        return 1 / (1 + math.exp(-logit))
    return math.exp(logit) / (1 + math.exp(logit))
