"""Rank tests: Mann-Whitney, Wilcoxon signed rank, Kruskal-Wallis, Friedman."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc, ndtr
from scipy.stats import kruskal, rankdata

from scramblebench.statistics.limit_warnings import cautious_test_warning, few_different_warning
from scramblebench.statistics.means.samples import (
    FloatArray,
    as_groups,
    as_sample,
    complete_pairs,
    complete_rows,
    missing_note,
)
from scramblebench.statistics.results import HypothesisTest, Status

Method = Literal["auto", "exact", "asymptotic"]

SIGNED_RANK_EXACT_LIMIT = 200
"""Non-zero differences up to which ``auto`` enumerates the signs."""
RANK_SUM_EXACT_LIMIT = 50
"""Both groups below this: ``auto`` is exact without ties, as in R."""
_RANK_SUM_LARGEST = 200  # values in all: more take minutes, not seconds
_SLACK = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRankTest:
    """A signed rank test with its two rank sums; positive differences are gains of the treatment."""

    test: HypothesisTest
    w_plus: float
    w_minus: float
    n_nonzero: int
    n_missing: int


def mann_whitney(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    method: Method = "auto",
    continuity_correction: bool = True,
) -> HypothesisTest:
    """Return the Mann-Whitney test that two disjoint samples (n1,), (n2,) come from one distribution.

    ``statistic`` is U of the second sample: pairs in which it is larger, ties one half. ``estimate`` is
    U / (n1 n2), the probability that a value of the second exceeds one of the first. ``auto`` is exact
    without ties below 50 values in each group, else the normal approximation with the variance
    corrected for ties and a continuity correction of 1/2. ``exact`` with ties is the permutation
    distribution of the average ranks, p = P(|U - E| >= |u - E|). NaN or None is dropped, with a
    warning. An empty group: no_data. All values equal: zero_variance, p NaN (exact: 1). For 0/1 scores
    prefer a difference of shares. Raises ValueError on infinities, or more than 200 values with
    ``exact``. Mann & Whitney 1947, doi:10.1214/aoms/1177730491. R: ``wilcox.test(second, first)``,
    ``exactRankTests::wilcox.exact``.
    """
    one, two = as_sample(first), as_sample(second)
    n1, n2 = len(one), len(two)
    note = missing_note(np.size(first) + np.size(second) - n1 - n2, "values")
    if not (n1 and n2):
        return HypothesisTest(
            method="Mann-Whitney", p_value=math.nan, n=n1 + n2, status=Status.NO_DATA, warnings=note
        )
    ranks = rankdata(np.concatenate([one, two]))
    is_exact = method == "exact" or (
        method == "auto" and max(n1, n2) < RANK_SUM_EXACT_LIMIT and len(np.unique(ranks)) == n1 + n2
    )
    u = float(np.sum(ranks[n1:])) - n2 * (n2 + 1) / 2
    z = _rank_sum_z(u, ranks, n1, continuity_correction)
    p_value = _rank_sum_exact_p(ranks, n2) if is_exact else 2 * float(ndtr(-abs(z)))
    return HypothesisTest(
        method=f"Mann-Whitney, {'exact' if is_exact else 'asymptotic'}", statistic=u,
        p_value=p_value, estimate=u / (n1 * n2), n=n1 + n2,
        status=Status.ZERO_VARIANCE if math.isnan(z) else Status.OK,
        warnings=(*note, *few_different_warning(ranks)),
    )  # fmt: skip


def _rank_sum_z(u: float, ranks: FloatArray, n1: int, is_corrected: bool) -> float:
    """Return U standardised with its variance given the ties; NaN where all values are equal."""
    n, n2 = len(ranks), len(ranks) - n1
    variance = n1 * n2 * (n + 1 - _tie_sum(ranks) / (n * (n - 1))) / 12
    if variance < _SLACK:
        return math.nan
    distance = abs(u - n1 * n2 / 2)
    return max(0.0, distance - 0.5 if is_corrected else distance) / math.sqrt(variance)


def _rank_sum_exact_p(ranks: FloatArray, n2: int) -> float:
    """Return P(|T - E| >= |t - E|) for the rank sum of the last n2 values over all choices of n2."""
    if len(ranks) > _RANK_SUM_LARGEST:
        raise ValueError(f"{len(ranks)} values are too many for the exact distribution")
    scores = np.rint(2 * ranks).astype(np.intp)
    observed, size = int(np.sum(scores[-n2:])), n2
    if 2 * n2 > len(ranks):  # the other group's sum is as far from its mean
        size, observed = len(ranks) - n2, int(np.sum(scores)) - observed
    shares = _sums_of_choices(scores, size)
    mean = size * float(np.mean(scores))
    far = np.abs(np.arange(len(shares)) - mean) >= abs(observed - mean) - _SLACK
    return min(1.0, float(np.sum(shares[far])))


def _sums_of_choices(scores: npt.NDArray[np.intp], size: int) -> FloatArray:
    """Return the probability of every sum of ``size`` scores drawn without replacement."""
    longest = int(np.sum(np.sort(scores)[len(scores) - size :]))
    table = np.zeros((size + 1, longest + 1))
    table[0, 0] = 1
    for taken, score in enumerate(scores.tolist(), start=1):
        rows = slice(max(1, size - len(scores) + taken), min(taken, size) + 1)
        before = slice(rows.start - 1, rows.stop - 1)
        table[rows, score:] += table[before, : longest + 1 - score].copy()
    return table[size] / np.sum(table[size])


def wilcoxon_signed_rank(
    baseline: npt.ArrayLike,
    treatment: npt.ArrayLike,
    *,
    zeros: Literal["drop", "pratt"] = "drop",
    method: Method = "auto",
    tie_tolerance: float = _SLACK,
) -> SignedRankTest:
    """Return Wilcoxon's signed rank test of treatment minus baseline on the same items, shapes (n,).

    Zero differences are dropped before ranking, or ranked and then dropped (``pratt``: recommended
    with many zeros). The exact p-value enumerates the signs of the average ranks by convolution; auto
    uses it to 200 non-zero differences, then the normal approximation without continuity correction.
    ``estimate`` is the matched rank-biserial correlation (W+ - W-) / (W+ + W-) with zeros dropped.
    Differences within ``tie_tolerance`` of each other (of 0) are ties (zeros): 0.9 - 0.8 ties with
    0.3 - 0.2, which R's ``wilcox.test`` ranks apart (0 does as R). NaN or None is missing: pairwise
    complete items are used. A warning says where the exact test rejects less than 4 % of true nulls at
    5 %. No item: no_data. No difference: all_zero, exact p 1, estimate NaN. Raises
    ValueError on arrays that do not pair. Wilcoxon 1945, doi:10.2307/3001968; Pratt 1959,
    doi:10.1080/01621459.1959.10501526; Kerby 2014, doi:10.2466/11.IT.3.1. R:
    ``exactRankTests::wilcox.exact(d[d != 0])``, ``wilcox.test(exact = FALSE, correct = FALSE)``,
    ``coin::wilcoxsign_test(zero.method = "Pratt")``.
    """
    before, after, n_missing = complete_pairs(baseline, treatment)
    differences = _snapped(after - before, tie_tolerance)
    ranks, positive = _signed_ranks(differences, zeros == "pratt")
    w_plus, w_minus = float(np.sum(ranks[positive])), float(np.sum(ranks[~positive]))
    is_exact = method == "exact" or (method == "auto" and len(ranks) <= SIGNED_RANK_EXACT_LIMIT)
    p_value, caution = (
        _signed_rank_exact(ranks, w_plus)
        if is_exact
        else (_signed_rank_normal_p(ranks, w_plus), ())
    )
    test = HypothesisTest(
        method=f"Wilcoxon signed rank, zeros {zeros}, {'exact' if is_exact else 'asymptotic'}",
        p_value=p_value if len(differences) else math.nan,
        statistic=w_plus, estimate=_rank_biserial(differences), n=len(differences),
        status=_signed_rank_status(differences),
        warnings=(*missing_note(n_missing, "items"), *(caution if len(differences) else ())),
    )  # fmt: skip
    return SignedRankTest(
        test=test, w_plus=w_plus, w_minus=w_minus, n_nonzero=len(ranks), n_missing=n_missing
    )


def _snapped(differences: FloatArray, tolerance: float) -> FloatArray:
    """Return the differences with sizes within the tolerance of the next smaller one made equal."""
    sizes = np.abs(differences)
    order = np.argsort(sizes, kind="stable")
    gaps = np.diff(sizes[order], prepend=0.0)
    starts = np.maximum.accumulate(np.where(gaps > tolerance, np.arange(len(sizes)), -1))
    snapped = np.zeros_like(sizes)
    snapped[order] = np.where(starts < 0, 0.0, sizes[order][starts])
    return np.sign(differences) * snapped


def _signed_ranks(
    differences: FloatArray, is_pratt: bool
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Return the ranks of the sizes of the non-zero differences, and which are positive."""
    nonzero = differences != 0
    ranked = np.ones_like(nonzero) if is_pratt else nonzero
    ranks = np.zeros(len(differences))
    ranks[ranked] = rankdata(np.abs(differences[ranked]))
    return ranks[nonzero], differences[nonzero] > 0


