"""What came of many runs: coverage or rejection with its Monte Carlo error, and the verdict."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from scipy import stats

NOMINAL = 0.95
ALPHA = 0.05
BAR = 0.01
"""How far from the nominal rate is still right: intervals 94 to 96 %, tests 4 to 6 %."""


class Question(StrEnum):
    """What is counted in the runs."""

    COVERAGE = "coverage"  # of a 95 % interval
    REJECTION = "rejection"  # of a true null hypothesis at 5 %


class Verdict(StrEnum):
    """How a rate stands to its bar."""

    OK = "ok"
    CONSERVATIVE = "conservative"  # covers more, rejects less
    LIBERAL = "liberal"  # covers less, rejects more
    REFUSED = "refused"  # in nearly every run, so that there is no rate


class Reading(NamedTuple):
    """One run: whether it covered, or rejected (1 or 0; NaN: no result), its width, and if it warned."""

    hit: float
    width: float = math.nan
    is_warned: bool = False


REFUSAL = Reading(math.nan)


def covers(low: float, high: float, truth: float, *, is_warned: bool = False) -> Reading:
    """Return whether limits hold the truth; NaN limits are a refusal."""
    if math.isnan(low) or math.isnan(high):
        return REFUSAL
    slack = 1e-12 * max(1.0, abs(truth))  # the truth itself is rounded
    return Reading(float(low - slack <= truth <= high + slack), high - low, is_warned)


def rejects(p_value: float, *, is_warned: bool = False) -> Reading:
    """Return whether a p-value rejects at 5 %; a NaN is a refusal."""
    if math.isnan(p_value):
        return REFUSAL
    return Reading(float(p_value <= ALPHA + 1e-12), math.nan, is_warned)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Rate over the runs with a result, with its exact binomial 95 % limits; NaN without such runs.

    ``refused`` is the share of runs without a result, ``warned`` that of results with a warning,
    ``unwarned_rate`` the rate of the other results, ``n_unwarned`` their number. ``width`` is the mean of
    the finite widths.
    """

    n_runs: int
    n_results: int
    rate: float
    low: float
    high: float
    width: float
    refused: float
    warned: float
    n_unwarned: int
    unwarned_rate: float


def rate(readings: Sequence[Reading]) -> Rate:
    """Return what the readings of one row come to."""
    table = np.array(readings, dtype=np.float64)
    results = table[~np.isnan(table[:, 0])]
    n, warned = len(results), results[:, 2] > 0
    hits = int(results[:, 0].sum())
    low, high = limits(hits, n)
    widths = results[:, 1][np.isfinite(results[:, 1])]
    calm = results[~warned, 0]
    return Rate(
        n_runs=len(table), n_results=n, rate=hits / n if n else math.nan, low=low, high=high,
        width=float(widths.mean()) if len(widths) else math.nan, refused=1 - n / len(table),
        warned=float(warned.mean()) if n else math.nan, n_unwarned=len(calm),
        unwarned_rate=float(calm.mean()) if len(calm) else math.nan,
    )  # fmt: skip


def limits(hits: int, n: int) -> tuple[float, float]:
    """Return the exact 95 % limits of a rate (Clopper-Pearson, by scipy and not by what is tested)."""
    if n == 0:
        return math.nan, math.nan
    found = stats.binomtest(hits, n).proportion_ci(NOMINAL, "exact")
    return float(found.low), float(found.high)


def is_warned_of(found: Rate, question: Question, judged: Verdict) -> bool:
    """Return whether the results without a warning are not off the bar, on that side, by themselves."""
    if not found.n_unwarned:
        return True
    low, high = limits(round(found.unwarned_rate * found.n_unwarned), found.n_unwarned)
    target = NOMINAL if question is Question.COVERAGE else ALPHA
    is_rate_low = (judged is Verdict.LIBERAL) == (question is Question.COVERAGE)
    return high >= target - BAR if is_rate_low else low <= target + BAR


FEWEST_RESULTS = 100


def verdict(found: Rate, question: Question) -> Verdict:
    """Return ``ok`` where the Monte Carlo interval of the rate meets the bar."""
    if found.n_results < FEWEST_RESULTS and found.refused > 0.5:
        return Verdict.REFUSED
    target = NOMINAL if question is Question.COVERAGE else ALPHA
    is_below, is_above = found.high < target - BAR, found.low > target + BAR
    if not (is_below or is_above):
        return Verdict.OK
    is_liberal = is_below if question is Question.COVERAGE else is_above
    return Verdict.LIBERAL if is_liberal else Verdict.CONSERVATIVE
