"""Exact bootstrap distributions are compared in tests/golden; SciPy's bootstrap is the check here."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from scramblebench.statistics.resampling.bootstrap import replicate_means, unit_sums
from scramblebench.statistics.resampling.bootstrap_limits import (
    bca_levels,
    bca_limits,
    bias_correction,
    jackknife_acceleration,
    order_statistics,
    percentile_limits,
    simultaneous_band,
)
from scramblebench.statistics.results import Status


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def skewed(n: int = 60) -> np.ndarray:
    return rng(2).exponential(size=(n, 2)) ** 1.5


@pytest.mark.parametrize("method", ["percentile", "BCa"])
def test_limits_are_near_scipy_s(method: str) -> None:
    values = skewed()[:, :1]
    units = unit_sums(values)
    replicates = replicate_means(units, rng(), 20_000)
    found = (
        bca_limits(replicates, units.means, units.means_without_one)
        if method == "BCa"
        else percentile_limits(replicates, 60)
    )
    other = stats.bootstrap(
        (values[:, 0],), np.mean, n_resamples=20_000, method=method, rng=rng(7), batch=500
    ).confidence_interval
    width = other.high - other.low
    assert found.statuses == (Status.OK,)
    assert found.low[0] == pytest.approx(other.low, abs=0.03 * width)
    assert found.high[0] == pytest.approx(other.high, abs=0.03 * width)


def test_bca_leans_the_way_of_the_skew() -> None:
    units = unit_sums(skewed())
    replicates = replicate_means(units, rng(), 4_000)
    plain = percentile_limits(replicates, 60)
    found = bca_limits(replicates, units.means, units.means_without_one)
    assert (found.acceleration > 0).all()
    assert (found.high > plain.high).all()
    assert (found.low > plain.low).all()


def test_acceleration_of_a_mean_is_a_sixth_of_the_skewness() -> None:
    """Closed form: sum (x - m)^3 / (6 (sum (x - m)^2)^1.5)."""
    values = skewed()
    centred = values - values.mean(axis=0)
    expected = (centred**3).sum(axis=0) / (6 * (centred**2).sum(axis=0) ** 1.5)
    found = jackknife_acceleration(unit_sums(values).means_without_one)
    assert found == pytest.approx(expected, rel=1e-9)


def test_ties_count_half() -> None:
    replicates = np.array([[0.0]] * 2 + [[0.5]] * 6 + [[1.0]] * 2)
    assert bias_correction(replicates, [0.5])[0] == pytest.approx(0, abs=1e-15)
    assert bias_correction(replicates, [1.0])[0] == pytest.approx(stats.norm.ppf(0.9))


def test_without_bias_and_acceleration_bca_is_percentile() -> None:
    levels = bca_levels(np.zeros(1), np.zeros(1), 0.9)
    assert levels[:, 0] == pytest.approx([0.05, 0.95], abs=1e-12)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=60), st.floats(0.001, 0.999))
def test_order_statistics_invert_the_distribution(values: list[int], level: float) -> None:
    table = np.array(values, dtype=float)[:, None]
    found = order_statistics(table, np.array([[level]]))[0, 0]
    assert (table <= found).mean() >= level - 1e-9
    assert (table < found).mean() < level + 1e-9


def test_ranks_are_not_pushed_by_rounding() -> None:
    table = np.arange(1, 1001, dtype=float)[:, None]
    found = order_statistics(table, np.array([[0.025], [0.975]]))[:, 0]
    assert found.tolist() == [25, 975]


@pytest.mark.parametrize("share", [0.0, 0.03, 0.2, 0.5])
def test_infinite_replicates_keep_their_side(share: float) -> None:
    values = np.sort(rng().random(1000))
    values[1000 - int(share * 1000) :] = math.inf
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = percentile_limits(rng().permutation(values)[:, None], 50)
    assert found.statuses == (Status.OK,)
    assert found.low[0] == values[24]
    assert found.high[0] == values[974]
    assert found.undefined[0] == pytest.approx(share)
    assert bool(found.warnings) == (share > 0.05)


@pytest.mark.parametrize(
    ("filler", "status"), [(math.inf, Status.NOT_REACHED), (math.nan, Status.NOT_CONVERGED)]
)
def test_mostly_undefined_replicates_give_no_interval(filler: float, status: Status) -> None:
    values = rng().random((100, 1))
    values[:51] = filler
    found = percentile_limits(values, 50)
    assert found.statuses == (status,)
    assert math.isnan(found.low[0])
    assert found.warnings


def test_nan_replicates_are_left_out_and_told() -> None:
    values = rng().random((1000, 1))
    holed = np.concatenate([values, np.full((100, 1), np.nan)])
    plain, found = percentile_limits(values, 50), percentile_limits(holed, 50)
    assert (found.low, found.high) == (plain.low, plain.high)
    assert found.undefined[0] == pytest.approx(1 / 11)
    assert found.warnings


def test_equal_replicates_have_no_interval() -> None:
    units = unit_sums(np.column_stack([np.ones(20), rng().random(20)]))
    replicates = replicate_means(units, rng(), 300)
    for found in (
        percentile_limits(replicates, 20),
        bca_limits(replicates, units.means, units.means_without_one),
    ):
        assert found.statuses == (Status.ZERO_VARIANCE, Status.OK)
        assert np.isnan([found.low[0], found.high[0]]).all()
        assert found.low[1] < units.means[1] < found.high[1]


def test_few_clusters_are_refused() -> None:
    units = unit_sums(rng().random((27, 2)), np.arange(27) // 3)
    replicates = replicate_means(units, rng(), 100)
    assert units.n_units == 9
    for statuses in (
        bca_limits(replicates, units.means, units.means_without_one).statuses,
        percentile_limits(replicates, 9).statuses,
        simultaneous_band(replicates, units.means, 9).statuses,
    ):
        assert set(statuses) == {Status.FEW_CLUSTERS}
    assert np.isnan(percentile_limits(replicates, 9).low).all()
    assert percentile_limits(replicates, 10).statuses == (Status.OK,) * 2


def test_an_estimate_beyond_all_replicates_has_no_bca() -> None:
    replicates, jackknife = rng().random((200, 1)), rng().random((30, 1))
    for estimate in (5.0, -5.0, math.nan):
        found = bca_limits(replicates, [estimate], jackknife)
        assert found.statuses == (Status.NOT_CONVERGED,)
        assert math.isnan(found.low[0])


def test_scale_and_shift_carry_over() -> None:
    units = unit_sums(skewed())
    replicates = replicate_means(units, rng(), 500)
    plain = bca_limits(replicates, units.means, units.means_without_one)
    moved = bca_limits(3 * replicates - 1, 3 * units.means - 1, 3 * units.means_without_one - 1)
    assert moved.low == pytest.approx(3 * plain.low - 1)
    assert moved.high == pytest.approx(3 * plain.high - 1)


def test_a_band_holds_all_levels_at_once() -> None:
    """The share of replicate curves within the band is the confidence, by construction."""
    units = unit_sums(rng(3).random((80, 6)))
    replicates = replicate_means(units, rng(), 4_000)
    band = simultaneous_band(replicates, units.means, 80)
    inside = ((replicates >= band.low - 1e-12) & (replicates <= band.high + 1e-12)).all(axis=1)
    assert inside.mean() == pytest.approx(0.95, abs=0.001)
    assert 2.2 < band.critical_value < 3.0  # between one level's 1.96 and beyond Bonferroni's 2.64
    alone = simultaneous_band(replicates[:, :1], units.means[:1], 80)
    assert alone.critical_value == pytest.approx(1.96, abs=0.12)


def test_a_level_without_variance_has_no_band() -> None:
    units = unit_sums(np.column_stack([np.ones(20), rng().random((20, 2))]))
    band = simultaneous_band(replicate_means(units, rng(), 300), units.means, 20)
    assert band.statuses == (Status.ZERO_VARIANCE, Status.OK, Status.OK)
    assert math.isnan(band.low[0])
    assert np.isfinite(band.low[1:]).all()


def test_a_band_of_undefined_curves_is_none() -> None:
    replicates = rng().random((100, 3))
    replicates[:60, 1] = np.nan
    band = simultaneous_band(replicates, np.full(3, 0.5), 20)
    assert set(band.statuses) == {Status.NOT_CONVERGED}
    assert np.isnan(band.low).all()
    replicates[:] = np.nan
    assert np.isnan(simultaneous_band(replicates, np.full(3, 0.5), 20).high).all()


def test_impossible_input_is_refused() -> None:
    table = rng().random((20, 2))
    with pytest.raises(ValueError, match="resamples"):
        percentile_limits(table[:, 0], 20)
    with pytest.raises(ValueError, match="estimates"):
        bca_limits(table, [1.0], table)
    with pytest.raises(ValueError, match="estimates"):
        simultaneous_band(table, [1.0], 20)
    with pytest.raises(ValueError, match="confidence"):
        percentile_limits(table, 20, 95)
