"""Shares of right answers in two disjoint item sets: difference, odds ratio, tests."""

import math
from statistics import NormalDist
from typing import Literal

import numpy as np
from scipy.special import chdtrc
from scipy.stats import hypergeom

from scramblebench.statistics.limit_warnings import cautious_test_warning
from scramblebench.statistics.proportions.intervals import wilson
from scramblebench.statistics.results import (
    DEFAULT_CONFIDENCE,
    Estimate,
    HypothesisTest,
    Status,
    check_confidence,
)

_TIE = 1 + 1e-7  # tables as likely as the observed one count as such despite rounding: R's factor


def risk_difference(
    successes1: int,
    n1: int,
    successes2: int,
    n2: int,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> Estimate:
    """Return share 2 minus share 1 of disjoint item sets with Newcombe's hybrid score interval.

    With Wilson limits l, u of each share p: d - sqrt((p2 - l2)^2 + (u1 - p1)^2) to
    d + sqrt((u2 - p2)^2 + (p1 - l1)^2). Within [-1, 1] and never of width 0. An empty set: NaN, no_data.
    A warning says where fewer than 5 of a set are right or wrong. Not for shared items. Raises ValueError
    unless 0 <= successes <= n. Newcombe 1998,
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I. R:
    ``contingencytables::Newcombe_hybrid_score_CI_2x2``, without continuity correction.
    """
    first, second = (
        wilson(successes1, n1, confidence_level),
        wilson(successes2, n2, confidence_level),
    )
    difference = second.estimate - first.estimate
    below = math.hypot(second.estimate - second.low, first.high - first.estimate)
    above = math.hypot(second.high - second.estimate, first.estimate - first.low)
    return Estimate(
        method="risk difference, independent", estimate=difference, low=difference - below,
        high=difference + above, confidence_level=confidence_level,
        interval_method="Newcombe hybrid score", n=n1 + n2,
        status=Status.OK if n1 and n2 else Status.NO_DATA,
        warnings=_few_warning(successes1, n1) or _few_warning(successes2, n2),
    )  # fmt: skip


def odds_ratio(
    successes1: int,
    n1: int,
    successes2: int,
    n2: int,
    confidence_level: float = DEFAULT_CONFIDENCE,
    *,
    haldane: Literal["zero_cell", "always", "never"] = "zero_cell",
) -> Estimate:
    """Return the odds of set 2 over those of set 1, disjoint items, with Wald limits of its logarithm.

    ln OR +- z sqrt(1/a + 1/b + 1/c + 1/d) over the four cells. Haldane's 1/2 is added to every cell
    where one is 0 (default; status separation, and a warning says so), always, or never: then a zero
    cell gives 0, infinity, or NaN (division_by_zero), without limits. ``standard_error`` is of the
    logarithm. An empty set: no_data. Raises ValueError unless 0 <= successes <= n. Woolf 1955; Haldane
    1956, doi:10.1111/j.1469-1809.1955.tb01285.x. R: ``exp(log(a * d / (b * c)) + c(-1, 1) * z * se)``.
    """
    check_confidence(confidence_level)
    cells = _cells(successes1, n1, successes2, n2)
    if not (n1 and n2):
        return Estimate(
            method="odds ratio, independent", estimate=math.nan, n=n1 + n2, status=Status.NO_DATA,
            confidence_level=confidence_level,
        )  # fmt: skip
    has_zero = 0 in cells
    is_corrected = haldane == "always" or (haldane == "zero_cell" and has_zero)
    ratio, error = _ratio_of_odds([cell + 0.5 if is_corrected else float(cell) for cell in cells])
    half = NormalDist().inv_cdf((1 + confidence_level) / 2) * error
    undefined = Status.DIVISION_BY_ZERO if math.isnan(ratio) else Status.SEPARATION
    return Estimate(
        method="odds ratio, independent" + (", Haldane 1/2 added" if is_corrected else ""),
        estimate=ratio, low=ratio * math.exp(-half), high=ratio * math.exp(half),
        confidence_level=confidence_level, interval_method="Wald on the logarithm",
        standard_error=error, n=n1 + n2, status=undefined if has_zero else Status.OK,
        warnings=("a cell is 0: 1/2 was added to all four",) if is_corrected and has_zero else (),
    )  # fmt: skip


def _ratio_of_odds(cells: list[float]) -> tuple[float, float]:
    """Return the odds ratio, and the standard error of its logarithm: NaN with a zero cell."""
    right1, wrong1, right2, wrong2 = cells
    ratio = _quotient(right2 * wrong1, wrong2 * right1)
    return ratio, math.sqrt(sum(1 / cell for cell in cells)) if all(cells) else math.nan


def chi_squared_test(successes1: int, n1: int, successes2: int, n2: int) -> HypothesisTest:
    """Return Pearson's chi-squared test of two shares of disjoint items, without continuity correction.

    ``statistic`` is chi-squared on 1 df, ``estimate`` share 2 minus share 1. All right or all wrong in
    both: zero_variance, p NaN. An empty set: no_data. A smallest expected count below 5 adds a warning.
    Raises ValueError unless 0 <= successes <= n. R: ``prop.test(correct = FALSE)``.
    """
    right1, wrong1, right2, wrong2 = _cells(successes1, n1, successes2, n2)
    n, right, wrong = n1 + n2, right1 + right2, wrong1 + wrong2
    status = Status.OK if right and wrong else Status.ZERO_VARIANCE
    status = status if n1 and n2 else Status.NO_DATA
    chi2 = math.nan
    if status is Status.OK:
        chi2 = n * (right2 * wrong1 - wrong2 * right1) ** 2 / (n1 * n2 * right * wrong)
    small = status is Status.OK and min(n1, n2) * min(right, wrong) < 5 * n
    return HypothesisTest(
        method="chi-squared, two independent shares", statistic=chi2, df=1,
        p_value=float(chdtrc(1, chi2)), n=n, status=status,
        estimate=right2 / n2 - right1 / n1 if n1 and n2 else math.nan,
        warnings=("an expected count is below 5: use Fisher's test",) if small else (),
    )  # fmt: skip


def fisher_exact_test(successes1: int, n1: int, successes2: int, n2: int) -> HypothesisTest:
    """Return Fisher's exact test of two shares of disjoint items, two-sided.

    p is the probability, given the margins, of the tables no more likely than the observed one.
    ``estimate`` is share 2 minus share 1. All right or all wrong in both: p = 1, the only table. An
    empty set: NaN, no_data. A warning says where the test rejects less than 4 % of true nulls at 5 %.
    Raises ValueError unless 0 <= successes <= n. Fisher 1935,
    doi:10.2307/2342435. R: ``fisher.test``.
    """
    right1, _, right2, _ = _cells(successes1, n1, successes2, n2)
    method, n = "Fisher exact, two independent shares", n1 + n2
    if not (n1 and n2):
        return HypothesisTest(method=method, p_value=math.nan, n=n, status=Status.NO_DATA)
    right = right1 + right2
    possible = np.arange(max(0, right - n2), min(right, n1) + 1)
    shares = np.asarray(hypergeom.pmf(possible, n, right, n1), dtype=np.float64)
    unlikely = shares <= shares[right1 - int(possible[0])] * _TIE
    p_value = 1.0 if unlikely.all() else float(np.sum(shares[unlikely]))
    return HypothesisTest(
        method=method, p_value=p_value, n=n,
        estimate=right2 / n2 - right1 / n1,
        status=Status.OK if 0 < right < n else Status.ZERO_VARIANCE,
        warnings=cautious_test_warning(-np.log(shares), shares, math.log(_TIE)),
    )  # fmt: skip


def _cells(successes1: int, n1: int, successes2: int, n2: int) -> tuple[int, int, int, int]:
    """Return right and wrong of set 1, then of set 2."""
    for successes, n in ((successes1, n1), (successes2, n2)):
        if not 0 <= successes <= n:
            raise ValueError(f"{successes} successes of {n} is not a share")
    return successes1, n1 - successes1, successes2, n2 - successes2


def _few_warning(successes: int, n: int) -> tuple[str, ...]:
    fewer, what = min((successes, "right"), (n - successes, "wrong"))
    if n == 0 or fewer >= 5:
        return ()
    return (f"only {fewer} of {n} items are {what}: limits may be too wide",)


def _quotient(above: float, below: float) -> float:
    if below:
        return above / below
    return math.inf if above else math.nan
