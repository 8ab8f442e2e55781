"""Power, sample size and detectable effect of the simple tests, before any answer is asked.

A test is a ``PlannedTest``; ``power``, ``sample_size`` and ``detectable_effect`` solve for one of
n, effect and power when the other two are given. All are two-sided at ``alpha``. Power of a finished
test at its own observed effect is a function of its p-value and is not offered.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from scipy.special import fdtri, ncfdtr, nctdtr, ndtr, ndtri, stdtrit

from scramblebench.statistics.results import Status
from scramblebench.statistics.roots import bracketed_root

DEFAULT_ALPHA = 0.05
DEFAULT_POWER = 0.8
_LARGEST_N = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTest:
    """A test one can plan: ``power(n, effect, alpha)`` with a non-negative effect.

    ``smallest_n`` is the least n with a defined test, ``largest_effect`` the end of the effect's
    range (infinite where it has none).
    """

    name: str
    power: Callable[[float, float, float], float]
    smallest_n: float
    largest_effect: float = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """n, effect and power of a test at ``alpha``; one of the three was solved for.

    ``n`` is real, not rounded up, and infinite where no n is enough. NaN is undefined, and
    ``status`` says why.
    """

    method: str
    n: float
    effect: float
    power: float
    alpha: float
    status: Status = Status.OK


def _paired_t_power(n: float, effect: float, alpha: float) -> float:
    return _t_power(n - 1, math.sqrt(n) * effect, alpha)


def _two_sample_t_power(n: float, effect: float, alpha: float) -> float:
    return _t_power(2 * n - 2, math.sqrt(n / 2) * effect, alpha)


def _t_power(df: float, noncentrality: float, alpha: float) -> float:
    critical = float(stdtrit(df, 1 - alpha / 2))
    # The upper tail is the lower tail of the mirrored distribution, which keeps its small values.
    upper = float(nctdtr(df, -noncentrality, -critical))
    # At most Phi(-noncentrality); SciPy gives NaN for some of its smallest values.
    lower = float(nctdtr(df, noncentrality, -critical)) if noncentrality < 5 else 0.0
    return upper + (0.0 if math.isnan(lower) else lower)


def _two_proportions_power(n: float, effect: float, alpha: float) -> float:
    return _normal_power(effect * math.sqrt(n / 2), float(ndtri(1 - alpha / 2)))


def _correlation_power(n: float, effect: float, alpha: float) -> float:
    if effect >= 1:
        return 1.0
    t = float(stdtrit(n - 2, 1 - alpha / 2))
    critical = math.atanh(math.sqrt(t * t / (t * t + n - 2)))
    shift = math.atanh(effect) + effect / (2 * (n - 1))
    scale = math.sqrt(n - 3)
    return _normal_power(shift * scale, critical * scale)


def _normal_power(shift: float, critical: float) -> float:
    return float(ndtr(shift - critical) + ndtr(-shift - critical))


PAIRED_T = PlannedTest(name="paired_t", power=_paired_t_power, smallest_n=2)
"""Paired t test: effect d_z = mean / sd of the differences, n pairs. R: pwr.t.test, paired."""

TWO_SAMPLE_T = PlannedTest(name="two_sample_t", power=_two_sample_t_power, smallest_n=2)
"""Two-sample t test: effect d = difference / sd, n PER GROUP. R: pwr.t.test, two.sample."""

TWO_PROPORTIONS = PlannedTest(
    name="two_proportions", power=_two_proportions_power, smallest_n=1, largest_effect=math.pi
)
"""Two independent shares: effect Cohen's h, n PER GROUP. R: pwr.2p.test."""

CORRELATION = PlannedTest(
    name="correlation", power=_correlation_power, smallest_n=4, largest_effect=1.0
)
"""Pearson correlation by Fisher's z, bias-corrected: effect r, n pairs. R: pwr.r.test."""


def one_way_anova(groups: int) -> PlannedTest:
    """Return the one-way analysis of variance: effect Cohen's f, n PER GROUP. R: pwr.anova.test.

    f = sd of the group means (divisor ``groups``) / sd within. statsmodels' FTestAnovaPower takes
    the total n instead. Raises ValueError below two groups.
    """
    if groups < 2:
        raise ValueError(f"{groups} groups are not enough to compare: give 2 or more")

    def power_of(n: float, effect: float, alpha: float) -> float:
        df_between, df_within = groups - 1, groups * (n - 1)
        critical = fdtri(df_between, df_within, 1 - alpha)
        below = float(ncfdtr(df_between, df_within, groups * n * effect**2, critical))
        return 1 - (0.0 if math.isnan(below) else below)  # SciPy gives NaN for some below 1e-50

    return PlannedTest(name="one_way_anova", power=power_of, smallest_n=2)


