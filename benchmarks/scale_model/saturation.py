"""Several runners on machines of their own, one database on another: how many requests a second, and what binds.

Extrapolated: nothing here was measured with more than two cores. The runners' costs, the statements of a
transaction and their CPU are measured; that a server of eight cores does them side by side is assumed, and so
are the round trip and the sync of its log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.scale_model.costs import database_costs, engine_costs
from benchmarks.scale_model.engine_model import Database, Provider, Runner, Trials
from benchmarks.scale_model.events import Clock, Cores
from benchmarks.scale_model.points import POSTGRESQL, Point

_WARM_S = 6.0
_LOOK_S = 4.0
_MOST_TRIALS = 2_000_000


@dataclass(frozen=True, slots=True)
class Layout:
    """Who runs: ``n_experiments`` are divided evenly; a runner works on one of them."""

    n_runners: int
    n_experiments: int = 1
    batch_size: int = 50
    round_trip_ms: float = 0.2
    latency_s: float = 1.0
    concurrency: int = 1_000
    server_cores: int = 8
    sync_ms: float = 1.0


@dataclass(frozen=True, slots=True)
class Steady:
    """What a layout does once it runs: shares of time are those of the busiest of their kind."""

    layout: Layout
    rate_per_s: float
    runner_share: float
    lock_share: float
    server_share: float
    transactions_per_s: float

    @property
    def binds(self) -> str:
        """What it is bound by."""
        if self.lock_share > 0.95:
            return "row lock of the experiment"
        if self.runner_share > 0.95:
            return "interpreter of the runners"
        if self.server_share > 0.95:
            return "cores of the server"
        return "requests in flight"


def steady(layout: Layout, points: Sequence[Point], measured: Mapping[str, Any]) -> Steady:
    """Run a layout until it is warm, then look at it for some seconds."""
    clock = Clock()
    costs = replace(
        database_costs(measured, POSTGRESQL, layout.round_trip_ms / 1e3),
        sync_s=layout.sync_ms / 1e3,
    )
    engine = replace(engine_costs(points, costs, POSTGRESQL, layout.batch_size), start_s=0.0)
    server = Cores(clock, layout.server_cores)
    database = Database(clock, server, costs)
    experiments = [Trials(_MOST_TRIALS) for _ in range(layout.n_experiments)]
    runners: list[Runner] = []
    for number in range(layout.n_runners):
        experiment = number % layout.n_experiments
        runner = Runner(
            Cores(clock, 1),
            database,
            Provider(clock, layout.latency_s, None, 0.0),
            experiments[experiment],
            engine,
            concurrency=layout.concurrency,
            experiment=experiment,
        )
        runners.append(runner)
        clock.after(number * layout.latency_s / layout.n_runners, runner.start)
    clock.run(_WARM_S)
    before = _account(runners, database, experiments)
    clock.run(_WARM_S + _LOOK_S)
    after = _account(runners, database, experiments)
    stored, busiest, held, served, written = (
        (b - a) / _LOOK_S for a, b in zip(before, after, strict=True)
    )
    return Steady(layout, stored, busiest, held, served / layout.server_cores, written)


def _account(
    runners: Sequence[Runner], database: Database, experiments: Sequence[Trials]
) -> tuple[float, ...]:
    return (
        float(sum(trials.n_stored for trials in experiments)),
        max(runner.interpreter.busy_s for runner in runners),
        database.most_held_s,
        database.cores.busy_s,
        float(database.n_transactions),
    )
