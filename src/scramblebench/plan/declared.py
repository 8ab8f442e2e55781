"""The one question that may end an experiment early: whose answers are held against whose."""

from dataclasses import dataclass

from scramblebench.core.errors import UsageError
from scramblebench.plan.plan import Plan
from scramblebench.settings.sections import EarlyStoppingSpec


@dataclass(frozen=True, slots=True)
class Side:
    """A model under a condition, by their positions in the plan."""

    model: int
    condition: int


@dataclass(frozen=True, slots=True)
class DeclaredQuestion:
    """Two sides on the same questions; the difference is second minus first."""

    spec: EarlyStoppingSpec
    first: Side
    second: Side
    words: str


def declared_question(plan: Plan) -> DeclaredQuestion | None:
    """Return the question that a configuration declares, None where it declares none.

    Raises UsageError where a model, a level or a method is not there, or questions share a context: their
    answers do not come one by one.
    """
    spec = plan.spec.statistical_analysis.early_stopping
    if spec is None:
        return None
    models = [_model(plan, name) for name in spec.models]
    level = _condition(plan, spec)
    if spec.compare == "models":
        words = f"{spec.models[1]} minus {spec.models[0]} at level {spec.level:g}"
        return DeclaredQuestion(spec, Side(models[0], level), Side(models[1], level), words)
    baseline = next((i for i, c in enumerate(plan.conditions) if c.is_baseline), None)
    if baseline is None:
        raise UsageError("early_stopping: compare levels needs level 0 among scrambling.levels")
    words = f"{spec.models[0]}, level {spec.level:g} minus the baseline"
    return DeclaredQuestion(spec, Side(models[0], baseline), Side(models[0], level), words)


def check_declared(plan: Plan) -> None:
    """Raise UsageError unless the declared question, if there is one, can be settled early."""
    if declared_question(plan) is None:
        return
    contexts = [(q.benchmark, q.context) for q in plan.questions if q.context]
    if len(set(contexts)) < len(contexts):
        raise UsageError(
            "early_stopping: several questions share a passage, so that their answers do not come one "
            "by one; leave early_stopping out"
        )


def _model(plan: Plan, name: str) -> int:
    for position, model in enumerate(plan.spec.models):
        if name in (model.shown_name, model.name):
            return position
    known = ", ".join(model.shown_name for model in plan.spec.models)
    raise UsageError(f"early_stopping: no model is called {name!r}; there are {known}")


def _condition(plan: Plan, spec: EarlyStoppingSpec) -> int:
    found = [
        position
        for position, condition in enumerate(plan.conditions)
        if condition.level_pct == spec.level
        and (condition.is_baseline or spec.method in (None, condition.method))
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f"early_stopping: level {spec.level:g} is asked in {len(found)} ways; name one `method:`"
        )
    levels = ", ".join(f"{level:g}" for level in sorted({c.level_pct for c in plan.conditions}))
    raise UsageError(f"early_stopping: level {spec.level:g} is not asked; there are {levels}")
