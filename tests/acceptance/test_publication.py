"""The README's publication and replication as they are written there, on both databases."""

import asyncio
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from scramblebench.experiment_tracking import (
    AcademicExporter,
    DatabaseManager,
    ReproducibilityValidator,
)
from tests.acceptance.support import FakeProvider, Program, program_in, write_study

_ASKED = """\
reproducibility:
  capture_environment_snapshot: true
  generate_replication_package: true
  validation_tolerance: "moderate"
export:
  formats: ["csv", "json", "excel"]
  generate_latex_tables: true
  create_publication_package: true
"""
SIMULATED = """\
models: [{{name: m, provider: simulated, simulation: {{ability: 3.0}}}}]
benchmarks: {{b: {{generated: {{per_domain: {per_domain}}}}}}}
scrambling: {{levels: {levels}, methods: [letter_shuffle]}}
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_what_the_readme_calls_writes_what_it_says(
    start_provider: Callable[..., FakeProvider], tmp_path: Path, empty_postgres_url: str, kind: str
):
    folder = tmp_path / "work"
    folder.mkdir()
    url = f"sqlite:///{folder}/x.db" if kind == "sqlite" else empty_postgres_url
    program = program_in(folder, url)
    write_study(folder, start_provider(), per_domain=3)
    program("create", "My Experiment", "study.yaml", "--run", "--researcher", "Dr. Smith")
    asyncio.run(use_as_promised(url, folder))
    replicated = program("replicate", "@last", "--output-dir", "replication/")
    assert "replication.zip: sha256 " in replicated.stdout
    check(program, folder / "replication")


async def use_as_promised(url: str, folder: Path) -> None:
    """Call everything that the README calls."""
    db_manager = DatabaseManager(url)
    experiment_id = db_manager.database.experiments.find("@last").id
    exporter = AcademicExporter(db_manager)
    publication_data = await exporter.create_publication_package(
        experiment_id=experiment_id,
        title="Language Dependency in Large Language Models",
        authors=["Dr. Smith", "Dr. Jones", "Dr. Brown"],
        abstract="This study investigates...",
        output_dir=folder / "publication",
        include_figures=True,
    )
    assert publication_data.figures
    assert publication_data.authors == ("Dr. Smith", "Dr. Jones", "Dr. Brown")
    assert {"summary", "model_comparison", "cost"} <= set(publication_data.tables)
    tables = await exporter.generate_latex_tables(
        experiment_id,
        output_dir=folder / "tables",
        table_types=["summary", "model_comparison", "significance_tests"],
    )
    assert list(tables) == ["summary", "model_comparison", "significance_tests"]
    assert all(path.read_text().count(r"\begin{table") for path in tables.values())
    validator = ReproducibilityValidator()
    original_snapshot = validator.capture_environment()
    validation = await validator.validate_reproducibility(original_snapshot, tolerance="moderate")
    assert validation["is_reproducible"], validation["issues"]


def check(program: Program, folder: Path) -> None:
    """Verify, make again and trace a package as its readers do."""
    subprocess.run([folder / "verify.sh"], check=True, stdout=subprocess.DEVNULL)
    archive = str(folder.with_name(f"{folder.name}.zip"))
    assert json.loads(program("verify", archive, "--json").stdout)["is_intact"]
    found = json.loads(program("reproduce", "check", archive, "--json").stdout)
    assert found["is_equal"], [part for part in found["parts"] if part["differences"]]
    traced = program("trace", "tab:summary/llama3:8b/50", "--package", str(folder), "--json").stdout
    assert json.loads(traced)["id"].startswith("accuracy/llama3:8b/")
    rescored = program("reproduce", "rescore", str(folder), "--scorer", "exact_match", "--json")
    assert len(json.loads(rescored.stdout)) == 2 * 7


def test_what_a_configuration_asks_for_is_written_when_it_is_completed(
    start_provider: Callable[..., FakeProvider], program: Program
):
    study = write_study(program.folder, start_provider(), per_domain=2)
    study.write_text(study.read_text() + _ASKED)
    said = program("create", "My Experiment", "study.yaml", "--run").stderr
    (folder,) = program.folder.glob("replication_*/")
    assert f"wrote {folder.name}" in said
    check(program, folder)


def test_asking_again_says_whether_the_results_are_reproduced(
    start_provider: Callable[..., FakeProvider], program: Program
):
    provider = start_provider()
    write_study(program.folder, provider, per_domain=3)
    program("create", "My Experiment", "study.yaml", "--run")
    program("replicate", "-o", "p", "--no-figures")
    n_before = len(provider.ledger)
    words = ("reproduce", "rerun", "p", "--sample", "5", "--model", "llama3:8b", "--json")
    (found,) = json.loads(program(*words).stdout)
    assert (found["verdict"], found["same_scores"], found["n_questions"]) == ("reproduced", 1, 5)
    assert len(provider.ledger) == n_before + 5 * 7
    subprocess.run([program.folder / "p" / "verify.sh"], check=True, stdout=subprocess.DEVNULL)


def test_a_model_that_changed_is_not_reproduced(program: Program):
    """The simulated model of the package is made far less able before it is asked again."""
    (program.folder / "s.yaml").write_text(
        SIMULATED.format(levels="[0, 20, 40, 100]", per_domain=20)
    )
    program("create", "Dry", "s.yaml", "--run")
    program("replicate", "@last", "-o", "p", "--allow-simulated", "--no-figures")
    same = json.loads(program("reproduce", "rerun", "p", "--json").stdout)
    assert [one["verdict"] for one in same] == ["reproduced"]
    facts = program.folder / "p" / "config" / "facts.json"
    text = facts.read_text()
    assert text.count('"ability": 3.0') == 2  # of the plan, and of the model's facts
    facts.write_text(text.replace('"ability": 3.0', '"ability": 0.0'))
    found = program("reproduce", "rerun", "p", code=1).stdout
    assert "not reproduced" in found
    assert "not by chance alone" in found


def test_nobody_can_be_asked_for_imported_responses(program: Program):
    lines = [
        json.dumps({"model": "m", "benchmark": "b", "item": f"q{n}", "question": f"q {n}", "level": level, "method": "x",
                    "response": "a", "expected": "a", "score": n % 2})
        for n in range(12) for level in (0, 50, 75, 100)
    ]  # fmt: skip
    (program.folder / "r.jsonl").write_text("\n".join(lines))
    program("import", "r.jsonl")
    program("replicate", "-o", "p", "--no-figures")
    said = program("reproduce", "rerun", "p", code=2).stderr
    assert "imported, and nobody knows whom to ask" in said


def test_simulated_models_are_refused_unless_allowed(program: Program):
    (program.folder / "s.yaml").write_text(
        SIMULATED.format(levels="[0, 50, 75, 100]", per_domain=2)
    )
    program("create", "Dry", "s.yaml", "--run")
    refused = program("replicate", "@last", code=2).stderr
    assert "simulated models are no measurements; --allow-simulated" in refused
    program("replicate", "@last", "-o", "p", "--allow-simulated", "--no-figures")
    for name in ("README.md", "paper/tables/summary.tex", "paper/methods.md"):
        assert "imulated" in (program.folder / "p" / name).read_text()
