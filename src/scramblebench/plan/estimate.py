"""How much a plan will ask, before anything is asked."""

from dataclasses import dataclass

from scramblebench.plan.plan import Plan

CHARACTERS_PER_TOKEN = 4.0
"""English text in common tokenizers."""
SCRAMBLED_TOKEN_FACTOR = 1.9
"""Tokens of a fully scrambled text against those of the original; measured on SmolLM2."""


@dataclass(frozen=True, slots=True)
class LaneEstimate:
    """What one model will be asked; tokens are estimates from text lengths.

    ``completion_tokens`` is the most that can come back (calls x max_tokens); the longest prompt is
    in tokens.
    """

    model_index: int
    n_calls: int
    prompt_tokens: int
    completion_tokens: int
    longest_prompt_tokens: int


def estimate_lanes(plan: Plan, sample_size: int = 200) -> tuple[LaneEstimate, ...]:
    """Estimate every model's lane from up to ``sample_size`` questions under every condition."""
    step = max(1, len(plan.questions) // sample_size)
    positions = range(0, len(plan.questions), step)
    n_conditions = plan.grid.n_conditions
    estimates: list[LaneEstimate] = []
    for model in range(plan.grid.n_models):
        first = plan.grid.lane(model).start
        tokens = [
            _prompt_tokens(plan, first + question * n_conditions + condition)
            for question in positions
            for condition in range(n_conditions)
        ]
        calls = plan.grid.lane_size
        estimates.append(
            LaneEstimate(
                model_index=model,
                n_calls=calls,
                prompt_tokens=round(calls * sum(tokens) / len(tokens)),
                completion_tokens=calls * plan.spec.models[model].max_tokens,
                longest_prompt_tokens=round(max(tokens)),
            )
        )
    return tuple(estimates)


def _prompt_tokens(plan: Plan, index: int) -> float:
    prompt = plan.prompt(plan.trial(index))
    scrambled = len(prompt.scrambled.text) + len(prompt.scrambled.context)
    inflation = scrambled * (SCRAMBLED_TOKEN_FACTOR - 1) * prompt.scrambled.realised_dose
    return (prompt.n_characters + inflation) / CHARACTERS_PER_TOKEN