def _signed_rank_normal_p(ranks: FloatArray, w_plus: float) -> float:
    distance = abs(w_plus - float(np.sum(ranks)) / 2)
    variance = float(np.sum(ranks**2)) / 4
    return 2 * float(ndtr(-distance / math.sqrt(variance))) if variance else math.nan


def _signed_rank_exact(ranks: FloatArray, w_plus: float) -> tuple[float, tuple[str, ...]]:
    """Return the p-value over all signs of the ranks, and the warning of a cautious test."""
    scores = np.rint(2 * ranks).astype(np.intp)
    shares = np.zeros(int(np.sum(scores)) + 1)
    shares[0], reach = 1.0, 0
    for score in scores.tolist():
        moved = shares[: reach + 1] / 2
        shares[: reach + 1] = moved
        shares[score : score + reach + 1] += moved
        reach += score
    sums = np.arange(len(shares)) / 2
    distances = np.abs(sums - float(np.sum(ranks)) / 2)
    far = distances >= abs(w_plus - float(np.sum(ranks)) / 2) - _SLACK
    return min(1.0, float(np.sum(shares[far]))), cautious_test_warning(distances, shares)


def _rank_biserial(differences: FloatArray) -> float:
    ranks, positive = _signed_ranks(differences, is_pratt=False)
    if not len(ranks):
        return math.nan
    return float(np.sum(np.where(positive, ranks, -ranks)) / np.sum(ranks))


