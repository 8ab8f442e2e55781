"""Equivalence: whether a difference is within a margin that was fixed beforehand.

Two one-sided tests; p is the larger of theirs. It is below alpha where the interval at 1 - 2 alpha
lies within the margin. A large p of a test of no difference never shows equivalence.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import special

from scramblebench.statistics.limit_warnings import narrow_margin_warning
from scramblebench.statistics.proportions.paired_counts import PairedCounts
from scramblebench.statistics.proportions.paired_difference import (
    DifferenceInterval,
    paired_difference,
    tango_statistic,
)
from scramblebench.statistics.results import Status

_CONSTANT = 1e-12  # a range this small beside the values is rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class EquivalenceTest:
    """Two one-sided tests of a difference against ``margin_low`` and ``margin_high``.

    ``statistic_lower`` and ``p_lower`` are of the test that it is above ``margin_low``, the others of
    the test that it is below ``margin_high``. ``low`` and ``high`` are the limits of ``estimate`` at
    1 - 2 alpha. NaN is undefined, and ``status`` says why.
    """

    method: str
    estimate: float
    margin_low: float
    margin_high: float
    alpha: float
    statistic_lower: float = math.nan
    statistic_upper: float = math.nan
    p_lower: float = math.nan
    p_upper: float = math.nan
    df: float = math.nan
    low: float = math.nan
    high: float = math.nan
    n: int = 0
    n_missing: int = 0
    status: Status = Status.OK

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return the warning of limits that hardly fit within the margin."""
        return narrow_margin_warning(
            (self.high - self.low) / 2, (self.margin_high - self.margin_low) / 2
        )

    @property
    def p_value(self) -> float:
        """Return the larger of the two one-sided p-values."""
        return max(self.p_lower, self.p_upper)

    @property
    def is_equivalent(self) -> bool:
        """Return whether equivalence is shown at ``alpha``; not where the test is undefined."""
        return self.p_value < self.alpha


def tost_paired_binary(counts: PairedCounts, margin: float, alpha: float = 0.05) -> EquivalenceTest:
    """Test whether two shares on the same items differ by less than ``margin``: Tango's score test.

    Normal p-values of ``tango_statistic`` at -margin and margin; the limits are Tango's. Defined
    without discordant pairs too, which the status tells. No pairs give NaN. R: the statistic that
    ``contingencytables::Tango_asymptotic_score_CI_paired_2x2`` inverts, with ``pnorm``. Not for
    clustered items. Tango 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B.
    Raises ValueError unless 0 < margin < 1 and 0 < alpha < 0.5.
    """
    _check_alpha(alpha)
    if not 0 < margin < 1:
        raise ValueError(f"margin {margin} is not between 0 and 1")
    limits = paired_difference(counts, DifferenceInterval.TANGO, 1 - 2 * alpha)
    lower, upper = tango_statistic(counts, -margin), tango_statistic(counts, margin)
    return EquivalenceTest(
        method="two one-sided Tango score tests",
        estimate=counts.difference,
        margin_low=-margin,
        margin_high=margin,
        alpha=alpha,
        statistic_lower=lower,
        statistic_upper=upper,
        p_lower=float(special.ndtr(-lower)),
        p_upper=float(special.ndtr(upper)),
        low=limits.low,
        high=limits.high,
        n=counts.n,
        n_missing=counts.n_missing,
        status=counts.status,
    )


def tost_paired_t(
    differences: npt.ArrayLike, low: float, high: float, alpha: float = 0.05
) -> EquivalenceTest:
    """Test whether the mean of paired differences lies between ``low`` and ``high``: t tests.

    ``differences`` has shape (n_items,); NaN is left out and counted. R: ``t.test(d, mu = low,
    alternative = "greater")``, ``t.test(d, mu = high, alternative = "less")`` and ``t.test(d,
    conf.level = 1 - 2 * alpha)``. Fewer than two values, or all the same: NaN with ``n_lt_2`` or
    ``zero_variance``. Schuirmann 1987, doi:10.1007/BF01068419. Raises ValueError unless low < high
    and 0 < alpha < 0.5.
    """
    _check_alpha(alpha)
    if not low < high:
        raise ValueError(f"margin {low} to {high} is empty")
    values = np.asarray(differences, dtype=np.float64)
    used = values[~np.isnan(values)]
    n = len(used)
    mean = float(used.mean()) if n else math.nan
    frame = EquivalenceTest(
        method="two one-sided paired t tests",
        estimate=mean,
        margin_low=low,
        margin_high=high,
        alpha=alpha,
        n=n,
        n_missing=len(values) - n,
        status=_status(used),
    )
    if frame.status is not Status.OK:
        return frame
    return _t_tests(frame, float(used.std(ddof=1)) / math.sqrt(n))


def tost_t(estimate: float, standard_error: float, df: float, low: float, high: float) -> float:
    """Return the p-value of two one-sided t tests of an estimate with its error: between low and high.

    The larger of P(T > (estimate - low) / se) and P(T < (estimate - high) / se), for clustered
    differences and linearised ratios. NaN without a standard error above 0 or degrees of freedom.
    Schuirmann 1987, doi:10.1007/BF01068419. Raises ValueError unless low < high.
    """
    if not low < high:
        raise ValueError(f"no room for equivalence between {low} and {high}")
    if not (standard_error > 0 and df > 0):
        return math.nan
    above = float(special.stdtr(df, (low - estimate) / standard_error))
    below = float(special.stdtr(df, (estimate - high) / standard_error))
    return max(above, below)


def _t_tests(frame: EquivalenceTest, standard_error: float) -> EquivalenceTest:
    df = frame.n - 1
    lower = (frame.estimate - frame.margin_low) / standard_error
    upper = (frame.estimate - frame.margin_high) / standard_error
    half = float(special.stdtrit(df, 1 - frame.alpha)) * standard_error
    return replace(
        frame,
        statistic_lower=lower,
        statistic_upper=upper,
        p_lower=float(special.stdtr(df, -lower)),
        p_upper=float(special.stdtr(df, upper)),
        df=df,
        low=frame.estimate - half,
        high=frame.estimate + half,
    )


def _status(values: npt.NDArray[np.float64]) -> Status:
    if len(values) < 2:
        return Status.N_LT_2
    if np.ptp(values) <= _CONSTANT * np.abs(values).max():
        return Status.ZERO_VARIANCE
    return Status.OK


def _check_alpha(alpha: float) -> None:
    if not 0 < alpha < 0.5:
        raise ValueError(f"alpha {alpha} is not between 0 and 0.5")