def power(test: PlannedTest, n: float, effect: float, alpha: float = DEFAULT_ALPHA) -> Plan:
    """Return the probability that the test rejects at this n and effect, whatever its sign.

    Both tails count, so that power at effect 0 is alpha (nearly, for a correlation): R's ``pwr.t.test`` counts one tail
    (``strict = FALSE``), which differs only where power is close to alpha. n below the test's least
    n gives NaN and ``n_lt_2``. Source: Cohen 1988, doi:10.4324/9780203771587. Raises ValueError on
    alpha outside (0, 1) or an effect outside the test's range.
    """
    _check_share("alpha", alpha)
    size = _checked_effect(test, effect)
    if n < test.smallest_n:
        return Plan(
            method=test.name, n=n, effect=effect, power=math.nan, alpha=alpha, status=Status.N_LT_2
        )
    return Plan(method=test.name, n=n, effect=effect, power=test.power(n, size, alpha), alpha=alpha)


def sample_size(
    test: PlannedTest, effect: float, power: float = DEFAULT_POWER, alpha: float = DEFAULT_ALPHA
) -> Plan:
    """Return the least n, a real number, at which the test has the power; round up to use it.

    Never below the test's least n (``Plan.power`` is then the power there). Effect 0 needs an
    infinite n (``not_reached``). Raises ValueError on power or alpha outside (0, 1), power not
    above alpha, or an effect outside the test's range.
    """
    _check_target(power, alpha)
    size = _checked_effect(test, effect)

    def excess(n: float) -> float:
        return test.power(n, size, alpha) - power

    if size == 0 or excess(_LARGEST_N) < 0:
        return Plan(
            method=test.name, n=math.inf, effect=effect, power=power, alpha=alpha,
            status=Status.NOT_REACHED,
        )  # fmt: skip
    least = excess(test.smallest_n)
    if least >= 0:
        return Plan(
            method=test.name, n=test.smallest_n, effect=effect, power=least + power, alpha=alpha
        )
    n = _root(excess, test.smallest_n)
    return Plan(method=test.name, n=n, effect=effect, power=power, alpha=alpha)


def detectable_effect(
    test: PlannedTest, n: float, power: float = DEFAULT_POWER, alpha: float = DEFAULT_ALPHA
) -> Plan:
    """Return the least effect that the test finds with the power at this n.

    NaN with ``n_lt_2`` below the test's least n, and with ``not_reached`` where even the largest
    effect has less power. Raises ValueError on power or alpha outside (0, 1) or power not above
    alpha.
    """
    _check_target(power, alpha)

    def planned(effect: float, status: Status = Status.OK) -> Plan:
        return Plan(method=test.name, n=n, effect=effect, power=power, alpha=alpha, status=status)

    if n < test.smallest_n:
        return planned(math.nan, Status.N_LT_2)

    def excess(effect: float) -> float:
        return test.power(n, effect, alpha) - power

    if math.isfinite(test.largest_effect):
        if excess(test.largest_effect) < 0:
            return planned(math.nan, Status.NOT_REACHED)
        return planned(bracketed_root(excess, 0.0, test.largest_effect, 1e-14))
    return planned(_root(excess, 0.0))


def adjusted_alpha(alpha: float, tests: int) -> float:
    """Return alpha / tests: what each test of a family is planned at (Bonferroni).

    Raises ValueError on alpha outside (0, 1) or fewer than one test.
    """
    _check_share("alpha", alpha)
    if tests < 1:
        raise ValueError(f"a family of {tests} tests has no alpha to share")
    return alpha / tests


def inflated_n(n: float, design_effect: float) -> float:
    """Return n times the design effect: the items needed where items come in clusters.

    Design effect = 1 + (mean cluster size by size - 1) ICC, below 1 where the ICC is negative.
    Raises ValueError unless it is positive.
    """
    if not design_effect > 0:
        raise ValueError(f"design effect {design_effect} is not positive")
    return n * design_effect


def _root(excess: Callable[[float], float], low: float) -> float:
    """Return where a rising function crosses 0 above ``low``, where it is negative."""
    high = max(1.0, 2 * low)
    while excess(high) < 0:
        low, high = high, 2 * high
    return bracketed_root(excess, low, high)


def _checked_effect(test: PlannedTest, effect: float) -> float:
    size = abs(effect)
    if not size <= test.largest_effect or math.isinf(size):
        raise ValueError(f"effect {effect} is out of the range of {test.name}")
    return size


def _check_target(power: float, alpha: float) -> None:
    _check_share("power", power)
    _check_share("alpha", alpha)
    if power <= alpha:
        raise ValueError(f"power {power} is not above alpha {alpha}: any n has it")


def _check_share(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise ValueError(f"{name} {value} is not between 0 and 1")
