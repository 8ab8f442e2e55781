"""F30: thirteen bugs that such a program could have, and for each the check that catches it.

A bug changes the code of one function of the product in the process that calls it. It is a pytest plugin
as well (``-p tests.faults.bugs`` with ``SCRAMBLEBENCH_SEEDED_BUG``), for those that a named test catches.
"""

import inspect
import os
import textwrap
from asyncio import Event
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from scramblebench.core import money
from scramblebench.core.clock import Clock
from scramblebench.evaluation.lane import Lane
from scramblebench.evaluation.retry import RetryPolicy
from scramblebench.providers import connection
from scramblebench.queue.lease import Lease
from scramblebench.storage import Claim, ledger, settling, trials
from scramblebench.storage.trials import SqlTrialStore
from scramblebench.storage.writer import Writer
from tests.faults.failpoints import wrap

VARIABLE = "SCRAMBLEBENCH_SEEDED_BUG"


@dataclass(frozen=True, slots=True)
class Bug:
    """A change of the product; ``caught_by`` is a test, or an invariant in the run of a fault.

    Of a fault, ``runs`` are those of its runs that are made: one of them at least must violate it.
    """

    name: str
    seed: Callable[[], None]
    caught_by: str
    fault: str | None = None
    runs: tuple[int, ...] = (0,)
    database: str = "sqlite"


def edit(target: Any, *changes: tuple[str, str]) -> Callable[[], None]:
    """Return a seed that replaces text in a function; every text must be there."""

    def seed() -> None:
        function: FunctionType = target
        source = textwrap.dedent(inspect.getsource(function))
        source = source[source.index("async def " if "async def " in source[:200] else "def ") :]
        for old, new in changes:
            assert source.count(old) == 1, f"{function.__qualname__} has no {old!r} to be spoilt"
            source = source.replace(old, new)
        namespace: dict[str, Any] = {}
        exec(compile(source, "<seeded bug>", "exec"), function.__globals__, namespace)
        function.__code__ = namespace[function.__name__].__code__

    return seed


def replace_responses() -> None:
    """A later answer takes the place of the first."""
    then = (
        "ON CONFLICT (experiment_no, trial_index) DO UPDATE SET text = excluded.text,"
        " attempt_number = excluded.attempt_number RETURNING trial_index"
    )
    object.__setattr__(settling._INSERT_RESPONSES, "then", then)


def order_by_arrival() -> None:
    """Responses come in the order in which they were stored."""
    for name in ("_RESPONSES", "_RESPONSES_WITH_BODIES"):
        in_order = getattr(trials, name)
        setattr(trials, name, in_order.replace("ORDER BY r.trial_index", "ORDER BY r.responded_at DESC"))  # fmt: skip


def total_later() -> None:
    """Counters are written in a transaction of their own, after the one that stored the responses."""
    add_totals, late = settling.add_totals, []
    settling.add_totals = lambda _connection, *what: late.append(what)

    def write_totals(store: SqlTrialStore, _items: object) -> None:
        while late:
            with store._connections.writing() as connection:
                add_totals(connection, *late.pop(0))

    wrap(SqlTrialStore, "write", after=write_totals)


def lease_by_wall_clock() -> None:
    """A lease ends by the clock that anyone may set."""
    began: dict[int, tuple[float, float]] = {}
    make = Lease.__init__

    def made(lease: Lease, claim: Claim, lease_s: float, claimed_at_s: float, clock: Clock, stop: Event) -> None:  # fmt: skip
        make(lease, claim, lease_s, claimed_at_s, clock, stop)
        began[id(lease)] = clock.now().timestamp(), clock.monotonic_s()

    def is_held(lease: Lease) -> bool:
        wall_s, monotonic_s = began[id(lease)]
        now_s = lease._clock.now().timestamp() - wall_s + monotonic_s
        return not lease.is_lost and now_s < lease._ends_at_s

    Lease.__init__ = made
    Lease.is_held = property(is_held)


