"""Runs of one row, each with a seed of its own, and the rows in several processes."""

import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

import numpy as np

from tests.calibration.designs import Design, draw
from tests.calibration.measures import Rate, Reading, rate
from tests.calibration.methods import METHODS, Method
from tests.calibration.plan import Row
from tests.calibration.slow_methods import SLOW_METHODS

SEED = 20_231_117
_ALL_METHODS = {**METHODS, **SLOW_METHODS}


def generator(method: str, design: Design, run: int) -> np.random.Generator:
    """Return the generator of one run: any row, and any run of it, can be repeated alone."""
    names = (method, design.name)
    entropy = [SEED, *(zlib.crc32(name.encode()) for name in names)]
    return np.random.default_rng(np.random.SeedSequence(entropy, spawn_key=(run,)))


def readings(method: Method, name: str, design: Design, n_runs: int) -> list[Reading]:
    """Return what a method says in each run."""
    found: list[Reading] = []
    for run in range(n_runs):
        rng = generator(name, design, run)
        found.append(method(draw(design, rng), rng))
    return found


def measured(row: Row) -> Rate:
    """Return the rate of a row."""
    method = _ALL_METHODS[row.method]
    return rate(readings(method, row.method, row.design, row.n_runs))


def all_measured(
    rows: Sequence[Row], n_jobs: int, on_row: Callable[[int, Row], None]
) -> Iterator[tuple[Row, Rate]]:
    """Return the rates of all rows in their order; ``on_row`` hears of each that is done."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # for the processes started here
    by_cost = sorted(rows, key=lambda row: row.method not in SLOW_METHODS)
    found: dict[Row, Rate] = {}
    with ProcessPoolExecutor(n_jobs, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(measured, row): row for row in by_cost}
        for future in as_completed(waiting):
            row = waiting[future]
            found[row] = future.result()
            on_row(len(found), row)
    return ((row, found[row]) for row in rows)
