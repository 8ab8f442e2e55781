"""Two models' dependency coefficients on the same items: their difference, tested.

Never read it from two separate intervals. Print A(0), the drop and the coefficient of both models
beside it: a lower coefficient with a lower baseline is not better.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import special

from scramblebench.statistics.clustering.clusters import (
    ClusteredMean,
    cluster_index,
    cluster_mean,
    few_clusters_warning,
)
from scramblebench.statistics.clustering.ratios import t_quantile, used_labels
from scramblebench.statistics.curves.dependency import Dependency, dependency_coefficient
from scramblebench.statistics.resampling.sign_flip import sign_sums
from scramblebench.statistics.results import DEFAULT_CONFIDENCE, HypothesisTest, Status

FloatArray = npt.NDArray[np.float64]

DEFAULT_SWAPS = 9_999
WEAK_LEAD = 5.0
"""A lead over chance of fewer standard errors carries a warning: the linearised error is then too wide."""

_ENUMERATED = 14  # units up to which all 2^n swaps are tried
_TIE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class DependencyDifference:
    """Two coefficients over the items that both models have complete, and the test of first - second.

    ``n_missing`` items were left out of both.
    """

    first: Dependency
    second: Dependency
    test: HypothesisTest
    n_missing: int


def dependency_difference(
    levels: npt.ArrayLike,
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    guess: npt.ArrayLike = 0.0,
    clusters: npt.ArrayLike | None = None,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> DependencyDifference:
    """Test whether two models' coefficients differ: first - second, t on linearised differences.

    ``first`` and ``second`` are ``(n_items, n_levels)`` of the same items; the rest as
    ``dependency_coefficient``. SE is the CR2 error of the differences of the items' influence values,
    df Satterthwaite's; without clusters sd / sqrt(n) and n - 1 (R: ``survey::svycontrast`` of
    ``svymean``). An item with a NaN in either is left out. Where either coefficient is undefined, NaN
    with its status; where no item's influence differs, p, SE and limits NaN, ``all_zero`` if the
    coefficients are equal and else ``zero_variance``: then see ``dependency_swap_test``. Raises
    ValueError as ``dependency_coefficient`` and on different shapes.
    """
    tables, n_missing = _common(first, second, guess)
    both = [
        dependency_coefficient(levels, table, guess, clusters, confidence_level)
        for table in tables
    ]  # fmt: skip
    labels = _unit_labels(clusters, both[0].used)
    test = _linearised_test(both[0], both[1], labels, confidence_level)
    test = replace(test, warnings=(*test.warnings, *_cautions(both, n_missing)))
    return DependencyDifference(first=both[0], second=both[1], test=test, n_missing=n_missing)


def dependency_swap_test(
    difference: DependencyDifference,
    rng: np.random.Generator,
    clusters: npt.ArrayLike | None = None,
    n_resamples: int = DEFAULT_SWAPS,
) -> HypothesisTest:
    """Test the same difference by swapping the two models within items, or whole clusters.

    Sensitivity of ``dependency_difference``: if the models are alike, which of them gave which row of
    answers was a coin toss; each swap recomputes both ratios. All 2^n swaps up to 14 units that
    differ, else drawn ones with p = (1 + #) / (B + 1). A swap that leaves a model no lead over chance
    counts as extreme. No unit differs: p = 1, ``all_zero``; an undefined coefficient: NaN and its
    status. ``clusters`` as they were given for the difference. Raises ValueError on another number of
    labels and fewer than one resample.
    """
    if n_resamples < 1:
        raise ValueError(f"{n_resamples} resamples are fewer than one")
    method, first, second = "swapped models", difference.first, difference.second
    observed = first.ratio.value - second.ratio.value
    reason = difference.test.status
    if reason not in (Status.OK, Status.ALL_ZERO, Status.ZERO_VARIANCE):
        return HypothesisTest(method=method, p_value=math.nan, status=reason)
    labels = _unit_labels(clusters, first.used)
    index = cluster_index(labels, labels.shape)
    units = np.zeros((int(index.max()) + 1, 4))
    np.add.at(
        units, index, np.column_stack([first.losses, first.leads, second.losses, second.leads])
    )
    halves = (units[:, :2] - units[:, 2:]) / 2
    centre = (units[:, :2] + units[:, 2:]).sum(axis=0) / 2
    halves = halves[np.abs(halves).max(axis=1) > _TIE]
    p_value = _swapped_p(halves, centre, observed, rng, n_resamples) if len(halves) else 1.0
    return HypothesisTest(
        method=method, p_value=p_value, estimate=observed, n=len(first.losses),
        n_clusters=len(units), status=Status.OK if len(halves) else Status.ALL_ZERO,
    )  # fmt: skip


def _swapped_p(
    halves: FloatArray, centre: FloatArray, observed: float, rng: np.random.Generator, drawn: int
) -> float:
    is_enumerated = len(halves) <= _ENUMERATED
    extreme = total = 0
    for sums in sign_sums(halves, None if is_enumerated else rng, drawn):
        swapped = _ratio(centre + sums) - _ratio(centre - sums)
        is_within = np.abs(swapped) < abs(observed) - _TIE  # NaN is not within
        extreme += int((~is_within).sum())
        total += len(sums)
    return extreme / total if is_enumerated else (1 + extreme) / (1 + total)


def _ratio(sums: FloatArray) -> FloatArray:
    """Return loss over lead of rows (loss, lead), NaN without a lead."""
    lead = sums[:, 1]
    return np.divide(sums[:, 0], lead, out=np.full(len(sums), math.nan), where=lead > _TIE)


def _common(
    first: npt.ArrayLike, second: npt.ArrayLike, guess: npt.ArrayLike
) -> tuple[list[FloatArray], int]:
    """Return both tables with the items that either lacks emptied, and how many those are."""
    tables = [np.array(scores, dtype=np.float64) for scores in (first, second)]
    if tables[0].ndim != 2 or tables[0].shape != tables[1].shape:
        raise ValueError(f"scores of shapes {tables[0].shape} and {tables[1].shape} are not paired")
    is_missing = np.isnan(tables[0] + tables[1]).any(axis=1) | np.isnan(
        np.broadcast_to(np.asarray(guess, dtype=np.float64), (len(tables[0]),))
    )
    for table in tables:
        table[is_missing] = math.nan
    return tables, int(is_missing.sum())


def _unit_labels(
    clusters: npt.ArrayLike | None, used: npt.NDArray[np.bool_]
) -> npt.NDArray[np.generic]:
    labels = used_labels(clusters, used)
    return np.flatnonzero(used) if labels is None else labels


def _linearised_test(
    first: Dependency,
    second: Dependency,
    labels: npt.NDArray[np.generic],
    confidence_level: float,
) -> HypothesisTest:
    for each in (first, second):
        if each.estimate.status not in (Status.OK, Status.ZERO_VARIANCE):
            return _test(first, confidence_level, each.estimate.status)
    estimate = first.ratio.value - second.ratio.value
    differences = first.influence - second.influence
    if np.abs(differences).max() < _TIE:
        status = Status.ALL_ZERO if abs(estimate) < _TIE else Status.ZERO_VARIANCE
        return _test(first, confidence_level, status, estimate)
    spread = cluster_mean(differences, labels, confidence_level)
    return _test(first, confidence_level, spread.status, estimate, spread)


def _test(
    first: Dependency,
    confidence_level: float,
    status: Status,
    estimate: float = math.nan,
    spread: ClusteredMean | None = None,
) -> HypothesisTest:
    error, df = math.nan, math.nan
    if spread is not None and status is Status.OK:
        error, df = spread.standard_error_cr2, spread.df
    half = t_quantile(df, confidence_level) * error
    return HypothesisTest(
        method=f"{first.estimate.method} difference, first - second",
        p_value=2 * float(special.stdtr(df, -abs(estimate / error))),
        statistic=estimate / error, df=df, estimate=estimate,
        low=estimate - half, high=estimate + half, confidence_level=confidence_level,
        interval_method="t, linearised, CR2", standard_error=error,
        n=first.pair.n, n_clusters=first.pair.n_clusters, status=status,
        warnings=spread.warnings if spread else few_clusters_warning(first.pair.n_clusters),
    )  # fmt: skip


def _cautions(both: list[Dependency], n_missing: int) -> tuple[str, ...]:
    """Return the warnings of a weak lead over chance, and of many items that are not complete."""
    found: list[str] = []
    lead = min(each.ratio.denominator_t for each in both)
    if lead < WEAK_LEAD:
        found.append(
            f"a lead over chance of only {lead:.1f} standard errors: the test rejects too seldom"
        )
    n = both[0].pair.n
    if 0 < n < n_missing:
        found.append(f"only {n} of {n + n_missing} items have every level of both: limits are wide")
    return tuple(found)
