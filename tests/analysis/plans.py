"""Plans without files, and scores by trial index."""

from collections.abc import Mapping, Sequence

import numpy as np

from scramblebench.core.conditions import BASELINE, Condition
from scramblebench.core.questions import Question
from scramblebench.plan import Plan
from scramblebench.settings import spec_from_mapping
from scramblebench.storage import ScoreColumns

HALF = Condition("word_shuffle", 50)
NOISE = Condition("letter_noise", 50)


def plan_of(
    n_questions: int = 10,
    repeats: int = 1,
    conditions: tuple[Condition, ...] = (BASELINE, HALF),
    questions: Sequence[Question] | None = None,
) -> Plan:
    """Return a plan of the models m and s, which is simulated, on open questions of benchmark b."""
    values = {
        "models": [{"name": "m", "provider": "ollama"}, {"name": "s", "provider": "simulated"}],
        "benchmarks": {"b": {"paths": "x.csv"}},
        "execution": {"repeats": repeats},
    }
    asked = questions or [Question(f"q{n}", "b", "?", ("yes",)) for n in range(n_questions)]
    return Plan(spec_from_mapping(values).spec, asked, conditions)


def columns(scores: Mapping[int, float | None]) -> ScoreColumns:
    """Return scores by trial index; None is a response without an answer."""
    indices = sorted(scores)
    return ScoreColumns(
        np.array(indices, dtype=np.int64),
        np.array([scores[i] or 0.0 for i in indices], dtype=np.float64),
        np.array([scores[i] is not None for i in indices], dtype=np.bool_),
    )
