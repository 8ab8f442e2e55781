"""Conditional logistic regression: items as strata, no assumption about how items differ."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc, ndtri

from scramblebench.statistics.models.separation import has_receding_direction
from scramblebench.statistics.results import (
    DEFAULT_CONFIDENCE,
    Estimate,
    HypothesisTest,
    Status,
    check_confidence,
)

_METHOD = "conditional logistic regression"
_MAX_ITERATIONS = 100
_MAX_HALVINGS = 30
_RISE = 1e-13  # relative; the likelihood rises no more

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionalFit:
    """One coefficient for each column, tests of all of them, and the items that told anything."""

    coefficients: tuple[Estimate, ...]
    covariance: Vector
    log_likelihood: float
    likelihood_ratio: HypothesisTest
    score: HypothesisTest
    n_items: int
    n_informative: int
    status: Status = Status.OK
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Strata:
    """Informative items: rows padded with ``is_row`` False, and how many rows are 1."""

    design: Vector  # (n_items, n_rows, n_columns)
    is_row: npt.NDArray[np.bool_]  # (n_items, n_rows)
    response: Vector  # (n_items, n_rows)
    ones: npt.NDArray[np.int64]  # (n_items,)


def conditional_logistic(
    response: Vector,
    design: Vector,
    items: npt.NDArray[np.generic],
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> ConditionalFit:
    """Fit a logistic model given how many rows of each item are 1.

    ``response`` (n_rows,) is 0, 1 or NaN (missing: the row is left out); ``design`` (n_rows, n_columns)
    has no intercept; ``items`` (n_rows,) names the item of each row. The likelihood of an item is
    exp(sum of x'b over its ones) / sum of the same over all choices of as many rows: exact, by the
    recursion of elementary symmetric functions. Items with only 0 or only 1 drop out: ``n_informative``
    counts the others. Coefficients are log odds ratios; limits are Wald. With two rows for each item
    and one column, 0 and 1, the coefficient is log(n01 / n10).

    No informative item: coefficients NaN, statistics 0 and p = 1, status no_informative_items.
    Separation: coefficients NaN (they are infinite), status separation; the score test is valid and
    the likelihood-ratio statistic is that of the limit. A column constant within every item raises, as
    do NaN in the design and columns that are not independent within items.

    Cox 1972, doi:10.1111/j.2517-6161.1972.tb00899.x; Gail, Lubin & Rubinstein 1981,
    doi:10.1093/biomet/68.3.703. R: ``survival::clogit(y ~ x + strata(item), method = "exact")``, whose
    ``summary()$logtest`` and ``$sctest`` are the two tests.
    """
    check_confidence(confidence_level)
    n_columns = design.shape[1]
    strata, n_items = _strata(response, design, items)
    if not len(strata.ones):
        return _uninformative(n_columns, n_items, confidence_level)
    contrasts = _contrasts(strata)
    if np.linalg.matrix_rank(contrasts) < n_columns:
        raise ValueError("the columns do not vary independently within informative items")
    start = np.zeros(n_columns)
    value, gradient, information = _derivatives(strata, start)
    score = float(gradient @ np.linalg.solve(information, gradient))
    is_separated = has_receding_direction(contrasts)
    top, top_value, covariance, is_converged = _maximise(strata, start)
    status = Status.OK if is_converged else Status.NOT_CONVERGED
    if is_separated:
        status = Status.SEPARATION
        top = np.full(n_columns, math.nan)
        covariance = np.full((n_columns, n_columns), math.nan)
    n = len(strata.ones)
    return ConditionalFit(
        coefficients=_coefficients(top, covariance, n, status, confidence_level),
        covariance=covariance,
        log_likelihood=top_value,
        likelihood_ratio=_test(
            "likelihood-ratio test", 2 * (top_value - value), n_columns, n, status
        ),
        score=_test("score test", score, n_columns, n, Status.OK),
        n_items=n_items,
        n_informative=n,
        status=status,
    )


def long_table(levels: Vector, scores: Vector) -> tuple[Vector, Vector, npt.NDArray[np.int64]]:
    """Return response, level and item of each row of a matrix of scores (n_items, n_levels).

    Rows are in the order of items, then levels; NaN stays.
    """
    n_items, n_levels = scores.shape
    return scores.ravel(), np.tile(levels, n_items), np.repeat(np.arange(n_items), n_levels)


def level_indicators(level: Vector) -> Vector:
    """Return one column of 0 and 1 for each level but the lowest: (n_rows, n_levels - 1)."""
    return (level[:, None] == np.unique(level)[None, 1:]).astype(float)


def _strata(
    response: Vector, design: Vector, items: npt.NDArray[np.generic]
) -> tuple[_Strata, int]:
    if design.ndim != 2 or not len(response) == len(design) == len(items):
        raise ValueError("response, design and items differ in their number of rows")
    present = ~np.isnan(response)
    if not np.isin(response[present], (0.0, 1.0)).all():
        raise ValueError("a response is neither 0 nor 1")
    if not np.isfinite(design[present]).all():
        raise ValueError("the design holds a value that is not finite")
    _, codes = np.unique(items[present], return_inverse=True)
    size = np.bincount(codes)
    ones = np.bincount(codes, weights=response[present]).astype(np.int64)
    keep = (ones > 0) & (ones < size)
    order = np.argsort(codes, kind="stable")
    order = order[keep[codes[order]]]
    place = np.concatenate([np.arange(count) for count in size[keep]] or [np.zeros(0, dtype=int)])
    row = np.repeat(np.arange(int(keep.sum())), size[keep])
    shape = (int(keep.sum()), int(size[keep].max(initial=0)))
    padded = np.zeros((*shape, design.shape[1]))
    is_row, answers = np.zeros(shape, dtype=bool), np.zeros(shape)
    padded[row, place] = design[present][order]
    is_row[row, place] = True
    answers[row, place] = response[present][order]
    return _Strata(padded, is_row, answers, ones[keep]), len(size)


def _contrasts(strata: _Strata) -> Vector:
    """Return a row that is 1 minus a row that is 0, for all such pairs within an item."""
    right = strata.is_row & (strata.response == 1)
    wrong = strata.is_row & (strata.response == 0)
    item, one, zero = np.nonzero(right[:, :, None] & wrong[:, None, :])
    return np.unique(strata.design[item, one] - strata.design[item, zero], axis=0)


def _derivatives(strata: _Strata, coefficients: Vector) -> tuple[float, Vector, Vector]:
    """Return the log-likelihood, its gradient and the information.

    ``e[k]`` is the sum over all choices of k rows of exp(x'b), with first and second derivatives; rows
    enter one by one. The largest x'b of an item is taken out first, so that nothing overflows.
    """
    linear = np.where(strata.is_row, strata.design @ coefficients, -np.inf)
    top = linear.max(axis=1, keepdims=True)
    n, n_rows, p = strata.design.shape
    most = int(strata.ones.max())
    e, first, second = (
        np.zeros((n, most + 1)),
        np.zeros((n, most + 1, p)),
        np.zeros((n, most + 1, p, p)),
    )
    e[:, 0] = 1.0
    for row in range(n_rows):
        x = strata.design[:, row]
        weight = np.exp(linear[:, row] - top[:, 0])[:, None]
        outer = x[:, None, :, None] * x[:, None, None, :]
        lower, lower_first = e[:, :-1], first[:, :-1]
        cross = lower_first[..., :, None] * x[:, None, None, :]
        risen = second[:, :-1] + cross + np.swapaxes(cross, 2, 3) + lower[..., None, None] * outer
        second[:, 1:] += weight[..., None, None] * risen
        first[:, 1:] += weight[..., None] * (lower_first + lower[..., None] * x[:, None, :])
        e[:, 1:] += weight * lower
    pick = np.arange(n), strata.ones
    mean = first[pick] / e[pick][:, None]
    spread = second[pick] / e[pick][:, None, None] - mean[:, :, None] * mean[:, None, :]
    shifted = np.where(strata.response == 1, linear - top, 0.0).sum()
    right = np.einsum("ij,ijk->k", strata.response, strata.design)
    return float(shifted - np.log(e[pick]).sum()), right - mean.sum(axis=0), spread.sum(axis=0)


def _maximise(strata: _Strata, start: Vector) -> tuple[Vector, float, Vector, bool]:
    """Return the top, its log-likelihood, the inverse information, and whether it was reached."""
    current, is_converged = start, False
    value, gradient, information = _derivatives(strata, current)
    for _ in range(_MAX_ITERATIONS):
        step = np.linalg.lstsq(information, gradient, rcond=None)[0]
        if float(step @ gradient) <= _RISE * max(1.0, abs(value)):
            is_converged = True
            break
        reached = _derivatives(strata, current + step)
        halvings = 0
        while reached[0] < value - 1e-12 * abs(value) and halvings < _MAX_HALVINGS:
            step, halvings = step / 2, halvings + 1
            reached = _derivatives(strata, current + step)
        current = current + step
        value, gradient, information = reached
    covariance = np.asarray(np.linalg.pinv(information, hermitian=True), dtype=np.float64)
    return current, value, covariance, is_converged


def _coefficients(
    top: Vector, covariance: Vector, n: int, status: Status, confidence_level: float
) -> tuple[Estimate, ...]:
    z = float(ndtri((1 + confidence_level) / 2))
    return tuple(
        Estimate(
            method=_METHOD, estimate=float(value), low=float(value - z * error),
            high=float(value + z * error), confidence_level=confidence_level,
            interval_method="Wald", standard_error=float(error), n=n, status=status,
        )
        for value, error in zip(top, np.sqrt(np.diag(covariance)), strict=True)
    )  # fmt: skip


def _test(name: str, statistic: float, df: int, n: int, status: Status) -> HypothesisTest:
    statistic = max(0.0, statistic)
    return HypothesisTest(
        method=name, p_value=float(chdtrc(df, statistic)), statistic=statistic, df=float(df), n=n,
        status=status,
    )  # fmt: skip


def _uninformative(n_columns: int, n_items: int, confidence_level: float) -> ConditionalFit:
    status = Status.NO_INFORMATIVE_ITEMS if n_items else Status.NO_DATA
    nothing = np.full((n_columns, n_columns), math.nan)
    p_value = 1.0 if n_items else math.nan
    statistic = 0.0 if n_items else math.nan
    lr, score = (
        HypothesisTest(
            method=name, p_value=p_value, statistic=statistic, df=float(n_columns), status=status
        )
        for name in ("likelihood-ratio test", "score test")
    )
    return ConditionalFit(
        coefficients=_coefficients(nothing[0], nothing, 0, status, confidence_level),
        covariance=nothing,
        log_likelihood=0.0,
        likelihood_ratio=lr,
        score=score,
        n_items=n_items,
        n_informative=0,
        status=status,
    )
