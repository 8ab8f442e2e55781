"""A panel: the curves of all models on one benchmark by one method of scrambling."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from scramblebench.analysis.cube import Floats, Integers, ScoreCube, curves

_FEWEST_LEVELS = 3


@dataclass(frozen=True, slots=True)
class Panel:
    """Scores of the models of a cube on some questions at rising levels.

    ``scores`` has shape (n_models, n_questions, n_levels): means over the repeats and, with shared
    alphabets, over these, NaN where nothing was answered. ``levels_pct`` rise; the first is 0 where a
    baseline was asked. ``guess_rate`` and ``clusters`` have shape (n_questions,); ``clusters`` is None
    where every question is alone. ``n_answered``,
    ``n_no_answer`` count responses by (model, level), ``n_planned`` trials by level.
    """

    benchmark: str
    domain: str | None
    method: str
    models: tuple[str, ...]
    simulated: tuple[bool, ...]
    levels_pct: tuple[float, ...]
    scores: Floats
    guess_rate: Floats
    clusters: Integers | None
    n_answered: Integers
    n_no_answer: Integers
    n_planned: Integers

    @property
    def levels(self) -> Floats:
        """The levels as shares, 0 to 1."""
        return np.array(self.levels_pct) / 100

    @property
    def has_baseline(self) -> bool:
        """Whether level 0 is the first level."""
        return self.levels_pct[0] == 0

    @property
    def n_questions(self) -> int:
        """All questions of the panel, answered or not."""
        return self.scores.shape[1]

    @property
    def is_binary(self) -> bool:
        """Whether every score is right or wrong."""
        known = self.scores[~np.isnan(self.scores)]
        return bool(((known == 0) | (known == 1)).all())

    def complete(self, model: int) -> npt.NDArray[np.bool_]:
        """Return which questions the model answered at every level; shape (n_questions,)."""
        return ~np.isnan(self.scores[model]).any(axis=1)


def panels(cube: ScoreCube, *, by_domain: bool = False) -> Iterator[Panel]:
    """Yield the panels of a cube by benchmark and method; by domain too, where a benchmark has several."""
    by_method: dict[str, list[tuple[float, list[int]]]] = {}
    for method, level, positions in curves(cube.conditions):
        by_method.setdefault(method, []).append((level, positions))
    for domain, benchmark, asked in _groups(cube, by_domain):
        for method, points in by_method.items():
            yield _panel(cube, benchmark, domain, method, points, asked)


def by_answered_levels(panel: Panel) -> list[Panel]:
    """Return panels of the models that answered at the same levels, without the levels that they did not.

    A curve is then that of the levels which a model was asked at and answered. Models with fewer than three
    such levels, or no baseline, keep all levels, and their rows say what is missing.
    """
    is_answered: npt.NDArray[np.bool_] = np.any(~np.isnan(panel.scores), axis=1)
    groups: dict[tuple[bool, ...], list[int]] = {}
    for model in range(len(panel.models)):
        answered = is_answered[model]
        is_curve = bool(answered[0]) and answered.sum() >= _FEWEST_LEVELS
        kept = answered if is_curve else np.ones_like(answered)
        groups.setdefault(tuple(kept.tolist()), []).append(model)
    return [_part(panel, models, np.flatnonzero(levels)) for levels, models in groups.items()]


def _part(panel: Panel, models: list[int], levels: npt.NDArray[np.intp]) -> Panel:
    return replace(
        panel,
        models=tuple(panel.models[model] for model in models),
        simulated=tuple(panel.simulated[model] for model in models),
        levels_pct=tuple(panel.levels_pct[level] for level in levels),
        scores=panel.scores[models][:, :, levels],
        n_answered=panel.n_answered[models][:, levels],
        n_no_answer=panel.n_no_answer[models][:, levels],
        n_planned=panel.n_planned[levels],
    )


def _groups(cube: ScoreCube, by_domain: bool) -> Iterator[tuple[str | None, str, Integers]]:
    items = cube.items
    for number, benchmark in enumerate(items.benchmarks):
        own = np.flatnonzero(items.benchmark == number)
        if not by_domain:
            yield None, benchmark, own
            continue
        found = np.unique(items.domain[own])
        for domain in found.tolist() if len(found) > 1 else ():
            yield items.domains[domain], benchmark, own[items.domain[own] == domain]


def _panel(
    cube: ScoreCube,
    benchmark: str,
    domain: str | None,
    method: str,
    points: list[tuple[float, list[int]]],
    asked: Integers,
) -> Panel:
    cluster = cube.items.cluster[asked]
    cells = [cube.scores[:, asked][:, :, positions] for _, positions in points]
    n_conditions = np.array([len(positions) for _, positions in points], dtype=np.int64)
    return Panel(
        benchmark=benchmark,
        domain=domain,
        method=method,
        models=cube.models,
        simulated=cube.simulated,
        levels_pct=tuple(level for level, _ in points),
        scores=np.stack([_means(cell) for cell in cells], axis=2),
        guess_rate=cube.items.guess_rate[asked],
        clusters=None if len(np.unique(cluster)) == len(cluster) else cluster,
        n_answered=_counts(cube.n_answered, asked, points),
        n_no_answer=_counts(cube.n_no_answer, asked, points),
        n_planned=n_conditions * len(asked) * cube.n_repeats,
    )


def _means(cell: Floats) -> Floats:
    """Return the mean over conditions of what is there; NaN where nothing is."""
    if cell.shape[2] == 1:
        return cell[:, :, 0]
    is_there = ~np.isnan(cell)
    n = is_there.sum(axis=2)
    means = np.full(n.shape, np.nan)
    np.divide(np.where(is_there, cell, 0).sum(axis=2), n, out=means, where=n > 0)
    return means


def _counts(
    counts: npt.NDArray[np.int32], asked: Integers, points: list[tuple[float, list[int]]]
) -> Integers:
    own = counts[:, asked].sum(axis=1, dtype=np.int64)
    return np.stack([own[:, positions].sum(axis=1) for _, positions in points], axis=1)
