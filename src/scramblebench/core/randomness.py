"""Counter-based randomness: the same key gives the same numbers on every Python and platform.

Nothing here depends on PYTHONHASHSEED, on the global ``random`` state, on the platform's byte order
or on a library's version: only on BLAKE2b and SHAKE-128, whose outputs are fixed by standards.
"""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import count
from typing import TypeVar

T = TypeVar("T")

KeyPart = str | int
_WORD_BYTES = 8
_WORD_RANGE = 1 << 64


def key_bytes(*parts: KeyPart) -> bytes:
    """Return a 32-byte key of the parts; their boundaries and kinds count ("1", 1 and "1","" differ)."""
    digest = hashlib.blake2b(digest_size=32)
    for part in parts:
        if isinstance(part, str):
            data, kind = part.encode("utf-8", "surrogatepass"), b"s"
        else:
            data, kind = str(int(part)).encode(), b"i"
        digest.update(kind + len(data).to_bytes(8, "little") + data)
    return digest.digest()


def random_bytes(n_bytes: int, *parts: KeyPart) -> bytes:
    """Return ``n_bytes`` pseudo-random bytes of the key, all at once (the fast way for arrays)."""
    return hashlib.shake_128(key_bytes(*parts)).digest(n_bytes)


class RandomStream:
    """A reproducible stream of random numbers; not safe to share between threads."""

    def __init__(self, *parts: KeyPart) -> None:
        self._key = key_bytes(*parts)
        self._words = self._generate()

    def _generate(self) -> Iterator[int]:
        for counter in count():
            block = hashlib.blake2b(counter.to_bytes(8, "little"), key=self._key).digest()
            for start in range(0, len(block), _WORD_BYTES):
                yield int.from_bytes(block[start : start + _WORD_BYTES], "little")

    def below(self, bound: int) -> int:
        """Return an integer in [0, bound), every one equally likely; bound from 1 to 2**64."""
        limit = _WORD_RANGE - _WORD_RANGE % bound
        for word in self._words:
            if word < limit:
                return word % bound
        raise AssertionError("the stream of words never ends")

    def uniform(self) -> float:
        """Return a float in [0, 1) with 53 random bits."""
        return (next(self._words) >> 11) / (1 << 53)

    def choice(self, items: Sequence[T]) -> T:
        """Return one of the items."""
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Return the items in random order (Fisher-Yates)."""
        result = list(items)
        for last in range(len(result) - 1, 0, -1):
            other = self.below(last + 1)
            result[last], result[other] = result[other], result[last]
        return result

    def sample(self, items: Sequence[T], size: int) -> list[T]:
        """Return ``size`` different items in random order; all of them where there are fewer."""
        return self.shuffled(items)[:size]
