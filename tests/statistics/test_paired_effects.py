"""Bootstrap limits beside scipy's own on the same data."""

import math

import numpy as np
import pytest
from scipy import stats

from scramblebench.statistics.means.effect_sizes import d_av, d_rm
from scramblebench.statistics.means.paired_effects import bootstrap_paired_effects
from scramblebench.statistics.results import Status

_DRAW = np.random.default_rng(20)
BASELINE = _DRAW.random(40)
TREATMENT = 0.6 * BASELINE + 0.4 * _DRAW.random(40) - 0.1


@pytest.mark.parametrize("name", ["d_av", "d_rm"])
def test_limits_agree_with_scipy_up_to_the_draws(name: str) -> None:
    def average(x: np.ndarray, y: np.ndarray, axis: int = -1) -> np.ndarray:
        spread = np.sqrt((x.var(axis=axis, ddof=1) + y.var(axis=axis, ddof=1)) / 2)
        return (y - x).mean(axis=axis) / spread

    def repeated(x: np.ndarray, y: np.ndarray, axis: int = -1) -> np.ndarray:
        centred = x - x.mean(axis=axis, keepdims=True), y - y.mean(axis=axis, keepdims=True)
        r = (centred[0] * centred[1]).mean(axis=axis) / x.std(axis=axis) / y.std(axis=axis)
        return (y - x).mean(axis=axis) / (y - x).std(axis=axis, ddof=1) * np.sqrt(2 - 2 * r)

    ours = getattr(bootstrap_paired_effects(BASELINE, TREATMENT, np.random.default_rng(1)), name)
    theirs = stats.bootstrap(
        (BASELINE, TREATMENT), average if name == "d_av" else repeated, paired=True,
        vectorized=True, rng=np.random.default_rng(2),
    )  # fmt: skip
    width = ours.high - ours.low
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=0.05 * width)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=0.05 * width)
    assert ours.standard_error == pytest.approx(theirs.standard_error, rel=0.05)


def test_estimates_are_those_without_limits() -> None:
    found = bootstrap_paired_effects(
        [*BASELINE, math.nan], [*TREATMENT, 1], np.random.default_rng(3), n_resamples=200
    )
    assert found.d_av.estimate == d_av(BASELINE, TREATMENT).estimate
    assert found.d_rm.estimate == d_rm(BASELINE, TREATMENT).estimate
    assert found.d_av.n == 40
    assert found.d_av.low < found.d_av.estimate < found.d_av.high


def test_the_same_generator_gives_the_same_limits_at_any_scale() -> None:
    first, again, scaled = (
        bootstrap_paired_effects(
            BASELINE * factor, TREATMENT * factor, np.random.default_rng(4), n_resamples=300
        )
        for factor in (1, 1, 100)
    )
    assert first == again
    assert scaled.d_rm.low == pytest.approx(first.d_rm.low)


def test_clusters_are_drawn_whole() -> None:
    labels = np.repeat(np.arange(40), 3)
    repeated = [np.repeat(values, 3) for values in (BASELINE, TREATMENT)]
    rng = np.random.default_rng
    by_cluster = bootstrap_paired_effects(*repeated, rng(5), labels, n_resamples=2000).d_av
    by_item = bootstrap_paired_effects(*repeated, rng(5), n_resamples=2000).d_av
    alone = bootstrap_paired_effects(BASELINE, TREATMENT, rng(5), n_resamples=2000).d_av
    assert by_cluster.n_clusters == 40
    assert by_cluster.high - by_cluster.low == pytest.approx(alone.high - alone.low, rel=0.05)
    assert by_item.high - by_item.low < 0.7 * (alone.high - alone.low)


def test_few_items_have_estimates_without_limits_and_a_warning() -> None:
    found = bootstrap_paired_effects(BASELINE[:5], TREATMENT[:5], np.random.default_rng(6))
    assert math.isfinite(found.d_av.estimate)
    assert math.isnan(found.d_av.low)
    assert found.d_av.warnings == ("no bootstrap limits: few_clusters",)


def test_constant_differences_stay_undefined() -> None:
    found = bootstrap_paired_effects([1] * 12, [0] * 12, np.random.default_rng(7))
    assert found.d_av.status is found.d_rm.status is Status.ZERO_VARIANCE
    assert math.isnan(found.d_rm.estimate)


def test_a_constant_baseline_leaves_d_av_its_limits() -> None:
    found = bootstrap_paired_effects([1] * 40, TREATMENT, np.random.default_rng(8), n_resamples=500)
    assert found.d_av.low < found.d_av.estimate < found.d_av.high
    assert found.d_rm.status is Status.ZERO_VARIANCE
    assert math.isnan(found.d_rm.low)


def test_one_cluster_has_no_limits() -> None:
    labels = ["passage"] * 40
    found = bootstrap_paired_effects(BASELINE, TREATMENT, np.random.default_rng(9), labels)
    assert (found.d_av.n_clusters, found.d_av.n) == (1, 40)
    assert math.isnan(found.d_av.high)
    assert found.d_av.warnings == ("no bootstrap limits: few_clusters",)
