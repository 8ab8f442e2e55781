"""Golden numbers carry the R call that made them; brute-force sums stand beside the contrasts."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.oneway import anova_oneway

from scramblebench.statistics.means.anova import (
    oneway_anova,
    repeated_measures_anova,
    two_way_repeated_measures_anova,
    welch_anova,
)
from scramblebench.statistics.means.noncentral import noncentral_f_limits
from scramblebench.statistics.results import Status

# R: PlantGrowth, summary(aov(weight ~ group)): F = 4.846, p = 0.0159
PLANTS = [
    [4.17, 5.58, 5.18, 6.11, 4.5, 4.61, 5.17, 4.53, 5.33, 5.14],
    [4.81, 4.17, 4.41, 3.59, 5.87, 3.83, 6.03, 4.89, 4.32, 4.69],
    [6.31, 5.12, 5.54, 5.5, 5.37, 5.29, 4.92, 6.15, 5.8, 5.26],
]


def test_oneway_equals_r_on_plant_growth() -> None:
    result = oneway_anova(PLANTS)
    assert (result.test.df, result.test.df2, result.test.n) == (2, 27, 30)
    assert result.test.statistic == pytest.approx(4.846088, abs=5e-7)
    assert result.test.p_value == pytest.approx(0.01590996, abs=5e-9)
    # R: oneway.test(weight ~ group, PlantGrowth): F = 5.181, denom df = 17.128, p = 0.01739
    welch = welch_anova(PLANTS)
    assert welch.statistic == pytest.approx(5.181, abs=5e-4)
    assert welch.df2 == pytest.approx(17.128, abs=5e-4)
    assert welch.p_value == pytest.approx(0.01739, abs=5e-6)


@given(st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=6), min_size=2, max_size=5))
def test_oneway_agrees_with_scipy_and_its_own_identities(rows: list[list[int]]) -> None:
    result = oneway_anova(rows)
    if result.test.status is Status.ZERO_VARIANCE:
        assert all(len(set(row)) == 1 for row in rows)
        assert math.isnan(result.eta_squared)
        return
    if result.test.statistic > 1e-9:  # at equal means scipy's F is -0.0000 and its p NaN
        assert result.test.p_value == pytest.approx(stats.f_oneway(*rows).pvalue)
    eta = result.eta_squared
    assert result.cohens_f == pytest.approx(math.sqrt(eta / (1 - eta)))
    assert result.omega_squared <= result.epsilon_squared + 1e-12 <= eta + 2e-12
    assert result.omega_squared == max(0, result.omega_squared_raw)
    assert result.eta_squared_low <= result.eta_squared_high <= 1


@given(st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=6), min_size=2, max_size=5))
def test_welch_agrees_with_statsmodels(rows: list[list[int]]) -> None:
    result = welch_anova(rows)
    if result.status is Status.OK:
        theirs = anova_oneway(rows, use_var="unequal", welch_correction=True)
        assert (result.statistic, result.df2) == pytest.approx((theirs.statistic, theirs.df_denom))
    else:
        assert result.status is Status.ZERO_VARIANCE
        assert any(len(set(row)) == 1 for row in rows)


def test_negative_shares_are_reported_as_zero_and_kept_raw() -> None:
    result = oneway_anova([[1, 2], [1, 2]])
    assert (result.test.p_value, result.eta_squared) == (1, 0)
    assert (result.eta_squared_low, result.eta_squared_high) == (0, 0)
    assert (result.omega_squared, result.epsilon_squared) == (0, 0)
    assert result.omega_squared_raw == pytest.approx(-1 / 3)  # (0 - 0.5) / (1 + 0.5)
    assert result.epsilon_squared_raw == pytest.approx(-1 / 2)


def test_limits_of_eta_squared_are_tail_probabilities() -> None:
    result = oneway_anova(PLANTS)
    for limit, share in ((result.eta_squared_low, 0.95), (result.eta_squared_high, 0.05)):
        ncp = 30 * limit / (1 - limit)
        assert stats.ncf.cdf(result.test.statistic, 2, 27, ncp) == pytest.approx(share, abs=1e-9)
    assert noncentral_f_limits(0.01, 3, 30, 0.9) == (0, 0)
    assert all(map(math.isnan, noncentral_f_limits(math.inf, 3, 30, 0.9)))


@pytest.mark.parametrize(
    ("groups", "oneway", "welch"),
    [
        ([], Status.N_LT_2, Status.N_LT_2),
        ([[1, 2], []], Status.N_LT_2, Status.N_LT_2),
        ([[1], [2]], Status.N_LT_2, Status.N_LT_2),
        ([[1, 2], [3]], Status.OK, Status.N_LT_2),
        ([[0.1 * 3, 0.3], [0.7, 0.7]], Status.ZERO_VARIANCE, Status.ZERO_VARIANCE),
        ([[1, 2], [1, 1]], Status.OK, Status.ZERO_VARIANCE),
    ],
)
def test_disjoint_groups_at_the_edges(
    groups: list[list[float]], oneway: Status, welch: Status
) -> None:
    results = oneway_anova(groups).test, welch_anova(groups)
    assert [result.status for result in results] == [oneway, welch]
    for result in results:
        assert math.isnan(result.p_value) == (result.status is not Status.OK)


def test_missing_values_of_groups_are_dropped_with_a_warning() -> None:
    result = oneway_anova([[*PLANTS[0], math.nan], *PLANTS[1:]])
    assert result.test.p_value == oneway_anova(PLANTS).test.p_value
    assert result.test.warnings == ("values left out because of missing values: 1",)


def test_two_levels_are_a_paired_t_test() -> None:
    table = np.random.default_rng(3).random((9, 2))
    result = repeated_measures_anova(table)
    t = stats.ttest_rel(table[:, 1], table[:, 0])
    assert result.test.statistic == pytest.approx(t.statistic**2)
    assert result.test.p_value == pytest.approx(t.pvalue)
    assert (result.epsilon_greenhouse_geisser, result.epsilon_huynh_feldt) == (
        pytest.approx(1),
        1,
    )
    assert result.p_greenhouse_geisser == pytest.approx(t.pvalue)


def test_one_way_within_equals_sums_of_squares() -> None:
    table = np.random.default_rng(4).random((8, 4))
    n, k = table.shape
    grand, items, levels = table.mean(), table.mean(axis=1), table.mean(axis=0)
    effect = n * np.sum((levels - grand) ** 2)
    between = k * np.sum((items - grand) ** 2)
    error = np.sum((table - items[:, None] - levels + grand) ** 2)
    centring = np.eye(k) - 1 / k
    doubly = centring @ np.cov(table.T) @ centring
    result = repeated_measures_anova(table)
    assert result.test.statistic == pytest.approx(effect * (n - 1) / error)
    assert result.partial_eta_squared == pytest.approx(effect / (effect + error))
    assert result.generalized_eta_squared == pytest.approx(effect / (effect + error + between))
    assert result.epsilon_greenhouse_geisser == pytest.approx(
        np.trace(doubly) ** 2 / ((k - 1) * np.trace(doubly @ doubly))
    )


@given(
    st.lists(
        st.lists(st.integers(0, 9).map(float), min_size=3, max_size=3), min_size=3, max_size=8
    ),
    st.permutations([0, 1, 2]),
)
def test_corrections_do_not_depend_on_the_order_of_levels(
    rows: list[list[float]], order: list[int]
) -> None:
    table = np.array(rows)
    first, second = repeated_measures_anova(table), repeated_measures_anova(table[:, order])
    assert first.test.status is second.test.status
    if first.test.status is Status.OK:
        epsilon = first.epsilon_greenhouse_geisser
        assert 0.5 - 1e-9 <= epsilon <= 1 + 1e-9
        assert second.epsilon_greenhouse_geisser == pytest.approx(epsilon)
        assert second.p_greenhouse_geisser == pytest.approx(first.p_greenhouse_geisser)
        if first.test.p_value < 0.05:  # fewer degrees of freedom: a larger p in the tail
            assert first.p_greenhouse_geisser >= first.test.p_value - 1e-12


@pytest.mark.parametrize(
    ("table", "status"),
    [
        (np.zeros((0, 3)), Status.NO_COMPLETE_ITEMS),
        (np.full((2, 3), math.nan), Status.NO_COMPLETE_ITEMS),
        (np.ones((1, 3)), Status.N_LT_2),
        (np.ones((4, 1)), Status.TOO_FEW_LEVELS),
        (np.ones((4, 3)), Status.ZERO_VARIANCE),
        (np.tile([0.9, 0.6, 0.3], (4, 1)), Status.ZERO_VARIANCE),
        (np.array([[0.9, 0.8], [0.3, 0.2], [0.4, 0.3]]), Status.ZERO_VARIANCE),
    ],
)
def test_within_at_the_edges(table: np.ndarray, status: Status) -> None:
    result = repeated_measures_anova(table)
    assert result.test.status is status
    assert all(
        map(math.isnan, (result.test.p_value, result.p_greenhouse_geisser, result.test.statistic))
    )


def test_items_with_a_missing_cell_are_left_out_and_counted() -> None:
    table = np.random.default_rng(6).random((6, 3))
    holed = np.vstack([table, [0.5, math.nan, 0.5]])
    result = repeated_measures_anova(holed)
    assert result.test.n == 6
    assert result.test.p_value == repeated_measures_anova(table).test.p_value
    assert result.test.warnings == ("items left out because of missing values: 1",)
    with pytest.raises(ValueError, match="2 dimensions"):
        repeated_measures_anova([1, 2, 3])


def test_interaction_of_two_by_two_is_a_t_test_of_differences_of_differences() -> None:
    scores = np.random.default_rng(7).random((10, 2, 2))
    result = two_way_repeated_measures_anova(scores)
    contrast = scores[:, 1, 1] - scores[:, 1, 0] - scores[:, 0, 1] + scores[:, 0, 0]
    assert result.interaction.test.p_value == pytest.approx(stats.ttest_1samp(contrast, 0).pvalue)
    models = scores.mean(axis=2)
    assert result.first.test.p_value == pytest.approx(
        stats.ttest_rel(models[:, 0], models[:, 1]).pvalue
    )


def test_main_effect_equals_the_one_way_test_of_the_averages() -> None:
    scores = np.random.default_rng(8).random((7, 3, 4))
    result = two_way_repeated_measures_anova(scores)
    averages = repeated_measures_anova(scores.mean(axis=1))
    assert result.second.test.statistic == pytest.approx(averages.test.statistic)
    assert result.second.epsilon_greenhouse_geisser == pytest.approx(
        averages.epsilon_greenhouse_geisser
    )
    swapped = two_way_repeated_measures_anova(scores.transpose(0, 2, 1))
    assert swapped.interaction.p_greenhouse_geisser == pytest.approx(
        result.interaction.p_greenhouse_geisser
    )
    assert swapped.first.generalized_eta_squared == pytest.approx(
        result.second.generalized_eta_squared
    )


def test_two_way_at_the_edges() -> None:
    single = two_way_repeated_measures_anova(np.random.default_rng(9).random((5, 1, 3)))
    assert single.first.test.status is Status.TOO_FEW_LEVELS
    assert single.second.test.status is Status.OK
    assert math.isnan(single.interaction.test.p_value)
    flat = two_way_repeated_measures_anova(np.ones((4, 2, 3)))
    assert flat.second.test.status is Status.ZERO_VARIANCE
    holed = np.ones((3, 2, 2))
    holed[0, 1, 1] = math.nan
    assert two_way_repeated_measures_anova(holed).n_missing == 1
