"""The same methods without await."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from inspect import iscoroutinefunction
from typing import Any, TypeVar

T = TypeVar("T")


class Synchronous:
    """An object's methods without await; its other attributes as they are."""

    def __init__(self, target: object) -> None:
        self._target = target

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._target, name)
        if not iscoroutinefunction(method):
            return method

        def call(*args: Any, **kwargs: Any) -> Any:
            return run(method(*args, **kwargs))

        return call


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end; on a thread of its own where a loop runs already, as in notebooks."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()
