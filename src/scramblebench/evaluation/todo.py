"""The trials of a lane that are left to ask."""

from collections.abc import Iterator


class Todo:
    """Indices in order; some may come back."""

    def __init__(self, indices: Iterator[int]) -> None:
        self._indices = indices
        self._returned: list[int] = []
        self._is_read = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left, as far as is known."""
        return self._is_read and not self._returned

    def take(self) -> int | None:
        """Return the next index; None when nothing is left."""
        if self._returned:
            return self._returned.pop()
        index = next(self._indices, None)
        self._is_read = index is None
        return index

    def give_back(self, index: int) -> None:
        """Take an index back: it is still to be asked."""
        self._returned.append(index)
