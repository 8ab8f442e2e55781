"""Two experiments compared: the numbers of the tests that one would make by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from scramblebench.analysis.across import AcrossReport, compare_experiments
from scramblebench.analysis.across_cautions import across_cautions
from scramblebench.analysis.across_values import across_values
from scramblebench.analysis.options import AnalysisOptions, Correction
from scramblebench.analysis.provenance import Provenance
from scramblebench.analysis.rows import ComparisonRow
from scramblebench.core.canonical import canonical_json
from scramblebench.core.errors import UsageError
from scramblebench.plan import BenchmarkSummary, Plan
from scramblebench.statistics import Status
from scramblebench.statistics.curves.dependency_comparison import dependency_difference
from tests.analysis.two_experiments import answers, questions, side

OPTIONS = AnalysisOptions()
NAMES = [f"q{number}" for number in range(40)]


def row(report: AcrossReport, kind: str, level: float | None = None) -> ComparisonRow:
    (found,) = [r for r in report.rows if r.kind == kind and r.level_pct == level]
    return found


def rng_answers(seed: int, n: int = 40, n_levels: int = 2) -> np.ndarray:
    return (np.random.default_rng(seed).random((n, n_levels)) < 0.6).astype(float)


def test_shared_questions_are_paired_as_by_hand():
    one, two = rng_answers(1), rng_answers(2)
    order = np.random.default_rng(3).permutation(40)
    first = side("A", {"m": one}, questions(NAMES))
    second = side("B", {"m": two[order]}, questions([NAMES[i] for i in order]))
    found = row(compare_experiments(first, second, OPTIONS), "accuracy", 50.0)
    only_first = int(((one[:, 1] == 1) & (two[:, 1] == 0)).sum())
    only_second = int(((one[:, 1] == 0) & (two[:, 1] == 1)).sum())
    least, total = min(only_first, only_second), only_first + only_second
    mid_p = 2 * stats.binom.cdf(least, total, 0.5) - stats.binom.pmf(least, total, 0.5)
    assert (found.n_first_only, found.n_second_only) == (only_first, only_second)
    assert found.p_value == pytest.approx(mid_p, rel=1e-12)
    assert found.estimate == pytest.approx(one[:, 1].mean() - two[:, 1].mean(), rel=1e-12)
    assert (found.first, found.second, found.n_questions) == ("m (A)", "m (B)", 40)
    both = compare_experiments(first, second, AnalysisOptions(is_exact=True))
    exact = min(1.0, 2 * stats.binom.cdf(least, total, 0.5))
    assert row(both, "accuracy", 50.0).p_value == pytest.approx(exact, rel=1e-12)


def test_only_shared_questions_and_complete_pairs_count():
    one, two = rng_answers(1), rng_answers(2)
    one[3, 1] = np.nan
    first = side("A", {"m": one}, questions(NAMES))
    second = side("B", {"m": two[:25]}, questions(NAMES[:25]))
    report = compare_experiments(first, second, OPTIONS)
    found = row(report, "accuracy", 50.0)
    assert (found.n_questions, found.n_missing) == (24, 1)
    kept = np.delete(np.arange(25), 3)
    assert found.first_mean == pytest.approx(one[kept, 1].mean())
    cautions = " ".join(across_cautions(report))
    assert "25 questions are in both and compared; A has 40, B 25" in cautions
    assert "A is interim: 1 of 80 planned trials" in cautions
    assert "B is interim" not in cautions


def test_coefficients_of_shared_questions():
    levels = (0, 33, 67, 100)
    one, two = answers(40, [0.9, 0.7, 0.5, 0.2], 1), answers(40, [0.9, 0.85, 0.8, 0.7], 2)
    first = side("A", {"m": one}, questions(NAMES), levels)
    second = side("B", {"m": two}, questions(NAMES), levels)
    found = row(compare_experiments(first, second, OPTIONS), "dependency")
    by_hand = dependency_difference(np.array(levels) / 100, one, two)
    assert found.estimate == by_hand.test.estimate
    assert found.p_value == by_hand.test.p_value
    assert found.p_adjusted == found.p_value


def test_without_a_shared_question_they_are_independent_samples():
    one, two = rng_answers(1), rng_answers(2, 60)
    first = side("A", {"m": one}, questions(NAMES))
    second = side("B", {"m": two}, questions([f"other{n}" for n in range(60)]))
    report = compare_experiments(first, second, OPTIONS)
    found = row(report, "accuracy", 50.0)
    right = int(one[:, 1].sum()), int(two[:, 1].sum())
    table = [[right[0], 40 - right[0]], [right[1], 60 - right[1]]]
    assert found.p_value == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)
    assert found.estimate == pytest.approx(right[0] / 40 - right[1] / 60)
    assert found.interval_method == "Newcombe hybrid score"
    means = row(report, "mean_accuracy")
    welch = stats.ttest_ind(one.mean(axis=1), two.mean(axis=1), equal_var=False)
    assert means.p_value == pytest.approx(float(welch.pvalue))
    assert means.statistic == pytest.approx(float(welch.statistic))
    assert any("no question is in both (40 and 60)" in words for words in across_cautions(report))


def test_few_independent_answers_take_the_exact_test():
    first = side("A", {"m": np.array([[1.0, 1], [1, 1], [1, 0]])}, questions(["a", "b", "c"]))
    second = side("B", {"m": np.zeros((3, 2))}, questions(["d", "e", "f"]))
    found = row(compare_experiments(first, second, OPTIONS), "accuracy", 0.0)
    assert found.test.startswith("Fisher")
    assert found.p_value == pytest.approx(stats.fisher_exact([[3, 0], [0, 3]]).pvalue)


def test_independent_coefficients_add_their_errors():
    levels = (0, 33, 67, 100)
    one, two = answers(80, [0.9, 0.6, 0.4, 0.2], 1), answers(50, [0.9, 0.85, 0.8, 0.7], 2)
    first = side("A", {"m": one}, questions([f"a{n}" for n in range(80)]), levels)
    second = side("B", {"m": two}, questions([f"b{n}" for n in range(50)]), levels)
    found = row(compare_experiments(first, second, OPTIONS), "dependency")
    errors = []
    for table in (one, two):
        kept = np.trapezoid(table, np.array(levels) / 100, axis=1)
        ratio, lead = kept.mean() / table[:, 0].mean(), table[:, 0].mean()
        influence = (kept - ratio * table[:, 0]) / lead
        errors.append(influence.std(ddof=1) / math.sqrt(len(table)))
    assert found.estimate / found.statistic == pytest.approx(math.hypot(*errors))
    assert found.low < found.estimate < found.high


def test_passages_are_the_unit_on_either_side():
    contexts = [f"passage {n // 4}" for n in range(40)]
    asked = questions(NAMES, contexts=contexts)
    first = side("A", {"m": rng_answers(1)}, asked)
    paired = row(
        compare_experiments(first, side("B", {"m": rng_answers(2)}, asked), OPTIONS),
        "accuracy",
        50.0,
    )
    assert paired.n_clusters == 10
    other = questions([f"o{n}" for n in range(40)], contexts=[f"other {n // 4}" for n in range(40)])
    apart = row(
        compare_experiments(first, side("B", {"m": rng_answers(2)}, other), OPTIONS),
        "accuracy",
        50.0,
    )
    assert apart.n_clusters == 20
    assert "CR2" in apart.test


def test_adjusted_within_families_of_all_pairs():
    first = side("A", {"m": rng_answers(1), "n": rng_answers(2)}, questions(NAMES))
    second = side("B", {"m": rng_answers(3), "n": rng_answers(4)}, questions(NAMES))
    report = compare_experiments(first, second, AnalysisOptions(correction=Correction.BONFERRONI))
    levels = [r for r in report.rows if r.kind == "accuracy"]
    assert [r.family_size for r in levels] == [4] * 4
    assert all(r.p_adjusted == pytest.approx(min(1.0, 4 * r.p_value)) for r in levels)


def test_nothing_answered_on_one_side_is_undefined_and_said():
    first = side("A", {"m": np.full((40, 2), np.nan)}, questions(NAMES))
    second = side("B", {"m": rng_answers(2)}, questions(NAMES))
    for other in (
        second,
        side("B", {"m": rng_answers(2)}, questions([f"o{n}" for n in range(40)])),
    ):
        found = row(compare_experiments(first, other, OPTIONS), "accuracy", 0.0)
        assert math.isnan(found.p_value)
        assert found.status in (Status.NO_COMPLETE_ITEMS, Status.NO_DATA)


def test_an_experiment_that_may_end_early_has_no_p_value():
    stopping = {"early_stopping": {"compare": "levels", "models": ["m"], "level": 50}}
    first = side("A", {"m": rng_answers(1)}, questions(NAMES), statistical_analysis=stopping)
    second = side("B", {"m": rng_answers(2)}, questions(NAMES))
    report = compare_experiments(first, second, OPTIONS)
    assert all(math.isnan(r.p_value) and math.isnan(r.p_adjusted) for r in report.rows)
    assert any("may end early" in words for words in across_cautions(report))


def test_what_differs_is_said():
    first = side(
        "A", {"m": rng_answers(1)}, questions(NAMES),
        provenance=Provenance({"b": frozenset({"number@1"})}, {"m": frozenset({"a" * 64})}),
        models=[{"name": "m", "provider": "ollama", "temperature": 0.0}],
    )  # fmt: skip
    second = side(
        "B", {"m": rng_answers(2)}, questions(NAMES), levels=(0, 50, 75),
        provenance=Provenance({"b": frozenset({"number@2"})}, {"m": frozenset({"b" * 64})}),
        models=[{"name": "m", "provider": "ollama", "temperature": 0.7}],
        scrambling={"levels": [0, 50], "methods": ["letter_shuffle"], "random_seed": 2},
    )  # fmt: skip
    said = " | ".join(across_cautions(compare_experiments(first, second, OPTIONS)))
    assert "judged differently: A by number@1, B by number@2" in said
    assert "digest aaaaaaaaaaaa in A, bbbbbbbbbbbb in B" in said
    assert "temperature 0.0 and 0.7" in said
    assert "at level 50 the scrambled texts differ" in said
    assert "level 0 " not in said


def test_nothing_to_say_of_two_like_experiments():
    scorers = Provenance({"b": frozenset({"number@1", "exact_match@1"})}, {})
    first = side("A", {"m": rng_answers(1)}, questions(NAMES), provenance=scorers)
    second = side("B", {"m": rng_answers(2)}, questions(NAMES), provenance=scorers)
    assert list(across_cautions(compare_experiments(first, second, OPTIONS))) == []


def test_imported_and_simulated_are_labelled():
    first = side(
        "A", {"m": rng_answers(1)}, questions(NAMES), models=[{"name": "m", "provider": "imported"}]
    )
    second = side(
        "B",
        {"m": rng_answers(2)},
        questions(NAMES),
        models=[{"name": "m", "provider": "simulated"}],
    )
    report = compare_experiments(first, second, OPTIONS)
    said = list(across_cautions(report))
    assert said[0].startswith("simulated models are a dry run")
    assert any("A was imported, B asked here" in words for words in said)
    assert all(r.is_simulated for r in report.rows)


def test_imports_judged_by_other_fields_are_said():
    def imported(name: str, judge: str):
        made = side(
            name, {"m": rng_answers(1)}, questions(NAMES),
            models=[{"name": "m", "provider": "imported"}],
            provenance=Provenance({"b": frozenset({"imported@1"})}, {}),
        )  # fmt: skip
        notes = (BenchmarkSummary("b", 40, (), (f"judged by the files: {judge}",)),)
        plan = Plan(made.plan.spec, made.plan.questions, made.plan.conditions, notes)
        return replace(made, plan=plan)

    report = compare_experiments(imported("A", "strict"), imported("B", "loose"), OPTIONS)
    assert any("A by strict, B by loose" in words for words in across_cautions(report))
    alike = compare_experiments(imported("A", "strict"), imported("B", "strict"), OPTIONS)
    assert list(across_cautions(alike)) == []


def test_the_same_scores_give_the_same_bytes():
    def made() -> str:
        first = side("A", {"m": rng_answers(1)}, questions(NAMES))
        second = side("B", {"m": rng_answers(2)}, questions(NAMES))
        return canonical_json(across_values(compare_experiments(first, second, OPTIONS)))

    assert made() == made()


def test_swapping_the_experiments_swaps_the_sign():
    first = side("A", {"m": rng_answers(1)}, questions(NAMES))
    second = side("B", {"m": rng_answers(2)}, questions(NAMES))
    there = row(compare_experiments(first, second, OPTIONS), "accuracy", 50.0)
    back = row(compare_experiments(second, first, OPTIONS), "accuracy", 50.0)
    assert there.estimate == -back.estimate
    assert there.p_value == back.p_value
    assert there.low == pytest.approx(-back.high)


def test_experiments_without_anything_in_common_are_refused():
    first = side("A", {"m": rng_answers(1)}, questions(NAMES), (0, 50))
    second = side("B", {"m": rng_answers(2)}, questions(NAMES), (25, 75))
    with pytest.raises(UsageError, match="nothing is in both: A asks b · letter_shuffle"):
        compare_experiments(first, second, OPTIONS)
