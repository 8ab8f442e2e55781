"""The language dependency coefficient (LDC): the share of above-chance performance that is lost.

LDC = 1 - sum_j w_j (A(s_j) - g) / (A(0) - g), with the trapezoid weights w of the levels including 0:
0 is nothing lost, 1 everything lost at the slightest scramble, 0.5 a straight fall to chance. It may be
negative and is never clipped. Per item it is a ratio of means, mean(L) / mean(D), of the loss
L_i = y_i0 - sum_j w_j y_ij over the lead D_i = y_i0 - g_i. Print it beside A(0) and the drop: a lower
LDC with a lower baseline is not better.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scramblebench.statistics.clustering.ratios import (
    MeanPair,
    Ratio,
    macro_mean_pair,
    mean_pair,
    ratio_estimate,
    ratio_influence,
    ratio_of_means,
    used_labels,
    zero_variance_bound,
)
from scramblebench.statistics.levels import checked_levels, trapezoid_weights
from scramblebench.statistics.results import (
    DEFAULT_CONFIDENCE,
    Estimate,
    Status,
    check_confidence,
)

FloatArray = npt.NDArray[np.float64]
FEWEST_LEVELS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """A dependency coefficient with what it was made of.

    ``estimate`` is what is reported: NaN where the coefficient is undefined. ``ratio`` holds the
    arithmetic before that judgement. ``accuracy`` is ``(n_levels,)``, ``chance`` the mean guess rate;
    ``losses``, ``leads`` and ``influence`` are per item used, in the order of ``used``, a mask
    ``(n_items,)`` of the items without a missing cell. All NaN, or empty, where no item is complete.
    """

    estimate: Estimate
    ratio: Ratio
    pair: MeanPair
    levels: FloatArray
    accuracy: FloatArray
    chance: float
    losses: FloatArray
    leads: FloatArray
    influence: FloatArray
    used: npt.NDArray[np.bool_]

    @property
    def n_missing(self) -> int:
        """How many items were left out because a level is missing."""
        return int((~self.used).sum())

    @property
    def drop(self) -> float:
        """A(s_max) - A(0), a share: negative where accuracy is lost."""
        return float(self.accuracy[-1] - self.accuracy[0])

    @property
    def area(self) -> float:
        """The normalised area under the curve: the trapezoid mean of the accuracies."""
        return float(_weights(self.levels) @ self.accuracy)

    @property
    def retention(self) -> FloatArray:
        """(A(s) - g) / (A(0) - g) at each level, NaN where A(0) = g."""
        lead = self.accuracy[0] - self.chance
        return (self.accuracy - self.chance) / (lead if lead != 0 else math.nan)


def dependency_coefficient(
    levels: npt.ArrayLike,
    scores: npt.ArrayLike,
    guess: npt.ArrayLike = 0.0,
    clusters: npt.ArrayLike | None = None,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> Dependency:
    """Return the language dependency coefficient of one model with Fieller limits.

    ``levels`` (n_levels,) are shares that rise from 0; ``scores`` (n_items, n_levels) are item means of
    0 to 1; ``guess`` is the chance rate, one number or one per item; ``clusters`` one label per item.
    Limits are Fieller's with t of G - 1 (R: the closed form on ``vcov(survey::svymean)``), the standard
    error is linearised (R: ``survey::svyratio(~N, ~D, svydesign(ids = ~cluster))``).

    A NaN score leaves its item out (``n`` counts the items used). The status is ``no_baseline`` without
    level 0, ``too_few_levels`` below four, ``no_complete_items``, ``n_lt_2`` below two clusters,
    ``baseline_not_above_chance`` where A(0) - g is not above 0 beyond its error (g >= 1), each with NaN;
    ``zero_variance`` where every item loses the same share of its lead (identical answers: LDC 0), with
    limits -+ (1 - (alpha/2)^(1/G)) / (A(0) - g). Where the last level is not 1, ``method`` names the
    range, as in ``ldc[0,0.83]``: not comparable with another. Raises ValueError on shapes that do not
    match, scores or guess rates out of 0 to 1, and levels that do not rise within 0 to 1.
    """
    return _dependency("ldc", levels, scores, guess, clusters, confidence_level)


def dependency_control(
    levels: npt.ArrayLike,
    scores: npt.ArrayLike,
    control: npt.ArrayLike,
    clusters: npt.ArrayLike | None = None,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> Dependency:
    """Return the coefficient above a measured floor: ``ldc_control``, a second, labelled analysis.

    ``control`` (n_items,) is each item's score where the context was removed or fully substituted; it
    takes the place of the guess rates in ``dependency_coefficient``, and a NaN leaves its item out.
    Equal to 1 - the trapezoid mean of the relative performance gains.
    """
    return _dependency("ldc_control", levels, scores, control, clusters, confidence_level)


def dependency_if_missing(
    levels: npt.ArrayLike,
    scores: npt.ArrayLike,
    guess: npt.ArrayLike = 0.0,
    clusters: npt.ArrayLike | None = None,
    confidence_level: float = DEFAULT_CONFIDENCE,
) -> tuple[Estimate, Estimate]:
    """Return the coefficient with every missing cell wrong (0), and with every one right (1).

    The sensitivity of ``dependency_coefficient`` to what is missing; arguments as there.
    """
    table = np.asarray(scores, dtype=np.float64)
    wrong, right = (
        _dependency(
            "ldc", levels, np.where(np.isnan(table), value, table), guess, clusters, confidence_level
        )
        for value in (0.0, 1.0)
    )  # fmt: skip
    return wrong.estimate, right.estimate


def combined_dependency(
    benchmarks: Sequence[Dependency], confidence_level: float = DEFAULT_CONFIDENCE
) -> Estimate:
    """Return the headline over benchmarks: the ratio of macro means, mean(L_b) / mean(D_b).

    Every benchmark counts the same; their item sets are independent strata, df is the sum of their
    df. One benchmark that is undefined for want of levels, baseline or items makes the whole
    undefined with its status, for weights are not redistributed; a benchmark at chance does not.
    Raises ValueError on no benchmarks, or on different methods or ranges of levels.
    """
    check_confidence(confidence_level)
    methods = {each.estimate.method for each in benchmarks}
    if len(methods) != 1:
        raise ValueError(f"coefficients of one definition are needed, not of {sorted(methods)}")
    pair = macro_mean_pair([each.pair for each in benchmarks])
    method = f"{methods.pop()}_macro"
    for each in benchmarks:
        if each.pair.df <= 0 or each.estimate.status in _INCOMPLETE:
            return Estimate(method=method, estimate=math.nan, status=each.estimate.status, n=pair.n)
    bounds = [zero_variance_bound(each.pair.n_clusters, confidence_level) for each in benchmarks]
    return ratio_estimate(
        pair, confidence_level, method=method, undefined=Status.BASELINE_NOT_ABOVE_CHANCE,
        bound=math.fsum(bounds) / len(bounds),
    )  # fmt: skip


_INCOMPLETE = frozenset({Status.NO_BASELINE, Status.TOO_FEW_LEVELS, Status.NO_COMPLETE_ITEMS})
_NOTHING = MeanPair(
    numerator=math.nan, denominator=math.nan, variance_numerator=math.nan,
    variance_denominator=math.nan, covariance=math.nan, df=0, n=0, n_clusters=0,
)  # fmt: skip


def _dependency(
    method: str,
    levels: npt.ArrayLike,
    scores: npt.ArrayLike,
    guess: npt.ArrayLike,
    clusters: npt.ArrayLike | None,
    confidence_level: float,
) -> Dependency:
    check_confidence(confidence_level)
    shares = checked_levels(levels)
    table, floor = checked_scores(shares, scores, guess)
    used = ~(np.isnan(table).any(axis=1) | np.isnan(floor))
    status = _refusal(shares, used)
    complete, floor = table[used], floor[used]
    losses, leads = _losses(shares, complete), complete[:, 0] - floor
    labels = used_labels(clusters, used)
    pair = mean_pair(losses, leads, labels) if used.any() else _NOTHING
    return Dependency(
        estimate=_reported(_named(method, shares), pair, confidence_level, status),
        ratio=ratio_of_means(pair, confidence_level), pair=pair, levels=shares,
        losses=losses, leads=leads, used=used,
        influence=ratio_influence(losses, leads) if used.any() else losses,
        accuracy=complete.mean(axis=0) if used.any() else np.full(len(shares), math.nan),
        chance=float(floor.mean()) if used.any() else math.nan,
    )  # fmt: skip


def checked_scores(
    levels: FloatArray, scores: npt.ArrayLike, guess: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Return the scores (n_items, n_levels) and the guess rate of each item; NaN stays.

    Raises ValueError on another shape or on values out of 0 to 1.
    """
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] != len(levels):
        raise ValueError(f"scores of shape {table.shape} do not have {len(levels)} levels")
    floor = np.broadcast_to(np.asarray(guess, dtype=np.float64), (len(table),))
    for name, values in (("score", table), ("guess rate", floor)):
        if (values < 0).any() or (values > 1).any():
            raise ValueError(f"a {name} is not between 0 and 1")
    return table, floor


