"""The trials of a lane that are left to ask, made ready a block at a time."""

from collections import deque
from collections.abc import Callable, Iterator
from itertools import chain, islice

from scramblebench.evaluation.requests import Task
from scramblebench.storage import StorageUnavailable

BLOCK = 32
"""Trials made ready at once: one after the other they take far less time than each among requests."""


class Defect(Exception):
    """A trial that cannot be made ready; says which one and why."""


class Todo:
    """Trials in order; some may come back."""

    def __init__(self, indices: Iterator[int], make: Callable[[int], Task]) -> None:
        self._indices = indices
        self._make = make
        self._ready: deque[Task] = deque()
        self._defect: Defect | None = None
        self._is_read = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left, as far as is known."""
        return self._is_read and not self._ready

    def take(self) -> Task | None:
        """Return the next trial; None when nothing is left.

        Raises Defect where it cannot be made ready, and StorageUnavailable where its question cannot be
        read just now: it is still the next one then.
        """
        if not (self._ready or self._defect):
            self._fill()
        if self._ready:
            return self._ready.popleft()
        if self._defect is not None:
            raise self._defect
        return None

    def give_back(self, task: Task) -> None:
        """Take a trial back: it is still to be asked, and comes next."""
        self._ready.appendleft(task)

    def _fill(self) -> None:
        self._is_read = True
        for index in islice(self._indices, BLOCK):
            self._is_read = False
            try:
                self._ready.append(self._make(index))
            except StorageUnavailable:
                self._indices = chain((index,), self._indices)
                if self._ready:
                    return
                raise
            except Exception as error:  # noqa: BLE001 - those before it are sound
                self._defect = Defect(f"trial {index}: {type(error).__name__}: {error}")
                self._defect.__cause__ = error
                self._is_read = True
                return
