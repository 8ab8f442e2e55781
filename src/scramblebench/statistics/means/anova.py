"""Analysis of variance: disjoint groups, and levels (by models) within items."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import fdtrc

from scramblebench.statistics.means.noncentral import noncentral_f_limits
from scramblebench.statistics.means.samples import (
    FloatArray,
    as_groups,
    complete_rows,
    is_negligible,
    magnitude,
    missing_note,
)
from scramblebench.statistics.results import HypothesisTest, Status, check_confidence

ETA_SQUARED_CONFIDENCE = 0.90
"""Excludes 0 exactly where the one-sided F test rejects at 0.05."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OneWayAnova:
    """F test of disjoint groups with its effect sizes (shares of variance, except ``cohens_f``).

    ``omega_squared`` and ``epsilon_squared`` are reported as 0 where the raw values are negative.
    """

    test: HypothesisTest
    eta_squared: float = math.nan
    eta_squared_low: float = math.nan
    eta_squared_high: float = math.nan
    confidence_level: float = ETA_SQUARED_CONFIDENCE
    omega_squared_raw: float = math.nan
    epsilon_squared_raw: float = math.nan
    cohens_f: float = math.nan

    @property
    def omega_squared(self) -> float:
        return _clipped(self.omega_squared_raw)

    @property
    def epsilon_squared(self) -> float:
        return _clipped(self.epsilon_squared_raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class WithinEffect:
    """One effect of a repeated measures ANOVA: uncorrected test, sphericity corrections, effect sizes.

    Report ``p_greenhouse_geisser``. ``epsilon_huynh_feldt`` may exceed 1; its p-value uses at most 1.
    Both generalised and partial eta squared are shares; the partial one does not compare across designs.
    """

    test: HypothesisTest
    epsilon_greenhouse_geisser: float = math.nan
    p_greenhouse_geisser: float = math.nan
    epsilon_huynh_feldt: float = math.nan
    p_huynh_feldt: float = math.nan
    partial_eta_squared: float = math.nan
    generalized_eta_squared: float = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoWayWithin:
    """The effects of two factors within items, such as model (first) and level (second)."""

    first: WithinEffect
    second: WithinEffect
    interaction: WithinEffect
    n_missing: int


@dataclass(frozen=True, slots=True)
class _Squares:
    effect: float
    error: float
    df: int
    covariance: FloatArray


def oneway_anova(
    groups: Sequence[npt.ArrayLike], confidence_level: float = ETA_SQUARED_CONFIDENCE
) -> OneWayAnova:
    """Return the F test that disjoint groups, each (n_g,), have one mean, with equal variances.

    eta2 = SSb / SST; omega2 = (SSb - df1 MSw) / (SST + MSw); epsilon2 = (SSb - df1 MSw) / SST;
    f = sqrt(SSb / SSw). Limits of eta2 are ncp / (ncp + df1 + df2 + 1) at the noncentral F limits
    (90 % by default). NaN or None is dropped, with a warning; empty groups are left out. Fewer than two
    groups, or no group of two: n_lt_2. No variance within groups: zero_variance. Raises ValueError on
    infinities or a bad confidence level. Fisher 1925; Steiger 2004, doi:10.1037/1082-989X.9.2.164. R:
    ``summary(aov(y ~ g))``, ``effectsize::eta_squared``.
    """
    check_confidence(confidence_level)
    samples, note = _nonempty(groups)
    n, df1 = sum(map(len, samples)), len(samples) - 1
    df2 = n - len(samples)
    if df1 < 1 or df2 < 1:
        return OneWayAnova(test=_undefined("one-way ANOVA", Status.N_LT_2, n, note))
    grand = float(np.mean(np.concatenate(samples)))
    between = sum(len(group) * (float(np.mean(group)) - grand) ** 2 for group in samples)
    within = sum(float(np.sum((group - np.mean(group)) ** 2)) for group in samples)
    if is_negligible(math.sqrt(within / n), magnitude(*samples)):
        return OneWayAnova(test=_undefined("one-way ANOVA", Status.ZERO_VARIANCE, n, note))
    test = _f_test("one-way ANOVA", between, within, df1, df2, n, note)
    mean_square, total = within / df2, between + within
    low, high = noncentral_f_limits(test.statistic, df1, df2, confidence_level)
    return OneWayAnova(
        test=test, eta_squared=between / total, confidence_level=confidence_level,
        eta_squared_low=low / (low + n), eta_squared_high=high / (high + n),  # n = df1 + df2 + 1
        omega_squared_raw=(between - df1 * mean_square) / (total + mean_square),
        epsilon_squared_raw=(between - df1 * mean_square) / total,
        cohens_f=math.sqrt(between / within),
    )  # fmt: skip


def welch_anova(groups: Sequence[npt.ArrayLike]) -> HypothesisTest:
    """Return Welch's F test that disjoint groups, each (n_g,), have one mean, variances unequal.

    NaN or None is dropped, with a warning; empty groups are left out. Fewer than two groups, or a group
    of one: n_lt_2. A group without variance: zero_variance. Welch 1951, doi:10.1093/biomet/38.3-4.330.
    R: ``oneway.test(y ~ g)``.
    """
    samples, note = _nonempty(groups)
    n, k, name = sum(map(len, samples)), len(samples), "Welch ANOVA"
    sizes = np.array([len(group) for group in samples], dtype=np.float64)
    if k < 2 or np.min(sizes) < 2:
        return _undefined(name, Status.N_LT_2, n, note)
    variances = np.array([np.var(group, ddof=1) for group in samples])
    if is_negligible(math.sqrt(float(np.min(variances))), magnitude(*samples)):
        return _undefined(name, Status.ZERO_VARIANCE, n, note)
    means = np.array([np.mean(group) for group in samples])
    weights = sizes / variances
    shares = weights / np.sum(weights)
    spread = float(np.sum((1 - shares) ** 2 / (sizes - 1))) / (k * k - 1)
    between = float(np.sum(weights * (means - np.sum(shares * means)) ** 2)) / (k - 1)
    f, df2 = between / (1 + 2 * (k - 2) * spread), 1 / (3 * spread)
    return HypothesisTest(
        method=name, statistic=f, df=k - 1, df2=df2, p_value=float(fdtrc(k - 1, df2, f)), n=n,
        warnings=note,
    )  # fmt: skip


def repeated_measures_anova(scores: npt.ArrayLike) -> WithinEffect:
    """Return the F test that the levels of a table of item means (n_items, k) have one mean.

    Greenhouse-Geisser epsilon = tr(S)^2 / ((k - 1) tr(S^2)), S the covariance of orthonormal contrasts;
    Huynh-Feldt = (n (k - 1) e - 2) / ((k - 1) (n - 1 - (k - 1) e)). Generalised eta2 = SS / (SS +
    SS_items + SS_error). Items with a missing value are left out, with a warning; ``test.n`` counts the
    others. Fewer than two levels: too_few_levels; than two complete items: n_lt_2 (none:
    no_complete_items). Items that all move alike: zero_variance. For 0/1 scores use Cochran's Q. Raises
    ValueError unless the table has two dimensions. Greenhouse & Geisser 1959, doi:10.1007/BF02289823;
    Huynh & Feldt 1976, doi:10.3102/10769986001001069; Olejnik & Algina 2003,
    doi:10.1037/1082-989X.8.4.434. R: ``afex::aov_ez(within = "level")``.
    """
    table, n_missing = complete_rows(scores, 2)
    squares = _squares(table, _contrasts(table.shape[1]))
    note = missing_note(n_missing, "items")
    return _within_effect("repeated measures ANOVA", table, squares, squares.error, note)


def two_way_repeated_measures_anova(scores: npt.ArrayLike) -> TwoWayWithin:
    """Return the main effects and the interaction of two factors within items, table (n_items, a, b).

    Each effect is tested against its own interaction with items; corrections and statuses per effect as
    in ``repeated_measures_anova``. Generalised eta2 = SS / (SS + SS_items + the three error SS). The
    interaction is on the scale of the scores: one that is not a crossing can vanish under a monotone
    transformation. R: ``afex::aov_ez(within = c("A", "B"))``.
    """
    table, n_missing = complete_rows(scores, 3)
    n, a, b = table.shape
    cells = table.reshape(n, a * b)
    mean_a, mean_b = (np.full((levels, 1), 1 / math.sqrt(levels or 1)) for levels in (a, b))
    first = _squares(cells, _crossed(_contrasts(a), mean_b))
    second = _squares(cells, _crossed(mean_a, _contrasts(b)))
    both = _squares(cells, _crossed(_contrasts(a), _contrasts(b)))
    error, note = first.error + second.error + both.error, missing_note(n_missing, "items")

    def effect(name: str, squares: _Squares) -> WithinEffect:
        return _within_effect(f"two-way within ANOVA, {name}", cells, squares, error, note)

    return TwoWayWithin(
        first=effect("first factor", first), second=effect("second factor", second),
        interaction=effect("interaction", both), n_missing=n_missing,
    )  # fmt: skip


def _within_effect(
    method: str, cells: FloatArray, squares: _Squares, all_errors: float, note: tuple[str, ...]
) -> WithinEffect:
    n, q = len(cells), squares.df
    status = _within_status(cells, squares)
    if status is not Status.OK:
        return WithinEffect(test=_undefined(method, status, n, note))
    test = _f_test(method, squares.effect, squares.error, q, q * (n - 1), n, note)
    trace = float(np.trace(squares.covariance))
    geisser = trace**2 / (q * float(np.sum(squares.covariance**2)))
    huynh = _huynh_feldt(geisser, n, q)
    items = cells.shape[1] * float(np.sum((np.mean(cells, axis=1) - np.mean(cells)) ** 2))
    return WithinEffect(
        test=test, epsilon_greenhouse_geisser=geisser, epsilon_huynh_feldt=huynh,
        p_greenhouse_geisser=_corrected_p(test, geisser),
        p_huynh_feldt=_corrected_p(test, min(1.0, huynh)),
        partial_eta_squared=squares.effect / (squares.effect + squares.error),
        generalized_eta_squared=squares.effect / (squares.effect + items + all_errors),
    )  # fmt: skip


def _within_status(cells: FloatArray, squares: _Squares) -> Status:
    n = len(cells)
    if squares.df < 1:
        return Status.TOO_FEW_LEVELS
    if n < 2:
        return Status.N_LT_2 if n else Status.NO_COMPLETE_ITEMS
    spread = math.sqrt(squares.error / (squares.df * n))
    return Status.ZERO_VARIANCE if is_negligible(spread, magnitude(cells)) else Status.OK


def _contrasts(levels: int) -> FloatArray:
    """Return orthonormal contrasts of the levels as columns (levels, levels - 1), after Helmert."""
    columns = np.zeros((levels, max(0, levels - 1)))
    for j in range(1, levels):
        columns[:j, j - 1] = 1
        columns[j, j - 1] = -j
        columns[:, j - 1] /= math.sqrt(j * (j + 1))
    return columns


def _crossed(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the contrasts over the cells of two factors, the second running fastest."""
    return np.kron(first, second).astype(np.float64)


def _squares(cells: FloatArray, contrasts: FloatArray) -> _Squares:
    """Return the sums of squares of the contrasts (cells, q) over items, and their covariance."""
    n, q = len(cells), contrasts.shape[1]
    if n < 2 or q < 1:
        return _Squares(math.nan, math.nan, q, np.full((q, q), math.nan))
    values = cells @ contrasts
    means = np.mean(values, axis=0)
    centred = values - means
    effect, error = n * float(np.sum(means**2)), float(np.sum(centred**2))
    return _Squares(effect, error, q, centred.T @ centred / (n - 1))


def _huynh_feldt(geisser: float, n: int, q: int) -> float:
    below = q * (n - 1 - q * geisser)
    return (n * q * geisser - 2) / below if q > 1 and below > 1e-9 else 1.0


def _corrected_p(test: HypothesisTest, epsilon: float) -> float:
    return float(fdtrc(epsilon * test.df, epsilon * test.df2, test.statistic))


def _nonempty(groups: Sequence[npt.ArrayLike]) -> tuple[list[FloatArray], tuple[str, ...]]:
    samples = [group for group in as_groups(groups) if len(group)]
    n_missing = sum(np.size(group) for group in groups) - sum(map(len, samples))
    return samples, missing_note(n_missing, "values")


def _f_test(
    method: str, effect: float, error: float, df1: int, df2: int, n: int, note: tuple[str, ...]
) -> HypothesisTest:
    f = effect / df1 / (error / df2)
    return HypothesisTest(
        method=method, statistic=f, df=df1, df2=df2, p_value=float(fdtrc(df1, df2, f)), n=n,
        warnings=note,
    )  # fmt: skip


def _undefined(method: str, status: Status, n: int, note: tuple[str, ...]) -> HypothesisTest:
    return HypothesisTest(method=method, p_value=math.nan, n=n, status=status, warnings=note)


def _clipped(value: float) -> float:
    return value if math.isnan(value) else max(0.0, value)
