"""Comparisons: levels minus the baseline, models first minus second, each question of a family once."""

import math
from dataclasses import replace

import numpy as np
import pytest

from scramblebench.analysis import make_report
from scramblebench.analysis.comparisons import level_comparisons, model_comparisons
from scramblebench.analysis.families import adjusted
from scramblebench.analysis.options import Correction
from scramblebench.analysis.rows import ComparisonRow
from scramblebench.statistics import Status
from scramblebench.statistics.curves.dependency_comparison import dependency_difference
from scramblebench.statistics.means.multiplicity import adjust
from scramblebench.statistics.means.t_tests import paired_t
from scramblebench.statistics.proportions.equivalence import tost_t
from scramblebench.statistics.proportions.paired_counts import PairedCounts, mcnemar
from scramblebench.statistics.resampling.max_t import max_t
from tests.analysis.cubes import FEW, LEVELS, conditions, falling, make, panel_of

MAX_T = replace(FEW, correction=Correction.MAX_T)
SCORES = falling(60, ends=(0.9, 0.7, 0.75))
PANEL = panel_of(make(SCORES))


def test_each_level_is_compared_with_the_baseline_of_its_model():
    rows = list(level_comparisons(PANEL, FEW, 1))
    assert [(r.first, r.level_pct) for r in rows] == [
        (model, level) for model in "abc" for level in LEVELS[1:]
    ]
    for row in rows:
        own = SCORES["abc".index(row.first)]
        at = LEVELS.index(int(row.level_pct or 0))
        assert row.second == "baseline"
        assert row.estimate == pytest.approx(own[:, at].mean() - own[:, 0].mean())
        assert row.p_value == mcnemar(PairedCounts.from_scores(own[:, 0], own[:, at])).p_value
        assert row.first_mean == pytest.approx(own[:, at].mean())
    assert all(row.estimate < 0 for row in rows)


def test_levels_without_a_baseline_are_compared_with_nothing():
    panel = panel_of(make(SCORES[:, :, 1:], conditions(LEVELS[1:])))
    assert list(level_comparisons(panel, FEW, 1)) == []


@pytest.mark.parametrize(("is_whole", "n_families", "size"), [(False, 3, 4), (True, 1, 12)])
def test_levels_are_a_family_within_the_model_or_in_the_experiment(
    is_whole: bool, n_families: int, size: int
):
    options = replace(FEW, is_family_whole=is_whole)
    rows = adjusted(list(level_comparisons(PANEL, options, 1)), options)
    assert len({row.family for row in rows}) == n_families
    assert {row.family_size for row in rows} == {size}
    family = [row for row in rows if row.family == rows[0].family]
    assert [row.p_adjusted for row in family] == pytest.approx(
        list(adjust([row.p_value for row in family], "holm")), rel=1e-12
    )


def test_max_t_is_computed_on_the_complete_questions_of_a_model():
    scores = SCORES.copy()
    scores[0, :6, 3] = np.nan
    rows = adjusted(list(level_comparisons(panel_of(make(scores)), MAX_T, 1)), MAX_T)
    whole = scores[0, 6:]
    direct = max_t((whole[:, 1:] - whole[:, :1]).T, np.random.Generator(np.random.PCG64(0)))
    own = [row for row in rows if row.first == "a"]
    assert {row.correction for row in own} == {Correction.MAX_T}
    assert [row.p_adjusted for row in own] == pytest.approx(list(direct.p_adjusted), abs=0.01)


def test_max_t_of_few_questions_is_exact():
    scores = falling(10, seed=3)
    panel = panel_of(make(scores))
    rows = list(level_comparisons(panel, MAX_T, 1))
    direct = max_t((scores[1, :, 1:] - scores[1, :, :1]).T, np.random.Generator(np.random.PCG64(0)))
    assert direct.is_exact
    own = [row for row in rows if row.first == "b"]
    assert [row.p_adjusted for row in own] == [
        max(found, row.p_value) for found, row in zip(direct.p_adjusted, own, strict=True)
    ]
    assert direct.p_adjusted[3] > own[3].p_value


