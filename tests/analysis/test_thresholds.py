"""Thresholds: where the fit falls to the target, with the resamples' limits and what was not reached."""

from dataclasses import replace
from math import inf, isnan

import numpy as np
import pytest

from scramblebench.analysis.definitions import parse_threshold
from scramblebench.analysis.options import AnalysisOptions
from scramblebench.analysis.resampling import replicates
from scramblebench.analysis.rows import ThresholdRow
from scramblebench.analysis.thresholds import threshold_rows, thresholds_by_curve
from scramblebench.statistics import Status
from scramblebench.statistics.curves.dependency import dependency_coefficient
from scramblebench.statistics.curves.dose_response import fit_dose_response
from scramblebench.statistics.curves.dose_thresholds import Point, curve_threshold
from scramblebench.statistics.curves.isotonic import fit_isotonic, isotonic_threshold
from tests.analysis.cubes import FEW, LEVELS, conditions, falling, make, panel_of

SHARES = np.array(LEVELS) / 100
SCORES = falling(80)
KEYS = {
    "model", "benchmark_id", "baseline_accuracy", "threshold_value", "threshold_interval",
    "dependency_coefficient", "dependency_interval", "correlation_coefficient",
    "correlation_p_value", "is_significant",
}  # fmt: skip


def asking(*definitions: str) -> AnalysisOptions:
    return replace(FEW, thresholds=tuple(map(parse_threshold, definitions)))


def rows_of(
    scores: np.ndarray, options: AnalysisOptions = FEW, asked=None, **more
) -> list[ThresholdRow]:
    panel = panel_of(make(scores, asked, **more))
    return list(threshold_rows(panel, options, replicates(panel, options, 4)))


def test_isotonic_and_weibull_for_each_model_and_definition():
    found = [(r.model, r.definition, r.estimator) for r in rows_of(SCORES)]
    assert found == [
        (model, definition, estimator)
        for model in "ab"
        for estimator in ("isotonic", "weibull")
        for definition in ("50% of above-chance baseline", "50% of baseline")
    ]


def test_the_isotonic_threshold_is_that_of_the_statistics():
    accuracy = SCORES[0].mean(axis=0)
    fit = fit_isotonic(SHARES, accuracy, np.full(5, 80.0))
    row = rows_of(SCORES, asking("50% of above-chance baseline"), guess_rate=0.2)[0]
    target = 0.2 + 0.5 * (fit.fitted[0] - 0.2)
    assert row.target == pytest.approx(target)
    assert row.level_pct == pytest.approx(isotonic_threshold(fit, target, 0.2).estimate * 100)
    assert row.low_pct < row.level_pct < row.high_pct
    assert np.interp(row.level_pct / 100, SHARES, fit.fitted) == pytest.approx(target)


def test_the_weibull_threshold_is_that_of_the_statistics():
    fit = fit_dose_response(SHARES, SCORES[0].sum(axis=0), np.full(5, 80.0), 0.0)
    row = rows_of(SCORES, asking("50% of baseline"))[1]
    direct = curve_threshold(fit, 0.5, Point.BASELINE)
    assert row.estimator == "weibull"
    assert row.level_pct == direct.estimate * 100
    assert row.target == pytest.approx(0.5 * fit.baseline)
    assert row.low_pct < row.level_pct < row.high_pct


def test_an_accuracy_of_its_own():
    row = rows_of(SCORES, asking("accuracy below 0.6"))[0]
    assert (row.definition, row.target) == ("accuracy below 0.6", 0.6)


def test_what_is_not_reached_is_beyond_and_never_extrapolated():
    row = rows_of(SCORES[:, :, :3], asked=conditions(LEVELS[:3]))[0]
    assert row.status is Status.NOT_REACHED
    assert row.level_pct == inf
    assert row.high_pct == inf
    assert row.highest_level_pct == 50