def send_without_a_look() -> None:
    """A request that waited for its connection is sent whatever has become of the lease."""
    connection.MAY_SEND = ContextVar("always", default=lambda: True)


_CONFORMANCE = "tests/conformance/test_sqlite.py::TestSqliteFile::"
_ALL = (
    Bug(
        "no fence",
        edit(
            settling._reserve,
            ("right.is_running and right.fence == attempt.fence", "right.is_running"),
        ),
        _CONFORMANCE + "test_a_later_claim_takes_the_right_to_reserve",
    ),
    Bug(
        "no fence of shards",
        edit(settling._is_held, ("AND fence = ?", "AND fence <> -?")),
        _CONFORMANCE + "test_reservations_need_the_shard",
    ),
    Bug(
        "acknowledged before the commit",
        edit(
            Writer._run,
            (
                "self._loop.call_soon_threadsafe(_acknowledge, self._write(self._batch))",
                "self._loop.call_soon_threadsafe(_acknowledge, [(d, None) for _, d in self._batch]);"
                " time.sleep(0.01); self._write(self._batch)",
            ),
        ),
        "I1",
        "F4",
        (0, 1, 2, 3),
    ),
    Bug(
        "a later response replaces the first",
        replace_responses,
        _CONFORMANCE + "test_the_first_response_stays",
    ),
    Bug(
        "money in floats",
        edit(
            money.microusd,
            (
                "return int((amount * MICRO).to_integral_value(ROUND_HALF_EVEN))",
                "return int(float(amount) * MICRO)",
            ),
        ),
        "tests/core/test_core.py::test_money_is_exact_to_the_micro_dollar",
    ),
    Bug("no order", order_by_arrival, "I7", "F1"),
    Bug(
        "a permanent error is tried again",
        edit(RetryPolicy.wait_s, ("not failure.kind.is_retryable or ", "")),
        "tests/evaluation/test_retry.py::test_only_passing_errors_are_tried_again_and_not_for_ever",
    ),
    Bug(
        "reserved after it was sent",
        edit(
            Lane._reserve,
            (
                "items = (reservation,) if settled is None else (settled, reservation)",
                "items = () if settled is None else (settled,)",
            ),
        ),
        "I3",
        "F1",
    ),
    Bug(
        "totals in a second transaction", total_later, "I4", "F2", (24, 27, 30, 33, 36, 39, 42, 45)
    ),
    Bug(
        "the budget is checked and not reserved",
        edit(ledger.Bookings.reserve, ("attempt.reserved_microusd or 0", "0")),
        "I5",
        "S2",
    ),
    Bug(
        "a lease by the wall clock",
        lease_by_wall_clock,
        "tests/queue/test_lease_clocks.py::test_a_wall_clock_that_is_set_back_makes_no_lease_longer",
    ),
    Bug(
        "a failure is a wrong answer",
        edit(
            Lane._send,
            (
                "may_be_charged = error.may_be_charged and self._is_charging",
                "return Response('', cost_microusd=0)",
            ),
        ),
        "tests/evaluation/test_engine.py::test_a_passing_fault_is_tried_again_and_is_no_answer",
    ),
    Bug(
        "Retry-After is not heard",
        edit(RetryPolicy.wait_s, ("failure.retry_after_s or 0.0", "0.0")),
        "tests/evaluation/test_retry.py::test_a_retry_after_is_honoured_up_to_the_cap",
    ),
    Bug(
        "no last look before the first byte",
        send_without_a_look,
        "tests/providers/test_last_look.py::test_nothing_leaves_when_the_right_to_send_has_ended",
    ),
)
BUGS = {bug.name: bug for bug in _ALL}


def pytest_configure() -> None:
    """Seed the bug that the environment names."""
    if name := os.environ.get(VARIABLE):
        BUGS[name].seed()
