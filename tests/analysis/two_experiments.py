"""Experiments made of given scores, without asking anybody."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from scramblebench.analysis import make_cube
from scramblebench.analysis.across import Side
from scramblebench.analysis.provenance import Provenance
from scramblebench.core.questions import Question, identified
from scramblebench.plan import Plan
from scramblebench.plan.conditions import make_conditions
from scramblebench.settings import ExperimentSpec
from scramblebench.storage import ScoreColumns


def questions(
    names: Sequence[str], benchmark: str = "b", contexts: Sequence[str] | None = None
) -> list[Question]:
    """Return questions with these texts, each alone or about its context."""
    shared = contexts or [""] * len(names)
    return [
        identified(Question("", benchmark, name, ("yes",), context=context))
        for name, context in zip(names, shared, strict=True)
    ]


def side(
    name: str,
    scores: Mapping[str, np.ndarray],
    asked: Sequence[Question],
    levels: Sequence[float] = (0, 50),
    provenance: Provenance | None = None,
    n_repeats: int = 1,
    **spec: Any,
) -> Side:
    """Return an experiment whose models scored so; each array is questions x levels, NaN is missing.

    With repeats, arrays have the shape (n_repeats, n_questions, n_levels).
    """
    values: dict[str, Any] = {
        "models": [{"name": model, "provider": "ollama"} for model in scores],
        "benchmarks": {question.benchmark: {"paths": ["x.jsonl"]} for question in asked},
        "scrambling": {"levels": list(levels), "methods": ["letter_shuffle"], "random_seed": 1},
        "execution": {"repeats": n_repeats},
    }
    checked = ExperimentSpec.model_validate_json(json.dumps({**values, **spec}))
    plan = Plan(checked, asked, make_conditions(checked.scrambling))
    flat = np.concatenate([np.asarray(table, dtype=float).ravel() for table in scores.values()])
    index = np.flatnonzero(~np.isnan(flat))
    columns = ScoreColumns(index, flat[index], np.ones(len(index), dtype=bool))
    return Side(
        id=name,
        name=name,
        plan=plan,
        cube=make_cube(plan, columns),
        provenance=provenance or Provenance({}, {}),
    )


def answers(n_questions: int, shares: Sequence[float], seed: int = 0) -> np.ndarray:
    """Return 0/1 answers, questions x levels, right with these chances."""
    rng = np.random.default_rng(seed)
    return (rng.random((n_questions, 1)) < np.array(shares)).astype(float)
