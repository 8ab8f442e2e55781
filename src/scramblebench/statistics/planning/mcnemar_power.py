"""Planning of a comparison of two conditions on the same binary items.

``lost`` is the share of items right at baseline only, ``gained`` right at treatment only; their sum
is the discordance, and the effect is gained - lost, as everywhere.
"""

import math

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr, chdtrc, gammaln, ndtr, ndtri, xlog1py, xlogy

from scramblebench.statistics.planning.power import DEFAULT_ALPHA, DEFAULT_POWER, Plan
from scramblebench.statistics.proportions.paired_counts import McNemarVariant
from scramblebench.statistics.results import Status

_Floats = npt.NDArray[np.float64]
_NEGLIGIBLE = 1e-16  # weight of a number of discordant items below which it is left out
_LARGEST_EXACT_N = 200_000


def mcnemar_p_values(gained: _Floats, lost: _Floats, test: McNemarVariant) -> _Floats:
    """Return the two-sided p-value of each pair of discordant counts, shape as broadcast.

    The vectorised counterpart of ``mcnemar``; no discordant items give 1. Mid-p = 2 P(X <= m) - P(X = m), unclipped tail, so that it is
    exactly 1 at gained = lost, computed as P(X <= m) + P(X <= m - 1); exact = min(1, 2 P(X <= m)). Fagerland, Lydersen & Laake 2013,
    doi:10.1186/1471-2288-13-91.
    """
    total = np.asarray(gained + lost, dtype=np.float64)
    least = np.minimum(gained, lost)
    if test in (McNemarVariant.ASYMPTOTIC, McNemarVariant.CONTINUITY_CORRECTED):
        correction = 1.0 if test is McNemarVariant.CONTINUITY_CORRECTED else 0.0
        distance = np.maximum(np.abs(gained - lost) - correction, 0.0)
        return chdtrc(1, distance**2 / np.maximum(total, 1.0))
    tail = bdtr(least, total.astype(np.int64), 0.5)
    if test is McNemarVariant.EXACT:
        return np.where(gained == lost, 1.0, np.minimum(1.0, 2 * tail))
    below = np.where(least > 0, bdtr(np.maximum(least - 1, 0), total.astype(np.int64), 0.5), 0.0)
    return np.where(gained == lost, 1.0, tail + below)


def mcnemar_power(
    n: int,
    lost: float,
    gained: float,
    alpha: float = DEFAULT_ALPHA,
    test: McNemarVariant = McNemarVariant.MID_P,
) -> Plan:
    """Return the exact probability that the test made on n items rejects.

    Sum over the number m of discordant items, Binomial(n, lost + gained), of the probability of
    p <= alpha, lost ~ Binomial(m, lost / (lost + gained)); terms of weight below 1e-16 are left out.
    It rises with n in saw teeth. n = 0, or no discordance at all, has power 0. Cost grows as
    n times sqrt(n); Raises ValueError on shares that are none, alpha outside (0, 1) or a negative n.
    Source: Fagerland, Lydersen & Laake 2013, doi:10.1186/1471-2288-13-91.
    """
    discordance = _checked_discordance(lost, gained)
    _check_probability("alpha", alpha)
    if n < 0:
        raise ValueError(f"{n} items cannot be asked")
    total = 0.0
    if discordance > 0:
        weights = _binomial(n, discordance)
        for discordant in np.flatnonzero(weights >= _NEGLIGIBLE):
            total += weights[discordant] * _rejection(
                int(discordant), lost / discordance, alpha, test
            )
    return _plan(f"McNemar, {test}", n, gained - lost, min(1.0, float(total)), alpha)


def mcnemar_power_normal(
    n: float, lost: float, gained: float, alpha: float = DEFAULT_ALPHA
) -> Plan:
    """Return the power by the normal formula: Phi((|D| sqrt n - z sqrt pd) / sqrt(pd - D^2)).

    D = gained - lost, pd = gained + lost. R: MESS::power_mcnemar_test(method = "normal"). No
    discordance has power 0; where every item changes the same way (pd = D^2) it is 0 or 1. Raises
    ValueError on shares that are none, alpha outside (0, 1) or a negative n.
    """
    discordance = _checked_discordance(lost, gained)
    _check_probability("alpha", alpha)
    if n < 0:
        raise ValueError(f"{n} items cannot be asked")
    difference = abs(gained - lost)
    excess = difference * math.sqrt(n) - _quantile(1 - alpha / 2) * math.sqrt(discordance)
    spread = math.sqrt(max(0.0, discordance - difference**2))
    value = float(ndtr(excess / spread)) if spread > 0 else float(excess > 0)
    return _plan("McNemar, normal formula", n, gained - lost, value, alpha)


