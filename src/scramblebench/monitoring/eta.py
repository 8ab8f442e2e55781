"""When an experiment will be done: as a range, from how fast each model was lately."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import sqrt
from statistics import fmean, variance

from scramblebench.monitoring.samples import Sample

RECENT_S = 600.0
"""How far back the rate of a model is looked for."""
_SKEW_S = 60.0
"""How far the clock of a runner may be ahead; samples beyond it are from before a clock was set back."""
_FEWEST = 3
"""Answers that a rate needs."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast one model answers; ``spread`` is about twice its relative standard error."""

    per_s: float
    spread: float


@dataclass(frozen=True, slots=True)
class Eta:
    """When it will be done, with a range of about 95 %."""

    middle: datetime
    low: datetime
    high: datetime


def rate_of(n_answered: int, elapsed_s: float) -> Rate | None:
    """Return the mean rate of some answers, None where they are too few to tell."""
    if n_answered < _FEWEST or elapsed_s <= 0:
        return None
    return Rate(n_answered / elapsed_s, 2 / sqrt(n_answered))


def recent_rate(
    samples: Sequence[Sample], name: str, now: datetime, window_s: float = RECENT_S
) -> Rate | None:
    """Return the rate at which a running total grew in the last minutes; None where that is not known.

    Waits for limits and retries are in it, for they took their time. It is as uncertain as the number of
    answers and their unevenness from sample to sample say, whichever is more.
    """
    first_at, last_at = now - timedelta(seconds=window_s), now + timedelta(seconds=_SKEW_S)
    found = [sample for sample in samples if first_at <= sample.taken_at <= last_at]
    if len(found) < 2:
        return None
    steps = [
        ((b.taken_at - a.taken_at).total_seconds(), b.values.get(name, 0) - a.values.get(name, 0))
        for a, b in pairwise(found)
    ]
    rate = rate_of(round(sum(n for _, n in steps)), sum(s for s, _ in steps))
    if rate is None:
        return None
    return Rate(rate.per_s, max(rate.spread, _unevenness([n / s for s, n in steps if s > 0])))


def _unevenness(rates: Sequence[float]) -> float:
    """Return twice the relative standard error of the mean of rates, 0 where it cannot be told."""
    mean = fmean(rates) if rates else 0.0
    return 2 * sqrt(variance(rates) / len(rates)) / mean if len(rates) > 1 and mean > 0 else 0.0


def eta_of(
    missing: Sequence[int],
    rates: Mapping[int, Rate],
    groups: Sequence[Sequence[int]],
    now: datetime,
) -> Eta | None:
    """Return when all models are done; None before there is any rate.

    ``missing`` counts the trials left by model. Groups of models go on side by side, the models of one
    take turns; one that has not begun is taken to be as fast as the mean of the others.
    """
    if not rates or not any(missing):
        return None
    usual = Rate(fmean(r.per_s for r in rates.values()), max(r.spread for r in rates.values()))
    ends = [_group_s(group, missing, rates, usual) for group in groups]
    middle, low, high = (max(end[part] for end in ends) for part in range(3))
    return Eta(*(now + timedelta(seconds=min(s, 1e9)) for s in (middle, low, high)))


def _group_s(
    group: Sequence[int], missing: Sequence[int], rates: Mapping[int, Rate], usual: Rate
) -> tuple[float, float, float]:
    middle = low = high = 0.0
    for index in group:
        rate = rates.get(index, usual)
        seconds = missing[index] / rate.per_s
        middle += seconds
        low += seconds / (1 + rate.spread)
        high += seconds * (1 + rate.spread)
    return middle, low, high
