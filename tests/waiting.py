"""Waiting for what happens in another thread or process."""

import time
from collections.abc import Callable
from typing import TypeVar

DEADLINE_S = 60.0
_LOOK_S = 0.02
T = TypeVar("T")


def until(look: Callable[[], T], what: str) -> T:
    """Return what ``look`` finds as soon as it is true; fails after a minute."""
    ends_at = time.monotonic() + DEADLINE_S
    while not (found := look()):
        assert time.monotonic() < ends_at, f"after {DEADLINE_S:g} s there is still no {what}"
        time.sleep(_LOOK_S)
    return found