def mcnemar_sample_size(
    lost: float, gained: float, power: float = DEFAULT_POWER, alpha: float = DEFAULT_ALPHA
) -> Plan:
    """Return n by the formula of Miettinen and Connor, a real number; round up to use it.

    n = (z(1 - alpha/2) sqrt pd + z(power) sqrt(pd - D^2))^2 / D^2, D = gained - lost,
    pd = gained + lost. Infinite with ``not_reached`` at D = 0. Connor 1987, doi:10.2307/2531961;
    Miettinen 1968, doi:10.2307/2528540. R: MESS::power_mcnemar_test(power = ...)$n. Raises
    ValueError on shares that are none, or power or alpha outside (0, 1).
    """
    discordance = _checked_discordance(lost, gained)
    _check_probability("alpha", alpha)
    _check_probability("power", power)
    difference = abs(gained - lost)
    effect = gained - lost
    if difference == 0:
        return _plan(
            "McNemar, Miettinen-Connor formula", math.inf, effect, power, alpha, Status.NOT_REACHED
        )
    spread = math.sqrt(max(0.0, discordance - difference**2))
    root = _quantile(1 - alpha / 2) * math.sqrt(discordance) + _quantile(power) * spread
    return _plan(
        "McNemar, Miettinen-Connor formula",
        (max(0.0, root) / difference) ** 2,
        effect,
        power,
        alpha,
    )


def mcnemar_sample_size_exact(
    lost: float,
    gained: float,
    power: float = DEFAULT_POWER,
    alpha: float = DEFAULT_ALPHA,
    test: McNemarVariant = McNemarVariant.MID_P,
) -> Plan:
    """Return a whole n at which the test itself has the power, by bisection on the exact power.

    Power rises in saw teeth: at the returned n it is reached and at n - 1 it is not, but a smaller n
    may reach it on an earlier tooth, and a slightly larger one miss it. ``Plan.power`` is the power
    at n. ``not_reached`` with infinite n at no difference, or beyond 200,000 items. Raises as
    ``mcnemar_sample_size``.
    """
    start = mcnemar_sample_size(lost, gained, power, alpha)
    method = f"McNemar, {test}"
    if start.n > _LARGEST_EXACT_N:
        return _plan(method, math.inf, gained - lost, power, alpha, Status.NOT_REACHED)

    def reached(n: int) -> bool:
        return mcnemar_power(n, lost, gained, alpha, test).power >= power

    high = max(1, math.ceil(start.n))
    while not reached(high):
        high = math.ceil(1.2 * high)
    low = 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return mcnemar_power(high, lost, gained, alpha, test)


def mcnemar_detectable_difference(
    n: float, discordance: float, power: float = DEFAULT_POWER, alpha: float = DEFAULT_ALPHA
) -> Plan:
    """Return the least difference of shares found with the power, at n items and a fixed discordance.

    It solves the normal formula of ``mcnemar_sample_size`` for |D|. NaN with ``not_reached`` where
    even |D| = discordance, all changes in one direction, has less power. Raises ValueError on a
    discordance outside (0, 1], power or alpha outside (0, 1), or n not positive.
    """
    _check_probability("alpha", alpha)
    _check_probability("power", power)
    if not 0 < discordance <= 1:
        raise ValueError(f"discordance {discordance} is not above 0 and at most 1")
    if not n > 0:
        raise ValueError(f"{n} items show no difference")
    critical, wanted = _quantile(1 - alpha / 2), _quantile(power)
    radicand = n + wanted**2 - critical**2
    difference = math.inf
    if radicand >= 0:
        root = critical * math.sqrt(n) + wanted * math.sqrt(radicand)
        difference = math.sqrt(discordance) * root / (n + wanted**2)
    if not 0 <= difference <= discordance * (1 + 1e-9):
        return _plan("McNemar, normal formula", n, math.nan, power, alpha, Status.NOT_REACHED)
    return _plan("McNemar, normal formula", n, min(difference, discordance), power, alpha)


def _rejection(discordant: int, lost_share: float, alpha: float, test: McNemarVariant) -> float:
    """Return the probability of p <= alpha among this many discordant items."""
    lost = np.arange(discordant + 1, dtype=np.float64)
    p_values = mcnemar_p_values(discordant - lost, lost, test)
    return float(_binomial(discordant, lost_share)[p_values <= alpha].sum())


def _binomial(n: int, share: float) -> _Floats:
    counts = np.arange(n + 1, dtype=np.float64)
    return np.exp(_log_binomial(counts, np.float64(n), share))


def _log_binomial(count: _Floats, n: _Floats | np.float64, share: float) -> _Floats:
    choose = gammaln(n + 1) - gammaln(count + 1) - gammaln(n - count + 1)
    return choose + xlogy(count, share) + xlog1py(n - count, -share)


def _plan(
    method: str, n: float, effect: float, power: float, alpha: float, status: Status = Status.OK
) -> Plan:
    return Plan(method=method, n=n, effect=effect, power=power, alpha=alpha, status=status)


def _quantile(probability: float) -> float:
    return float(ndtri(probability))


def _checked_discordance(lost: float, gained: float) -> float:
    discordance = lost + gained
    if not (lost >= 0 and gained >= 0 and discordance <= 1 + 1e-12):
        raise ValueError(f"lost {lost} and gained {gained} are not shares of the same items")
    return min(1.0, discordance)


def _check_probability(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise ValueError(f"{name} {value} is not between 0 and 1")
