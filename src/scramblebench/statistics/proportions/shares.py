"""One share of right answers: other intervals than Wilson's, and Wilson's on an effective n."""

import math

from scipy import special

from scramblebench.statistics.results import (
    DEFAULT_CONFIDENCE,
    Estimate,
    Interval,
    Status,
    check_confidence,
)

_EMPTY = Interval(math.nan, math.nan, math.nan)


EXACT_WARNING = "exact limits cover at least, and mostly more than, their level"


def check_share(successes: int, n: int) -> None:
    """Raise ValueError unless 0 <= successes <= n."""
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n} is not a share")


def clopper_pearson(
    successes: int, n: int, confidence_level: float = DEFAULT_CONFIDENCE
) -> Estimate:
    """Return the share successes / n with its exact interval, which never covers too seldom.

    It mostly covers too often, which a warning says: for one share Wilson's is narrower.

    R: ``binom.test(k, n, conf.level = ...)$conf.int``. The limits are exactly 0 (1) where no (every)
    item is right; n = 0 gives NaN, ``no_data``. Clopper & Pearson 1934, doi:10.1093/biomet/26.4.404. Raises
    ValueError unless 0 <= successes <= n and 0 < confidence_level < 1.
    """
    check_share(successes, n)
    check_confidence(confidence_level)
    tail = (1 - confidence_level) / 2
    low = _beta_quantile(successes, n - successes + 1, tail) if successes else 0.0
    high = _beta_quantile(successes + 1, n - successes, 1 - tail) if successes < n else 1.0
    return Estimate(
        method="share",
        estimate=successes / n if n else math.nan,
        low=low if n else math.nan,
        high=high if n else math.nan,
        confidence_level=confidence_level,
        interval_method="exact (Clopper-Pearson)",
        n=n,
        status=Status.OK if n else Status.NO_DATA,
        warnings=(EXACT_WARNING,) if n else (),
    )


def uniform_posterior(
    successes: int, n: int, confidence_level: float = DEFAULT_CONFIDENCE
) -> Interval:
    """Return the share successes / n with the equal-tailed posterior interval of a uniform prior.

    Quantiles of Beta(k + 1, n - k + 1): R's ``qbeta(c(a, 1 - a), k + 1, n - k + 1)``. At 0 or n
    right the estimate lies outside its limits, because the interval has equal tails; n = 0 gives
    NaN. For cells below about 100 items: Bowyer, Aitchison & Ivanova 2025, arXiv:2503.01747. Raises
    as ``clopper_pearson``.
    """
    check_share(successes, n)
    check_confidence(confidence_level)
    if n == 0:
        return _EMPTY
    tail = (1 - confidence_level) / 2
    shape = (successes + 1, n - successes + 1)
    return Interval(successes / n, _beta_quantile(*shape, tail), _beta_quantile(*shape, 1 - tail))


def wilson_limits(share: float, n_effective: float, quantile: float) -> tuple[float, float]:
    """Return Wilson's score limits of a share on an effective, not necessarily whole, number of items.

    ``quantile`` is of the normal or of a t distribution, above 0. The limits are within [0, 1], and
    exactly 0 (1) where the share is.
    """
    squared = quantile**2
    centre = (share * n_effective + squared / 2) / (n_effective + squared)
    half = math.sqrt(n_effective * share * (1 - share) + squared / 4)
    half *= quantile / (n_effective + squared)
    low = 0.0 if share == 0 else max(0.0, centre - half)
    high = 1.0 if share == 1 else min(1.0, centre + half)
    return low, high


def _beta_quantile(a: float, b: float, probability: float) -> float:
    return float(special.betaincinv(a, b, probability))
