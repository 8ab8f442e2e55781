"""Measured costs as the simulation takes them: what ``measuring`` stored, and two points of docs/performance.md."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.scale_model.engine_model import DatabaseCosts, EngineCosts
from benchmarks.scale_model.points import POSTGRESQL, SQLITE, Point

MEASURED = Path(__file__).with_name("measured.json")
DEFAULT_BATCH = 50
"""``optimization.batch_size``: reservations and settlements of one transaction, so half as many trials."""
_SMALL, _LARGE = "transaction of 1", "transaction of 100"
_N_LARGE = 100
_INTERPRETER_SHARE = 0.5
"""Half of the writer's work is Python (docs/performance.md)."""


def read_measured(path: Path = MEASURED) -> Mapping[str, Any]:
    """Return what ``python -m benchmarks.scale_model.measuring --json`` stored."""
    return json.loads(path.read_text("utf-8"))


def database_costs(
    measured: Mapping[str, Any], database: str, round_trip_s: float = 0.0
) -> DatabaseCosts:
    """Return what a transaction takes: a line through transactions of 1 and of 100 trials."""
    writing = measured[f"writing, {database}"]
    client_fixed_s, client_each_s = _line(writing, "client_cpu_us")
    server_fixed_s, server_each_s = _line(writing, "server_cpu_us")
    return DatabaseCosts(
        client_fixed_s=client_fixed_s,
        client_each_s=client_each_s,
        server_fixed_s=server_fixed_s,
        server_each_s=server_each_s,
        interpreter_share=_INTERPRETER_SHARE,
        n_statements=int(measured[f"writing, {POSTGRESQL}"]["statements"]),
        sync_s=measured["machine"]["sync_ms"] / 1e3,
        round_trip_s=round_trip_s,
    )


def engine_costs(
    points: Sequence[Point], costs: DatabaseCosts, database: str, batch_size: int = DEFAULT_BATCH
) -> EngineCosts:
    """Return what a process takes: by its CPU at 0 ms and 64 in flight, fewest and most trials.

    Their rates are not used. Whatever of the CPU per request is not the writer's, in full batches, is the
    event loop's. Raises ValueError where there are no such points.
    """
    own = sorted(
        (p for p in points if (p.database, p.latency_ms, p.concurrency) == (database, 0, 64)),
        key=lambda point: point.n_trials,
    )
    own = [point for point in own if point.n_trials < 1_000_000]
    if len(own) < 2:
        raise ValueError(f"no two points of {database} at 0 ms and 64 in flight")
    few, many = own[0], own[-1]
    few_s, many_s = (p.cpu_us * p.n_trials / 1e6 for p in (few, many))
    each_s = (many_s - few_s) / (many.n_trials - few.n_trials)
    full_s = costs.client_each_s + costs.client_fixed_s / (DEFAULT_BATCH // 2)
    return EngineCosts(few_s - each_s * few.n_trials, each_s - full_s, batch_size)


def calibration_points(points: Sequence[Point]) -> set[Point]:
    """Return the points whose CPU ``engine_costs`` takes."""
    used: set[Point] = set()
    for database in (SQLITE, POSTGRESQL):
        own = [
            p
            for p in points
            if (p.database, p.latency_ms, p.concurrency) == (database, 0, 64)
            and p.n_trials < 1_000_000
        ]
        used |= {min(own, key=lambda p: p.n_trials), max(own, key=lambda p: p.n_trials)}
    return used


def _line(writing: Mapping[str, Any], name: str) -> tuple[float, float]:
    """Return the seconds of a transaction, fixed and per trial."""
    small_s, large_s = writing[_SMALL][name] / 1e6, writing[_LARGE][name] * _N_LARGE / 1e6
    each_s = (large_s - small_s) / (_N_LARGE - 1)
    return small_s - each_s, each_s
