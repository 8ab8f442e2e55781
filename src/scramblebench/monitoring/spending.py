"""What an experiment cost, may have cost, and will cost by the time it is done."""

from collections.abc import Sequence
from dataclasses import dataclass

from scramblebench.monitoring.tallies import Tally
from scramblebench.storage import ExperimentLimits, LedgerTotals


@dataclass(frozen=True, slots=True)
class Spending:
    """Money in micro-dollars; None where there is no limit or nothing is known.

    ``reserved`` may be spent by what is in flight, ``unconfirmed`` by attempts of which nobody knows what
    became. ``n_unknown`` counts responses whose price nobody knows: ``spent`` is without them.
    ``projected`` is what it will have cost at completion as the models answered so far, without what is
    unconfirmed; None where a model that has trials left has no answer with a price yet.
    """

    spent_microusd: int
    reserved_microusd: int
    unconfirmed_microusd: int
    today_microusd: int
    n_unknown: int
    limit_microusd: int | None
    daily_limit_microusd: int | None
    projected_microusd: int | None

    @property
    def left_microusd(self) -> int | None:
        """What is left of the limit, all that may have been charged taken off; None without a limit."""
        if self.limit_microusd is None:
            return None
        held = self.spent_microusd + self.reserved_microusd + self.unconfirmed_microusd
        return max(0, self.limit_microusd - held)

    @property
    def is_enough(self) -> bool | None:
        """Whether the limit covers what is projected; None where there is no limit or no projection."""
        if self.limit_microusd is None or self.projected_microusd is None:
            return None
        return self.projected_microusd + self.unconfirmed_microusd <= self.limit_microusd


def spending_of(
    money: LedgerTotals, limits: ExperimentLimits, models: Sequence[Tally], *, is_live: bool
) -> Spending:
    """Return where the money is; what is open is in flight only while a runner is at work."""
    reserved = money.open_microusd if is_live else 0
    return Spending(
        spent_microusd=money.settled_microusd,
        reserved_microusd=reserved,
        unconfirmed_microusd=money.held_microusd - money.settled_microusd - reserved,
        today_microusd=money.today_microusd,
        n_unknown=sum(model.n_cost_unknown for model in models),
        limit_microusd=limits.cost_limit_microusd,
        daily_limit_microusd=limits.daily_cost_limit_microusd,
        projected_microusd=_projected(money.settled_microusd, models),
    )


def _projected(spent_microusd: int, models: Sequence[Tally]) -> int | None:
    total = spent_microusd
    for model in models:
        n_known = model.n_answered - model.n_cost_unknown
        if model.n_missing and not n_known:
            return None
        total += round(model.n_missing * model.cost_microusd / n_known) if n_known else 0
    return total
