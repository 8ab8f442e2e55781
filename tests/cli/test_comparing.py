"""``compare`` as a user types it."""

import csv
import json

import pytest

from tests.acceptance.support import Program, program_in
from tests.cli.test_planning import STUDY


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The program with two finished experiments, of which the second has a faster reader."""
    folder = tmp_path_factory.mktemp("two")
    program = program_in(folder, f"sqlite:///{folder}/x.db")
    first = STUDY.format(name="before")
    (folder / "before.yaml").write_text(first)
    (folder / "after.yaml").write_text(first.replace("decay: 3.0", "decay: 0.7"))
    for name in ("before", "after"):
        program("create", name, f"{name}.yaml", "--run")
    return program


def test_two_experiments_are_compared_in_pairs(program: Program):
    done = program("compare", "before", "after")
    assert "50 questions in both" in done.stdout
    assert "reader (A) minus reader (B)" in done.stdout
    assert "McNemar, mid-p" in done.stdout
    assert "dependency of reader (A) against reader (B)" in done.stdout
    assert "simulated models are a dry run" in done.stdout
    assert "texts differ" not in done.stdout
    assert "analyze" in done.stderr


def test_the_numbers_as_json_and_in_files(program: Program):
    done = program("compare", "before", "after", "--exact", "--json", "-o", "out")
    values = json.loads(done.stdout)
    assert values["models"] == [["reader", "reader"], ["reasoner", "reasoner"]]
    assert values["curves"][0]["is_paired"]
    rows = values["comparisons"]
    levels = [r for r in rows if r["kind"] == "accuracy" and r["first"] == "reader (A)"]
    assert [r["level_pct"] for r in levels] == [0, 33, 67, 100]
    assert all(r["p_value"] <= r["p_adjusted"] for r in levels)
    assert levels[-1]["estimate"] < 0
    assert json.loads((program.folder / "out/comparison.json").read_text()) == values
    with (program.folder / "out/comparison.csv").open() as file:
        assert len(list(csv.DictReader(file))) == len(rows)
    assert "wrote out/comparison.json" in done.stderr


def test_models_paired_by_hand(program: Program):
    values = json.loads(
        program("compare", "before", "after", "--models", "reader=reasoner", "--json").stdout
    )
    assert values["models"] == [["reader", "reasoner"]]
    assert any("different models" in words for words in values["cautions"])


def test_questions_that_are_not_shared_are_said(program: Program):
    other = STUDY.format(name="other").replace(
        "bundled: {generated: {per_domain: 10}}", "mine: {paths: mine.jsonl}"
    )
    (program.folder / "other.yaml").write_text(other)
    lines = [
        json.dumps({"question": f"What is {n} plus 1?", "answer": str(n + 1)}) for n in range(30)
    ]
    (program.folder / "mine.jsonl").write_text("\n".join(lines))
    program("create", "other", "other.yaml", "--run")
    done = program("compare", "before", "other")
    assert "bundled / mine · letter_shuffle: no question in both" in done.stdout
    assert "compared as independent samples" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["before", "before"], "are the same experiment"),
        (["before", "nobody"], "there is no experiment 'nobody'"),
        (
            ["before", "after", "--models", "x=reader"],
            "A has no model 'x'; it has reader, reasoner",
        ),
        (["before", "after", "--correction", "x"], "'x' is none of"),
    ],
)
def test_errors_are_one_line_with_a_remedy(program: Program, words: list[str], said: str):
    failed = program("compare", *words, code=2)
    assert failed.stderr.startswith("error: ")
    assert failed.stderr.count("\n") == 1
    assert said in failed.stderr
    assert failed.stdout == ""
