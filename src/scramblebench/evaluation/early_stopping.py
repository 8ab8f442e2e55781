"""Stops asking when the declared question is settled: answers are looked at in the plan's order.

That order is random and was fixed beforehand; the order in which answers arrive is not used, because slow
answers differ from quick ones. A look is worth the beginning of the order that is complete on both sides.
"""

import numpy as np
import numpy.typing as npt

from scramblebench.plan import Cell, DeclaredQuestion, Grid, Side
from scramblebench.statistics.sequential.early_stopping import (
    Answer,
    EarlyStopping,
    Question,
    StoppingRule,
)

_LEAST_LOOK = 10
_LOOK_SHARE = 20


class Stopper:
    """What is known of the declared question, from the answers of the first repeat of each trial.

    ``state`` is what the last look knew, None before the first; ``is_settled`` says that nothing more
    need be asked.
    """

    def __init__(self, question: DeclaredQuestion, grid: Grid, alpha: float) -> None:
        self.question = question
        self._grid = grid
        self._rule = _rule(question, grid.n_questions, alpha)
        self._sides = (question.first, question.second)
        self._scores = np.full((2, grid.n_questions), np.nan)
        self._is_known = np.zeros((2, grid.n_questions), dtype=np.bool_)
        self._n_seen = 0
        self._n_ready = 0
        self.state: EarlyStopping | None = None
        self.is_settled = False

    def read(self, trial_index: npt.NDArray[np.int64], value: npt.NDArray[np.float64]) -> None:
        """Take over the scores of earlier runs, and look."""
        cells = self._grid.cells(trial_index)
        for side, at in enumerate(self._sides):
            own = (cells[:, 0] == at.model) & (cells[:, 3] == at.condition) & (cells[:, 1] == 0)
            self._scores[side, cells[own, 2]] = value[own]
            self._is_known[side, cells[own, 2]] = True
        self._look()

    def settle(self, trial_index: int, score: float) -> None:
        """Take the score of a stored answer, NaN for a trial that was given up: its pair is left out."""
        cell = self._grid.cell(trial_index)
        if cell.repeat or self.is_settled:
            return
        for side, at in enumerate(self._sides):
            if _is_at(cell, at):
                self._scores[side, cell.question] = score
                self._is_known[side, cell.question] = True
        self._look()

    def _look(self) -> None:
        """Look at the places that were fixed beforehand, as far as the order is complete."""
        known = self._is_known
        while self._n_ready < known.shape[1] and known[:, self._n_ready].all():
            self._n_ready += 1
        while not self.is_settled and self._n_seen < self._n_ready:
            step = max(_LEAST_LOOK, self._n_seen // _LOOK_SHARE)
            end = min(self._n_seen + step, known.shape[1])
            if end > self._n_ready:
                return
            batch = self._scores[:, self._n_seen : end]
            differences = batch[1] - batch[0]
            differences = differences[~np.isnan(differences)]
            self.state = (self.state or _start(self._rule, self._scores)).update(differences)
            self.is_settled = self.state.answer not in (Answer.UNDECIDED, Answer.EXHAUSTED)
            self._n_seen = end


def _is_at(cell: Cell, side: Side) -> bool:
    return cell.model == side.model and cell.condition == side.condition


def _rule(question: DeclaredQuestion, n_questions: int, alpha: float) -> StoppingRule:
    spec = question.spec
    kind = Question.SIGN
    if spec.margin is not None:
        kind = Question.MARGIN
    elif spec.half_width is not None:
        kind = Question.PRECISION
    return StoppingRule(
        question=kind,
        n_max=max(1, n_questions),
        n_min=max(1, min(spec.min_questions, n_questions)),
        alpha=alpha,
        margin=spec.margin,
        half_width=spec.half_width,
    )


def _start(rule: StoppingRule, scores: npt.NDArray[np.float64]) -> EarlyStopping:
    """Return the state before the first look; by betting where scores are not right or wrong."""
    known = scores[~np.isnan(scores)]
    is_binary = bool(((known == 0) | (known == 1)).all())
    return EarlyStopping.of_binary(rule) if is_binary else EarlyStopping.of_bounded(rule)
