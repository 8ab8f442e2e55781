"""Planning of a paired comparison of mean scores, with repeated answers per item."""

import math
from dataclasses import dataclass

from scipy.special import ndtri

from scramblebench.statistics.planning.power import DEFAULT_ALPHA, DEFAULT_POWER, Plan
from scramblebench.statistics.results import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreVariance:
    """Where a paired difference of mean scores varies.

    ``between_items`` is the variance over items of the true difference, ``within_a`` and
    ``within_b`` the variance of an answer's score within an item, averaged over items; ``repeats_a``
    and ``repeats_b`` count the answers per item.
    """

    between_items: float
    within_a: float = 0.0
    within_b: float = 0.0
    repeats_a: int = 1
    repeats_b: int = 1

    def __post_init__(self) -> None:
        if not min(self.between_items, self.within_a, self.within_b) >= 0:
            raise ValueError("a variance is negative")
        if min(self.repeats_a, self.repeats_b) < 1:
            raise ValueError("an item needs at least one answer")

    @property
    def per_item(self) -> float:
        """The variance of one item's observed difference."""
        return self.between_items + self.within_a / self.repeats_a + self.within_b / self.repeats_b


def evaluation_sample_size(
    difference: float,
    variance: ScoreVariance,
    power: float = DEFAULT_POWER,
    alpha: float = DEFAULT_ALPHA,
) -> Plan:
    """Return the items needed: n = (z(1 - alpha/2) + z(power))^2 variance per item / difference^2.

    A real number; round up to use it, and multiply by the design effect where items come in clusters.
    No difference needs an infinite n (``not_reached``); no variance needs none, n = 0
    (``zero_variance``). Miller 2024, section 5, arXiv:2411.00640. Raises ValueError on power or alpha
    outside (0, 1) or a power not above alpha / 2.
    """
    factor = _factor(power, alpha)
    if difference == 0:
        n, status = math.inf, Status.NOT_REACHED
    else:
        n = factor**2 * variance.per_item / difference**2
        status = Status.OK if variance.per_item > 0 else Status.ZERO_VARIANCE
    return Plan(
        method="miller_2024", n=n, effect=difference, power=power, alpha=alpha, status=status
    )


def evaluation_detectable_difference(
    n: float,
    variance: ScoreVariance,
    power: float = DEFAULT_POWER,
    alpha: float = DEFAULT_ALPHA,
) -> Plan:
    """Return the least difference of means found with the power on n items.

    (z(1 - alpha/2) + z(power)) sqrt(variance per item / n). Raises as ``evaluation_sample_size``, and
    on n not positive.
    """
    factor = _factor(power, alpha)
    if not n > 0:
        raise ValueError(f"{n} items show no difference")
    effect = factor * math.sqrt(variance.per_item / n)
    status = Status.OK if variance.per_item > 0 else Status.ZERO_VARIANCE
    return Plan(method="miller_2024", n=n, effect=effect, power=power, alpha=alpha, status=status)


def _factor(power: float, alpha: float) -> float:
    for name, value in (("power", power), ("alpha", alpha)):
        if not 0 < value < 1:
            raise ValueError(f"{name} {value} is not between 0 and 1")
    factor = float(ndtri(1 - alpha / 2) + ndtri(power))
    if factor <= 0:
        raise ValueError(f"power {power} is not above alpha / 2: any n has it")
    return factor
