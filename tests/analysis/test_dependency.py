"""Dependency: the coefficients of the statistics, by model, with what others define beside them."""

from dataclasses import replace
from math import isnan

import numpy as np
import pytest
from scipy.integrate import trapezoid

from scramblebench.analysis.dependency import coefficient_of, dependency_rows
from scramblebench.analysis.resampling import replicates
from scramblebench.analysis.rows import DependencyRow
from scramblebench.core.errors import UsageError
from scramblebench.statistics import Status
from scramblebench.statistics.curves.dependency import combined_dependency, dependency_coefficient
from scramblebench.statistics.curves.dependency_variants import ldc_end, ldc_legacy_mean, ldc_rate
from tests.analysis.cubes import FEW, LEVELS, conditions, falling, make, panel_of

SHARES = np.array(LEVELS) / 100
SCORES = falling(60)


def rows_of(scores: np.ndarray, asked=None, **more) -> list[DependencyRow]:
    return list(dependency_rows(panel_of(make(scores, asked, **more)), FEW, None))


@pytest.mark.parametrize("cluster", [None, [n // 3 for n in range(60)]])
def test_each_row_is_the_coefficient_of_its_model(cluster: list[int] | None):
    scores = SCORES.copy()
    scores[1, :7, 3] = np.nan
    for model, row in enumerate(rows_of(scores, guess_rate=0.2, cluster=cluster)):
        direct = dependency_coefficient(SHARES, scores[model], 0.2, cluster)
        one = direct.estimate
        assert (row.estimate, row.low, row.high) == (one.estimate, one.low, one.high)
        assert (row.n_questions, row.n_missing) == (60 - 7 * model, 7 * model)
        assert row.n_clusters == (None if cluster is None else one.n_clusters)
        assert row.definition == "ldc"
        complete = scores[model, 7 * model :]
        assert row.baseline_accuracy == pytest.approx(complete[:, 0].mean())
        assert row.drop == pytest.approx(complete[:, 0].mean() - complete[:, -1].mean())
        assert row.drop > 0
        assert isnan(row.bca_low)


def test_the_coefficient_is_the_share_of_the_area_that_is_lost():
    (row, _) = rows_of(SCORES)
    accuracy = SCORES[0].mean(axis=0)
    area = trapezoid(accuracy, SHARES)
    assert row.estimate == pytest.approx(1 - area / accuracy[0], rel=1e-12)


def test_other_definitions_are_beside_it():
    (row, _) = rows_of(SCORES, guess_rate=0.125)
    sums = SCORES[0].sum(axis=0)
    direct = [
        ldc_end(SHARES, SCORES[0], 0.125),
        ldc_legacy_mean(SHARES, SCORES[0]),
        ldc_rate(SHARES, sums, np.full(5, 60.0), 0.125),
    ]
    assert len(row.others) == 4
    for one in direct:
        assert row.others[one.method] == one.estimate
    accuracy = SCORES[0].mean(axis=0)
    assert row.others["ldc_two_point"] == pytest.approx(-np.log(accuracy[2] / accuracy[0]) / 0.5)


def test_two_points_need_one_half_and_right_or_wrong_scores():
    without_half = rows_of(SCORES[:, :, [0, 1, 3, 4]], conditions((0, 25, 75, 100)))
    assert isnan(without_half[0].others["ldc_two_point"])
    assert isnan(rows_of(SCORES * 0.9)[0].others["ldc_two_point"])


def test_bootstrap_limits_are_near_fiellers_and_always_the_same():
    panel = panel_of(make(falling(120)))
    found = [next(dependency_rows(panel, FEW, replicates(panel, FEW, 7))) for _ in range(2)]
    assert found[0] == found[1]
    row = found[0]
    assert row.bca_low < row.estimate < row.bca_high
    assert (row.bca_low, row.bca_high) == pytest.approx((row.low, row.high), abs=0.03)


@pytest.mark.parametrize(
    ("scores", "asked", "status"),
    [
        (SCORES[:, :, 1:], conditions(LEVELS[1:]), Status.NO_BASELINE),
        (SCORES[:, :, :3], conditions(LEVELS[:3]), Status.TOO_FEW_LEVELS),
        (SCORES[:, :1], None, Status.N_LT_2),
        (np.full((2, 5, 5), np.nan), None, Status.NO_COMPLETE_ITEMS),
        (np.zeros((2, 20, 5)), None, Status.BASELINE_NOT_ABOVE_CHANCE),
    ],
)
def test_what_is_undefined_says_why(scores: np.ndarray, asked, status: Status):
    row = rows_of(scores, asked)[0]
    assert row.status is status
    assert isnan(row.estimate)


def test_nothing_is_lost_has_a_bound_and_not_a_width_of_0():
    row = rows_of(np.ones((1, 30, 5)))[0]
    assert (row.estimate, row.status) == (0, Status.ZERO_VARIANCE)
    assert row.low < 0 < row.high


def test_a_lower_range_of_levels_has_another_name():
    row = rows_of(SCORES[:, :, :4], conditions(LEVELS[:4]))[0]
    assert row.definition == "ldc[0,0.75]"


def test_it_is_not_computed_where_it_is_not_asked_for():
    panel = panel_of(make(SCORES))
    assert list(dependency_rows(panel, replace(FEW, has_dependency=False), None)) == []


ASKED = conditions(LEVELS, ("character_substitution", "word_shuffle"))
TWO_METHODS = np.concatenate([SCORES, falling(60, seed=2)[:, :, 1:]], axis=2)


@pytest.mark.parametrize("name", ["character", "character_substitution"])
def test_one_coefficient_by_name_or_alias(name: str):
    found = coefficient_of(make(TWO_METHODS, ASKED), "b", name, FEW)
    direct = dependency_coefficient(SHARES, TWO_METHODS[1, :, :5]).estimate
    assert (found.value, found.low, found.high) == (direct.estimate, direct.low, direct.high)
    assert float(found) == found.value
    assert (found.definition, found.status, found.n_questions) == ("ldc", "ok", 60)


def test_over_benchmarks_it_is_the_ratio_of_means():
    benchmark = [n % 2 for n in range(60)]
    found = coefficient_of(make(SCORES, benchmark=benchmark), "a", "word", FEW)
    parts = [dependency_coefficient(SHARES, SCORES[0, place::2]) for place in (0, 1)]
    direct = combined_dependency(parts)
    assert (found.value, found.low, found.high) == (direct.estimate, direct.low, direct.high)
    assert found.definition == "ldc_macro"


def test_no_data_is_nan():
    found = coefficient_of(make(np.full((1, 9, 5), np.nan)), "a", "word", FEW)
    assert isnan(float(found))
    assert found.status == "no_complete_items"


def test_a_method_that_was_not_asked_is_refused():
    with pytest.raises(UsageError, match=r"letter_noise.*character_substitution, word_shuffle"):
        coefficient_of(make(TWO_METHODS, ASKED), "a", "letter_noise", FEW)