def _signed_rank_status(differences: FloatArray) -> Status:
    if not len(differences):
        return Status.NO_DATA
    return Status.OK if differences.any() else Status.ALL_ZERO


def kruskal_wallis(groups: Sequence[npt.ArrayLike]) -> HypothesisTest:
    """Return the Kruskal-Wallis test of disjoint groups, each (n_g,): H on k - 1 df, corrected for ties.

    ``estimate`` is the rank epsilon squared, H / (n - 1). NaN or None is dropped, with a warning. Fewer
    than two groups with values: n_lt_2. All values equal: zero_variance. Raises ValueError on
    infinities. Kruskal & Wallis 1952, doi:10.1080/01621459.1952.10483441. R: ``kruskal.test``.
    """
    samples = [group for group in as_groups(groups) if len(group)]
    n = sum(map(len, samples))
    note = missing_note(sum(np.size(group) for group in groups) - n, "values")
    status = Status.N_LT_2 if len(samples) < 2 else Status.OK
    if status is Status.OK and np.ptp(np.concatenate(samples)) == 0:
        status = Status.ZERO_VARIANCE
    if status is not Status.OK:
        return HypothesisTest(
            method="Kruskal-Wallis", p_value=math.nan, n=n, status=status, warnings=note
        )
    h, df = float(kruskal(*samples).statistic), len(samples) - 1
    return HypothesisTest(
        method="Kruskal-Wallis", statistic=h, df=df, p_value=float(chdtrc(df, h)),
        estimate=h / (n - 1), n=n, warnings=note,
    )  # fmt: skip


def friedman(scores: npt.ArrayLike) -> HypothesisTest:
    """Return Friedman's test of the levels of a table (n_items, k): chi-squared on k - 1 df.

    Average ranks within items, corrected for ties; on 0/1 scores it is Cochran's Q. ``estimate`` is
    Kendall's W = chi2 / (n (k - 1)). Items with a missing value are left out, with a warning. Fewer
    than two levels: too_few_levels; no complete item: no_complete_items. Every item tied throughout:
    p = 1, no_informative_items. Raises ValueError unless the table has two dimensions. Friedman 1937,
    doi:10.1080/01621459.1937.10503522. R: ``friedman.test``, NaN where every item is tied.
    """
    table, n_missing = complete_rows(scores, 2)
    (n, k), note = table.shape, missing_note(n_missing, "items")
    if n == 0 or k < 2:
        status = Status.TOO_FEW_LEVELS if k < 2 else Status.NO_COMPLETE_ITEMS
        return HypothesisTest(
            method="Friedman", p_value=math.nan, n=n, status=status, warnings=note
        )
    ranks = np.asarray(rankdata(table, axis=1))
    below = n * k * (k + 1) - sum(map(_tie_sum, ranks)) / (k - 1)
    if below < _SLACK:
        return HypothesisTest(
            method="Friedman", p_value=1.0, df=k - 1, n=n, status=Status.NO_INFORMATIVE_ITEMS,
            warnings=note,
        )  # fmt: skip
    chi2 = 12 * float(np.sum((np.sum(ranks, axis=0) - n * (k + 1) / 2) ** 2)) / below
    return HypothesisTest(
        method="Friedman", statistic=chi2, df=k - 1, p_value=float(chdtrc(k - 1, chi2)),
        estimate=chi2 / (n * (k - 1)), n=n, warnings=note,
    )  # fmt: skip


def _tie_sum(values: FloatArray) -> float:
    """Return the sum of t^3 - t over the groups of t equal values."""
    counts = np.unique(values, return_counts=True)[1].astype(np.float64)
    return float(np.sum(counts**3 - counts))
