"""What a comparison of A and B on the same questions says, by rules fixed before the data.

Differences are B - A. An interval above 0 shows that B is better, one within the margin that they are
equivalent; a p-value alone decides nothing. Fixed: one look at the end, nothing before ``n_min``.
Sequential: from an anytime-valid confidence sequence, at any time. Extending a fixed comparison after
a look needs the sequential rule.
"""

import math
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy.typing as npt
from scipy.special import ndtri, stdtr

from scramblebench.statistics.clustering.clusters import ClusteredMean, cluster_mean
from scramblebench.statistics.planning.evaluation_power import ScoreVariance, evaluation_sample_size
from scramblebench.statistics.planning.mcnemar_power import mcnemar_sample_size
from scramblebench.statistics.proportions.equivalence import tost_paired_binary
from scramblebench.statistics.proportions.paired_counts import PairedCounts, mcnemar
from scramblebench.statistics.proportions.paired_difference import (
    DifferenceInterval,
    paired_difference,
    retention_ratio,
)
from scramblebench.statistics.results import Interval, Status
from scramblebench.statistics.sequential.early_stopping import DifferenceSequence

_UNKNOWN = Interval(math.nan, math.nan, math.nan)


class Decision(StrEnum):
    """What is known about B beside A."""

    COLLECTING = "collecting"  # too early to say
    SUPERIOR = "superior"  # B is better
    INFERIOR = "inferior"  # A is better
    EQUIVALENT = "equivalent"  # the difference is within the margin
    NON_INFERIOR = "non_inferior"  # B is not worse by the margin
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonPlan:
    """The numbers of a comparison, fixed before the first answer.

    ``margin`` is what counts as equivalent, ``material_difference`` what counts as worth having,
    ``detectable_difference`` what is to be found with ``power``; differences of accuracy, 0 to 1.
    ``expected_discordance`` is the share of questions that only one of them gets right, from a pilot;
    with it the fixed comparison waits for the n of Miettinen and Connor, and in any case for
    ``least_n``. ``n_max`` ends the sequential comparison. Raises ValueError on numbers out of range.
    """

    margin: float = 0.02
    detectable_difference: float = 0.05
    material_difference: float = 0.0
    alpha: float = 0.05
    power: float = 0.8
    expected_discordance: float | None = None
    least_n: int = 1
    n_max: int | None = None

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 0.5:
            raise ValueError(f"alpha {self.alpha} is not between 0 and 0.5")
        if not (0 < self.margin < 1 and 0 < self.detectable_difference < 1):
            raise ValueError("margin and detectable difference are not both between 0 and 1")
        if not 0 <= self.material_difference < 1:
            raise ValueError(f"material difference {self.material_difference} is out of [0, 1)")
        if not self.alpha / 2 < self.power < 1:
            raise ValueError(f"power {self.power} is not between alpha / 2 and 1")
        discordance = self.expected_discordance
        if discordance is not None and not self.detectable_difference <= discordance <= 1:
            raise ValueError(
                f"an expected discordance of {discordance} has no difference of "
                f"{self.detectable_difference}: give one from {self.detectable_difference} to 1"
            )
        if self.least_n < 1 or (self.n_max is not None and self.n_max < self.least_n):
            raise ValueError(f"{self.least_n} to {self.n_max} questions is no range")

    @property
    def n_min(self) -> int:
        """How many complete pairs a fixed comparison waits for."""
        if self.expected_discordance is None:
            return self.least_n
        return max(self.least_n, math.ceil(needed_n(self, self.expected_discordance)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonDecision:
    """A decision with the numbers that led to it.

    ``difference`` has the limits at 1 - alpha, ``equivalence`` those that are held against the margin:
    at 1 - 2 alpha, or the confidence sequence. ``lift`` is (B - A) / A. ``is_material`` says that the
    whole interval is beyond the material difference, ``is_within_margin`` that ``equivalence`` is within
    the margin, whatever the decision. Where the decision is inconclusive, ``n_needed`` finds the plan's
    detectable difference and ``n_needed_equivalence`` shows that no difference is within the margin, with
    the plan's power; they are totals at the discordance (variance) seen, not additions. While collecting in a fixed comparison nothing is estimated; NaN is undefined, and ``status`` says why.
    """

    decision: Decision
    difference: Interval = _UNKNOWN
    equivalence: Interval = _UNKNOWN
    lift: Interval = _UNKNOWN
    p_value: float = math.nan
    is_material: bool = False
    is_within_margin: bool = False
    n: int = 0
    n_min: int = 0
    n_needed: float = math.nan
    n_needed_equivalence: float = math.nan
    n_clusters: int | None = None
    status: Status = Status.OK
    warnings: tuple[str, ...] = ()


def needed_n(plan: ComparisonPlan, discordance: float) -> float:
    """Return the n at which the plan's difference is found, at this discordance: Miettinen-Connor.

    A discordance below the difference cannot hold it and is raised to it. Raises ValueError on a
    discordance out of [0, 1].
    """
    if not 0 <= discordance <= 1:
        raise ValueError(f"discordance {discordance} is not between 0 and 1")
    difference = plan.detectable_difference
    total = max(discordance, difference)
    lost, gained = (total + difference) / 2, (total - difference) / 2
    return mcnemar_sample_size(lost, gained, plan.power, plan.alpha).n


def needed_n_equivalence(plan: ComparisonPlan, variance: float) -> float:
    """Return the n at which a true difference of 0 is shown to be within the margin.

    (z(1 - alpha) + z((1 + power) / 2))^2 variance / margin^2, and at least what Tango's limits need
    without any discordant question, z(1 - alpha)^2 (1 - margin) / margin. ``variance`` is that of one
    question's difference: the discordance, where answers are right or wrong. Raises ValueError on a
    negative variance.
    """
    if not variance >= 0:
        raise ValueError(f"variance {variance} is negative")
    one_sided = float(ndtri(1 - plan.alpha))
    factor = one_sided + float(ndtri((1 + plan.power) / 2))
    least = one_sided**2 * (1 - plan.margin) / plan.margin
    return max(least, factor**2 * variance / plan.margin**2)


def decide_fixed(counts: PairedCounts, plan: ComparisonPlan) -> ComparisonDecision:
    """Decide on binary answers to independent questions, at one look; A first in the counts.

    Below ``plan.n_min`` complete pairs: collecting. Then, with Tango's limits at 1 - alpha: above 0
    superior, below 0 inferior; the limits at 1 - 2 alpha within the margin: equivalent; the lower limit
    above -margin: non-inferior; else inconclusive, with the n needed for the observed discordance.
    ``p_value`` is McNemar's mid-p; ``lift`` has the Bonett-Price limits of the ratio, NaN where A has
    nothing right. No discordant pairs still have limits.
    """
    n_min = plan.n_min
    if counts.n < n_min:
        return ComparisonDecision(
            decision=Decision.COLLECTING, n=counts.n, n_min=n_min, status=counts.status
        )
    discordance = counts.n_discordant / counts.n
    whole = paired_difference(counts, DifferenceInterval.TANGO, 1 - plan.alpha)
    inner = tost_paired_binary(counts, plan.margin, plan.alpha)
    ratio = retention_ratio(counts, confidence_level=1 - plan.alpha)
    found = _judged(
        plan,
        Interval(whole.estimate, whole.low, whole.high),
        Interval(inner.estimate, inner.low, inner.high),
    )
    return replace(
        found,
        lift=Interval(ratio.estimate - 1, ratio.low - 1, ratio.high - 1),
        p_value=mcnemar(counts).p_value,
        n=counts.n,
        n_min=n_min,
        n_needed=_if_inconclusive(found, needed_n(plan, discordance)),
        n_needed_equivalence=_if_inconclusive(found, needed_n_equivalence(plan, discordance)),
        status=counts.status,
    )


def decide_clustered(
    differences: npt.ArrayLike, clusters: npt.ArrayLike, plan: ComparisonPlan
) -> ComparisonDecision:
    """Decide on questions that share sources, at one look, by the CR2 t interval of the differences.

    ``differences`` B - A per question (partial credit too) and ``clusters`` its labels, shape (n,); NaN
    is left out. As ``decide_fixed``, with the t limits of ``cluster_mean``; ``p_value`` is of its t
    test. ``n_needed`` is from the observed variance times the design effect. One cluster, or no
    variance: no limits, hence inconclusive, and the status.
    """
    whole = cluster_mean(differences, clusters, 1 - plan.alpha)
    n_min = plan.n_min
    if whole.n < n_min:
        return ComparisonDecision(
            decision=Decision.COLLECTING, n=whole.n, n_min=n_min, n_clusters=whole.n_clusters,
            status=whole.status, warnings=whole.warnings,
        )  # fmt: skip
    inner = cluster_mean(differences, clusters, 1 - 2 * plan.alpha)
    needed, needed_equivalence = _needed_n_clustered(plan, whole)
    found = _judged(
        plan,
        Interval(whole.mean, whole.low, whole.high),
        Interval(inner.mean, inner.low, inner.high),
    )
    return replace(
        found,
        p_value=_t_p_value(whole),
        n=whole.n,
        n_min=n_min,
        n_needed=_if_inconclusive(found, needed),
        n_needed_equivalence=_if_inconclusive(found, needed_equivalence),
        n_clusters=whole.n_clusters,
        status=whole.status,
        warnings=whole.warnings,
    )


def decide_sequential(sequence: DifferenceSequence, plan: ComparisonPlan) -> ComparisonDecision:
    """Decide from a confidence sequence of B - A, at any time and as often as one likes.

    Above 0 superior, below 0 inferior, within the margin equivalent: each ends the comparison. Else
    collecting, until ``plan.n_max``: then non-inferior where the lower limit is above -margin, or
    inconclusive. ``plan.least_n`` is waited for, n of a fixed comparison is not. Clusters: a
    ``BettingSequence`` of cluster sums over the largest size; n then counts clusters. ``p_value`` is
    the anytime-valid one. Raises ValueError unless the sequence is at
    1 - alpha.
    """
    if not math.isclose(sequence.confidence_level, 1 - plan.alpha):
        raise ValueError(
            f"the sequence is at {sequence.confidence_level}, the plan's alpha is {plan.alpha}"
        )
    interval = sequence.interval
    found = _judged(plan, interval, interval)
    is_over = plan.n_max is not None and sequence.n >= plan.n_max
    is_early = sequence.n < plan.least_n or (found.decision in _AT_THE_END and not is_over)
    return replace(
        found,
        decision=Decision.COLLECTING if is_early else found.decision,
        p_value=sequence.p_value,
        n=sequence.n,
        n_min=plan.least_n,
        status=Status.OK if sequence.n else Status.NO_DATA,
        warnings=sequence.warnings,
    )


_AT_THE_END = frozenset({Decision.NON_INFERIOR, Decision.INCONCLUSIVE})


def _judged(plan: ComparisonPlan, whole: Interval, inner: Interval) -> ComparisonDecision:
    is_within = -plan.margin < inner.low and inner.high < plan.margin
    material = plan.material_difference
    if whole.low > 0:
        decision = Decision.SUPERIOR
    elif whole.high < 0:
        decision = Decision.INFERIOR
    elif is_within:
        decision = Decision.EQUIVALENT
    elif whole.low > -plan.margin:
        decision = Decision.NON_INFERIOR
    else:
        decision = Decision.INCONCLUSIVE
    return ComparisonDecision(
        decision=decision,
        difference=whole,
        equivalence=inner,
        is_material=whole.low > material or whole.high < -material,
        is_within_margin=is_within,
    )


def _if_inconclusive(found: ComparisonDecision, n: float) -> float:
    return n if found.decision is Decision.INCONCLUSIVE else math.nan


def _t_p_value(mean: ClusteredMean) -> float:
    if mean.status is not Status.OK:
        return math.nan
    return 2 * float(stdtr(mean.df, -abs(mean.mean / mean.standard_error_cr2)))


def _needed_n_clustered(plan: ComparisonPlan, mean: ClusteredMean) -> tuple[float, float]:
    """Return both n from the variance times the design effect, as CR2 has them."""
    if mean.status is not Status.OK:
        return math.nan, math.nan
    variance = mean.n * mean.standard_error_cr2**2
    planned = evaluation_sample_size(
        plan.detectable_difference, ScoreVariance(between_items=variance), plan.power, plan.alpha
    )
    return planned.n, needed_n_equivalence(plan, variance)
