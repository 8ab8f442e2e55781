"""The plan as arithmetic: a trial's index is a mixed-radix number, so nothing has to be listed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Cell(NamedTuple):
    """Where a trial stands: positions of its model, repeat, question and condition, all from 0."""

    model: int
    repeat: int
    question: int
    condition: int


@dataclass(frozen=True, slots=True)
class Grid:
    """All trials of an experiment in canonical order.

    ``index = ((model * n_repeats + repeat) * n_questions + question) * n_conditions + condition``.
    A model's trials are one range (its lane), and within it the condition changes fastest: wherever
    a lane stops, every condition has been asked for the same questions, give or take one.
    """

    n_models: int
    n_conditions: int
    n_questions: int
    n_repeats: int = 1

    def __len__(self) -> int:
        return self.n_models * self.lane_size

    @property
    def lane_size(self) -> int:
        """Number of trials of one model."""
        return self.n_repeats * self.n_questions * self.n_conditions

    def index(self, cell: Cell) -> int:
        """Return the index of a cell; raises IndexError outside the grid."""
        model, repeat, question, condition = cell
        inside = (
            0 <= model < self.n_models
            and 0 <= repeat < self.n_repeats
            and 0 <= question < self.n_questions
            and 0 <= condition < self.n_conditions
        )
        if not inside:
            raise IndexError(f"{cell} is outside {self}")
        return (
            (model * self.n_repeats + repeat) * self.n_questions + question
        ) * self.n_conditions + condition

    def cell(self, index: int) -> Cell:
        """Return the cell of an index; raises IndexError outside the grid."""
        if not 0 <= index < len(self):
            raise IndexError(f"trial {index} is outside {self}")
        rest, condition = divmod(index, self.n_conditions)
        rest, question = divmod(rest, self.n_questions)
        model, repeat = divmod(rest, self.n_repeats)
        return Cell(model, repeat, question, condition)

    def cells(self, indices: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the cells of many indices, shape (n, 4): model, repeat, question, condition."""
        rest, condition = np.divmod(indices, self.n_conditions)
        rest, question = np.divmod(rest, self.n_questions)
        model, repeat = np.divmod(rest, self.n_repeats)
        return np.stack([model, repeat, question, condition], axis=1)

    def lane(self, model: int) -> range:
        """Return the indices of one model's trials."""
        return range(model * self.lane_size, (model + 1) * self.lane_size)

    def shards(self, size: int) -> Iterator[range]:
        """Yield the plan as ranges of at most ``size`` trials that never span two models."""
        for model in range(self.n_models):
            lane = self.lane(model)
            for start in range(lane.start, lane.stop, size):
                yield range(start, min(start + size, lane.stop))


def missing(answered: npt.NDArray[np.bool_], indices: range) -> Iterator[int]:
    """Yield the indices of a range that are not answered, in order; ``answered`` has shape (n_trials,)."""
    block = 4096
    for start in range(indices.start, indices.stop, block):
        stop = min(start + block, indices.stop)
        for offset in np.flatnonzero(~answered[start:stop]).tolist():
            yield start + offset
