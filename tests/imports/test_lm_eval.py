"""Logs that lm-evaluation-harness wrote; ``make_lm_eval_logs.py`` says how."""

import json
from pathlib import Path
from typing import Any

import pytest

from scramblebench.core.errors import ImportFileError
from scramblebench.core.trials import AnswerStatus
from scramblebench.imports import FormatName
from tests.imports.support import DATA, cells, new_database, take_in, write_rows

LOGS = DATA / "lm_eval"
ORIGINAL = f"{LOGS}/samples_sums_2*.jsonl@level=0"
SCRAMBLED = f"{LOGS}/samples_sums_50*.jsonl@level=50,benchmark=sums,method=letter_shuffle"
COLOURS = f"{LOGS}/samples_colours*.jsonl@level=0"
MODEL = "example/scripted-1b"


def harness_says(task: str, metric: str) -> float:
    """Return what the harness itself computed."""
    (path,) = LOGS.glob("results_*.json")
    return float(json.loads(path.read_text())["results"][task][metric])


@pytest.mark.parametrize("chosen", ["strict", "flexible"])
def test_accuracies_are_those_of_the_harness(tmp_path: Path, chosen: str):
    database = new_database(tmp_path)
    imported = take_in(database, ORIGINAL, SCRAMBLED, answers=(chosen,))
    found = cells(database, imported)
    assert imported.formats == (FormatName.LM_EVAL,)
    for cell, task in ((("baseline", 0.0), "sums"), (("letter_shuffle", 50.0), "sums_50")):
        accuracy, n, _ = found[MODEL, *cell]
        assert (accuracy, n) == (harness_says(task, f"exact_match,{chosen}"), 4)


def test_what_a_filter_did_not_find_is_no_answer(tmp_path: Path):
    database = new_database(tmp_path)
    imported = take_in(database, SCRAMBLED, answers=("flexible",))
    stored = list(database.trials.responses(imported.outcome.experiment_id))
    assert [r.response.text for r in stored] == [
        " Maybe 5", " Maybe 9", " I cannot tell.", " I cannot tell."
    ]  # fmt: skip
    told = [(s.value, s.status, s.answer, s.rule) for r in stored if (s := r.score)]
    assert told[0] == (1.0, AnswerStatus.ANSWERED, "5", "exact_match flexible")
    assert told[2] == (0.0, AnswerStatus.UNPARSABLE, None, "exact_match flexible")
    question = imported.plan.questions[0]
    assert (question.source_id, question.text) == ("sum-2-3", "Waht si 2 lpus 3?")
    assert json.loads(stored[0].response.raw or b"")["filter"] == "flexible"


def test_choices_are_those_whose_likelihoods_were_compared(tmp_path: Path):
    database = new_database(tmp_path)
    with pytest.raises(ImportFileError, match=r":1: the metrics are acc and acc_norm; .*--answer"):
        take_in(database, COLOURS)
    for metric in ("acc", "acc_norm"):
        imported = take_in(database, COLOURS, answers=(metric,))
        accuracy, n, _ = cells(database, imported)[MODEL, "baseline", 0.0]
        assert (accuracy, n) == (harness_says("colours", f"{metric},none"), 3)
    question = imported.plan.questions[1]
    assert (question.choices, question.answers) == (("red", "green", "blue"), ("blue",))
    assert question.text == "Which colour has a sky?"
    rescored = take_in(database, COLOURS, is_rescored=True)
    assert cells(database, rescored)[MODEL, "baseline", 0.0][0] == harness_says(
        "colours", "acc,none"
    )


@pytest.mark.parametrize(
    ("file", "options", "message"),
    [
        (ORIGINAL, {}, "judged by the filters strict and flexible; say which: --answer flexible"),
        (ORIGINAL.partition("@")[0], {"answers": ("strict",)}, r":1: says neither a level"),
        (ORIGINAL.replace("level=0", "level=3"), {"answers": ("strict",)}, ":1: level 3 is of no"),
    ],
)
def test_what_a_log_leaves_open_is_asked_for(tmp_path: Path, file: str, options: Any, message: str):
    with pytest.raises(ImportFileError, match=message):
        take_in(new_database(tmp_path), file, **options)


def sample(**fields: Any) -> dict[str, Any]:
    """Return one line as the harness writes it."""
    usual = {
        "doc_id": 3, "doc": {"question": "2+2?", "level": "Level 5"}, "target": "4",
        "arguments": [["2+2?", {"until": []}]], "resps": [["4"]], "filtered_resps": ["4"],
        "doc_hash": "x", "prompt_hash": "y", "target_hash": "z", "exact_match": 1.0,
    }  # fmt: skip
    return {**usual, **fields}


def test_logs_of_earlier_releases_and_without_results_need_words(tmp_path: Path):
    path = write_rows(tmp_path / "samples_math_2024-01-01T00-00-00.1.jsonl", [sample()])
    with pytest.raises(ImportFileError, match="@model=NAME"):
        take_in(new_database(tmp_path), path)
    told = take_in(new_database(tmp_path), f"{path}@model=m,level=0")
    assert (told.plan.questions[0].benchmark, told.plan.questions[0].source_id) == ("math", "3")


def test_levels_may_stand_in_the_documents(tmp_path: Path):
    said = [
        sample(doc={"id": "a", "level": 0}),
        sample(doc={"id": "a", "level": 33, "method": "character"}),
    ]
    path = write_rows(tmp_path / "other.jsonl", said)
    told = take_in(new_database(tmp_path), f"{path}@model=m,benchmark=b")
    conditions = [(c.method, c.level_pct) for c in told.plan.conditions]
    assert conditions == [("baseline", 0), ("character_substitution", 33)]


def test_several_responses_with_one_judgement_are_judged_each(tmp_path: Path):
    path = write_rows(tmp_path / "o.jsonl", [sample(resps=[["It is 4", "It is 5"]])])
    database = new_database(tmp_path)
    with pytest.raises(ImportFileError, match=r"2 responses share one judgement; .*--rescore"):
        take_in(database, f"{path}@model=m,benchmark=b,level=0")
    told = take_in(database, f"{path}@model=m,benchmark=b,level=0", is_rescored=True)
    scores = [r.score for r in database.trials.responses(told.outcome.experiment_id)]
    assert [s.value for s in scores if s] == [1.0, 0.0]
    assert told.plan.grid.n_repeats == 2


def test_likelihoods_of_one_text_are_no_responses(tmp_path: Path):
    one = sample(arguments=[["x", " y"]], resps=[[[-1.5, True]]], filtered_resps=[[-1.5, True]])
    path = write_rows(tmp_path / "o.jsonl", [one])
    with pytest.raises(ImportFileError, match="one continuation, which is no response"):
        take_in(new_database(tmp_path), f"{path}@model=m,benchmark=b,level=0")
