"""What pages about single trials need of a plan: positions, labels, questions by position."""

from collections.abc import Iterable, Mapping

from scramblebench.core.conditions import Condition
from scramblebench.core.questions import Question
from scramblebench.plan import Plan
from scramblebench.storage import Database

_MOST_AT_ONCE = 400


def model_labels(plan: Plan) -> list[str]:
    """Return the models' names, labelled where they are simulated."""
    return [
        f"{model.shown_name} (simulated)" if model.provider == "simulated" else model.shown_name
        for model in plan.spec.models
    ]


def condition_label(condition: Condition) -> str:
    """Return a condition in a few words: ``character_substitution 33``."""
    if condition.is_baseline:
        return "0 (baseline)"
    more = ", ".join(f"{name}={value}" for name, value in condition.parameters)
    return f"{condition.method} {condition.level_pct:g}{f' ({more})' if more else ''}"


def chosen(text: str, size: int) -> int | None:
    """Return a position that was chosen in a form, None for none or one that is not there."""
    if text.isascii() and text.isdecimal() and len(text) < 16 and int(text) < size:
        return int(text)
    return None


def read_questions(
    database: Database, experiment_id: str, positions: Iterable[int]
) -> Mapping[int, Question]:
    """Return questions by position, in one query where they stand close together."""
    wanted = sorted(set(positions))
    if not wanted:
        return {}
    first, last = wanted[0], wanted[-1]
    read = database.experiments.questions
    if last - first < _MOST_AT_ONCE:
        found = read(experiment_id, first, last + 1)
        return {position: found[position - first] for position in wanted}
    return {position: read(experiment_id, position, position + 1)[0] for position in wanted}
