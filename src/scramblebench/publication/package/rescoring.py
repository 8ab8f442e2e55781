"""The stored responses judged by another scorer: how much of the results hangs on who judges."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from scramblebench.core.errors import UsageError
from scramblebench.publication.package.restoring import (
    read_package_facts,
    restored_plan,
    stored_responses,
)
from scramblebench.scoring import parse_scorer, score


@dataclass(frozen=True, slots=True)
class Rescored:
    """A model under a condition by the stored and by another judgement.

    ``stated`` and ``found`` are mean scores of the ``n`` responses that were judged, 0 to 1;
    ``n_changed`` counts those whose score is another one.
    """

    model: str
    benchmark: str
    method: str
    level_pct: float
    n: int
    stated: float
    found: float
    n_changed: int


def rescore_package(folder: Path, scorer: str) -> list[Rescored]:
    """Return every cell of a package by another scorer, in the order of the plan.

    Raises UsageError for a scorer that is not known, and where the package has no judged responses.
    """
    chosen = parse_scorer(scorer)
    plan = restored_plan(folder, read_package_facts(folder))
    cells: dict[tuple[str, str, str, float], list[tuple[float, float]]] = defaultdict(list)
    for record, _ in stored_responses(folder):
        if record.score is None:
            continue
        trial = plan.trial(record.trial_index)
        response, question, condition = record.response, trial.question, trial.condition
        again = score(question, response.text, chosen, is_truncated=response.is_truncated)
        model = plan.spec.models[trial.model_index].shown_name
        key = (model, question.benchmark, condition.method, condition.level_pct)
        cells[key].append((record.score.value, again.value))
    if not cells:
        raise UsageError(f"{folder}: no response was judged")
    return [_cell(key, pairs) for key, pairs in cells.items()]


def _cell(key: tuple[str, str, str, float], pairs: list[tuple[float, float]]) -> Rescored:
    n = len(pairs)
    return Rescored(
        *key, n=n, stated=sum(old for old, _ in pairs) / n, found=sum(new for _, new in pairs) / n,
        n_changed=sum(old != new for old, new in pairs),
    )  # fmt: skip
