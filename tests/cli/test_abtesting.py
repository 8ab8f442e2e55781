"""abtest: create, status, list as they are typed."""

import json
from collections.abc import Callable

import pytest

from scramblebench.cli.app import run_command_line
from tests.experiment_tracking import studies

Run = Callable[..., str]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("study")
    database = studies.new_database(folder)
    studies.run(database, studies.config())
    database.close()
    return f"sqlite:///{folder}/study.db"


@pytest.fixture
def abtest(url: str, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: str, code: int = 0) -> str:
        capsys.readouterr()
        assert run_command_line(["abtest", *words, "--database-url", url]) == code
        said = capsys.readouterr()
        return said.out if code == 0 else said.err

    return run


def test_as_in_its_help(abtest: Run):
    abtest(
        "create", "@last", "llama3:8b", "gemma3:7b", "--name", "llama_vs_gemma",
        "--min-questions", "200",
    )  # fmt: skip
    text = abtest("status", "llama_vs_gemma")
    assert "llama3:8b (control) and gemma3:7b (treatment), accuracy" in text
    assert "60 complete on both sides, of 60" in text
    assert "not looked at yet" in text
    assert "nan" not in text.lower()
    assert (
        "Inconclusive: still collecting, 60 questions complete on both sides, 200 are the least"
        in text
    )


def test_a_decision_with_its_numbers(abtest: Run):
    abtest("create", "@last", "gemma3:7b", "llama3:8b", "--name", "up", "--min-questions", "50")
    text = abtest("status", "up")
    assert "Deploy treatment: llama3:8b is better by +51.7 points [+41.3, +62.0]" in text
    assert "p < 0.001, 95% at one look, at the end" in text
    assert "lift" in text


def test_json_of_each(abtest: Run):
    created = json.loads(
        abtest(
            "create", "study", "GPT", "gemma3:7b", "--metric", "accuracy@33", "--mode", "sequential",
            "--margin", "3", "--detect", "10", "--confidence", "90", "--min-questions", "20", "--json",
        )
    )  # fmt: skip
    assert created["name"] == "GPT vs gemma3:7b"
    found = json.loads(abtest("status", created["test_id"][:8], "--json"))
    assert found["decision"] == "inferior"
    assert found["confidence"] == pytest.approx(0.9)
    (listed,) = [t for t in json.loads(abtest("list", "study", "--json"))
                 if t["test_id"] == created["test_id"]]  # fmt: skip
    assert {key: listed[key] for key in ("control", "treatment", "metric", "mode")} == {
        "control": "GPT", "treatment": "gemma3:7b", "metric": "accuracy@33", "mode": "sequential",
    }  # fmt: skip
    assert listed["margin"] == pytest.approx(0.03)
    assert listed["detectable_difference"] == pytest.approx(0.1)


def test_a_list_for_people(abtest: Run):
    abtest("create", "@last", "GPT", "llama3:8b", "--name", "for people")
    assert "for people" in abtest("list")
    assert "for people" in abtest("list", "study")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["create", "@last", "x", "GPT"], "no model is called 'x'; there are llama3:8b"),
        (["create", "@last", "GPT", "GPT"], "control and treatment are both 'GPT'"),
        (["create", "@last", "GPT", "llama3:8b", "--metric", "f1"], "metric 'f1' is unknown"),
        (["create", "@last", "GPT", "llama3:8b", "--margin", "0"], "this A/B test cannot be made"),
        (["create", "@last", "GPT", "llama3:8b", "--margin", "nan"], "this A/B test cannot be made"),
        (["create", "@last", "GPT", "llama3:8b", "--confidence", "101"], "this A/B test cannot be made"),
        (["create", "nowhere", "GPT", "llama3:8b"], "nowhere"),
        (["status", "nothing"], "there is no A/B test 'nothing'; `abtest list` shows them"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_refused_in_one_line(abtest: Run, words: list[str], said: str):
    message = abtest(*words, code=2)
    assert said in message
    assert message.count("\n") == 1


def test_nothing_declared_yet(tmp_path, capsys: pytest.CaptureFixture[str]):
    studies.new_database(tmp_path).close()
    assert (
        run_command_line(["abtest", "list", "--database-url", f"sqlite:///{tmp_path}/study.db"])
        == 0
    )
    assert "no A/B tests here yet" in capsys.readouterr().out
