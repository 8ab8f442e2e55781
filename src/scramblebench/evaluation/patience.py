"""Waiting for a database that cannot be had for a while."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from scramblebench.core.clock import Clock
from scramblebench.storage import PATIENCE_S, StorageUnavailable

P = ParamSpec("P")
T = TypeVar("T")

_FIRST_WAIT_S = 0.1
_LONGEST_WAIT_S = 5.0


async def patiently(clock: Clock, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run ``work`` in a thread, again and again while the database cannot be had.

    What it does must be safe to be done again. Raises StorageUnavailable when the writer's patience is
    over, other errors at once.
    """
    began_s, wait_s = clock.monotonic_s(), _FIRST_WAIT_S
    while True:
        try:
            return await asyncio.to_thread(work, *args, **kwargs)
        except StorageUnavailable:
            if clock.monotonic_s() - began_s + wait_s > PATIENCE_S:
                raise
        await clock.sleep(wait_s)
        wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