def test_max_t_over_the_whole_experiment_is_holm_and_says_so():
    options = replace(MAX_T, is_family_whole=True)
    rows = adjusted(list(level_comparisons(PANEL, options, 1)), options)
    assert {row.correction for row in rows} == {Correction.HOLM}
    assert [row.p_adjusted for row in rows] == pytest.approx(
        list(adjust([row.p_value for row in rows], "holm")), rel=1e-12
    )


def by_kind(rows: list[ComparisonRow]) -> dict[str, list[ComparisonRow]]:
    return {kind: [row for row in rows if row.kind == kind] for kind in {row.kind for row in rows}}


def test_all_pairs_of_models_first_minus_second():
    rows = by_kind(list(model_comparisons(PANEL, FEW, 1)))
    pairs = [("a", "b"), ("a", "c"), ("b", "c")]
    assert [(r.first, r.second) for r in rows["mean_accuracy"]] == pairs
    assert [(r.first, r.second) for r in rows["dependency"]] == pairs
    assert len(rows["accuracy"]) == 3 * 5
    for row in rows["mean_accuracy"]:
        one, two = (SCORES["abc".index(name)].mean(axis=1) for name in (row.first, row.second))
        test = paired_t(two, one).test
        assert row.estimate == pytest.approx(one.mean() - two.mean())
        assert row.p_value == pytest.approx(test.p_value, rel=1e-10)


def test_dependency_of_models_is_compared_on_common_questions():
    scores = SCORES.copy()
    scores[0, 0, 1] = scores[1, 1, 4] = np.nan
    panel = panel_of(make(scores, guess_rate=0.2))
    (row, *_) = by_kind(list(model_comparisons(panel, FEW, 1)))["dependency"]
    direct = dependency_difference(np.array(LEVELS) / 100, scores[0], scores[1], 0.2)
    for name in ("p_value", "estimate", "low", "high", "statistic", "df"):
        assert getattr(row, name) == getattr(direct.test, name), name
    assert row.estimate == pytest.approx(row.first_mean - row.second_mean)
    assert row.n_missing == 2
    assert row.equivalence_margin == 0.05
    assert row.equivalence_p == tost_t(
        row.estimate, direct.test.standard_error, row.df, -0.05, 0.05
    )


def test_pairs_that_are_asked_for_keep_their_order():
    rows = by_kind(list(model_comparisons(PANEL, FEW, 1, [(2, 0)])))["mean_accuracy"]
    assert [(row.first, row.second) for row in rows] == [("c", "a")]
    assert rows[0].estimate == pytest.approx(SCORES[2].mean() - SCORES[0].mean())


def test_the_baseline_of_models_is_compared_once_per_benchmark():
    asked = conditions((0, 50, 100), ("word_shuffle", "letter_noise"))
    report = make_report("n", make(SCORES, asked, benchmark=[n % 2 for n in range(60)]), FEW)
    found = [
        (row.benchmark, row.first, row.second)
        for row in report.comparisons
        if row.kind == "accuracy" and row.level_pct == 0
    ]
    assert len(found) == len(set(found)) == 2 * 3


def test_a_question_that_misses_a_level_is_out_of_the_mean_over_levels():
    scores = SCORES.copy()
    scores[0, :10, 2] = np.nan
    (row, *_) = by_kind(list(model_comparisons(panel_of(make(scores)), FEW, 1)))["mean_accuracy"]
    assert (row.n_questions, row.n_missing) == (50, 10)
    assert row.estimate == pytest.approx(scores[0, 10:].mean() - scores[1, 10:].mean())


def test_the_order_of_computing_changes_no_p_value():
    few = panel_of(make(SCORES, cluster=[n // 3 for n in range(60)]))
    forwards = {(r.first, r.second): r for r in model_comparisons(few, FEW, 1, [(0, 1), (1, 2)])
                if r.kind == "mean_accuracy"}  # fmt: skip
    backwards = {(r.first, r.second): r for r in model_comparisons(few, FEW, 1, [(1, 2), (0, 1)])
                 if r.kind == "mean_accuracy"}  # fmt: skip
    assert forwards == backwards


def test_models_without_common_answers_are_not_compared():
    scores = SCORES.copy()
    scores[0] = np.nan
    rows = list(model_comparisons(panel_of(make(scores)), FEW, 1, [(0, 1)]))
    assert {row.status for row in rows} == {Status.NO_COMPLETE_ITEMS}
    assert all(math.isnan(row.p_value) for row in rows)
