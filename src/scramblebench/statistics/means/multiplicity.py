"""Many tests at once: adjusted p-values of a declared family, and Tukey's honest differences."""

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations
from typing import SupportsFloat

import numpy as np
import numpy.typing as npt
from scipy.stats import false_discovery_control, studentized_range

from scramblebench.statistics.means.samples import (
    FloatArray,
    as_sample,
    is_negligible,
    magnitude,
    missing_note,
)
from scramblebench.statistics.results import (
    DEFAULT_CONFIDENCE,
    HypothesisTest,
    Status,
    check_confidence,
)


class Adjustment(StrEnum):
    """How p-values of a family are adjusted."""

    NONE = "none"
    BONFERRONI = "bonferroni"
    HOLM = "holm"
    HOCHBERG = "hochberg"
    BH = "bh"  # false discovery rate
    BY = "by"  # false discovery rate under any dependence


_ALIASES: Mapping[str, Adjustment] = {
    "fdr": Adjustment.BH,
    "fdr_bh": Adjustment.BH,
    "benjamini-hochberg": Adjustment.BH,
    "fdr_by": Adjustment.BY,
    "benjamini-yekutieli": Adjustment.BY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PairwiseDifference:
    """A pair of groups by name: the test of mean(second) - mean(first), adjusted over all pairs."""

    first: str
    second: str
    test: HypothesisTest


@dataclass(frozen=True, slots=True)
class _Spread:
    """The pooled standard deviation within k groups, and the quantile of the studentised range."""

    deviation: float
    df: int
    k: int
    quantile: float
    status: Status


def parse_adjustment(method: str) -> Adjustment:
    """Return the adjustment of a name in any case, ``fdr`` being ``bh``; ValueError on another."""
    name = method.strip().lower()
    if name in _ALIASES:
        return _ALIASES[name]
    try:
        return Adjustment(name)
    except ValueError:
        known = ", ".join([*Adjustment, "fdr"])
        raise ValueError(f"no adjustment is named {method!r}; known are {known}") from None


def adjust(p_values: Sequence[float | None] | FloatArray, method: str) -> FloatArray:
    """Return the adjusted p-values of one family in its order, shape (m,), at most 1.

    ``method``: bonferroni, holm, hochberg, bh (alias fdr), by, none. None or NaN (an undefined test) is
    left out, does not count in m, and is NaN in the result. Report raw and adjusted side by side.
    Raises ValueError on an unknown method or a p-value outside [0, 1]. Holm 1979; Hochberg 1988,
    doi:10.1093/biomet/75.4.800; Benjamini & Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x;
    Benjamini & Yekutieli 2001, doi:10.1214/aos/1013699998. R: ``p.adjust``.
    """
    kind = parse_adjustment(method)
    raw = np.asarray(p_values, dtype=np.float64)
    known = ~np.isnan(raw)
    if np.any((raw[known] < 0) | (raw[known] > 1)):
        raise ValueError("a p-value is outside [0, 1]")
    adjusted = np.full(raw.shape, math.nan)
    if known.any():
        adjusted[known] = np.minimum(1.0, _adjusted(raw[known], kind))
    return adjusted


def _adjusted(p: FloatArray, kind: Adjustment) -> FloatArray:
    if kind is Adjustment.NONE:
        return p
    if kind is Adjustment.BONFERRONI:
        return p * len(p)
    if kind in (Adjustment.HOLM, Adjustment.HOCHBERG):
        return _stepwise(p, is_down=kind is Adjustment.HOLM)
    return np.asarray(false_discovery_control(p, method="bh" if kind is Adjustment.BH else "by"))


def _stepwise(p: FloatArray, *, is_down: bool) -> FloatArray:
    """Return p times the number of tests not smaller: its running maximum, or minimum from above."""
    order = np.argsort(p, kind="stable")
    scaled = p[order] * np.arange(len(p), 0, -1)
    steps = np.maximum.accumulate(scaled) if is_down else np.minimum.accumulate(scaled[::-1])[::-1]
    adjusted = np.empty_like(p)
    adjusted[order] = steps
    return adjusted


def tukey_hsd(
    groups: Mapping[str, npt.ArrayLike], confidence_level: float = DEFAULT_CONFIDENCE
) -> list[PairwiseDifference]:
    """Return the Tukey-Kramer tests of all pairs of disjoint groups, each (n_g,), in their order.

    Pairs (1, 2), (1, 3), ..., (2, 3), ...; estimate mean(second) - mean(first), statistic the
    studentised range |estimate| / sqrt(MSw (1/n1 + 1/n2) / 2) with the k groups that have values and
    n - k degrees of freedom; p-values and limits hold for all pairs together, p to about 1e-10. Not for shared items.
    NaN or None is dropped, with a warning. An empty group: no_data in its pairs. No group of two:
    n_lt_2. No variance within groups: zero_variance. Raises ValueError on infinities or a bad
    confidence level. Kramer 1956, doi:10.2307/3001469. R: ``TukeyHSD(aov(y ~ g))``.
    """
    check_confidence(confidence_level)
    samples = {name: as_sample(values) for name, values in groups.items()}
    n_missing = sum(np.size(values) for values in groups.values())
    n_missing -= sum(map(len, samples.values()))
    spread = _spread([values for values in samples.values() if len(values)], confidence_level)
    shared = HypothesisTest(
        method="Tukey-Kramer", p_value=math.nan, df=spread.df, status=spread.status,
        confidence_level=confidence_level, interval_method="studentised range",
        warnings=missing_note(n_missing, "values"),
    )  # fmt: skip
    return [
        PairwiseDifference(
            first=one, second=two, test=_pair(shared, spread, samples[one], samples[two])
        )
        for one, two in combinations(samples, 2)
    ]


def _spread(samples: Sequence[FloatArray], confidence_level: float) -> _Spread:
    df = sum(map(len, samples)) - len(samples)
    if df < 1:
        return _Spread(math.nan, df, len(samples), math.nan, Status.N_LT_2)
    squares = sum(float(np.sum((values - np.mean(values)) ** 2)) for values in samples)
    deviation = math.sqrt(squares / df)
    if is_negligible(deviation, magnitude(*samples)):
        return _Spread(0.0, df, len(samples), math.nan, Status.ZERO_VARIANCE)
    quantile = math.nan
    if len(samples) > 1:
        quantile, _ = _integrated(studentized_range.ppf, confidence_level, len(samples), df)
    return _Spread(deviation, df, len(samples), quantile, Status.OK)


def _pair(
    shared: HypothesisTest, spread: _Spread, one: FloatArray, two: FloatArray
) -> HypothesisTest:
    if not (len(one) and len(two)):
        return replace(shared, n=len(one) + len(two), status=Status.NO_DATA)
    estimate, n = float(np.mean(two) - np.mean(one)), len(one) + len(two)
    if spread.status is not Status.OK:
        return replace(shared, estimate=estimate, n=n)
    error = spread.deviation * math.sqrt((1 / len(one) + 1 / len(two)) / 2)
    q = abs(estimate) / error
    p_value, doubts = _integrated(studentized_range.sf, q, spread.k, spread.df)
    return replace(
        shared, estimate=estimate, n=n, statistic=q, standard_error=error, p_value=p_value,
        low=estimate - spread.quantile * error, high=estimate + spread.quantile * error,
        warnings=shared.warnings + doubts,
    )  # fmt: skip


def _integrated(
    function: Callable[[float, int, int], SupportsFloat], value: float, k: int, df: int
) -> tuple[float, tuple[str, ...]]:
    """Return a value of the studentised range, and what its numerical integration warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = float(function(value, k, df))
    return result, tuple(dict.fromkeys(str(warning.message) for warning in caught))
