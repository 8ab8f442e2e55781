"""Ladder: one question through all levels and models, and where each model falls."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scramblebench.core.errors import UsageError
from scramblebench.core.questions import Question
from scramblebench.dashboard.curves import method_names
from scramblebench.dashboard.diff import Segment, word_diff
from scramblebench.dashboard.live import Query
from scramblebench.dashboard.pages.plans import chosen, condition_label, model_labels
from scramblebench.dashboard.pages.verdicts import MISSING, Judged, judged
from scramblebench.dashboard.sources import Sources
from scramblebench.dashboard.words import is_simulated
from scramblebench.evaluation import restore_plan
from scramblebench.plan import Plan, Prompt
from scramblebench.storage import (
    Database,
    ExperimentRecord,
    QuestionFilter,
    ResponseRecord,
    Verdict,
)

_N_MATCHES = 24
_MOST_REPEATS = 50


@dataclass(frozen=True, slots=True)
class Cell:
    """One model's responses under one condition; ``is_flip`` marks the first level it no longer gets right."""

    repeats: tuple[Judged, ...]
    is_flip: bool = False

    @property
    def verdict(self) -> str:
        """The verdict of the first repeat."""
        return self.repeats[0].verdict

    @property
    def mean(self) -> float | None:
        """The mean score of the repeats that have one."""
        scores = [r.record.score.value for r in self.repeats if r.record and r.record.score]
        return sum(scores) / len(scores) if scores else None


@dataclass(frozen=True, slots=True)
class Rung:
    """The question under one condition: its text, how far it is from the original, each model's answers."""

    level_pct: float
    label: str
    position: int
    segments: Sequence[Segment]
    dose: float | None
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Ladder:
    """One method's rungs, the baseline first."""

    method: str
    rungs: tuple[Rung, ...]


def read(sources: Sources, record: ExperimentRecord, query: Query) -> dict[str, Any]:
    """Return what the page shows: the question of the query, else the first that its filter fits."""
    database = sources.reading
    plan = restore_plan(database, record.id)
    n_questions = len(plan.questions)
    wanted = _filter(plan, query)
    number = chosen(query.get("question", ""), n_questions + 1)
    matches = _matches(database, record.id, wanted, (number or 1) - 1)
    position = number - 1 if number else (matches[0] if matches else 0)
    before, after = _neighbours(database, record.id, wanted, position, n_questions)
    notes = [n for n in database.monitor.notes(record.id) if n.question == position]
    question = plan.questions[position] if n_questions else None
    return {
        "experiment": record,
        "is_simulated": is_simulated(record),
        "question": question,
        "expected": expected(question) if question else "",
        "position": position,
        "n_questions": n_questions,
        "labels": model_labels(plan),
        "ladders": ladders(database, record, plan, position) if question else (),
        "conditions": [(n, condition_label(c)) for n, c in enumerate(plan.conditions)],
        "is_filtered": wanted is not None,
        "is_match": wanted is None or position in matches,
        "matches": matches,
        "before": before,
        "after": after,
        "notes": notes,
        "n_repeats": plan.grid.n_repeats,
    }


def expected(question: Question) -> str:
    """Return the reference answer, with its letter where there are choices."""
    if question.correct_choice is None:
        return " | ".join(question.answers)
    letter = chr(ord("A") + question.correct_choice)
    return f"{letter}) {question.choices[question.correct_choice]}"


def _filter(plan: Plan, query: Query) -> QuestionFilter | None:
    """Return what a question must be; None where nothing is asked for."""
    n_conditions = len(plan.conditions)
    right = chosen(query.get("right", ""), n_conditions)
    wrong = chosen(query.get("wrong", ""), n_conditions)
    if right is None and wrong is None:
        return None
    model = chosen(query.get("model", ""), len(plan.spec.models)) or 0
    return QuestionFilter(plan.grid.lane(model).start, n_conditions, right, wrong)


def _matches(
    database: Database, experiment_id: str, wanted: QuestionFilter | None, first: int
) -> tuple[int, ...]:
    if wanted is None:
        return ()
    return database.browse.questions(experiment_id, wanted, first, _N_MATCHES).positions


