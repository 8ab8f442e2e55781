"""Scores that come as rows, such as people have in a table or in a file of responses."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from scramblebench.analysis.cube import Items, ScoreCube
from scramblebench.core.conditions import BASELINE, Condition
from scramblebench.core.errors import UsageError

_NEEDED = ("model", "question_id", "level", "score")


def cube_of_rows(rows: Iterable[Mapping[str, Any]]) -> ScoreCube:
    """Return the cube of rows as ``analyze --include-raw-data`` writes them.

    Each has model, question_id, level (percent) and score (0 to 1, None for a missing one), and may have
    method, benchmark, domain, repeat, guess_rate and cluster. Raises UsageError for a row that lacks
    something or says something twice.
    """
    found = list(rows)
    for number, row in enumerate(found, 1):
        lacking = [name for name in _NEEDED if name not in row]
        if lacking:
            raise UsageError(f"results, row {number}: {', '.join(lacking)} is missing")
    models = list(dict.fromkeys(str(row["model"]) for row in found))
    conditions = list(dict.fromkeys(map(_condition, found)))
    questions: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in found:
        questions.setdefault(_question(row), row)
    shape = (len(models), len(questions), len(conditions))
    total, n_answered, n_silent = (
        np.zeros(shape),
        np.zeros(shape, np.int32),
        np.zeros(shape, np.int32),
    )
    places = {key: number for number, key in enumerate(questions)}
    seen: set[tuple[int, int, int, int]] = set()
    for number, row in enumerate(found, 1):
        at = (
            models.index(str(row["model"])),
            places[_question(row)],
            conditions.index(_condition(row)),
        )
        repeat = int(row.get("repeat") or 0)
        if (*at, repeat) in seen:
            raise UsageError(f"results, row {number}: the same trial is there twice")
        seen.add((*at, repeat))
        if row["score"] is not None:
            total[at] += _score(row["score"], number)
            n_answered[at] += 1
            n_silent[at] += row.get("answer_status", "answered") != "answered"
    scores = np.full(shape, np.nan)
    np.divide(total, n_answered, out=scores, where=n_answered > 0)
    return ScoreCube(
        models=tuple(models),
        simulated=(False,) * len(models),
        conditions=tuple(conditions),
        items=_items(questions),
        scores=scores,
        n_answered=n_answered,
        n_no_answer=n_silent,
        n_repeats=1 + max((repeat for *_, repeat in seen), default=0),
    )


def _condition(row: Mapping[str, Any]) -> Condition:
    level = float(row["level"])
    return BASELINE if level == 0 else Condition(str(row.get("method") or "scrambled"), level)


def _question(row: Mapping[str, Any]) -> tuple[str, str]:
    return str(row.get("benchmark") or "results"), str(row["question_id"])


def _score(value: Any, number: int) -> float:
    try:
        score = float(value)
    except (TypeError, ValueError):
        score = -1.0
    if not 0 <= score <= 1:
        raise UsageError(f"results, row {number}: score {value!r} is not between 0 and 1")
    return score


def _items(questions: Mapping[tuple[str, str], Mapping[str, Any]]) -> Items:
    benchmarks = list(dict.fromkeys(benchmark for benchmark, _ in questions))
    domains = list(dict.fromkeys(str(row.get("domain") or "") for row in questions.values()))
    clusters: dict[object, int] = {}
    labels = [
        clusters.setdefault((key[0], row["cluster"]) if "cluster" in row else key, len(clusters))
        for key, row in questions.items()
    ]
    rates = [_guess_rate(row) for row in questions.values()]
    return Items(
        ids=tuple(question for _, question in questions),
        benchmarks=tuple(benchmarks),
        domains=tuple(domains),
        benchmark=np.array([benchmarks.index(b) for b, _ in questions], dtype=np.int64),
        domain=np.array(
            [domains.index(str(row.get("domain") or "")) for row in questions.values()],
            dtype=np.int64,
        ),
        cluster=np.array(labels, dtype=np.int64),
        guess_rate=np.array(rates, dtype=np.float64),
    )


def _guess_rate(row: Mapping[str, Any]) -> float:
    if row.get("guess_rate") is not None:
        return float(row["guess_rate"])
    choices = row.get("choices")
    return 1 / len(choices) if choices else 0.0
