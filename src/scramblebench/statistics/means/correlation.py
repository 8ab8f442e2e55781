"""Correlation of two quantities over units, such as models: Pearson, Spearman, Kendall."""

import math
from enum import StrEnum
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, stdtr
from scipy.stats import rankdata

from scramblebench.statistics.means.samples import (
    FloatArray,
    complete_pairs,
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

EXACT_PERMUTATION_LIMIT = 9
"""Units up to which every order is tried: 9! is 362,880."""

_SLACK = 1e-9
_ROUNDING = 1e-14  # units on a line give 1 less a few last digits


class Coefficient(StrEnum):
    """Which coefficient of correlation."""

    PEARSON = "pearson"
    SPEARMAN = "spearman"
    KENDALL = "kendall"


def pearson(
    x: npt.ArrayLike, y: npt.ArrayLike, confidence_level: float = DEFAULT_CONFIDENCE
) -> HypothesisTest:
    """Return Pearson's r, shapes (n,), with the t test on n - 2 df and Fisher's z interval.

    Limits tanh(atanh r -+ z / sqrt(n - 3)) from n >= 4, else NaN. NaN or None is missing: pairwise
    complete units are used. n < 3: n_lt_2 below two units, else p NaN with a warning. A constant input:
    zero_variance, all NaN. At r = -1 or 1 the limits collapse onto r, which a warning says. Never for
    5..7 level means against the level. Raises ValueError on arrays that do not pair, or infinities.
    Fisher 1921. R: ``cor.test(x, y)``.
    """
    check_confidence(confidence_level)
    one, two, n_missing = complete_pairs(x, y)
    note, n = missing_note(n_missing, "units"), len(one)
    status = _status(one, two)
    if status is not Status.OK:
        return _undefined("Pearson r", status, n, note, confidence_level)
    r = _correlation(one, two)
    low, high = _fisher_limits(r, n, confidence_level)
    p_value, statistic = _t_p_value(r, n)
    return HypothesisTest(
        method="Pearson r", estimate=r, statistic=statistic, df=n - 2, p_value=p_value, low=low,
        high=high, interval_method="Fisher z" if n >= 4 else "", n=n,
        confidence_level=confidence_level, warnings=note + _cautions(r, n),
    )  # fmt: skip


def spearman(x: npt.ArrayLike, y: npt.ArrayLike) -> HypothesisTest:
    """Return Spearman's rho, Pearson's r of the average ranks, with the t approximation on n - 2 df.

    Missing values, few units and constant input as in ``pearson``; no interval. Up to 9 units prefer
    ``exact_permutation_p``. R: ``cor(x, y, method = "spearman")`` and 2 pt(-|t|, n - 2); R's own
    ``cor.test`` uses an exact table below 10 units without ties, which ``exact_permutation_p`` equals.
    """
    one, two, n_missing = complete_pairs(x, y)
    note, n = missing_note(n_missing, "units"), len(one)
    status = _status(one, two)
    if status is not Status.OK:
        return _undefined("Spearman rho", status, n, note)
    rho = _correlation(rankdata(one), rankdata(two))
    p_value, statistic = _t_p_value(rho, n)
    return HypothesisTest(
        method="Spearman rho", estimate=rho, statistic=statistic, df=n - 2, p_value=p_value, n=n,
        warnings=note + _cautions(rho, n),
    )  # fmt: skip


def kendall(x: npt.ArrayLike, y: npt.ArrayLike) -> HypothesisTest:
    """Return Kendall's tau-b with the normal approximation of S, its variance corrected for ties.

    No continuity correction. Missing values and constant input as in ``pearson``; no interval. Kendall
    1945, doi:10.1093/biomet/33.3.239. R: ``cor.test(x, y, method = "kendall", exact = FALSE)``.
    """
    one, two, n_missing = complete_pairs(x, y)
    note, n = missing_note(n_missing, "units"), len(one)
    status = _status(one, two)
    if status is not Status.OK:
        return _undefined("Kendall tau-b", status, n, note)
    signs_x, signs_y = _pair_signs(one), _pair_signs(two)
    score = float(signs_x @ signs_y)
    tau = score / math.sqrt(float(np.sum(signs_x**2)) * float(np.sum(signs_y**2)))
    z = score / math.sqrt(_kendall_variance(one, two))
    return HypothesisTest(
        method="Kendall tau-b", estimate=tau, statistic=z, p_value=2 * float(ndtr(-abs(z))), n=n,
        warnings=note,
    )  # fmt: skip


def exact_permutation_p(
    x: npt.ArrayLike, y: npt.ArrayLike, coefficient: Coefficient = Coefficient.PEARSON
) -> float:
    """Return the two-sided p-value over all n! orders: the share with |r*| >= |r|.

    For up to 9 complete units; ties in |r*| count within 1e-9. A constant input or fewer than two units
    give NaN. Raises ValueError on more units. R: full enumeration with ``cor``.
    """
    one, two, _ = complete_pairs(x, y)
    if len(one) > EXACT_PERMUTATION_LIMIT:
        raise ValueError(
            f"{len(one)} units have too many orders; at most {EXACT_PERMUTATION_LIMIT} are tried"
        )
    if _status(one, two) is not Status.OK:
        return math.nan
    values = _permuted_coefficients(one, two, coefficient)
    return float(np.mean(np.abs(values) >= abs(values[0]) - _SLACK))


def _permuted_coefficients(x: FloatArray, y: FloatArray, coefficient: Coefficient) -> FloatArray:
    """Return the coefficient up to sign and ties for every order of y, the observed one first."""
    orders = _orders(len(x))
    if coefficient is Coefficient.KENDALL:
        first, second = np.triu_indices(len(x), 1)
        signs = np.sign(y[orders[:, second]] - y[orders[:, first]])
        return signs @ _pair_signs(x) / len(first)
    if coefficient is Coefficient.SPEARMAN:
        x, y = rankdata(x), rankdata(y)
    return _unit(y)[orders] @ _unit(x)


def _orders(n: int) -> npt.NDArray[np.intp]:
    """Return all orders of n units as rows, the identity first."""
    rows = np.zeros((1, 1), dtype=np.intp)
    for size in range(2, n + 1):
        places = [np.insert(rows, place, size - 1, axis=1) for place in range(size - 1, -1, -1)]
        rows = np.concatenate(places)
    return rows


def _unit(values: FloatArray) -> FloatArray:
    centred = values - np.mean(values)
    return centred / math.sqrt(float(centred @ centred))


def _correlation(x: FloatArray, y: FloatArray) -> float:
    r = float(_unit(x) @ _unit(y))
    return math.copysign(1.0, r) if abs(r) > 1 - _ROUNDING else r


def _pair_signs(values: FloatArray) -> FloatArray:
    """Return the sign of every difference between two units, shape (n (n - 1) / 2,)."""
    first, second = np.triu_indices(len(values), 1)
    return np.sign(values[second] - values[first])


def _kendall_variance(x: FloatArray, y: FloatArray) -> float:
    n = len(x)
    ties = [np.unique(values, return_counts=True)[1].astype(np.float64) for values in (x, y)]
    singles = [float(np.sum(t * (t - 1) * (2 * t + 5))) for t in ties]
    pairs = [float(np.sum(t * (t - 1))) for t in ties]
    triples = [float(np.sum(t * (t - 1) * (t - 2))) for t in ties]
    variance = (n * (n - 1) * (2 * n + 5) - sum(singles)) / 18 + math.prod(pairs) / (
        2 * n * (n - 1)
    )
    return variance + math.prod(triples) / (9 * n * (n - 1) * (n - 2)) if n > 2 else variance


def _status(x: FloatArray, y: FloatArray) -> Status:
    if len(x) < 2:
        return Status.N_LT_2
    spreads = [is_negligible(float(np.ptp(values)), magnitude(values)) for values in (x, y)]
    return Status.ZERO_VARIANCE if any(spreads) else Status.OK


def _t_p_value(r: float, n: int) -> tuple[float, float]:
    """Return the p-value and t of a coefficient; t is infinite at -1 and 1, both NaN below n = 3."""
    if n < 3:
        return math.nan, math.nan
    if abs(r) == 1:
        return 0.0, math.copysign(math.inf, r)
    t = r * math.sqrt((n - 2) / (1 - r * r))
    return 2 * float(stdtr(n - 2, -abs(t))), t


def _fisher_limits(r: float, n: int, confidence_level: float) -> tuple[float, float]:
    if n < 4:
        return math.nan, math.nan
    if abs(r) == 1:
        return r, r
    half = NormalDist().inv_cdf((1 + confidence_level) / 2) / math.sqrt(n - 3)
    return math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)


def _cautions(r: float, n: int) -> tuple[str, ...]:
    if n < 3:
        return ("two units always correlate perfectly: no test",)
    if 1 - abs(r) < _SLACK:
        return ("the units lie on a line: interval and t approximation say nothing",)
    return ()


def _undefined(
    method: str,
    status: Status,
    n: int,
    warnings: tuple[str, ...],
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> HypothesisTest:
    return HypothesisTest(
        method=method, p_value=math.nan, n=n, status=status, warnings=warnings,
        confidence_level=confidence_level,
    )  # fmt: skip
