"""Two experiments held side by side: which models, curves and questions of one are which of the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from scramblebench.analysis.cube import Integers, ScoreCube, curves
from scramblebench.analysis.panels import Panel, panels
from scramblebench.core.conditions import Condition
from scramblebench.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class ModelPair:
    """A model of the first experiment and one of the second, by their positions."""

    first: int
    second: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePair:
    """A curve of each experiment on one benchmark, and what they share.

    ``first_at`` and ``second_at`` are the positions of the levels that both have in either panel,
    ``same_text`` whether both asked them under the same conditions, so with the same texts.
    ``first_questions`` and ``second_questions`` are the positions of the shared questions, in one order.
    """

    benchmark: str
    method: str
    first: Panel
    second: Panel
    levels_pct: tuple[float, ...]
    first_at: tuple[int, ...]
    second_at: tuple[int, ...]
    same_text: tuple[bool, ...]
    first_questions: Integers
    second_questions: Integers

    @property
    def n_shared(self) -> int:
        """How many questions both experiments have."""
        return len(self.first_questions)

    @property
    def left_out_pct(self) -> tuple[float, ...]:
        """The levels that only one of the two asked."""
        both = {*self.first.levels_pct, *self.second.levels_pct}
        return tuple(sorted(both - set(self.levels_pct)))


def match_models(
    first: Sequence[str], second: Sequence[str], by_hand: Sequence[str] = ()
) -> tuple[ModelPair, ...]:
    """Return the pairs of models: those named ``a=b``, else those of the same name, else the only ones.

    Raises UsageError with the names that there are, where nothing pairs.
    """
    if by_hand:
        return tuple(_named_pair(first, second, words) for words in by_hand)
    places = {name: position for position, name in enumerate(second)}
    found = tuple(ModelPair(i, places[name]) for i, name in enumerate(first) if name in places)
    if found:
        return found
    if len(first) == len(second) == 1:
        return (ModelPair(0, 0),)
    raise UsageError(
        f"no model is in both: A has {', '.join(first)}; B has {', '.join(second)}; "
        "pair them by hand: --models A_NAME=B_NAME"
    )


def _named_pair(first: Sequence[str], second: Sequence[str], words: str) -> ModelPair:
    cuts = [at for at, letter in enumerate(words) if letter == "="]
    for at in cuts:
        one, two = words[:at].strip(), words[at + 1 :].strip()
        if one in first and two in second:
            return ModelPair(first.index(one), second.index(two))
    if not cuts:
        raise UsageError(f"--models: {words!r} pairs nothing; write A_NAME=B_NAME")
    one, two = words[: cuts[0]].strip(), words[cuts[0] + 1 :].strip()
    side, known = ("A", first) if one not in first else ("B", second)
    missing = one if side == "A" else two
    raise UsageError(f"--models: {side} has no model {missing!r}; it has {', '.join(known)}")


def match_curves(first: ScoreCube, second: ScoreCube) -> tuple[CurvePair, ...]:
    """Return the curves that both experiments have; raises UsageError where there is none.

    Benchmarks by name (or the only one of each), methods by name with their parameters, else by name
    alone where it is the only one; without a common method, the baseline.
    """
    found: list[CurvePair] = []
    for one, two in _benchmarks(first.items.benchmarks, second.items.benchmarks):
        own = [p for p in panels(first) if p.benchmark == one]
        other = [p for p in panels(second) if p.benchmark == two]
        found += _curves_of(first, second, own, other)
    if not found:
        raise UsageError(f"nothing is in both: A asks {_asked(first)}; B asks {_asked(second)}")
    return tuple(found)


def _benchmarks(first: Sequence[str], second: Sequence[str]) -> list[tuple[str, str]]:
    shared = [(name, name) for name in first if name in second]
    is_single = len(first) == len(second) == 1
    return shared or ([(first[0], second[0])] if is_single else [])


def _curves_of(
    first: ScoreCube, second: ScoreCube, own: list[Panel], other: list[Panel]
) -> Iterator[CurvePair]:
    n_found = 0
    for panel in own:
        partner = _partner(panel, own, other)
        if partner is not None:
            levels = [level for level in panel.levels_pct if level in partner.levels_pct]
            if levels:
                n_found += 1
                yield _pair(first, second, panel, partner, levels, panel.method)
    if not n_found and own[0].has_baseline and other[0].has_baseline:
        yield _pair(first, second, own[0], other[0], [0.0], "baseline")


def _partner(panel: Panel, own: list[Panel], other: list[Panel]) -> Panel | None:
    exact = [p for p in other if p.method == panel.method]
    if exact:
        return exact[0]
    name = _base(panel)
    alike = [p for p in other if _base(p) == name]
    is_only = sum(_base(p) == name for p in own) == 1
    return alike[0] if len(alike) == 1 and is_only else None


def _base(panel: Panel) -> str:
    return panel.method.partition("(")[0]


def _pair(
    first: ScoreCube,
    second: ScoreCube,
    one: Panel,
    two: Panel,
    levels: list[float],
    method: str,
) -> CurvePair:
    ids_one, ids_two = _question_ids(first, one.benchmark), _question_ids(second, two.benchmark)
    places = {question: position for position, question in enumerate(ids_two)}
    shared = [(i, places[q]) for i, q in enumerate(ids_one) if q in places]
    asked_one, asked_two = _texts(first.conditions), _texts(second.conditions)
    same = one.benchmark == two.benchmark
    return CurvePair(
        benchmark=one.benchmark if same else f"{one.benchmark} / {two.benchmark}",
        method=method,
        first=one,
        second=two,
        levels_pct=tuple(levels),
        first_at=tuple(one.levels_pct.index(level) for level in levels),
        second_at=tuple(two.levels_pct.index(level) for level in levels),
        same_text=tuple(
            asked_one[one.method, level] == asked_two[two.method, level] for level in levels
        ),
        first_questions=np.array([i for i, _ in shared], dtype=np.int64),
        second_questions=np.array([j for _, j in shared], dtype=np.int64),
    )


def _question_ids(cube: ScoreCube, benchmark: str) -> list[str]:
    number = cube.items.benchmarks.index(benchmark)
    return [cube.items.ids[i] for i in np.flatnonzero(cube.items.benchmark == number).tolist()]


def _texts(conditions: Sequence[Condition]) -> dict[tuple[str, float], frozenset[str]]:
    """Return the ids of the conditions of each point of a curve: the same ids ask the same texts."""
    return {
        (method, level): frozenset(conditions[position].id for position in positions)
        for method, level, positions in curves(conditions)
    }


def _asked(cube: ScoreCube) -> str:
    points = dict.fromkeys(f"{p.benchmark} · {p.method}" for p in panels(cube))
    return ", ".join(points)
