"""The simulation beside what was measured: the same settings, on a machine with two cores as there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.scale_model.costs import (
    DEFAULT_BATCH,
    calibration_points,
    database_costs,
    engine_costs,
)
from benchmarks.scale_model.engine_model import Database, Provider, Runner, Trials
from benchmarks.scale_model.events import Clock, Cores, Interpreter
from benchmarks.scale_model.points import Point
from scramblebench.evaluation.concurrency import items_at

_N_CORES = 2
TOLERANCE = 0.2
"""How far a prediction may be off."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the simulation says of one point; ``is_cpu_given`` where the point's CPU went into it."""

    point: Point
    rate_per_s: float
    cpu_us: float
    n_asked: int
    n_stored: int
    most_in_flight: int
    utilisation: float
    lock_share: float
    n_transactions: int
    is_cpu_given: bool

    @property
    def rate_error(self) -> float:
        """How far the rate is off, as a share of the measured one."""
        return self.rate_per_s / self.point.rate_per_s - 1

    @property
    def cpu_error(self) -> float:
        """How far the CPU is off, as a share of the measured one."""
        return self.cpu_us / self.point.cpu_us - 1


def predict(point: Point, points: Sequence[Point], measured: Mapping[str, Any]) -> Prediction:
    """Run a point's trials in the simulation: client, provider and database on one machine, as measured."""
    clock = Clock()
    cores = Cores(clock, _N_CORES)
    costs = database_costs(measured, point.database)
    engine = engine_costs(points, costs, point.database, items_at(point.concurrency, DEFAULT_BATCH))
    database = Database(clock, cores, costs)
    provider_s = measured[f"run, {point.database}"]["provider_cpu_us"] / 1e6
    provider = Provider(clock, point.latency_ms / 1e3, Interpreter(cores, clock), provider_s)
    trials = Trials(point.n_trials)
    ends_s: list[float] = []
    runner = Runner(
        cores,
        database,
        provider,
        trials,
        engine,
        concurrency=point.concurrency,
        on_end=lambda: ends_s.append(clock.now_s),
    )
    runner.start()
    clock.run()
    return Prediction(
        point,
        rate_per_s=point.n_trials / ends_s[-1],
        cpu_us=runner.cpu_s / point.n_trials * 1e6,
        n_asked=provider.n_asked,
        n_stored=trials.n_stored,
        most_in_flight=runner.most_in_flight,
        utilisation=cores.utilisation(),
        lock_share=database.most_held_s / clock.now_s,
        n_transactions=database.n_transactions,
        is_cpu_given=point in calibration_points(points),
    )
