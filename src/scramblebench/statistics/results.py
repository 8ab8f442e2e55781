"""What a method returns: an estimate with its interval, a test with its p-value, and why there is none.

Undefined numbers are NaN here, always beside a status that says why, and never 0 or a p of 1 by
default. Nothing is rounded. Sign: second minus first (treatment minus baseline), unless a docstring
says otherwise.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

DEFAULT_CONFIDENCE = 0.95


class Status(StrEnum):
    """Whether a result is defined, and why not."""

    OK = "ok"
    N_LT_2 = "n_lt_2"  # fewer than two units
    NO_DATA = "no_data"  # nothing was answered
    ZERO_VARIANCE = "zero_variance"
    ALL_ZERO = "all_zero"  # every difference is zero
    NO_DISCORDANT_PAIRS = "no_discordant_pairs"
    NO_INFORMATIVE_ITEMS = "no_informative_items"
    NO_COMPLETE_ITEMS = "no_complete_items"
    SEPARATION = "separation"
    BASELINE_NOT_ABOVE_CHANCE = "baseline_not_above_chance"
    NO_BASELINE = "no_baseline"  # level 0 was not asked
    TOO_FEW_LEVELS = "too_few_levels"
    NOT_REACHED = "not_reached"  # beyond the levels that were asked
    NOT_CONVERGED = "not_converged"
    FEW_CLUSTERS = "few_clusters"
    DIVISION_BY_ZERO = "division_by_zero"  # a ratio whose denominator is 0


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its two-sided limits; all three NaN where there is nothing to estimate from.

    ``low`` and ``high`` are NaN with a finite estimate where the limits are undefined (one value).
    """

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with its interval and how it came about.

    ``low`` and ``high`` are the limits at ``confidence_level`` by ``interval_method``; ``n`` counts the
    units (questions, or clusters where ``n_clusters`` is given) that were used. Limits may be infinite;
    NaN is undefined, and ``status`` says why.
    """

    method: str
    estimate: float
    low: float = math.nan
    high: float = math.nan
    confidence_level: float = DEFAULT_CONFIDENCE
    interval_method: str = ""
    standard_error: float = math.nan
    df: float = math.nan
    n: int = 0
    n_clusters: int | None = None
    status: Status = Status.OK
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HypothesisTest:
    """A test: statistic, degrees of freedom, two-sided p-value unless ``alternative`` says otherwise.

    ``estimate`` with ``low`` and ``high`` is the effect that is tested, in its own unit. ``n`` counts the
    units used. NaN is undefined, and ``status`` says why.
    """

    method: str
    p_value: float
    statistic: float = math.nan
    df: float = math.nan
    df2: float = math.nan
    alternative: str = "two-sided"
    estimate: float = math.nan
    low: float = math.nan
    high: float = math.nan
    confidence_level: float = DEFAULT_CONFIDENCE
    interval_method: str = ""
    standard_error: float = math.nan
    n: int = 0
    n_clusters: int | None = None
    status: Status = Status.OK
    warnings: tuple[str, ...] = ()


def check_confidence(confidence_level: float) -> None:
    """Raise ValueError unless the level is between 0 and 1."""
    if not 0 < confidence_level < 1:
        raise ValueError(f"confidence level {confidence_level} is not between 0 and 1")
