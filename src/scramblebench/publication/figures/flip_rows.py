"""What came of each question at each level: sorted by the level at which answers flip, in bands where many.

A cell is missing where more than half of its trials have no response, "no answer" where more than half of its
responses hold none, else right, wrong or between by its mean score.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from scramblebench.analysis import ScoreCube
from scramblebench.analysis.cube import Floats, Integers, curves
from scramblebench.analysis.panels import Panel

N_STEPS = 4
"""Scores are shown in so many steps from right (0) to wrong (N_STEPS)."""
NO_ANSWER, MISSING = N_STEPS + 1, N_STEPS + 2
MOST_ROWS = 400
"""Questions that have a row each; more of them are drawn in bands."""
_MOST_RUNS = 2400
"""Rectangles of a whole figure: files stay small however irregular the answers are."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many questions and cells there are of a kind, before questions are drawn in bands.

    ``n_flipped`` are right at the first level and wrong at the last.
    """

    n_questions: int
    n_always_right: int
    n_flipped: int
    n_cells: int
    n_no_answer: int
    n_missing: int


@dataclass(frozen=True)
class FlipPanel:
    """One model on one curve; arrays have shape (n_rows, n_levels), a row is a question or a band.

    ``score`` is the mean of what was answered (no answer scores 0), NaN where nothing was; ``no_answer``
    is a share of the responses (NaN likewise), ``missing`` of the trials. ``sizes`` counts the questions
    of each row, ``first`` is the position in the plan of its first.
    """

    model: str
    is_simulated: bool
    benchmark: str
    method: str
    levels_pct: tuple[float, ...]
    first: Integers
    sizes: Integers
    score: Floats
    no_answer: Floats
    missing: Floats
    tally: Tally

    @cached_property
    def outcomes(self) -> npt.NDArray[np.int64]:
        """What each cell is drawn as: 0 right to N_STEPS wrong, NO_ANSWER, MISSING."""
        return _outcomes(self.score, self.no_answer, self.missing)

    @property
    def name(self) -> str:
        """The model's name, labelled where its answers are simulated."""
        return f"{self.model} (simulated)" if self.is_simulated else self.model


@dataclass(frozen=True, slots=True)
class _Counts:
    """Scores and counts by question and level, and where each question stands in the plan."""

    places: Integers
    score: Floats
    n_answered: Floats
    n_no_answer: Floats
    n_planned: Floats

    @property
    def outcomes(self) -> npt.NDArray[np.int64]:
        """What came of each question at each level."""
        silent = _share(self.n_no_answer, self.n_answered)
        return _outcomes(self.score, silent, 1 - self.n_answered / self.n_planned)

    @property
    def tally(self) -> Tally:
        """How many questions and cells there are of each kind."""
        outcomes = self.outcomes
        right = outcomes == 0
        return Tally(
            n_questions=len(outcomes),
            n_always_right=int(right.all(axis=1).sum()),
            n_flipped=int((right[:, 0] & (outcomes[:, -1] == N_STEPS)).sum()),
            n_cells=outcomes.size,
            n_no_answer=int((outcomes == NO_ANSWER).sum()),
            n_missing=int((outcomes == MISSING).sum()),
        )


def flip_panel(cube: ScoreCube, panel: Panel, model: int, n_panels: int) -> FlipPanel:
    """Return the rows of one model of a panel; ``n_panels`` share the figure."""
    counts = _sorted(_counts(cube, panel, model))
    n = len(counts.places)
    n_rows = min(n, MOST_ROWS)
    while True:
        made = _banded(panel, model, counts, n_rows)
        if n_runs(made.outcomes) <= _MOST_RUNS // n_panels or n_rows <= 20:
            return made
        n_rows //= 2


def n_runs(outcomes: npt.NDArray[np.int64]) -> int:
    """Return how many rectangles draw the cells: neighbours of a column that are equal are one."""
    return outcomes.shape[1] + int((outcomes[1:] != outcomes[:-1]).sum())


def _counts(cube: ScoreCube, panel: Panel, model: int) -> _Counts:
    items = cube.items
    places = np.flatnonzero(items.benchmark == items.benchmarks.index(panel.benchmark))
    positions = [where for name, _, where in curves(cube.conditions) if name == panel.method]
    own = cube.n_answered[model][places], cube.n_no_answer[model][places]
    answered, silent = (
        np.stack([counts[:, where].sum(axis=1) for where in positions], axis=1).astype(np.float64)
        for counts in own
    )
    planned = np.array([len(where) * cube.n_repeats for where in positions], dtype=np.float64)
    return _Counts(
        places, panel.scores[model], answered, silent, np.tile(planned, (len(places), 1))
    )


def _sorted(c: _Counts) -> _Counts:
    """Return questions sorted by what they are at the first level, then at the second, and so on.

    So those that stay right stand above, then those that flip at the last level, down to those that are
    wrong from the start.
    """
    order = np.lexsort(c.outcomes.T[::-1])
    return _Counts(
        c.places[order], c.score[order], c.n_answered[order], c.n_no_answer[order], c.n_planned[order]
    )  # fmt: skip


def _banded(panel: Panel, model: int, c: _Counts, n_rows: int) -> FlipPanel:
    edges = np.linspace(0, len(c.places), n_rows + 1).astype(np.int64)[:-1]
    answered, silent, planned, known = (
        np.add.reduceat(counts, edges, axis=0)
        for counts in (c.n_answered, c.n_no_answer, c.n_planned, (~np.isnan(c.score)).astype(float))
    )
    total = np.add.reduceat(np.nan_to_num(c.score), edges, axis=0)
    return FlipPanel(
        model=panel.models[model],
        is_simulated=panel.simulated[model],
        benchmark=panel.benchmark,
        method=panel.method,
        levels_pct=panel.levels_pct,
        first=c.places[edges],
        sizes=np.diff(np.append(edges, len(c.places))),
        score=_share(total, known),
        no_answer=_share(silent, answered),
        missing=1 - answered / planned,
        tally=c.tally,
    )


def _share(part: Floats, whole: Floats) -> Floats:
    """Return part / whole, NaN where there is nothing."""
    shares = np.full(part.shape, np.nan)
    np.divide(part, whole, out=shares, where=whole > 0)
    return shares


def _outcomes(score: Floats, no_answer: Floats, missing: Floats) -> npt.NDArray[np.int64]:
    steps = np.rint((1 - np.nan_to_num(score)) * N_STEPS).astype(np.int64)
    steps[np.nan_to_num(no_answer) > 0.5] = NO_ANSWER
    steps[(missing > 0.5) | np.isnan(score)] = MISSING
    return steps


def runs(outcomes: npt.NDArray[np.int64]) -> Sequence[tuple[int, int, int, int]]:
    """Return (level, first row, row after the last, outcome) of all runs, column by column."""
    found: list[tuple[int, int, int, int]] = []
    for level in range(outcomes.shape[1]):
        column = outcomes[:, level]
        starts = [0, *(np.flatnonzero(column[1:] != column[:-1]) + 1).tolist()]
        ends = [*starts[1:], len(column)]
        found += [(level, s, e, int(column[s])) for s, e in zip(starts, ends, strict=True)]
    return found