def test_half_of_a_baseline_near_chance_does_not_exist():
    row = rows_of(SCORES, asking("50% of baseline"), guess_rate=0.5)[0]
    assert row.status is Status.NOT_REACHED
    assert row.level_pct == inf


def test_few_questions_have_no_interval():
    row = rows_of(SCORES[:, :9])[0]
    assert isnan(row.low_pct)


def test_a_level_without_answers_is_refused_and_not_left_out():
    scores = SCORES.copy()
    scores[0, :, 4] = np.nan
    rows = rows_of(scores)
    assert [row.status for row in rows if row.model == "a"] == [Status.NO_DATA] * 4
    assert all(isnan(row.level_pct) for row in rows if row.model == "a")
    assert all(row.status is Status.OK for row in rows if row.model == "b")


def test_guessing_that_is_always_right_is_refused():
    rows = rows_of(np.ones((1, 20, 5)), guess_rate=1.0)
    assert {row.status for row in rows} == {Status.BASELINE_NOT_ABOVE_CHANCE}


@pytest.mark.parametrize(
    ("scores", "asked", "options"),
    [
        (SCORES[:, :, 1:], conditions(LEVELS[1:]), FEW),
        (SCORES[:, :, [0, 4]], conditions((0, 100)), FEW),
        (SCORES, None, replace(FEW, has_thresholds=False)),
    ],
)
def test_no_baseline_no_curve_or_no_question_no_threshold(scores, asked, options):
    assert rows_of(scores, options, asked) == []


def test_by_curve_with_dependency_and_trend_beside_it():
    options = asking("50% of baseline")
    found = thresholds_by_curve(make(SCORES), options)
    assert list(found) == ["a_bench0", "b_bench0"]
    values = found["a_bench0"]
    assert values.keys() >= KEYS
    direct = dependency_coefficient(SHARES, SCORES[0]).estimate
    assert values["dependency_coefficient"] == direct.estimate
    assert values["dependency_interval"] == [direct.low, direct.high]
    correlation = np.corrcoef(np.tile(SHARES, 80), SCORES[0].ravel())[0, 1]
    assert values["correlation_coefficient"] == pytest.approx(correlation)
    assert values["is_significant"] is True
    assert values["threshold_value"] == rows_of(SCORES, options)[0].level_pct


def test_what_is_not_reached_is_none_by_curve():
    found = thresholds_by_curve(make(np.ones((1, 20, 5))), asking("50% of baseline"))
    assert found["a_bench0"]["threshold_value"] is None
    assert found["a_bench0"]["threshold_status"] == "not_reached"
    assert found["a_bench0"]["correlation_coefficient"] is None
    assert found["a_bench0"]["is_significant"] is False


@pytest.mark.parametrize(
    ("scores", "asked", "status"),
    [
        (SCORES[:, :, 1:], conditions(LEVELS[1:]), "no_baseline"),
        (SCORES[:, :, [0, 4]], conditions((0, 100)), "too_few_levels"),
        (np.full((2, 5, 5), np.nan), None, "no_data"),
    ],
)
def test_a_curve_without_a_threshold_is_there_and_says_why(scores, asked, status: str):
    found = thresholds_by_curve(make(scores, asked), asking("50% of baseline"))
    assert list(found) == ["a_bench0", "b_bench0"]
    assert found["a_bench0"]["threshold_value"] is None
    assert found["a_bench0"]["threshold_status"] == status


def test_by_curve_what_the_configuration_leaves_out_is_computed():
    options = replace(asking("50% of baseline"), has_dependency=False, has_thresholds=False)
    assert thresholds_by_curve(make(SCORES), options) == thresholds_by_curve(
        make(SCORES), asking("50% of baseline")
    )


def test_several_methods_are_several_keys():
    asked = conditions((0, 50, 100), ("word_shuffle", "letter_noise"))
    assert list(thresholds_by_curve(make(falling(20)[:1], asked), asking("50% of baseline"))) == [
        "a_bench0_word_shuffle",
        "a_bench0_letter_noise",
    ]
