"""The money of an experiment: reserved before it is spent, settled when it is known.

Totals are kept per claim (fence) and day of the attempts, in the transaction that stores the attempts
themselves, so that neither a budget check nor a status ever reads them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from scramblebench.core.trials import Attempt
from scramblebench.storage.connection import BulkInsert, Column, Connection
from scramblebench.storage.records import LedgerTotals, Refusal

DAY_US = 86_400_000_000
_DAY_0 = date(1970, 1, 1).toordinal()

_ADD_TOTALS = BulkInsert(
    "ledger_totals",
    (
        Column("experiment_no", "bigint"),
        Column("fence", "bigint"),
        Column("day", "bigint"),
        Column("n_open", "bigint"),
        Column("open_microusd", "bigint"),
        Column("n_lost", "bigint"),
        Column("lost_microusd", "bigint"),
        Column("settled_microusd", "bigint"),
    ),
    """
    ON CONFLICT (experiment_no, fence, day) DO UPDATE SET
        n_open = ledger_totals.n_open + excluded.n_open,
        open_microusd = ledger_totals.open_microusd + excluded.open_microusd,
        n_lost = ledger_totals.n_lost + excluded.n_lost,
        lost_microusd = ledger_totals.lost_microusd + excluded.lost_microusd,
        settled_microusd = ledger_totals.settled_microusd + excluded.settled_microusd""",
)


@dataclass(slots=True)
class _Amounts:
    n_open: int = 0
    open_microusd: int = 0
    n_lost: int = 0
    lost_microusd: int = 0
    settled_microusd: int = 0


@dataclass(slots=True)
class Bookings:
    """What one batch adds to the totals, by fence and day."""

    _amounts: dict[tuple[int, int], _Amounts] = field(
        default_factory=dict[tuple[int, int], _Amounts]
    )

    def reserve(self, attempt: Attempt) -> None:
        """Hold the most that an attempt can cost."""
        amounts = self._of(attempt)
        amounts.n_open += 1
        amounts.open_microusd += attempt.reserved_microusd or 0

    def release(self, attempt: Attempt, reserved_microusd: int | None) -> None:
        """End the reservation of an attempt."""
        amounts = self._of(attempt)
        amounts.n_open -= 1
        amounts.open_microusd -= reserved_microusd or 0

    def charge(self, attempt: Attempt, cost_microusd: int) -> None:
        """Book what an attempt cost."""
        self._of(attempt).settled_microusd += cost_microusd

    def lose(self, attempt: Attempt, reserved_microusd: int | None) -> None:
        """Hold what an attempt may have cost, since nobody can tell."""
        amounts = self._of(attempt)
        amounts.n_lost += 1
        amounts.lost_microusd += reserved_microusd or 0

    def write(self, connection: Connection, experiment_no: int) -> None:
        """Add all to the stored totals."""
        rows = [
            (
                experiment_no,
                fence,
                ordinal - _DAY_0,
                amounts.n_open,
                amounts.open_microusd,
                amounts.n_lost,
                amounts.lost_microusd,
                amounts.settled_microusd,
            )
            for (fence, ordinal), amounts in sorted(self._amounts.items())
        ]
        connection.insert(_ADD_TOTALS, rows)

    def _of(self, attempt: Attempt) -> _Amounts:
        key = (attempt.fence, attempt.started_at.toordinal())
        found = self._amounts.get(key)
        if found is None:
            found = self._amounts[key] = _Amounts()
        return found


def day_of(attempt: Attempt) -> int:
    """Return the day an attempt counts for, in days since 1970; moments are in UTC throughout."""
    return attempt.started_at.toordinal() - _DAY_0


@dataclass(frozen=True, slots=True)
class Budget:
    """The cost limits of an experiment, in micro-dollars; None sets none."""

    total_microusd: int | None
    daily_microusd: int | None

    @property
    def is_limited(self) -> bool:
        """Whether there is any limit."""
        return self.total_microusd is not None or self.daily_microusd is not None


class Purse:
    """What a budget leaves for one batch of reservations, taken in order."""

    def __init__(self, connection: Connection, experiment_no: int, budget: Budget) -> None:
        self._budget = budget
        self._held: dict[int, int] = {}
        if budget.is_limited:
            rows = connection.rows(
                """
                SELECT day, sum(open_microusd + lost_microusd + settled_microusd)
                FROM ledger_totals WHERE experiment_no = ? GROUP BY day""",
                (experiment_no,),
            )
            self._held = {day: int(amount) for day, amount in rows}

    def take(self, attempt: Attempt) -> Refusal | None:
        """Take what an attempt can cost, or say why it cannot be had."""
        if not self._budget.is_limited:
            return None
        if attempt.reserved_microusd is None:
            return Refusal.UNPRICED
        day, amount = day_of(attempt), attempt.reserved_microusd
        total, daily = self._budget.total_microusd, self._budget.daily_microusd
        if total is not None and sum(self._held.values()) + amount > total:
            return Refusal.BUDGET
        if daily is not None and self._held.get(day, 0) + amount > daily:
            return Refusal.DAILY_BUDGET
        self._held[day] = self._held.get(day, 0) + amount
        return None


def read_ledger(
    connection: Connection, experiment_no: int, latest_fence: int, today: int
) -> LedgerTotals:
    """Return the totals; what is open of earlier claims than the latest is unknown."""
    rows = connection.rows(
        """
        SELECT fence, day, n_open, open_microusd, n_lost, lost_microusd, settled_microusd
        FROM ledger_totals WHERE experiment_no = ?""",
        (experiment_no,),
    )
    latest = [row for row in rows if row[0] == latest_fence]
    earlier = [row for row in rows if row[0] != latest_fence]
    return LedgerTotals(
        settled_microusd=_sum(rows, 6),
        open_microusd=_sum(latest, 3),
        unknown_microusd=_sum(rows, 5) + _sum(earlier, 3),
        n_open=_sum(latest, 2),
        n_unknown=_sum(rows, 4) + _sum(earlier, 2),
        today_microusd=sum(row[3] + row[5] + row[6] for row in rows if row[1] == today),
    )


def _sum(rows: Iterable[Sequence[int]], column: int) -> int:
    return sum(row[column] for row in rows)
