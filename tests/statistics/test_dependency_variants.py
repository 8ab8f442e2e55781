import math

import numpy as np
import pytest

from scramblebench.statistics.curves.dependency_variants import (
    ldc_end,
    ldc_legacy_mean,
    ldc_rate,
    ldc_two_point,
)
from scramblebench.statistics.proportions.paired_counts import PairedCounts
from scramblebench.statistics.results import Status

LEVELS = np.array([0, 0.25, 0.5, 1])


def answers(n: int = 50) -> np.ndarray:
    rng = np.random.default_rng(5)
    return (rng.random((n, 4)) < [0.9, 0.75, 0.6, 0.4]).astype(float)


def test_the_end_is_the_loss_at_the_last_level() -> None:
    scores = answers()
    found = ldc_end(LEVELS, scores, 0.25)
    first, last = scores[:, 0].mean(), scores[:, 3].mean()
    assert found.estimate == pytest.approx(1 - (last - 0.25) / (first - 0.25))
    assert found.low < found.estimate < found.high
    assert found.method == "ldc_end"
    assert ldc_end(LEVELS[:3], scores[:, :3], 0.25).method == "ldc_end[0.5]"


def test_the_legacy_mean_knows_neither_floor_nor_spacing() -> None:
    scores = answers()
    found = ldc_legacy_mean(LEVELS, scores)
    means = scores.mean(axis=0)
    assert found.estimate == pytest.approx(1 - (means[1:] / means[0]).mean())
    assert ldc_legacy_mean([0, 0.1, 0.2, 0.9], scores).estimate == found.estimate


@pytest.mark.parametrize("variant", [ldc_end, ldc_legacy_mean])
def test_edges_of_the_ratios(variant) -> None:
    assert variant(LEVELS, np.zeros((9, 4))).status in (
        Status.BASELINE_NOT_ABOVE_CHANCE, Status.DIVISION_BY_ZERO,
    )  # fmt: skip
    assert variant(LEVELS, np.full((9, 4), np.nan)).status is Status.NO_COMPLETE_ITEMS
    assert variant([0.1, 0.2, 0.5, 1], answers()).status is Status.NO_BASELINE
    assert variant([0], answers()[:, :1]).status is Status.TOO_FEW_LEVELS
    assert variant(LEVELS, answers(1)).status is Status.N_LT_2
    flat = variant(LEVELS, np.ones((9, 4)))
    assert (flat.status, flat.estimate) == (Status.ZERO_VARIANCE, 0)
    assert flat.low < 0 < flat.high
    holes = answers()
    holes[3, 1] = np.nan
    assert variant(LEVELS, holes).n == 49


def test_two_points_are_the_logarithm_of_the_reference_ratio() -> None:
    """Case pratio-o1 (52, 25, 10, 13), R 4.2.2: contingencytables::Wald_CI_ratio_paired_2x2.

    Its ratio and ``wald_log`` limits, here under -ln(.) / 0.5, which turns the limits round.
    """
    found = ldc_two_point(PairedCounts(52, 25, 10, 13))
    ratio, low, high = 0.80519480519480524, 0.68079778815011516, 0.95232194580770646
    assert found.estimate == pytest.approx(-2 * math.log(ratio), rel=1e-12)
    assert found.low == pytest.approx(-2 * math.log(high), rel=1e-8)
    assert found.high == pytest.approx(-2 * math.log(low), rel=1e-8)


@pytest.mark.parametrize(
    ("counts", "estimate", "status"),
    [
        (PairedCounts(0, 9, 0, 1), math.inf, Status.DIVISION_BY_ZERO),
        (PairedCounts(0, 0, 3, 7), math.nan, Status.DIVISION_BY_ZERO),
        (PairedCounts(0, 0, 0, 7), math.nan, Status.DIVISION_BY_ZERO),
        (PairedCounts(8, 0, 0, 2), 0.0, Status.NO_DISCORDANT_PAIRS),
    ],
)
def test_two_points_without_limits(counts: PairedCounts, estimate: float, status: Status) -> None:
    found = ldc_two_point(counts)
    assert found.estimate == pytest.approx(estimate, nan_ok=True)
    assert found.status is status
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_two_points_at_an_impossible_level_are_refused() -> None:
    with pytest.raises(ValueError, match="level"):
        ldc_two_point(PairedCounts(1, 1, 1, 1), 50)


def test_the_rate_is_the_scale_s_inverse_with_floor() -> None:
    """Noise-free counts of g + (A - g) e^(-2 s): least squares on ln P would give about 1."""
    n = np.full(4, 4000.0)
    k = n * (0.25 + 0.6 * np.exp(-2 * LEVELS))
    found = ldc_rate(LEVELS, k, n, 0.25)
    assert found.estimate == pytest.approx(2, rel=1e-6)
    assert found.low < 2 < found.high
    assert found.high - found.low < 0.5


def test_a_rate_of_flat_counts_is_undefined() -> None:
    found = ldc_rate(LEVELS, [5, 5, 5, 5], [10] * 4)
    assert found.status is Status.NOT_CONVERGED
    assert all(math.isnan(value) for value in (found.estimate, found.low, found.high))
