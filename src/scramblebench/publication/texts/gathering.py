"""What a methods section needs beyond the counts: what the responses say, and how far texts were altered."""

from collections import Counter
from dataclasses import dataclass

from scramblebench.analysis.cube import method_name
from scramblebench.plan.prompts import scramble_question
from scramblebench.publication.source import Publication
from scramblebench.settings import ProviderName

MOST_QUESTIONS = 500
"""Questions whose scrambled texts are measured; the first of the plan, which mixes domains."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Counts over all responses; ``statuses`` are of those that hold no answer, by why."""

    scorers: Counter[str]
    statuses: Counter[str]
    n_unscored: int
    n_truncated: int
    n_prompt_cut: int
    n_tried_again: int


def seen_in(publication: Publication) -> Seen:
    """Return what the responses say, in one pass."""
    scorers, statuses, counts = Counter[str](), Counter[str](), Counter[str]()
    for item in publication.responses():
        if item.score is None:
            counts["unscored"] += 1
        else:
            scorers[item.score.scorer] += 1
            if not item.score.status.is_answer:
                statuses[str(item.score.status)] += 1
        counts["truncated"] += item.response.is_truncated
        counts["cut"] += item.response.is_prompt_cut
        counts["again"] += item.n_attempts > 1
    return Seen(
        scorers, statuses, counts["unscored"], counts["truncated"], counts["cut"], counts["again"]
    )


@dataclass(frozen=True, slots=True)
class Dose:
    """How far texts were altered at a level: means over questions, shares of 0 to 1."""

    method: str
    level_pct: float
    realised: float
    edit_distance: float
    n_questions: int


def is_imported(publication: Publication) -> bool:
    """Whether all responses came from files: then nobody here scrambled or asked anything."""
    return all(f.spec.provider is ProviderName.IMPORTED for f in publication.models)


def doses(publication: Publication) -> list[Dose]:
    """Return the realised doses by method and level; none where the texts were made elsewhere."""
    if is_imported(publication):
        return []
    plan = publication.plan
    fields = frozenset[str](plan.spec.scrambling.fields)
    asked = plan.questions[:MOST_QUESTIONS]
    found: dict[tuple[str, float], list[tuple[float, float]]] = {}
    for condition in plan.conditions:
        if condition.is_baseline:
            continue
        made = [scramble_question(question, condition, fields) for question in asked]
        key = (method_name(condition), condition.level_pct)
        found.setdefault(key, []).extend((one.realised_dose, one.edit_distance) for one in made)
    return [
        Dose(
            method,
            level,
            sum(dose for dose, _ in pairs) / len(pairs),
            sum(distance for _, distance in pairs) / len(pairs),
            len(asked),
        )
        for (method, level), pairs in found.items()
    ]
