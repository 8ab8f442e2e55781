"""How reference models live: hypothesis draws their steps, and all that can be seen is compared after each.

A difference is shrunk to the shortest life that shows it.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

T = TypeVar("T")

LONG_S = 3600.0
OVER_S = 0.0  # a lease, or a wait, of no time has ended at once: nothing has to wait for it
_NO_CHECKS = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example)


class Draw(Protocol):
    """How hypothesis hands out an example."""

    def __call__(self, strategy: st.SearchStrategy[T], /) -> T: ...


class Model(Protocol):
    """What moves in step with a database."""

    def step(self, draw: Draw) -> None:
        """Do one thing to both."""
        ...

    def check(self) -> None:
        """Compare them; raises AssertionError on a difference."""
        ...

    def check_at_end(self) -> None:
        """Compare what only a whole life shows."""
        ...

    def clean_up(self) -> None:
        """Leave nothing behind that runs."""
        ...


def live_through(make: Callable[[], Model], n_examples: int, n_steps: int, seed: int) -> None:
    """Live ``n_examples`` times through up to ``n_steps`` steps; raises AssertionError on a difference."""

    @seeded(seed)
    @settings(
        max_examples=n_examples,
        deadline=None,
        database=None,
        derandomize=False,
        suppress_health_check=_NO_CHECKS,
    )
    @given(st.data())
    def live(data: st.DataObject) -> None:
        model = make()
        try:
            for _ in range(n_steps):
                model.step(data.draw)
                model.check()
            model.check_at_end()
        finally:  # hypothesis may end an example at any draw
            model.clean_up()

    live()
