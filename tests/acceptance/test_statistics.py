"""The README's statistics as they are written there, on both databases, with the same bytes."""

import asyncio
from pathlib import Path
from typing import Any

from scramblebench.experiment_tracking import (
    ABTestFramework,
    DatabaseManager,
    StatisticalAnalyzer,
)
from tests.acceptance.support import program_in

MODELS = ("llama3:8b", "gpt-3.5-turbo")

STUDY = """\
models:
  - {name: "llama3:8b", provider: simulated, simulation: {ability: 2.0, decay: 3.0}}
  - {name: "gpt-3.5-turbo", provider: simulated, simulation: {ability: 2.5, decay: 1.0}}
benchmarks:
  bundled: {generated: {per_domain: 20}}
scrambling:
  levels: [0, 17, 33, 50, 67, 83, 100]
  methods: ["character_substitution"]
statistical_analysis:
  calculate_language_dependency: true
  threshold_analysis: true
  confidence_level: 0.95
  correction_method: "bonferroni"
"""


def test_the_same_scores_give_the_same_bytes(tmp_path: Path, empty_postgres_url: str):
    found: list[bytes] = []
    for name, url in (
        ("sqlite", f"sqlite:///{tmp_path}/lite.db"),
        ("postgres", empty_postgres_url),
    ):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "config.yaml").write_text(STUDY)
        program = program_in(folder, url)
        program("create", "My Experiment", "config.yaml", "--run")
        report = program("analyze", "@last", "--include-plots", "--output-dir", "out").stdout
        assert "thresholds in percent of scrambling" in report
        assert "in words" in report
        found.append((folder / "out" / "statistics.json").read_bytes())
        for plot in ("accuracy.png", "dependency.png"):
            assert (folder / "out" / plot).read_bytes().startswith(b"\x89PNG")
        asyncio.run(use_as_promised(url))
    assert found[0] == found[1]
    assert b"NaN" not in found[0]


async def use_as_promised(url: str) -> None:
    """Call everything that the README calls."""
    db_manager = DatabaseManager(url)
    experiment_id = db_manager.database.experiments.find("@last").id
    analyzer = StatisticalAnalyzer(db_manager)
    results = await analyzer.load_results(experiment_id)
    model_a, model_b = MODELS

    significance_tests = await analyzer.run_significance_tests(experiment_id, results)
    assert significance_tests
    assert all(test.p_value_adjusted >= test.p_value for test in significance_tests)
    chosen = await analyzer.run_significance_tests(
        experiment_id, results, comparisons=[(model_a, model_b)]
    )
    assert {(test.group1, test.group2) for test in chosen} == {(model_a, model_b)}

    dependency_analysis = await analyzer.analyze_thresholds(experiment_id, results)
    assert set(dependency_analysis) == {f"{model}_{bench(results)}" for model in MODELS}
    threshold_analysis = await analyzer.analyze_thresholds(
        experiment_id, results, threshold_definition="50% of baseline"
    )
    assert threshold_analysis == dependency_analysis

    ab_result = await analyzer.run_ab_test(experiment_id, model_a, model_b)
    assert ab_result.is_significant_improvement is (ab_result.decision == "superior")

    model_id = db_manager.database.experiments.models(experiment_id)[0].id
    dependency_coeff = await analyzer.calculate_language_dependency_coefficient(
        experiment_id, model_id, scrambling_method="character"
    )
    assert dependency_coeff.low < float(dependency_coeff) < dependency_coeff.high
    performance_curves = await analyzer.generate_performance_curves(
        experiment_id, scrambling_levels=[0, 25, 50, 75, 100]
    )
    points = performance_curves[model_a]["character_substitution"]
    assert [point["level"] for point in points] == [0, 50, 100]

    ab_framework = ABTestFramework(analyzer)
    test_id = await ab_framework.create_ab_test(
        experiment_id=experiment_id,
        test_name="llama_vs_gpt",
        control_group=model_a,
        treatment_group=model_b,
        primary_metric="accuracy",
        minimum_sample_size=200,
    )
    recommendations = await ab_framework.get_ab_test_recommendations(test_id)
    starts = ("Deploy treatment: ", "Do not deploy: ", "Inconclusive: ")
    assert recommendations["recommendation"].startswith(starts)
    assert set(recommendations) >= {
        "test_id", "recommendation", "confidence", "effect_size", "statistical_power",
        "sample_sizes", "next_steps",
    }  # fmt: skip


def bench(results: Any) -> str:
    (name,) = results.items.benchmarks
    return str(name)
