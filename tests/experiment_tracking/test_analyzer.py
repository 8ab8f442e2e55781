"""The analyzer: the README's calls as written, by name, label and id; refusals in one line."""

import asyncio
import json
import warnings
from collections.abc import Generator
from dataclasses import asdict
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scramblebench.analysis import ScoreCube
from scramblebench.analysis.plain import to_json
from scramblebench.core.errors import ExperimentNotFound, UsageError
from scramblebench.experiment_tracking import (
    DatabaseManager,
    SignificanceTest,
    StatisticalAnalyzer,
)
from scramblebench.statistics.means.multiplicity import adjust
from scramblebench.statistics.means.rank_tests import friedman
from scramblebench.statistics.means.t_tests import two_sample_t
from scramblebench.storage import AnalysisRecord
from tests.experiment_tracking import studies

STRONG, WEAK, OTHER = "llama3:8b", "gemma3:7b", "GPT"


@pytest.fixture(scope="module")
def analyzer(tmp_path_factory: pytest.TempPathFactory) -> Generator[StatisticalAnalyzer]:
    """A database with a finished study, and a planned one of the same kind."""
    database = studies.new_database(tmp_path_factory.mktemp("study"))
    studies.planned(database, studies.config(experiment_name="planned"))
    studies.run(database, studies.config())
    yield StatisticalAnalyzer(database)
    database.close()


@pytest.fixture(scope="module")
def cube(analyzer: StatisticalAnalyzer) -> ScoreCube:
    return analyzer.cube("study")


def stored(analyzer: StatisticalAnalyzer, kind: str) -> AnalysisRecord:
    """Return the newest stored result of a kind."""
    experiment_id = analyzer.database.experiments.find("study").id
    return list(analyzer.database.analyses.analyses(experiment_id, kind))[-1]


def test_the_promised_calls(tmp_path: Path):
    """The README's fragments, one after the other."""
    url = f"sqlite:///{tmp_path}/x.db"

    async def calls() -> dict[str, Any]:
        db_manager = DatabaseManager(url)
        await db_manager.initialize_database()
        experiment_id = await asyncio.to_thread(studies.run, db_manager.database, studies.config())
        analyzer = StatisticalAnalyzer(db_manager)
        results = await analyzer.load_results(experiment_id)
        found = {
            "plain": await analyzer.run_significance_tests(experiment_id, results),
            "dependency": await analyzer.analyze_thresholds(experiment_id, results),
            "pairs": await analyzer.run_significance_tests(
                experiment_id, results, comparisons=[(STRONG, WEAK), (WEAK, OTHER)]
            ),
            "ab": await analyzer.run_ab_test(experiment_id, STRONG, WEAK),
            "coefficient": await analyzer.calculate_language_dependency_coefficient(
                experiment_id, STRONG, scrambling_method="character"
            ),
            "thresholds": await analyzer.analyze_thresholds(
                experiment_id, results, threshold_definition="50% of baseline"
            ),
            "curves": await analyzer.generate_performance_curves(
                experiment_id, scrambling_levels=[0, 25, 50, 75, 100]
            ),
            "report": await analyzer.analyze(experiment_id),
        }
        await db_manager.close()
        return found

    found = asyncio.run(calls())
    assert len(found["plain"]) == 3 * 6
    assert len(found["pairs"]) == 2 * 6
    assert set(found["thresholds"]) == {f"{model}_b" for model in (STRONG, WEAK, OTHER)}
    assert found["dependency"].keys() == found["thresholds"].keys()
    assert not found["ab"].is_significant_improvement
    assert found["ab"].recommendation.startswith("Do not deploy:")
    assert 0 < float(found["coefficient"]) < 1
    curve = found["curves"][STRONG]["character_substitution"]
    assert [point["level"] for point in curve] == [0, 100]
    assert found["report"].name == "study"


def test_significance_is_first_minus_second(analyzer: StatisticalAnalyzer, cube: ScoreCube):
    (test, *_) = [
        t
        for t in analyzer.sync.run_significance_tests("study", comparisons=[(WEAK, STRONG)])
        if "all levels" in t.test_name
    ]
    means = cube.scores.mean(axis=2).mean(axis=1)
    assert test.difference == pytest.approx(means[1] - means[0])
    assert test.difference < 0
    assert (test.group1, test.group2) == (WEAK, STRONG)
    assert (test.group1_mean, test.group2_mean) == pytest.approx((means[1], means[0]))
    assert test.confidence_interval[0] < test.difference < test.confidence_interval[1] < 0
    assert test.is_significant
    assert "is lower by" in test.interpretation
    assert test.effect_magnitude.endswith("(Cohen's convention)")
    assert (test.sample_size_1, test.sample_size_2) == (60, 60)
    assert 0 < test.power < 0.5  # to find the margin of 2 points, not what was observed


