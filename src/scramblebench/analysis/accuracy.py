"""Accuracy per model, benchmark, method and level, with intervals and what is missing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scramblebench.core.conditions import Condition
from scramblebench.plan import Plan
from scramblebench.settings import ModelSpec, ProviderName
from scramblebench.statistics import Interval, mean_t, wilson
from scramblebench.storage import ScoreColumns

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AccuracyRow:
    """One point of a curve.

    ``accuracy``, ``low`` and ``high`` are 0 to 1, NaN where nothing was answered. ``n_questions`` counts
    the questions with at least one response, ``n_answered`` the responses, ``n_planned`` the trials;
    ``n_no_answer`` the responses without an answer, which score 0.
    """

    model: str
    benchmark: str
    method: str
    level_pct: float
    accuracy: float
    low: float
    high: float
    interval_method: str
    n_questions: int
    n_answered: int
    n_planned: int
    n_no_answer: int
    is_simulated: bool = False

    @property
    def shown_model(self) -> str:
        """The model's name, labelled where its answers are simulated."""
        return f"{self.model} (simulated)" if self.is_simulated else self.model

    @property
    def n_missing(self) -> int:
        """Planned trials without a response."""
        return self.n_planned - self.n_answered


@dataclass(frozen=True, slots=True)
class _Cube:
    """Scores by model, repeat, question and condition; NaN where there is no response."""

    scores: Scores
    has_answer: npt.NDArray[np.bool_]


def accuracy_rows(
    plan: Plan, columns: ScoreColumns, confidence_level: float = 0.95
) -> tuple[AccuracyRow, ...]:
    """Return one row per model, benchmark, method and level, in plan order.

    The baseline is asked once and stands at level 0 of every method's curve. Repeats are averaged
    within their question first: the question is the unit.
    """
    cube = _cube(plan, columns)
    benchmark_of = np.array([question.benchmark for question in plan.questions])
    rows: list[AccuracyRow] = []
    for model_index, model in enumerate(plan.spec.models):
        for benchmark in dict.fromkeys(benchmark_of.tolist()):
            asked = np.flatnonzero(benchmark_of == benchmark)
            for method, level, conditions in curves(plan.conditions):
                part = (slice(None), asked[:, np.newaxis], conditions)
                rows.append(
                    _row(
                        model,
                        benchmark,
                        method,
                        level,
                        cube.scores[model_index][part],
                        cube.has_answer[model_index][part],
                        confidence_level,
                    )
                )
    return tuple(rows)


def curves(conditions: Sequence[Condition]) -> Iterator[tuple[str, float, list[int]]]:
    """Yield (method, level, positions of its conditions), each method's curve with the baseline first."""
    methods = list(dict.fromkeys(method_name(c) for c in conditions if not c.is_baseline))
    baseline = [index for index, c in enumerate(conditions) if c.is_baseline]
    for method in methods or ["baseline"]:
        if baseline:
            yield method, 0.0, baseline
        own = [(i, c) for i, c in enumerate(conditions) if method_name(c) == method]
        for level in dict.fromkeys(c.level_pct for _, c in own if not c.is_baseline):
            yield method, level, [i for i, c in own if c.level_pct == level]


def method_name(condition: Condition) -> str:
    """Return the method with the parameters that make it another curve; shared alphabets are one curve."""
    parameters = [
        "alphabet=shared" if key == "alphabet" else f"{key}={value}"
        for key, value in condition.parameters
    ]
    return f"{condition.method}({', '.join(parameters)})" if parameters else condition.method


def _cube(plan: Plan, columns: ScoreColumns) -> _Cube:
    grid = plan.grid
    shape = (grid.n_models, grid.n_repeats, grid.n_questions, grid.n_conditions)
    scores = np.full(len(grid), np.nan)
    has_answer = np.zeros(len(grid), dtype=np.bool_)
    scores[columns.trial_index] = columns.value
    has_answer[columns.trial_index] = columns.has_answer
    return _Cube(scores.reshape(shape), has_answer.reshape(shape))


def _row(
    model: ModelSpec,
    benchmark: str,
    method: str,
    level: float,
    scores: Scores,
    has_answer: npt.NDArray[np.bool_],
    confidence_level: float,
) -> AccuracyRow:
    """Return one row of scores of shape (n_repeats, n_questions, n_conditions), NaN where missing."""
    is_there = ~np.isnan(scores)
    items = _item_means(scores)
    interval, interval_method = _interval(items, confidence_level)
    n_answered = int(is_there.sum())
    return AccuracyRow(
        model=model.shown_name,
        benchmark=benchmark,
        method=method,
        level_pct=level,
        accuracy=interval.estimate,
        low=interval.low,
        high=interval.high,
        interval_method=interval_method,
        n_questions=len(items),
        n_answered=n_answered,
        n_planned=scores.size,
        n_no_answer=n_answered - int(has_answer[is_there].sum()),
        is_simulated=model.provider is ProviderName.SIMULATED,
    )


def _item_means(scores: Scores) -> Scores:
    """Return the mean score of each question that has any; shape (n_questions,)."""
    by_question = np.moveaxis(scores, 1, 0).reshape(scores.shape[1], -1)
    answered = ~np.isnan(by_question).all(axis=1)
    return np.nanmean(by_question[answered], axis=1) if answered.any() else np.empty(0)


def _interval(items: Scores, confidence_level: float) -> tuple[Interval, str]:
    """Return Wilson's interval for right-or-wrong scores, the t interval for means of repeats."""
    if np.isin(items, (0.0, 1.0)).all():
        return wilson(int(items.sum()), len(items), confidence_level), "wilson"
    return mean_t(items.tolist(), confidence_level), "t"
