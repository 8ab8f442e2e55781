"""The questions of a stored experiment, read when they are asked: memory does not grow with their number."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import overload

from scramblebench.core.errors import StorageError
from scramblebench.core.questions import Question, is_sound
from scramblebench.storage import ExperimentStore

BLOCK = 256
"""Questions read at once; models go through them in order."""


class StoredQuestions(Sequence[Question]):
    """Questions in plan order; ``n_blocks`` blocks are kept, those used last.

    Reading raises StorageError where one is not there, or is not what its id says: the database is damaged.
    """

    def __init__(
        self, store: ExperimentStore, experiment_id: str, size: int, n_blocks: int
    ) -> None:
        self._store = store
        self._experiment_id = experiment_id
        self._size = size
        self._n_blocks = n_blocks
        self._blocks: OrderedDict[int, Sequence[Question]] = OrderedDict()

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, index: int) -> Question: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Question]: ...
    def __getitem__(self, index: int | slice) -> Question | Sequence[Question]:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(self._size))]
        position = index + self._size if index < 0 else index
        if not 0 <= position < self._size:
            raise IndexError(f"question {index} of {self._size}")
        block = self._block(position // BLOCK)
        if position % BLOCK >= len(block):
            raise StorageError(f"question {position} of the experiment is not in the database")
        return block[position % BLOCK]

    def _block(self, number: int) -> Sequence[Question]:
        block = self._blocks.get(number)
        if block is None:
            first = number * BLOCK
            block = self._store.questions(self._experiment_id, first, first + BLOCK)
            if not all(map(is_sound, block)):
                raise StorageError(
                    "a question of the experiment is not what was stored: the database is damaged; restore "
                    "it from a copy"
                )
            self._blocks[number] = block
            if len(self._blocks) > self._n_blocks:
                self._blocks.popitem(last=False)
        else:
            self._blocks.move_to_end(number)
        return block
