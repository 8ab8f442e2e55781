"""The commands as a user types them, on both databases."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scramblebench.core.errors import ExperimentNotFound
from scramblebench.evaluation import EvaluationConfig, EvaluationRunner
from scramblebench.experiment_tracking import DatabaseManager, ExperimentTracker
from scramblebench.storage import open_database
from tests.acceptance.support import FakeProvider, Program, program_in, promised_study, write_study

Start = Callable[..., FakeProvider]


def responses(database_url: str, reference: str = "@last") -> list[tuple[Any, ...]]:
    """Every response of an experiment with its score, without times and provider ids."""
    database = open_database(database_url)
    record = database.experiments.find(reference)
    found = [
        (
            r.trial_index,
            r.response.text,
            r.response.finish_reason,
            r.response.cost_microusd,
            r.score,
        )
        for r in database.trials.responses(record.id)
    ]
    database.close()
    return found


def test_the_promised_example_runs_on_both_databases_alike(
    tmp_path: Path, start_provider: Start, empty_postgres_url: str
):
    provider = start_provider()
    study = promised_study(provider)
    found: list[list[tuple[Any, ...]]] = []
    for name, url in (
        ("sqlite", f"sqlite:///{tmp_path}/lite.db"),
        ("postgres", empty_postgres_url),
    ):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "config.yaml").write_text(study)
        program = program_in(folder, url)
        created = program("create", "My Experiment", "config.yaml", "--description", "d",
                          "--research-question", "How does X affect Y?", "--researcher", "Dr. Smith")  # fmt: skip
        experiment_id = created.stdout.split()[1]
        program("queue", experiment_id, "--priority", "1")
        program("run", "--max-concurrent", "3")
        assert "completed" in program("status", experiment_id).stdout
        assert experiment_id[:8] in program("list", "--status", "completed").stdout
        report = json.loads(program("analyze", experiment_id, "--json").stdout)
        assert len(report["accuracy"]) == 2 * 7
        assert all(row["n_answered"] == row["n_planned"] for row in report["accuracy"])
        found.append(responses(url))
    assert len(found[0]) == 2 * 7 * 150
    assert found[0] == found[1]
    assert len(provider.ledger) == 2 * len(found[0])


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_the_python_quick_start(
    tmp_path: Path, start_provider: Start, request: pytest.FixtureRequest, kind: str,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    url = (
        f"sqlite:///{tmp_path}/quick.db"
        if kind == "sqlite"
        else request.getfixturevalue("empty_postgres_url")
    )
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-v1-acceptance")
    config = write_study(tmp_path, start_provider(), per_domain=2)

    async def quick_start() -> dict[str, Any]:
        db = DatabaseManager(url)
        await db.initialize_database()
        await db.close()
        tracker = ExperimentTracker(database_url=url)
        experiment_id = await tracker.create_experiment(
            name="Language Dependency Analysis",
            config=Path(config),
            description="Analysis of language dependency across models",
            research_question="How does scrambling affect model performance?",
            researcher_name="Dr. Smith",
        )
        await tracker.queue_experiment(experiment_id, priority=1)
        await tracker.run_experiments()
        return await tracker.get_experiment_status(experiment_id)

    status = asyncio.run(quick_start())
    assert status["progress"] == 1
    assert status["status"] == "completed"
    assert status["api_calls"] == 2 * 7 * 10
    assert status["success_rate"] == 1
    assert status["total_cost"] > 0
    assert f"Progress: {status['progress'] * 100:.1f}%" == "Progress: 100.0%"


def test_the_same_without_await_and_with_a_configuration_object(
    tmp_path: Path, start_provider: Start
):
    config = EvaluationConfig.load_from_file(write_study(tmp_path, start_provider(), per_domain=2))
    tracker = ExperimentTracker(data_dir=tmp_path)
    experiment_id = tracker.sync.create_experiment(name="My Experiment", config=config)
    assert tracker.sync.get_experiment_status(experiment_id)["status"] == "planned"
    with pytest.raises(ExperimentNotFound):
        tracker.sync.get_experiment_status("no such experiment")

    async def in_a_notebook() -> dict[str, Any]:
        return tracker.sync.get_experiment_status("My Experiment")

    assert asyncio.run(in_a_notebook())["experiment_id"] == experiment_id


def test_a_configuration_runs_without_any_database():
    config = EvaluationConfig.from_dict(
        {
            "models": [{"name": "m", "provider": "simulated"}],
            "benchmarks": {"b": {"generated": {"per_domain": 2}}},
            "scrambling": {"levels": [0, 100]},
        }
    )
    runner = EvaluationRunner(config)
    outcome = asyncio.run(runner.run())
    assert outcome.n_missing == 0
    assert outcome.n_answered == 2 * 10


def test_init_estimate_create_analyze_in_an_empty_folder(program: Program):
    program("init", "dry.yaml", "--template", "simulated")
    assert "2,100 trials" in program("validate-config", "dry.yaml").stdout
    estimate = json.loads(program("estimate", "dry.yaml", "--json").stdout)
    assert estimate["n_calls"] == 2 * 7 * 150
    assert estimate["cost_usd"] == 0
    program("create", "Dry run", "dry.yaml", "--run")
    analyzed = program("analyze", "@last", "--include-plots", "--include-raw-data", "-o", "out")
    assert "reader (simulated)" in analyzed.stdout
    assert "not measurements" in analyzed.stdout
    assert (program.folder / "out" / "accuracy.png").read_bytes().startswith(b"\x89PNG")
    lines = (program.folder / "out" / "responses.jsonl").read_text().splitlines()
    assert len(lines) == 2 * 7 * 150
    assert all(json.loads(line)["is_simulated"] for line in lines)


def test_a_preview_shows_each_condition_as_it_will_be_asked(program: Program):
    program("init", "dry.yaml", "--template", "simulated")
    text = program("preview", "dry.yaml", "-n", "2").stdout
    assert text.count("-- baseline 0") == 2
    assert text.count("-- character_substitution 100, ") == 2
    shown = json.loads(program("preview", "dry.yaml", "--json").stdout)
    assert [part["level"] for part in shown] == [0, 17, 33, 50, 67, 83, 100]
    assert shown[0]["prompt"] != shown[-1]["prompt"]
    assert not list(program.folder.glob("*.db"))


@pytest.mark.parametrize("template", ["local", "ollama", "openrouter", "simulated"])
def test_every_template_is_valid(program: Program, template: str):
    program("init", "x.yaml", "--template", template)
    assert "trials" in program("validate-config", "x.yaml").stdout
    assert "there already" in program("init", "x.yaml", code=2).stderr


def test_what_was_exported_can_be_replayed(program: Program):
    program("init", "dry.yaml", "--template", "simulated")
    program("create", "First", "dry.yaml", "--run")
    program("analyze", "First", "--include-raw-data", "-o", "out")
    study = (program.folder / "dry.yaml").read_text()
    for line in ("seed: 1", "seed: 2"):
        study = study.replace(
            f'provider: "simulated"\n    {line}',
            'provider: "replay"\n    path: "out/responses.jsonl"',
        )
    study = "\n".join(line for line in study.splitlines() if "simulation:" not in line)
    (program.folder / "again.yaml").write_text(study)
    program("create", "Again", "again.yaml", "--run")
    first, again = (
        json.loads(program("analyze", name, "--json").stdout)["accuracy"]
        for name in ("First", "Again")
    )
    assert [(r["model"], r["level_pct"], r["accuracy"]) for r in again] == [
        (r["model"], r["level_pct"], r["accuracy"]) for r in first
    ]
    assert not any(r["is_simulated"] for r in again)


def test_doctor_says_what_is_there_and_what_mends_the_rest(program: Program, start_provider: Start):
    checks = {c["name"]: c for c in json.loads(program("doctor", "--json").stdout)}
    assert checks["database"]["state"] == "ok"
    assert checks["OPENAI_API_KEY"]["state"] == "optional"
    assert "sk-or-v1-acceptance" not in json.dumps(checks)
    study = write_study(program.folder, start_provider())
    assert "digest" in program("doctor", "--models", str(study)).stdout
    study.write_text(study.read_text().replace("llama3:8b", "llama4:8b"))
    assert "ollama pull llama4:8b" in program("doctor", "--models", str(study), code=1).stdout


def test_empty_lists_and_queues_name_the_next_command(program: Program):
    assert json.loads(program("list", "--json").stdout) == []
    assert "init" in program("list").stderr
    assert "queue" in program("run").stderr


def test_help_of_every_command(program: Program):
    listed = program("--help").stdout
    for command in ("init", "doctor", "create", "queue", "run", "status", "list", "show", "analyze",
                    "validate-config", "init-db", "estimate", "preview", "pause", "resume", "cancel"):  # fmt: skip
        assert command in listed
        assert "--help" in program(command, "--help").stdout
    assert "0." in program("--version").stdout
