"""Anytime-valid test of two conditions on the same binary items: the wealth of a bet on them.

Only discordant items enter, in a random order that was fixed beforehand: 1 where the item was gained
(right at treatment only), 0 where it was lost. H0: a discordant item is gained with probability 1/2.
Under H0 the chance that E ever reaches 1 / alpha is at most alpha (Ville's inequality), so one may look
after every item and stop at any time. Everything is computed in logarithms.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.special import betaincc, betaln

from scramblebench.statistics.results import DEFAULT_CONFIDENCE, Interval, check_confidence
from scramblebench.statistics.roots import bracketed_root

_Floats = npt.NDArray[np.float64]
_NEVER = -math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class EProcess:
    """What the bets on the discordant items so far have earned; ``update`` returns the next state.

    ``prior`` is a of the Beta(a, a) mixture of bets, fixed beforehand. ``max_log_e`` and
    ``max_log_e_gain`` are the largest two-sided and one-sided log E after any item so far.
    """

    prior: float = 0.5
    gained: int = 0
    lost: int = 0
    max_log_e: float = _NEVER
    max_log_e_gain: float = _NEVER

    def __post_init__(self) -> None:
        if not self.prior > 0:
            raise ValueError(f"prior {self.prior} is not positive")

    @property
    def n(self) -> int:
        """The number of discordant items."""
        return self.gained + self.lost

    @property
    def p_value(self) -> float:
        """The two-sided anytime-valid p-value, 1 / max E, at most 1; 1 before the first item."""
        return _p_value(self.max_log_e)

    @property
    def p_value_gain(self) -> float:
        """The anytime-valid p-value against H0: at most half of the discordant items are gained."""
        return _p_value(self.max_log_e_gain)

    def update(self, is_gain: npt.ArrayLike) -> Self:
        """Return the state after these further discordant items, in order; shape (n,), 0 or 1.

        Raises ValueError on other values. An empty batch changes nothing.
        """
        gained, lost = self._counts(is_gain)
        if gained.size == 0:
            return self
        return replace(
            self,
            gained=int(gained[-1]),
            lost=int(lost[-1]),
            max_log_e=max(self.max_log_e, float(log_e(gained, lost, self.prior).max())),
            max_log_e_gain=max(
                self.max_log_e_gain, float(log_e_gain(gained, lost, self.prior).max())
            ),
        )

    def share_gained(self, confidence_level: float = DEFAULT_CONFIDENCE) -> Interval:
        """Return the share of discordant items that are gained, with its confidence sequence.

        The shares pi whose E = B(a + gained, a + lost) / (B(a, a) pi^gained (1 - pi)^lost) is below
        1 / alpha: they hold the true share at all times together with the confidence level. This is
        the set at the last item, not intersected with earlier ones. No item gives NaN within [0, 1].
        R: uniroot on lbeta. Raises ValueError on a confidence level out of (0, 1).
        """
        check_confidence(confidence_level)
        if self.n == 0:
            return Interval(math.nan, 0.0, 1.0)
        share = self.gained / self.n
        earned = float(
            betaln(self.prior + self.gained, self.prior + self.lost)
            - betaln(self.prior, self.prior)
        )

        def excess(candidate: float) -> float:
            likelihood = self.gained * math.log(candidate) if self.gained else 0.0
            likelihood += self.lost * math.log1p(-candidate) if self.lost else 0.0
            return earned - likelihood + math.log(1 - confidence_level)

        low = _crossing(excess, 0.0, share) if self.gained else 0.0
        high = _crossing(excess, 1.0, share) if self.lost else 1.0
        return Interval(share, low, high)

    def _counts(self, is_gain: npt.ArrayLike) -> tuple[_Floats, _Floats]:
        batch = np.asarray(is_gain, dtype=np.float64)
        if batch.ndim != 1 or not bool(np.isin(batch, (0.0, 1.0)).all()):
            raise ValueError("discordant items are a row of 1 (gained) and 0 (lost)")
        return self.gained + np.cumsum(batch), self.lost + np.cumsum(1 - batch)


def log_e(gained: npt.ArrayLike, lost: npt.ArrayLike, prior: float = 0.5) -> _Floats:
    """Return log E of the two-sided process at these counts: 2^n B(a + gained, a + lost) / B(a, a).

    Shape as broadcast. No discordant item gives 0. R: lbeta. Robbins 1970,
    doi:10.1214/aoms/1177696786; Howard et al. 2021, doi:10.1214/20-AOS1991.
    """
    c, b = np.asarray(gained, dtype=np.float64), np.asarray(lost, dtype=np.float64)
    return (c + b) * math.log(2) + betaln(prior + c, prior + b) - betaln(prior, prior)


def log_e_gain(gained: npt.ArrayLike, lost: npt.ArrayLike, prior: float = 0.5) -> _Floats:
    """Return log E of the one-sided process: all bets are on gains.

    E+ = 2 E P(Beta(a + gained, a + lost) > 1/2). -Inf where that probability is below the smallest
    number (some 1,000 more lost than gained). R: lbeta and pbeta.
    """
    c, b = np.asarray(gained, dtype=np.float64), np.asarray(lost, dtype=np.float64)
    with np.errstate(divide="ignore"):
        on_gains = np.log(betaincc(prior + c, prior + b, 0.5))
    return log_e(c, b, prior) + math.log(2) + on_gains


def anytime_p_values(log_e_path: npt.ArrayLike) -> _Floats:
    """Return the anytime-valid p-value after each item: min(1, 1 / largest E so far).

    ``log_e_path`` has the log E after items 1, 2, ...; shape (n,), as has the result.
    """
    path = np.asarray(log_e_path, dtype=np.float64)
    if path.size == 0:
        return path
    return np.exp(-np.maximum(0.0, np.maximum.accumulate(path)))


def first_rejection(log_e_path: npt.ArrayLike, alpha: float) -> int | None:
    """Return after how many items E first reached 1 / alpha; None where it never did.

    Raises ValueError on alpha out of (0, 1).
    """
    check_confidence(1 - alpha)
    reached = np.flatnonzero(np.asarray(log_e_path, dtype=np.float64) >= -math.log(alpha))
    return int(reached[0]) + 1 if reached.size else None


def e_benjamini_hochberg(log_e_values: Sequence[float], alpha: float) -> npt.NDArray[np.bool_]:
    """Return which of several hypotheses are rejected at a false discovery rate of alpha: e-BH.

    With the E sorted downwards, the k largest are rejected for the largest k with
    E_(k) >= m / (alpha k), whatever their dependence. ``log_e_values`` are E at the time of stopping,
    not running maxima; shape (m,). Wang & Ramdas 2022, doi:10.1111/rssb.12489. Raises ValueError on
    NaN, or alpha out of (0, 1).
    """
    check_confidence(1 - alpha)
    values = np.asarray(log_e_values, dtype=np.float64)
    if bool(np.isnan(values).any()):
        raise ValueError("an E is undefined: leave its hypothesis out")
    order = np.argsort(-values, kind="stable")
    ranks = np.arange(1, values.size + 1)
    enough = np.flatnonzero(values[order] >= np.log(values.size / (alpha * ranks)))
    rejected = np.zeros(values.size, dtype=np.bool_)
    if enough.size:
        rejected[order[: enough[-1] + 1]] = True
    return rejected


def _p_value(max_log_e: float) -> float:
    return math.exp(-max(0.0, max_log_e))


def _crossing(excess: Callable[[float], float], end: float, inside: float) -> float:
    """Return where the excess is 0 between an end of [0, 1], where it is infinite, and inside."""
    beyond = inside
    while excess(beyond) < 0:
        beyond = (beyond + end) / 2
        if beyond == end:
            return end
    return bracketed_root(excess, min(beyond, inside), max(beyond, inside), 1e-15)
