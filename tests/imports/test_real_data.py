"""Responses of 22 real models on scrambled text (Cao et al. 2023): figures are exactly those recomputed there.

The responses are no part of this repository; the tests need them beside it.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from scramblebench.core.conditions import Condition
from scramblebench.imports import Imported
from scramblebench.storage import Database
from tests.acceptance.support import SHARED
from tests.imports.support import cells, new_database, take_in

FOLDER = SHARED / "scrbench"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the real responses are not here")


def expected(name: str) -> Any:
    return json.loads((FOLDER / name).read_text())


def condition_name(method: str, level_pct: float) -> str:
    """Return the name in the published figures."""
    if level_pct == 0:
        return "original"
    return f"{method}_{level_pct:g}%" if method == "random" else method


def named_cells(database: Database, imported: Imported) -> dict[tuple[str, str], Any]:
    return {
        (model, condition_name(method, level)): values
        for (model, method, level), values in cells(database, imported).items()
    }


def test_realtimeqa(tmp_path: Path):
    database = new_database(tmp_path)
    imported = take_in(database, FOLDER / "realtimeqa_responses.jsonl.gz", n_choices=4)
    assert imported.outcome.n_responses == 46_018
    assert imported.outcome.n_missing == 0
    found = named_cells(database, imported)
    rows = expected("expected_stats.json")["realtimeqa"]
    assert found == {
        (row["model"], row["condition"]): (row["acc"], row["n"], no_answer(row)) for row in rows
    }
    assert len(found) == 19 * 7
    assert {q.guess_rate for q in imported.plan.questions} == {0.25}
    assert imported.plan.conditions[0].is_baseline
    assert Condition("keepfirst", 100.0) in imported.plan.conditions


def no_answer(row: Any) -> int:
    """Return the responses without an answer, from the other file of figures."""
    (found,) = (
        each["no_answer"]
        for each in expected("expected.json")["scrqa"]
        if (each["model"], each["condition"]) == (row["model"], row["condition"])
    )
    return found


@pytest.mark.parametrize("reading", ["strict", "loose"])
def test_aqua(tmp_path: Path, reading: str):
    database = new_database(tmp_path)
    files = [FOLDER / "aqua_responses.jsonl", FOLDER / "aqua_items.jsonl"]
    imported = take_in(database, *files, answers=(f"pred_{reading}",))
    assert imported.outcome.n_responses == 3048
    rows = [r for r in expected("expected.json")["aqua"] if r["demo"] == "demo_random_0%"]
    assert named_cells(database, imported) == {
        (r["model"], r["condition"]): (r[f"acc_{reading}"], r["n"], r[f"no_answer_{reading}"])
        for r in rows
    }
    question = imported.plan.questions[0]
    assert (len(question.choices), question.correct_choice) == (5, 0)
    assert question.text.startswith("A car is being driven")


def test_easy_facts(tmp_path: Path):
    database = new_database(tmp_path)
    path = FOLDER / "easy_facts_responses.jsonl"
    imported = take_in(database, path, method="letter_shuffle")
    lines = [json.loads(line) for line in path.open()]
    assert (imported.outcome.n_responses, imported.outcome.n_missing) == (720, 360)
    for (model, _, level), (accuracy, n, _) in cells(database, imported).items():
        own = [r["correct"] for r in lines if r["model"] == model and r["level"] == level]
        assert n == len(own)
        assert not own or accuracy == sum(own) / len(own)
    stored = next(iter(database.trials.responses(imported.outcome.experiment_id)))
    assert b'"scrambled"' in (stored.response.raw or b"")
