"""A plan in words."""

from scramblebench.cli.output import note
from scramblebench.plan import Plan
from scramblebench.providers import resolve_name


def size_words(plan: Plan) -> str:
    """Return what is multiplied with what, and the number of trials."""
    parts = [
        (len(plan.spec.models), "model"),
        (len(plan.conditions), "condition"),
        (len(plan.questions), "question"),
        (plan.grid.n_repeats, "repeat"),
    ]
    product = " x ".join(f"{n:,} {word}{'' if n == 1 else 's'}" for n, word in parts)
    return f"{product} = {len(plan):,} trials"


def say_notes(plan: Plan) -> None:
    """Say what should be known before anything is asked."""
    for words in plan.notes:
        note(f"note: {words}")
    for model in plan.spec.models:
        served = resolve_name(model)
        if served != model.name:
            note(f"note: {model.name} is asked as {served} on {model.provider}")
