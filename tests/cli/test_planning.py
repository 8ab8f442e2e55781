"""``power`` and ``estimate --budget`` as a user types them."""

import json
import re
from pathlib import Path

import pytest

from tests.acceptance.support import Program, program_in

STUDY = """\
experiment_name: {name}
models:
  - {{name: reader, provider: simulated, seed: 1, simulation: {{ability: 2.0, decay: 3.0}}}}
  - {{name: reasoner, provider: simulated, seed: 2, simulation: {{ability: 2.0, decay: 0.5}}}}
benchmarks: {{bundled: {{generated: {{per_domain: 10}}}}}}
scrambling: {{levels: [0, 33, 67, 100], methods: [letter_shuffle], random_seed: 1}}
"""
PAID = """\
models: [{name: m, provider: openrouter, max_tokens: 100,
          price: {prompt_usd_per_million: 1, completion_usd_per_million: 10}}]
benchmarks: {bundled: {generated: {per_domain: 10}}}
scrambling: {levels: [0, 25, 50, 75, 100], methods: [letter_shuffle]}
"""


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program in a folder with two configurations, one simulated and one that costs."""
    (tmp_path / "study.yaml").write_text(STUDY.format(name="study"))
    (tmp_path / "paid.yaml").write_text(PAID)
    return program_in(tmp_path, f"sqlite:///{tmp_path}/x.db")


def test_power_asks_nothing_and_needs_no_database(program: Program):
    done = program("power", "study.yaml", "--runs", "100", "--drop", "10")
    assert "bundled · letter_shuffle: 50 questions, 2 models" in done.stdout
    assert "questions to find 10 points" in done.stdout
    assert "Cao et al. 2023" in done.stdout
    assert "0.05/3 = 0.017" in done.stdout
    assert "observed power" not in done.stdout.lower()
    assert "power study.yaml --pilot @last" in done.stderr
    assert not (program.folder / "x.db").exists()


def test_power_as_json(program: Program):
    values = json.loads(
        program("power", "study.yaml", "--runs", "100", "--questions", "400", "--json").stdout
    )
    (panel,) = values["panels"]
    assert panel["panel"]["n_questions"] == 400
    assert [row["level_pct"] for row in panel["levels"]] == [33, 67, 100]
    assert 0 < panel["levels"][0]["smallest"]["middle"] < 0.2
    assert panel["levels"][0]["wanted"] == 0.05
    assert panel["assumptions"]


def test_power_with_a_pilot(program: Program):
    program("create", "first try", "study.yaml", "--run")
    done = program("power", "study.yaml", "--pilot", "first try", "--runs", "100")
    assert "answers change as often as in first try (SIMULATED) (50 questions" in done.stdout
    assert "not from the difference that the pilot showed" in done.stdout


def test_power_of_too_few_questions(program: Program):
    done = program("power", "study.yaml", "--questions", "4", "--runs", "100")
    assert "none, too few questions" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["power", "study.yaml", "--pilot", "nobody"], "no database yet"),
        (["power", "none.yaml"], "none.yaml"),
        (["power", "study.yaml", "--questions", "1"], "2"),
    ],
)
def test_errors_say_what_is_wrong(program: Program, words: list[str], said: str):
    process = program.start(*words)
    _, err = process.communicate(timeout=60)
    assert process.returncode in (1, 2)
    assert re.search(said, err), err


def test_estimate_says_what_is_detected(program: Program):
    done = program("estimate", "study.yaml")
    assert re.search(r"detects drops of [0-9.]+ \(level 33\) to [0-9.]+ points", done.stdout)
    assert "power study.yaml" in done.stderr


def test_estimate_within_a_budget(program: Program):
    assert "are left" in program("estimate", "paid.yaml", "--budget", "5").stdout
    assert "fits: $0.00 of $0.00" in program("estimate", "study.yaml", "--budget", "0").stdout


def test_estimate_over_a_budget_says_by_how_much_and_three_ways_out(program: Program):
    values = json.loads(
        program("estimate", "paid.yaml", "--budget", "0.1", "--json", code=4).stdout
    )
    budget = values["budget"]
    assert budget["over_by_usd"] == pytest.approx(values["cost_usd"] - 0.1)
    assert [way["kind"] for way in budget["ways_out"]] == ["questions", "levels", "tokens"]
    assert all(way["cost_usd"] <= 0.1 for way in budget["ways_out"])
    done = program("estimate", "paid.yaml", "--budget", "0.1", code=4)
    assert re.search(r"over by \$0\.\d+: the budget is \$0\.1000", done.stdout)
    for words in ("fewer questions", "sample_size: bundled", "levels: 0, 50, 100", "max_tokens:"):
        assert words in done.stdout
    assert "no dependency coefficient" in done.stdout


def test_a_budget_that_buys_nothing(program: Program):
    done = program("estimate", "paid.yaml", "--budget", "0.0001", code=4)
    assert "not even two questions fit" in done.stdout


def test_an_unknown_price_is_said_and_never_zero(program: Program):
    text = PAID.replace("name: m,", "name: nobody-knows-it,")
    text = re.sub(r",\n *price: {.*?}", "", text)
    (program.folder / "unknown.yaml").write_text(text)
    done = program("estimate", "unknown.yaml", "--budget", "5", code=4)
    assert "no price is known for nobody-knows-it" in done.stdout
    assert "fits" not in done.stdout
    values = json.loads(
        program("estimate", "unknown.yaml", "--budget", "5", "--json", code=4).stdout
    )
    assert values["cost_usd"] is None
    assert values["budget"]["over_by_usd"] is None
