"""Scores that come as rows, such as people have in a table or in a file of responses."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from scramblebench.analysis.cube import Floats, Items, ScoreCube
from scramblebench.core.conditions import BASELINE, Condition
from scramblebench.core.errors import UsageError

_NEEDED = ("model", "question_id", "level", "score")


def cube_of_rows(rows: Iterable[Mapping[str, Any]]) -> ScoreCube:
    """Return the cube of rows as ``analyze --include-raw-data`` writes them.

    Each has model, question_id, level (percent) and score (0 to 1, None for a missing one), and may have
    method, parameters, benchmark, domain, repeat, guess_rate or choices, cluster or context,
    answer_status and is_simulated. Raises UsageError for a row that lacks something or says something
    twice.
    """
    found = list(rows)
    if not found:
        raise UsageError("results: there is no row")
    for number, row in enumerate(found, 1):
        lacking = [name for name in _NEEDED if name not in row]
        if lacking:
            raise UsageError(f"results, row {number}: {', '.join(lacking)} is missing")
    models = list(dict.fromkeys(str(row["model"]) for row in found))
    asked = [_condition(row, number) for number, row in enumerate(found, 1)]
    conditions = list(dict.fromkeys(asked))
    questions: dict[tuple[str, str], Mapping[str, Any]] = {}
    rates: dict[tuple[str, str], float] = {}
    for number, row in enumerate(found, 1):
        questions.setdefault(_question(row), row)
        rates.setdefault(_question(row), _guess_rate(row, number))
    places = {key: number for number, key in enumerate(questions)}
    at = [
        (models.index(str(row["model"])), places[_question(row)], conditions.index(condition))
        for row, condition in zip(found, asked, strict=True)
    ]
    total, n_answered, n_silent, n_repeats = _filled(
        found, at, (len(models), len(questions), len(conditions))
    )
    scores = np.full(total.shape, np.nan)
    np.divide(total, n_answered, out=scores, where=n_answered > 0)
    simulated = {str(row["model"]) for row in found if row.get("is_simulated")}
    return ScoreCube(
        models=tuple(models),
        simulated=tuple(model in simulated for model in models),
        conditions=tuple(conditions),
        items=_items(questions, list(rates.values())),
        scores=scores,
        n_answered=n_answered,
        n_no_answer=n_silent,
        n_repeats=n_repeats,
    )


Cell = tuple[int, int, int]
Counts = npt.NDArray[np.int32]


def _filled(
    rows: list[Mapping[str, Any]], at: list[Cell], shape: Cell
) -> tuple[Floats, Counts, Counts, int]:
    """Return sums of scores, responses and those without an answer by cell, and how many repeats there are."""
    total = np.zeros(shape)
    n_answered, n_silent = np.zeros(shape, np.int32), np.zeros(shape, np.int32)
    seen: set[tuple[Cell, int]] = set()
    for number, (row, cell) in enumerate(zip(rows, at, strict=True), 1):
        repeat = int(_number(row.get("repeat") or 0, "repeat", number, 1e6))
        if (cell, repeat) in seen:
            raise UsageError(f"results, row {number}: the same trial is there twice")
        seen.add((cell, repeat))
        if row["score"] is not None:
            total[cell] += _number(row["score"], "score", number, 1)
            n_answered[cell] += 1
            n_silent[cell] += row.get("answer_status", "answered") != "answered"
    return total, n_answered, n_silent, 1 + max((repeat for _, repeat in seen), default=0)


def _condition(row: Mapping[str, Any], number: int) -> Condition:
    level = _number(row["level"], "level", number, 100)
    if level == 0:
        return BASELINE
    parameters = {str(key): str(value) for key, value in (row.get("parameters") or {}).items()}
    method = str(row.get("method") or "scrambled")
    return Condition(method, level, parameters=tuple(sorted(parameters.items())))


def _question(row: Mapping[str, Any]) -> tuple[str, str]:
    return str(row.get("benchmark") or "results"), str(row["question_id"])


def _number(value: Any, name: str, number: int, most: float) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = -1.0
    if not 0 <= found <= most:
        raise UsageError(f"results, row {number}: {name} {value!r} is not between 0 and {most:g}")
    return found


def _items(questions: Mapping[tuple[str, str], Mapping[str, Any]], rates: list[float]) -> Items:
    benchmarks = list(dict.fromkeys(benchmark for benchmark, _ in questions))
    domains = list(dict.fromkeys(str(row.get("domain") or "") for row in questions.values()))
    clusters: dict[object, int] = {}
    labels = [
        clusters.setdefault((key[0], _shared(row) or key), len(clusters))
        for key, row in questions.items()
    ]
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


def _shared(row: Mapping[str, Any]) -> str | None:
    """Return what a question shares with others of its benchmark, None where it stands alone."""
    cluster = row.get("cluster")
    return str(row.get("context") or "") or None if cluster is None else f"cluster {cluster}"


def _guess_rate(row: Mapping[str, Any], number: int) -> float:
    if row.get("guess_rate") is not None:
        return _number(row["guess_rate"], "guess_rate", number, 1)
    choices = row.get("choices")
    return 1 / len(choices) if choices else 0.0