def test_alike_is_neither_shown_nor_excluded(analyzer: StatisticalAnalyzer):
    tests = analyzer.sync.run_significance_tests("study", comparisons=[(STRONG, OTHER)])
    assert not any(test.is_significant for test in tests)
    assert all("neither shown nor excluded" in test.interpretation for test in tests)


@pytest.mark.parametrize("index", [0, 1, 2])
def test_models_by_name_label_and_id(analyzer: StatisticalAnalyzer, index: int):
    record = analyzer.model_names("study").records[index]
    found = [
        analyzer.sync.calculate_language_dependency_coefficient("study", reference)
        for reference in (record.name, record.label, record.id)
    ]
    assert found[0] == found[1] == found[2]
    assert analyzer.sync.run_significance_tests(
        "study", comparisons=[(record.id, WEAK if index != 1 else STRONG)]
    )


def test_experiments_by_id_prefix_name_and_last(analyzer: StatisticalAnalyzer, cube: ScoreCube):
    experiment_id = analyzer.database.experiments.find("study").id
    for reference in (experiment_id, experiment_id[:8], "study", "@last"):
        assert analyzer.cube(reference).inputs_sha256 == cube.inputs_sha256


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda a: a.run_significance_tests("study", comparisons=[("x", WEAK)]), "no model is called 'x'; there are llama3:8b"),
        (lambda a: a.calculate_language_dependency_coefficient("study", "x"), "no model is called 'x'"),
        (lambda a: a.calculate_language_dependency_coefficient("study", WEAK, "word"), "'word' is none of the curves"),
        (lambda a: a.calculate_language_dependency_coefficient("study", WEAK, "xyz"), "xyz"),
        (lambda a: a.analyze_thresholds("study", threshold_definition="half of it"), "defines no threshold"),
        (lambda a: a.run_ab_test("study", "x", WEAK), "no model is called 'x'"),
        (lambda a: a.run_ab_test("study", WEAK, WEAK), "both 'gemma3:7b'"),
        (lambda a: a.run_ab_test("study", WEAK, STRONG, "f1"), "metric 'f1' is unknown"),
        (lambda a: a.run_ab_test("study", WEAK, STRONG, confidence_level=95), "cannot be made"),
        (lambda a: a.run_significance_tests("study", test_types=["z"]), "no test is called 'z'; there are paired_t"),
        (lambda a: a.run_significance_tests("study", correction="tukey"), "correction 'tukey' is none of"),
        (lambda a: a.run_significance_tests("study", confidence_level=95), "confidence_level 95 is not"),
        (lambda a: a.run_significance_tests("study", results=[]), "there is no row"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_refused_in_one_line(
    analyzer: StatisticalAnalyzer, call: Any, words: str
):
    with pytest.raises(UsageError, match=words) as caught:
        asyncio.run(call(analyzer))
    assert "\n" not in str(caught.value)


def test_an_experiment_that_is_not_there(analyzer: StatisticalAnalyzer):
    with pytest.raises(ExperimentNotFound):
        analyzer.sync.analyze("nowhere")


def rows_of(cube: ScoreCube) -> list[dict[str, Any]]:
    """Return the scores as a table of rows."""
    return [
        {"model": model, "question_id": question, "level": condition.level_pct, "benchmark": "b",
         "method": condition.method, "score": float(cube.scores[m, q, c]),
         "guess_rate": float(cube.items.guess_rate[q])}
        for m, model in enumerate(cube.models)
        for q, question in enumerate(cube.items.ids)
        for c, condition in enumerate(cube.conditions)
    ]  # fmt: skip


def test_results_may_be_passed_as_rows(analyzer: StatisticalAnalyzer, cube: ScoreCube):
    rows = rows_of(cube)
    for call in (analyzer.sync.run_significance_tests, analyzer.sync.analyze_thresholds):
        from_rows, from_database = (
            to_plain(call("study", results=given)) for given in (rows, None)
        )
        for drawn in ("threshold_interval",):  # other inputs, other draws
            for found in (from_rows, from_database):
                for values in found.values() if isinstance(found, dict) else ():
                    values.pop(drawn)
        assert from_rows == from_database


def to_plain(found: Any) -> Any:
    """Return tests or thresholds as JSON holds them."""
    return json.loads(to_json([asdict(t) for t in found] if isinstance(found, list) else found))


def test_rows_of_other_models_are_named_by_what_they_say(
    analyzer: StatisticalAnalyzer, cube: ScoreCube
):
    rows = [{**row, "model": f"{row['model']}, tuned"} for row in rows_of(cube)]
    tests = analyzer.sync.run_significance_tests(
        "study", rows, [(f"{STRONG}, tuned", f"{WEAK}, tuned")]
    )
    assert tests[0].group1 == f"{STRONG}, tuned"
    with pytest.raises(UsageError, match="there are no scores of 'llama3:8b'"):
        analyzer.sync.run_significance_tests("study", rows, [(STRONG, WEAK)])


def named(analyzer: StatisticalAnalyzer, name: str, **more: Any) -> list[SignificanceTest]:
    return analyzer.sync.run_significance_tests("study", test_types=[name], **more)


@pytest.mark.parametrize("name", ["paired_t", "wilcoxon", "welch_t", "mann_whitney"])
def test_tests_by_name(analyzer: StatisticalAnalyzer, cube: ScoreCube, name: str):
    tests = named(analyzer, name)
    assert [(t.group1, t.group2) for t in tests] == [(STRONG, WEAK), (STRONG, OTHER), (WEAK, OTHER)]
    assert [t.p_value_adjusted for t in tests] == pytest.approx(
        list(adjust([t.p_value for t in tests], "holm"))
    )
    means = cube.scores.mean(axis=(1, 2))
    assert [(t.group1_mean, t.group2_mean) for t in tests] == [
        pytest.approx((means[a], means[b])) for a, b in ((0, 1), (0, 2), (1, 2))
    ]
    assert {(t.sample_size_1, t.sample_size_2) for t in tests} == {(60, 60)}
    assert [t.is_significant for t in tests] == [True, False, True]
    is_paired = name in ("paired_t", "wilcoxon")
    assert all(any("pairing" in words for words in t.warnings) != is_paired for t in tests)
    assert tests[0].effect_size > 0 > tests[2].effect_size
    assert named(analyzer, name, comparisons=[(OTHER, WEAK)])[0].effect_size > 0
    assert named(analyzer, name, comparisons=[]) == []


def test_welch_is_that_of_the_statistics(analyzer: StatisticalAnalyzer, cube: ScoreCube):
    (test,) = named(analyzer, "welch_t", comparisons=[(STRONG, WEAK)])
    one, two = cube.scores[:2].mean(axis=2)
    direct = two_sample_t(two, one)
    assert (test.p_value, test.difference, test.degrees_of_freedom) == (
        direct.p_value, direct.estimate, direct.df,
    )  # fmt: skip
    assert test.difference == pytest.approx(one.mean() - two.mean())


def test_tests_of_all_models_at_once(analyzer: StatisticalAnalyzer, cube: ScoreCube):
    (test,) = named(analyzer, "friedman")
    assert test.p_value == friedman(cube.scores.mean(axis=2).T).p_value
    (anova,) = named(analyzer, "anova")
    assert "Greenhouse-Geisser" in anova.test_type
    assert anova.is_significant
    assert anova.group1 == f"{STRONG}, {WEAK}, {OTHER}"


@pytest.mark.parametrize(
    ("name", "shown"), [("bonferroni", "bonferroni"), ("fdr", "bh"), ("none", "none")]
)
def test_each_correction_is_named(analyzer: StatisticalAnalyzer, name: str, shown: str):
    for tests in (
        analyzer.sync.run_significance_tests("study", correction=name),
        named(analyzer, "paired_t", correction=name),
    ):
        assert {test.correction for test in tests} == {shown}


def test_a_confidence_level_changes_interval_and_level(analyzer: StatisticalAnalyzer):
    one, two = (
        analyzer.sync.run_significance_tests("study", confidence_level=level)[0]
        for level in (0.95, 0.8)
    )
    assert two.significance_level == pytest.approx(0.2)
    assert one.confidence_interval[0] < two.confidence_interval[0]


def test_thresholds_name_the_model_by_id(analyzer: StatisticalAnalyzer):
    found = analyzer.sync.analyze_thresholds("study")
    ids = {record.label: record.id for record in analyzer.model_names("study").records}
    assert {values["model_id"] for values in found.values()} == set(ids.values())
    strong, weak = found[f"{STRONG}_b"], found[f"{WEAK}_b"]
    assert strong["threshold_value"] is None
    assert strong["threshold_status"] == "not_reached"
    assert weak["threshold_interval"][0] < weak["threshold_value"] < weak["threshold_interval"][1]
    assert weak["dependency_coefficient"] > strong["dependency_coefficient"]
    assert weak["correlation_coefficient"] < 0
    assert weak["is_significant"] is True


def test_curves_are_those_of_the_scores(analyzer: StatisticalAnalyzer, cube: ScoreCube):
    curves = analyzer.sync.generate_performance_curves("study")
    points = curves[WEAK]["character_substitution"]
    assert [point["level"] for point in points] == list(studies.LEVELS)
    assert [point["accuracy"] for point in points] == pytest.approx(cube.scores[1].mean(axis=0))
    for point in points:
        low, high = point["interval"]
        assert low < point["accuracy"] < high
        assert (point["n_answered"], point["n_planned"]) == (60, 60)


def test_without_an_answer_nothing_is_0_or_1(analyzer: StatisticalAnalyzer):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        coefficient = analyzer.sync.calculate_language_dependency_coefficient("planned", WEAK)
        tests = analyzer.sync.run_significance_tests("planned")
        thresholds = analyzer.sync.analyze_thresholds("planned")
        curves = analyzer.sync.generate_performance_curves("planned")
        named_tests = analyzer.sync.run_significance_tests(
            "planned",
            test_types=["paired_t", "wilcoxon", "welch_t", "mann_whitney", "anova", "friedman"],
        )
    assert isnan(coefficient.value)
    assert coefficient.status == "no_complete_items"
    assert all(isnan(t.p_value) and not t.is_significant for t in (*tests, *named_tests))
    assert all("not testable" in t.interpretation for t in tests)
    assert all(values["threshold_value"] is None for values in thresholds.values())
    point = curves[WEAK]["character_substitution"][0]
    assert isnan(point["accuracy"])
    assert point["n_answered"] == 0


def test_what_is_computed_is_stored_by_name_hash_and_seed(
    analyzer: StatisticalAnalyzer, cube: ScoreCube
):
    tests = analyzer.sync.run_significance_tests("study")
    found = analyzer.sync.analyze_thresholds("study")
    coefficient = analyzer.sync.calculate_language_dependency_coefficient("study", "gpt-4o")
    result = analyzer.sync.run_ab_test("study", STRONG, WEAK)
    for kind, values in (
        ("significance", [asdict(test) for test in tests]),
        ("thresholds_by_curve", found),
        ("dependency_coefficient", asdict(coefficient)),
        ("ab_test", asdict(result)),
    ):
        record = stored(analyzer, kind)
        assert (record.inputs_sha256, record.seed) == (cube.inputs_sha256, cube.seed)
        assert record.result_json == to_json(values)
    assert stored(analyzer, "dependency_coefficient").name == "GPT"


def test_the_whole_analysis_is_stored(analyzer: StatisticalAnalyzer):
    report = analyzer.sync.analyze("study")
    experiment_id = analyzer.database.experiments.find("study").id
    assert len(analyzer.database.analyses.thresholds(experiment_id)) == len(report.thresholds)
    assert json.loads(stored(analyzer, "accuracy").result_json)["rows"][0]["n_missing"] == 0


DECLARED = {"early_stopping": {"models": [STRONG, WEAK], "level": 0}, "n_resamples": 999}


def test_beside_a_declared_question_no_p_value_of_a_fixed_number(tmp_path: Path):
    database = studies.new_database(tmp_path)
    studies.run(database, studies.config(statistical_analysis=DECLARED))
    analyzer = StatisticalAnalyzer(database)
    tests = analyzer.sync.run_significance_tests("study")
    assert all(isnan(t.p_value) and isnan(t.p_value_adjusted) for t in tests)
    assert not any(t.is_significant for t in tests)
    assert any("the number of questions was not fixed" in t.interpretation for t in tests)
    assert not any("higher" in t.interpretation or "lower" in t.interpretation for t in tests)
    for values in analyzer.sync.analyze_thresholds("study").values():
        assert values["correlation_p_value"] is None
        assert values["is_significant"] is False
    with pytest.raises(UsageError, match="may end the experiment early"):
        analyzer.sync.run_significance_tests("study", test_types=["paired_t"])
    report = analyzer.sync.analyze("study")
    assert report.declared is not None
    assert report.declared.p_value < 0.05
    assert np.isnan([row.p_value for row in report.comparisons]).all()
    database.close()


def test_sync_works_where_a_loop_runs(analyzer: StatisticalAnalyzer):
    async def inside() -> Any:
        return analyzer.sync.calculate_language_dependency_coefficient("study", WEAK)

    assert asyncio.run(inside()) == analyzer.sync.calculate_language_dependency_coefficient(
        "study", WEAK
    )
