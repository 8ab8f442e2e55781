"""Simulate, print the tables, write them: ``python -m benchmarks.scale_model [--write docs/design/scale.md]``.

Takes about a minute. ``python -m benchmarks.scale_model.measuring --json benchmarks/scale_model/measured.json``
measures the costs anew that everything here is made of. The seed is fixed: the same costs give the same tables.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.scale_model.breaks import break_lines, breaks
from benchmarks.scale_model.costs import read_measured
from benchmarks.scale_model.demands import LIMITS_PER_MINUTE, ORDERS, SHARD_TRIALS, Workload, unit
from benchmarks.scale_model.points import Point, read_points
from benchmarks.scale_model.saturation import Layout, Steady, steady
from benchmarks.scale_model.shards_model import Course, Fleet, ShardRun
from benchmarks.scale_model.table import (
    demand_lines,
    replaced,
    saturation_lines,
    validation_lines,
    writing_lines,
)
from benchmarks.scale_model.validation import predict

SEED = 7
_MOST_TRIALS = 100_000
_LAYOUTS = (
    Layout(1),
    Layout(1, concurrency=4_000),
    Layout(2),
    Layout(4),
    Layout(8),
    Layout(16),
    Layout(8, round_trip_ms=1.0),
    Layout(8, batch_size=500),
    Layout(8, round_trip_ms=1.0, batch_size=500),
    Layout(8, n_experiments=8),
    Layout(16, n_experiments=16),
)
_USUAL = Layout(8)
_FLEET = Fleet(
    n_runners=4,
    rate_per_s=lambda n: min(LIMITS_PER_MINUTE[-1] / 60, n * 1_000.0),
    in_flight=LIMITS_PER_MINUTE[-1] // 60 // 4,
    shard_trials=SHARD_TRIALS,
    lifetime_s=4 * 6 * 3600,
    frozen_share=0.2,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulate everything; print it, and write it where it is told to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="replace the tables in it")
    given = parser.parse_args(arguments)
    points, measured = read_points(), read_measured()
    parts = {
        "validation": validation_lines(
            [predict(point, points, measured) for point in points if point.n_trials <= _MOST_TRIALS]
        ),
        "writing": writing_lines(measured),
        **_tables(points, measured),
    }
    for lines in parts.values():
        print("\n".join([*lines, ""]))
    if given.write:
        text = given.write.read_text("utf-8")
        for name, lines in parts.items():
            text = replaced(text, name, lines)
        given.write.write_text(text, "utf-8")
    return 0


def _tables(points: Sequence[Point], measured: Mapping[str, Any]) -> dict[str, list[str]]:
    found = {layout: steady(layout, points, measured) for layout in _LAYOUTS}
    workload = Workload()
    per = unit(measured, workload)
    return {
        "breaks": break_lines(breaks(measured, per, found, _USUAL)),
        "saturation": saturation_lines(list(found.values())),
        "demands": demand_lines(
            measured,
            per,
            workload,
            courses(),
            _most_per_s(found),
        ),
    }


def _most_per_s(found: Mapping[Layout, Steady]) -> float:
    return round(found[_USUAL].rate_per_s, -2)


def courses() -> dict[int, Course]:
    """Return how a run of each order of magnitude goes, with runners that die and freeze."""
    return {n: ShardRun(n, _FLEET, SEED).run() for n in ORDERS}


if __name__ == "__main__":
    sys.exit(main())
