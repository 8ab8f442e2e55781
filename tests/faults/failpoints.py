"""F3: a runner dies at a named point of its code, at the first to the fifth time it comes there.

The points are patched into the forked child; the product knows nothing of them.
"""

import signal
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from scramblebench.providers.openrouter import OpenRouterProvider
from scramblebench.queue import scheduler
from scramblebench.storage import Reservation, Settlement, Writer, trials
from scramblebench.storage.experiments import SqlExperimentStore
from scramblebench.storage.queue import SqlQueueStore
from scramblebench.storage.trials import SqlTrialStore
from tests.faults.matrix import fault
from tests.faults.stage import Stage, study

N_HITS = 5


class Countdown:
    """Sends this process a signal at the ``hit``-th call.

    It goes to the calling thread, which then does not run one step further.
    """

    def __init__(self, hit: int, number: signal.Signals = signal.SIGKILL) -> None:
        self._left = hit
        self._number = number

    def __call__(self) -> None:
        self._left -= 1
        if self._left == 0:
            signal.pthread_kill(threading.get_ident(), self._number)


def wrap(
    owner: Any,
    name: str,
    *,
    before: Callable[..., object] = lambda *_, **__: None,
    after: Callable[..., object] = lambda *_, **__: None,
) -> None:
    """Call ``before`` and ``after`` around a function of the product, with its arguments."""
    original = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        before(*args, **kwargs)
        result = original(*args, **kwargs)
        after(*args, **kwargs)
        return result

    setattr(owner, name, wrapped)


def wrap_async(
    owner: Any,
    name: str,
    *,
    before: Callable[..., object] = lambda *_, **__: None,
    after: Callable[..., object] = lambda *_, **__: None,
) -> None:
    """The same of a coroutine function."""
    original = getattr(owner, name)

    async def wrapped(*args: Any, **kwargs: Any) -> Any:
        before(*args, **kwargs)
        result = await original(*args, **kwargs)
        after(*args, **kwargs)
        return result

    setattr(owner, name, wrapped)


def wrap_writer(kind: type, *, before: Callable[[], None] | None = None, after: Callable[[], None] | None = None) -> None:  # fmt: skip
    """Call where an item of that kind is handed to the writer, or its commit was acknowledged."""
    hand = Writer.hand

    def wrapped(writer: Writer, items: Any, acknowledge: Callable[[Any], object]) -> None:
        is_of_kind = any(isinstance(item, kind) for item in items)
        if is_of_kind and before is not None:
            before()

        def acknowledged(result: Any) -> None:
            acknowledge(result)
            if is_of_kind and after is not None:
                after()

        hand(writer, items, acknowledged)

    setattr(Writer, "hand", wrapped)  # noqa: B010


def always(call: Callable[[], None]) -> Callable[..., None]:
    """Call whatever the arguments are."""
    return lambda *_, **__: call()


def beat_often() -> None:
    """Renew leases every 20 ms instead of every few seconds."""
    scheduler.HEARTBEAT_S = 0.02


Point = Callable[[Callable[[], None]], None]
POINTS: dict[str, Point] = {
    "before reserving": lambda die: wrap_writer(Reservation, before=die),
    "after reserving": lambda die: wrap_writer(Reservation, after=die),
    "before sending": lambda die: wrap_async(OpenRouterProvider, "complete", before=always(die)),
    "after sending": lambda die: wrap_async(OpenRouterProvider, "complete", after=always(die)),
    "before settling": lambda die: wrap_writer(Settlement, before=die),
    "after settling": lambda die: wrap_writer(Settlement, after=die),
    "before the commit": lambda die: wrap(trials, "write_batch", after=always(die)),
    "after the commit": lambda die: wrap(SqlTrialStore, "write", after=always(die)),
    "after claiming": lambda die: wrap(SqlQueueStore, "claim", after=always(die)),
    "while renewing": lambda die: wrap(SqlQueueStore, "renew", before=always(die)),
    "before the last state": lambda die: wrap(
        SqlExperimentStore, "change_state", before=always(die)
    ),
    "after the last state": lambda die: wrap(SqlExperimentStore, "change_state", after=always(die)),
}


@fault("F3", "kill -9 at a named point, 1st to 5th time", per_commit=60, full=60)
def killed_at_point(stage: Stage, run_number: int) -> None:
    name = list(POINTS)[run_number % len(POINTS)]
    hit = 1 + run_number // len(POINTS) % N_HITS
    for _ in range(N_HITS):
        stage.create(study(15))
    child = stage.start(beat_often, partial(POINTS[name], Countdown(hit)), name=name)
    if child.wait() != -signal.SIGKILL:
        stage.complain("run", f"the runner never came {name} for the time number {hit}")
