"""The score cube: what each model scored on each question under each condition, in the order of the plan."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from scramblebench.core.canonical import content_hash
from scramblebench.core.conditions import Condition
from scramblebench.core.questions import Question
from scramblebench.plan import Plan
from scramblebench.settings import ProviderName
from scramblebench.storage import ScoreColumns

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Items:
    """The questions of a cube, column by column; all arrays have shape (n_questions,).

    ``benchmark`` and ``domain`` are positions in the names beside them, ``cluster`` numbers what was
    asked about the same context (a question without one is alone), ``guess_rate`` is the share right by
    blind guessing.
    """

    ids: tuple[str, ...]
    benchmarks: tuple[str, ...]
    domains: tuple[str, ...]
    benchmark: Integers
    domain: Integers
    cluster: Integers
    guess_rate: Floats


@dataclass(frozen=True)
class ScoreCube:
    """Scores by model, question and condition, repeats averaged: the question is the unit.

    ``scores`` has shape (n_models, n_questions, n_conditions), each the mean of the repeats that were
    answered, 0 to 1, NaN where none was; ``n_answered`` and ``n_no_answer`` (responses that hold no answer
    and score 0) count repeats and have the same shape.
    """

    models: tuple[str, ...]
    simulated: tuple[bool, ...]
    conditions: tuple[Condition, ...]
    items: Items
    scores: Floats
    n_answered: npt.NDArray[np.int32]
    n_no_answer: npt.NDArray[np.int32]
    n_repeats: int

    @cached_property
    def inputs_sha256(self) -> str:
        """The hash of all that results depend on: 64 hex digits, the same on both databases."""
        return content_hash(
            {
                "models": list(self.models),
                "conditions": [condition.id for condition in self.conditions],
                "questions": content_hash(list(self.items.ids)),
                "benchmarks": list(self.items.benchmarks),
                "benchmark": _digest(self.items.benchmark),
                "domains": list(self.items.domains),
                "domain": _digest(self.items.domain),
                "clusters": _digest(self.items.cluster),
                "guess_rates": _digest(self.items.guess_rate),
                "scores": _digest(self.scores),
                "n_answered": _digest(self.n_answered),
                "n_no_answer": _digest(self.n_no_answer),
                "n_repeats": self.n_repeats,
            }
        )

    @property
    def seed(self) -> int:
        """The seed of everything that is drawn in the analysis; the same scores give the same draws."""
        return int(self.inputs_sha256[:8], 16)


def make_cube(plan: Plan, columns: ScoreColumns) -> ScoreCube:
    """Return the cube of an experiment's scores."""
    grid = plan.grid
    shape = (grid.n_models, grid.n_repeats, grid.n_questions, grid.n_conditions)
    total = np.zeros(len(grid))
    is_there = np.zeros(len(grid), dtype=np.bool_)
    has_answer = np.zeros(len(grid), dtype=np.bool_)
    total[columns.trial_index] = columns.value
    is_there[columns.trial_index] = True
    has_answer[columns.trial_index] = columns.has_answer
    n_answered = is_there.reshape(shape).sum(axis=1, dtype=np.int32)
    scores = np.full(n_answered.shape, np.nan)
    np.divide(total.reshape(shape).sum(axis=1), n_answered, out=scores, where=n_answered > 0)
    return ScoreCube(
        models=tuple(model.shown_name for model in plan.spec.models),
        simulated=tuple(m.provider is ProviderName.SIMULATED for m in plan.spec.models),
        conditions=plan.conditions,
        items=make_items(plan.questions),
        scores=scores,
        n_answered=n_answered,
        n_no_answer=n_answered - has_answer.reshape(shape).sum(axis=1, dtype=np.int32),
        n_repeats=grid.n_repeats,
    )


def make_items(questions: Sequence[Question]) -> Items:
    """Return the columns of questions."""
    ids: list[str] = []
    benchmarks: dict[str, int] = {}
    domains: dict[str, int] = {}
    clusters: dict[object, int] = {}
    columns: list[tuple[int, int, int, float]] = []
    for question in questions:
        ids.append(question.id)
        shared = (question.benchmark, question.context) if question.context else question.id
        columns.append(
            (
                benchmarks.setdefault(question.benchmark, len(benchmarks)),
                domains.setdefault(question.domain, len(domains)),
                clusters.setdefault(shared, len(clusters)),
                question.guess_rate,
            )
        )
    benchmark, domain, cluster, guess_rate = (
        zip(*columns, strict=True) if columns else ((), (), (), ())
    )
    return Items(
        ids=tuple(ids),
        benchmarks=tuple(benchmarks),
        domains=tuple(domains),
        benchmark=np.array(benchmark, dtype=np.int64),
        domain=np.array(domain, dtype=np.int64),
        cluster=np.array(cluster, dtype=np.int64),
        guess_rate=np.array(guess_rate, dtype=np.float64),
    )


def curves(conditions: Sequence[Condition]) -> Iterator[tuple[str, float, list[int]]]:
    """Yield (method, level, positions of its conditions), each method's curve with rising levels.

    The baseline was asked once and begins every method's curve.
    """
    methods = list(dict.fromkeys(method_name(c) for c in conditions if not c.is_baseline))
    baseline = [index for index, c in enumerate(conditions) if c.is_baseline]
    for method in methods or ["baseline"]:
        if baseline:
            yield method, 0.0, baseline
        own = [(i, c) for i, c in enumerate(conditions) if method_name(c) == method]
        for level in sorted({c.level_pct for _, c in own if not c.is_baseline}):
            yield method, level, [i for i, c in own if c.level_pct == level]


def method_name(condition: Condition) -> str:
    """Return the method with the parameters that make it another curve; shared alphabets are one curve."""
    parameters = [
        "alphabet=shared" if key == "alphabet" else f"{key}={value}"
        for key, value in condition.parameters
    ]
    return f"{condition.method}({', '.join(parameters)})" if parameters else condition.method


def _digest(values: npt.NDArray[np.generic]) -> str:
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()
