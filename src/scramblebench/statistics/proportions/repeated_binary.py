"""The same binary items under several conditions: Cochran's Q."""

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy import special

from scramblebench.statistics.limit_warnings import few_deciding_warning
from scramblebench.statistics.results import Status

_EXACT_BELOW = 24  # informative scores below which the chi-squared p is not trusted
_MOST_STEPS = 2_000_000  # of the enumeration by item; beyond, it takes seconds, then minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class CochranTest:
    """Cochran's Q: whether the shares of several conditions on the same items differ.

    ``p_asymptotic`` is of the chi-squared distribution, ``p_exact`` of all permutations within items
    (NaN where they were not enumerated). ``n`` items are complete; ``n_informative`` of them are
    right under some conditions and wrong under others.
    """

    statistic: float
    df: int
    p_asymptotic: float
    p_exact: float = math.nan
    n: int
    n_missing: int
    n_informative: int
    status: Status = Status.OK
    warnings: tuple[str, ...] = ()

    @property
    def p_value(self) -> float:
        """Return the exact p-value where there is one, else the asymptotic."""
        return self.p_asymptotic if math.isnan(self.p_exact) else self.p_exact


def cochran_q(scores: npt.ArrayLike, exact: bool | None = None) -> CochranTest:
    """Test whether the conditions have the same share of right answers on the same items.

    ``scores``, shape (n_items, n_conditions), holds 0 and 1. With column sums G, row sums L and k
    conditions, Q = (k - 1)(k sum G^2 - (sum G)^2) / (k sum L - sum L^2), df k - 1: R's
    ``friedman.test`` on 0/1; for k = 2 McNemar's without correction. Items with a NaN are left out
    and counted. ``exact`` adds the p of all permutations within items; by default where fewer than 24
    scores belong to informative items. No informative item: Q NaN, p = 1, ``no_informative_items``; no
    complete item: NaN, ``no_complete_items``. For clustered items it is invalid. Cochran 1950,
    doi:10.1093/biomet/37.3-4.256. Raises ValueError on another shape, on fewer than two conditions,
    and on numbers other than 0 and 1.
    """
    table, n_missing = _complete(scores)
    n, n_conditions = table.shape
    right = table.sum(axis=1)
    informative = table[(right > 0) & (right < n_conditions)]
    n_informative = len(informative)
    statistic, p_asymptotic, p_exact = math.nan, 1.0 if n else math.nan, math.nan
    status = Status.NO_INFORMATIVE_ITEMS if n else Status.NO_COMPLETE_ITEMS
    warnings = few_deciding_warning(n_informative, n, "items differ between conditions")
    if n_informative:
        status = Status.OK
        statistic = _statistic(informative)
        p_asymptotic = float(special.chdtrc(n_conditions - 1, statistic))
        if informative.size < _EXACT_BELOW if exact is None else exact:
            p_exact = _permutation_p(informative)
            if math.isnan(p_exact):
                warnings = (
                    *warnings,
                    "too many permutations to enumerate; p is asymptotic",
                )
    return CochranTest(
        statistic=statistic,
        df=n_conditions - 1,
        p_asymptotic=p_asymptotic,
        p_exact=p_exact,
        n=n,
        n_missing=n_missing,
        n_informative=n_informative,
        status=status,
        warnings=warnings,
    )


def _complete(scores: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], int]:
    """Return the items without a missing score, and the number of the others."""
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] < 2:
        raise ValueError(f"scores of shape {table.shape} are not items by at least two conditions")
    complete = table[~np.isnan(table).any(axis=1)]
    if not bool(np.isin(complete, (0.0, 1.0)).all()):
        raise ValueError("Cochran's Q needs scores of 0 and 1")
    return complete.astype(np.int64), len(table) - len(complete)


def _statistic(table: npt.NDArray[np.int64]) -> float:
    k = table.shape[1]
    columns, rows = table.sum(axis=0), table.sum(axis=1)
    between = k * int((columns**2).sum()) - int(columns.sum()) ** 2
    return (k - 1) * between / (k * int(rows.sum()) - int((rows**2).sum()))


def _permutation_p(table: npt.NDArray[np.int64]) -> float:
    """Return the share of permutations within items whose Q is at least the observed one.

    Given the row sums, Q grows with the sum of squared column sums. Conditions are exchangeable, so
    column sums need no order: the states are sorted, which divides their number by up to k!.
    """
    k = table.shape[1]
    states = {(0,) * k: 1.0}
    for right in table.sum(axis=1).tolist():
        if len(states) * math.comb(k, right) > _MOST_STEPS:
            return math.nan
        states = _with_item(states, _patterns(k, right))
    observed = int((table.sum(axis=0) ** 2).sum())
    extreme = [p for sums, p in states.items() if sum(value**2 for value in sums) >= observed]
    return min(1.0, math.fsum(extreme))


def _with_item(
    states: dict[tuple[int, ...], float], patterns: tuple[tuple[int, ...], ...]
) -> dict[tuple[int, ...], float]:
    """Return the probabilities of the column sums with one more item, its patterns alike likely."""
    found: dict[tuple[int, ...], float] = {}
    for sums, probability in states.items():
        for pattern in patterns:
            key = tuple(sorted(map(int.__add__, sums, pattern)))
            found[key] = found.get(key, 0.0) + probability / len(patterns)
    return found


def _patterns(k: int, right: int) -> tuple[tuple[int, ...], ...]:
    """Return every way in which ``right`` of k conditions can be the right ones."""
    return tuple(
        tuple(int(index in chosen) for index in range(k))
        for chosen in combinations(range(k), right)
    )
