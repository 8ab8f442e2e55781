"""Responses: what models said, a page at a time, by filters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scramblebench.core.questions import Question
from scramblebench.dashboard.live import Query
from scramblebench.dashboard.pages.ladder import expected
from scramblebench.dashboard.pages.plans import (
    chosen,
    condition_label,
    model_labels,
    read_questions,
)
from scramblebench.dashboard.pages.verdicts import Judged, judged
from scramblebench.dashboard.sources import PAGE_ROWS, Sources
from scramblebench.dashboard.words import is_simulated
from scramblebench.evaluation import restore_plan
from scramblebench.plan import Plan
from scramblebench.storage import ExperimentRecord, ResponseFilter, ResponsePage, Verdict

_MOST_TEXT = 200
_MOST_INDEX = 2**53


@dataclass(frozen=True, slots=True)
class ResponseLine:
    """One response with what it answers."""

    index: int
    model: str
    condition: str
    level_pct: float
    repeat: int
    position: int
    question: Question
    expected: str
    judged: Judged


def read(sources: Sources, record: ExperimentRecord, query: Query) -> dict[str, Any]:
    """Return what the page shows."""
    plan = restore_plan(sources.reading, record.id)
    wanted = response_filter(plan, query)
    page = sources.reading.browse.responses(record.id, wanted, PAGE_ROWS)
    return {
        "experiment": record,
        "is_simulated": is_simulated(record),
        "lines": lines(sources, record, plan, page),
        "next_index": page.next_index,
        "n_examined": page.n_examined,
        "labels": model_labels(plan),
        "conditions": [(n, condition_label(c)) for n, c in enumerate(plan.conditions)],
        "benchmarks": [part.name for part in plan.benchmarks],
        "verdicts": [verdict.value for verdict in Verdict],
        "n_repeats": plan.grid.n_repeats,
        "is_filtered": any(query.get(name) for name in _FILTERS),
    }


_FILTERS = ("model", "condition", "benchmark", "verdict", "text")


def response_filter(plan: Plan, query: Query) -> ResponseFilter:
    """Return the filter that a query asks for; what it does not know does not matter."""
    model = chosen(query.get("model", ""), len(plan.spec.models))
    lane = range(_MOST_INDEX) if model is None else plan.grid.lane(model)
    start = chosen(query.get("from", ""), _MOST_INDEX) or 0
    verdict = query.get("verdict", "")
    return ResponseFilter(
        n_conditions=max(1, plan.grid.n_conditions),
        n_questions=max(1, plan.grid.n_questions),
        first_index=max(lane.start, start),
        last_index=lane.stop,
        condition_index=chosen(query.get("condition", ""), len(plan.conditions)),
        benchmark=query.get("benchmark") or None,
        verdict=next((known for known in Verdict if known.value == verdict), None),
        text=query.get("text", "").strip()[:_MOST_TEXT],
    )


def lines(
    sources: Sources, record: ExperimentRecord, plan: Plan, page: ResponsePage
) -> Sequence[ResponseLine]:
    """Return the responses of a page with what they answer."""
    cells = [plan.grid.cell(item.trial_index) for item in page.records]
    questions = read_questions(sources.reading, record.id, (cell.question for cell in cells))
    labels = model_labels(plan)
    return [
        ResponseLine(
            index=item.trial_index,
            model=labels[cell.model],
            condition=condition_label(plan.conditions[cell.condition]),
            level_pct=plan.conditions[cell.condition].level_pct,
            repeat=cell.repeat,
            position=cell.question,
            question=questions[cell.question],
            expected=expected(questions[cell.question]),
            judged=judged(item),
        )
        for item, cell in zip(page.records, cells, strict=True)
    ]