def _neighbours(
    database: Database,
    experiment_id: str,
    wanted: QuestionFilter | None,
    position: int,
    n_questions: int,
) -> tuple[int | None, int | None]:
    """Return the positions of the previous and the next question that fit."""
    if wanted is None:
        before = position - 1 if position > 0 else None
        return before, position + 1 if position + 1 < n_questions else None
    browse = database.browse
    back = browse.questions(experiment_id, wanted, position - 1, 1, is_backwards=True)
    on = browse.questions(experiment_id, wanted, position + 1, 1)
    before = back.positions[0] if back.positions else back.next_position
    return before, on.positions[0] if on.positions else on.next_position


def ladders(
    database: Database, record: ExperimentRecord, plan: Plan, position: int
) -> tuple[Ladder, ...]:
    """Return one question under every condition, method by method."""
    answers = _answers(database, record, plan, position)
    original = _original(plan, position)
    found: list[Ladder] = []
    for method in method_names(plan.conditions):
        own = [n for n, c in enumerate(plan.conditions) if c.is_baseline or c.method == method]
        own.sort(key=lambda n: plan.conditions[n].level_pct)
        cells = [_lane(answers, model, own) for model in range(len(plan.spec.models))]
        rungs = [
            _rung(plan, position, condition, original, tuple(lane[at] for lane in cells))
            for at, condition in enumerate(own)
        ]
        found.append(Ladder(method, tuple(rungs)))
    return tuple(found)


def _answers(
    database: Database, record: ExperimentRecord, plan: Plan, position: int
) -> dict[tuple[int, int], list[ResponseRecord | None]]:
    """Return the responses to one question by model and condition, one per repeat."""
    grid = plan.grid
    n_repeats = min(grid.n_repeats, _MOST_REPEATS)
    found: dict[tuple[int, int], list[ResponseRecord | None]] = {}
    for model in range(grid.n_models):
        for repeat in range(n_repeats):
            first = ((model * grid.n_repeats + repeat) * grid.n_questions + position) * (
                grid.n_conditions
            )
            stored = database.trials.responses(record.id, first, first + grid.n_conditions)
            by_index = {item.trial_index: item for item in stored}
            for condition in range(grid.n_conditions):
                item = by_index.get(first + condition)
                found.setdefault((model, condition), []).append(item)
    return found


def _lane(
    answers: dict[tuple[int, int], list[ResponseRecord | None]], model: int, own: list[int]
) -> list[Cell]:
    """Return one model's cells from the lowest level up, the flip marked."""
    cells: list[Cell] = []
    was_right = has_flipped = False
    for condition in own:
        cell = Cell(tuple(map(judged, answers[model, condition])))
        is_right = cell.verdict == Verdict.RIGHT
        is_flip = was_right and not is_right and not has_flipped and cell.verdict != MISSING
        cells.append(Cell(cell.repeats, is_flip))
        has_flipped = has_flipped or is_flip
        was_right = was_right or is_right
    return cells


def _rung(
    plan: Plan, position: int, condition: int, original: str, cells: tuple[Cell, ...]
) -> Rung:
    known = plan.conditions[condition]
    prompt = _prompt(plan, position, condition)
    return Rung(
        level_pct=known.level_pct,
        label=condition_label(known),
        position=condition,
        segments=() if prompt is None else word_diff(original, prompt.user),
        dose=None if prompt is None else prompt.scrambled.realised_dose,
        cells=cells,
    )


def _original(plan: Plan, position: int) -> str:
    """Return the question as it is asked unscrambled; its text alone where that never is."""
    baseline = next((n for n, c in enumerate(plan.conditions) if c.is_baseline), None)
    if baseline is None:
        return plan.questions[position].text
    prompt = _prompt(plan, position, baseline)
    return plan.questions[position].text if prompt is None else prompt.user


def _prompt(plan: Plan, position: int, condition: int) -> Prompt | None:
    """Return what is sent under a condition; None where nobody knows it (imports)."""
    try:
        return plan.prompt(plan.trial(position * plan.grid.n_conditions + condition))
    except UsageError:
        return None
