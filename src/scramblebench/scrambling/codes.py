"""Text as arrays of code points, and sets of positions as bitmaps."""

import numpy as np
from numpy.typing import NDArray

from scramblebench.core.errors import UsageError
from scramblebench.scrambling.priorities import Positions

Codes = NDArray[np.uint8] | NDArray[np.uint32]


def encoded(text: str) -> Codes:
    """Return the code points, as bytes where the text is ASCII; lone surrogates are kept."""
    if text.isascii():
        return np.frombuffer(text.encode("ascii"), np.uint8)
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def decoded(codes: Codes) -> str:
    """Return the text of code points."""
    if codes.itemsize == 1:
        return codes.tobytes().decode("ascii")
    return codes.astype("<u4", copy=False).tobytes().decode("utf-32-le", "surrogatepass")


def bitmap(positions: Positions, length: int) -> str:
    """Return positions in a text of that length as hex digits, the lowest bit first."""
    mask = np.zeros(length, np.uint8)
    mask[positions] = 1
    return np.packbits(mask, bitorder="little").tobytes().hex()


def bitmap_positions(digits: str, length: int) -> list[int]:
    """Return the positions that ``bitmap`` wrote.

    Raises UsageError where the text is not as long as the one that the bitmap was made for.
    """
    packed = np.frombuffer(bytes.fromhex(digits), np.uint8)
    mask = np.unpackbits(packed, bitorder="little")
    if len(packed) != (length + 7) // 8 or mask[length:].any():
        raise UsageError("the record belongs to another text")
    return np.flatnonzero(mask).tolist()
