"""``preregister``, ``create --preregister``, and what ``analyze``, ``compare`` and ``show`` say of it."""

import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from scramblebench.cli.app import run_command_line
from tests.experiment_tracking import studies

Run = Callable[..., tuple[str, str]]
FROZEN = {"primary": ["levels", "dependency_differences"], "pairs": [["llama3:8b", "gemma3:7b"]],
          "hypotheses": ["Accuracy falls."]}  # fmt: skip


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command on a database of the test's own; return what it printed, and advised."""

    def call(*words: str, code: int = 0) -> tuple[str, str]:
        capsys.readouterr()
        url = f"sqlite:///{tmp_path}/x.db"
        assert run_command_line([*words, "--database-url", url]) == code
        said = capsys.readouterr()
        return said.out, said.err

    return call


def write(folder: Path, **changes: Any) -> str:
    values = studies.config(
        benchmarks={"b": {"generated": {"per_domain": 4}}}, preregistration=FROZEN, **changes
    )
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(values))
    return str(path)


def test_help_says_what_is_frozen(run: Run, capsys: pytest.CaptureFixture[str]):
    assert run_command_line(["preregister", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    for word in ("Hypotheses", "sha256", "never changed", "exploratory", "--output"):
        assert word in said
    assert run_command_line(["create", "--help"]) == 0
    assert "--preregister" in capsys.readouterr().out
    assert run_command_line(["--help"]) == 0
    assert "preregister" in capsys.readouterr().out


def test_from_creation_to_analysis(run: Run, tmp_path: Path):
    said, advice = run("create", "one", write(tmp_path), "--preregister", "--priority", "1")
    (sha256,) = (line.split()[1] for line in said.splitlines() if "sha256" in line)
    assert "preregister" in advice

    kept = tmp_path / "prereg.json"
    said, _ = run("preregister", "one", "-o", str(kept))
    assert sha256 in said
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == sha256
    assert json.loads(kept.read_bytes())["hypotheses"] == ["Accuracy falls."]

    said, _ = run("analyze", "one")
    assert "until then all of this is exploratory" in said
    assert "· confirmatory" not in said
    run("run")

    said, _ = run("analyze", "one", "--full")
    heading = next(line for line in said.splitlines() if "levels minus baseline" in line)
    assert heading.endswith("· confirmatory")
    heading = next(line for line in said.splitlines() if "thresholds in percent" in line)
    assert heading.endswith("· exploratory")
    assert "slope (exploratory)" in said
    pairs = said.partition("dependency of models, first minus second")[2].partition("\n\n")[2]
    assert "standing" in pairs.splitlines()[0]
    rows = pairs.splitlines()[2:5]
    assert [row.split()[-1] for row in rows] == ["confirmatory", "exploratory", "exploratory"]
    assert f"sha256 {sha256[:12]}…: confirmatory: dependency differences, levels" in said

    values = json.loads(run("analyze", "one", "--json")[0])
    found = values["preregistration"]
    assert (found["sha256"], found["is_valid"], found["faults"]) == (sha256, True, [])
    assert found["text"].encode() == kept.read_bytes()
    assert {row["standing"] for row in values["trends"]} == {"exploratory"}
    assert {r["standing"] for r in values["comparisons"] if r["kind"] == "level"} == {
        "confirmatory"
    }

    said, _ = run("analyze", "one", "--correction", "fdr")
    assert "not as preregistered: correction bh in place of holm" in said
    assert "levels minus baseline" in said
    assert "(McNemar, mid-p; adjusted: bh of 3) · exploratory" in said

    said, _ = run("show", "one")
    assert f"sha256 {sha256}" in said.replace("\n", " ")
    assert json.loads(run("show", "one", "--json")[0])["preregistration"]["sha256"] == sha256


def test_statistics_json_has_the_standing_and_neither_hash_nor_time(run: Run, tmp_path: Path):
    texts: list[str] = []
    for number, name in enumerate(("first", "second")):
        run("create", "same", write(tmp_path), "--preregister", "--run")
        run("analyze", "@last", "-o", str(tmp_path / name))
        texts.append((tmp_path / name / "statistics.json").read_text())
        assert texts[number].count('"standing": "confirmatory"') > 0
    assert texts[0] == texts[1]
    frozen = json.loads(run("analyze", "@last", "--json")[0])["preregistration"]
    assert frozen["sha256"] not in texts[1]
    assert "frozen_at" not in texts[1]


def test_an_altered_one_is_said_in_every_analysis(run: Run, tmp_path: Path):
    run("create", "one", write(tmp_path), "--preregister", "--run")
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        connection.execute("UPDATE experiment_documents SET text = replace(text, 'holm', 'none')")
        connection.commit()
    said, _ = run("analyze", "one")
    assert (
        "the preregistration does not hold, nothing is confirmatory: its text was altered" in said
    )
    assert "· confirmatory" not in said
    values = json.loads(run("analyze", "one", "--json")[0])
    assert not values["preregistration"]["is_valid"]
    assert "does not hold" in values["cautions"][0]
    assert "does not hold" in run("show", "one")[0]
    assert "was altered" in run("preregister", "one", code=1)[1]
    run("create", "two", write(tmp_path), "--run")
    assert "the preregistration of A does not hold" in run("compare", "one", "two")[0]


def test_without_one_a_single_sentence_says_so(run: Run, tmp_path: Path):
    _, advice = run("create", "one", write(tmp_path), "--run")
    assert "is not frozen; `preregister` or --preregister does that" in advice
    said, _ = run("analyze", "one")
    assert said.count("exploratory") == 1
    assert "  nothing was preregistered: every test here is exploratory\n" in said
    values = json.loads(run("analyze", "one", "--json")[0])
    assert values["preregistration"] is None
    assert {row["standing"] for row in values["accuracy"]} == {""}


def test_after_a_response_it_is_refused(run: Run, tmp_path: Path):
    run("create", "one", write(tmp_path), "--run")
    _, error = run("preregister", "one", code=2)
    assert error.startswith("error: one has responses already (")
    assert "create the experiment anew" in error


def test_what_cannot_be_confirmatory_is_refused_before_anything_is_stored(run: Run, tmp_path: Path):
    path = write(tmp_path, scrambling={"levels": [50, 100], "methods": ["character"]})
    _, error = run("create", "one", path, "--preregister", code=2)
    assert "preregistration.primary: levels is not computed, because level 0 is not asked" in error
    assert json.loads(run("list", "--json")[0]) == []


def test_comparisons_of_two_experiments_are_exploratory(run: Run, tmp_path: Path):
    path = write(tmp_path)
    for name in ("one", "two"):
        run("create", name, path, "--run")
    said, _ = run("compare", "one", "two")
    assert "exploratory" not in said
    run("create", "three", path, "--preregister", "--run")
    said, _ = run("compare", "one", "three")
    assert "· exploratory" in said
    assert "comparisons of two are exploratory" in said
    rows = json.loads(run("compare", "one", "three", "--json")[0])["comparisons"]
    assert {row["standing"] for row in rows} == {"exploratory"}