def _refusal(levels: FloatArray, used: npt.NDArray[np.bool_]) -> Status:
    if levels[0] != 0:
        return Status.NO_BASELINE
    if len(levels) < FEWEST_LEVELS:
        return Status.TOO_FEW_LEVELS
    return Status.OK if used.any() else Status.NO_COMPLETE_ITEMS


def _losses(levels: FloatArray, table: FloatArray) -> FloatArray:
    """Return y_i0 - sum_j w_j y_ij, from the differences so that equal answers give exactly 0."""
    return (table[:, :1] - table) @ _weights(levels)


def _weights(levels: FloatArray) -> FloatArray:
    return trapezoid_weights(levels) if len(levels) > 1 else np.ones(1)


def _reported(method: str, pair: MeanPair, confidence_level: float, status: Status) -> Estimate:
    if status is not Status.OK:
        return Estimate(
            method=method, estimate=math.nan, confidence_level=confidence_level, status=status,
            n=pair.n, n_clusters=pair.n_clusters,
        )  # fmt: skip
    return ratio_estimate(
        pair, confidence_level, method=method, undefined=Status.BASELINE_NOT_ABOVE_CHANCE
    )


def _named(method: str, levels: FloatArray) -> str:
    return method if levels[-1] == 1 else f"{method}[0,{levels[-1]:g}]"
