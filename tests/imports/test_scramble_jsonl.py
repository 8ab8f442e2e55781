"""Responses as JSON Lines, fields found by name."""

import gzip
import json
from pathlib import Path

import pytest

from scramblebench.core.errors import ImportFileError, UsageError
from scramblebench.core.trials import AnswerStatus
from scramblebench.evaluation import restore_plan
from scramblebench.imports import SCORER
from scramblebench.publication.exports import write_responses
from tests.imports.support import cells, new_database, row, take_in, write_rows


def test_conditions_become_methods_and_levels(tmp_path: Path):
    rows = [
        row(),
        row(condition="random_20%", level=20),
        row(condition="keepfirst", level=None, pred="C", correct=False, response="C"),
        row(condition=None, level=50, method="word"),
    ]
    database = new_database(tmp_path)
    found = cells(database, take_in(database, write_rows(tmp_path / "r.jsonl", rows)))
    assert found == {
        ("m", "baseline", 0.0): (1.0, 1, 0),
        ("m", "keepfirst", 100.0): (0.0, 1, 0),
        ("m", "random", 20.0): (1.0, 1, 0),
        ("m", "word_shuffle", 50.0): (1.0, 1, 0),
    }


def test_method_names_what_only_has_a_level_in_its_condition(tmp_path: Path):
    rows = [row(), row(condition="random_20%", level=20), row(condition="keepfirst", level=None)]
    database = new_database(tmp_path)
    imported = take_in(database, write_rows(tmp_path / "r.jsonl", rows), method="letter_shuffle")
    methods = [(c.method, c.level_pct) for c in imported.plan.conditions]
    assert methods == [("baseline", 0), ("keepfirst", 100), ("letter_shuffle", 20)]


def test_what_a_file_says_is_stored_and_what_it_does_not_say_is_unknown(tmp_path: Path):
    rows = [
        row(prompt_tokens=31, finish_reason="length", latency_s=1.5),
        row(item="q2", pred="", correct=False, response="Hm."),
        row(item="q3", pred="", correct=False, response=" "),
        row(item="q4", pred="", correct=False, response="The ans", finish_reason="length"),
    ]
    path = write_rows(tmp_path / "r.jsonl", rows)
    database = new_database(tmp_path)
    imported = take_in(database, path, n_choices=4)
    stored = list(database.trials.responses(imported.outcome.experiment_id))
    first = stored[0]
    assert first.response.text == "It is B."
    assert first.response.raw == path.read_bytes().splitlines()[0]
    assert (first.response.prompt_tokens, first.response.completion_tokens) == (31, None)
    assert first.response.cost_microusd is None
    assert first.response.is_truncated
    assert first.n_attempts == 0
    assert first.score is not None
    assert (first.score.value, first.score.answer, first.score.scorer) == (1.0, "B", SCORER)
    assert first.score.rule == "pred"
    assert [s.score.status for s in stored if s.score] == [
        AnswerStatus.ANSWERED, AnswerStatus.UNPARSABLE, AnswerStatus.EMPTY, AnswerStatus.TRUNCATED,
    ]  # fmt: skip
    question = imported.plan.questions[0]
    assert (question.choices, question.correct_choice) == (("A", "B", "C", "D"), 1)
    assert question.guess_rate == 0.25
    assert database.trials.ledger(imported.outcome.experiment_id).n_unknown == 0


def test_missing_trials_stay_missing(tmp_path: Path):
    rows = [row(), row(condition="random_20%", level=20), row(item="q2")]
    database = new_database(tmp_path)
    imported = take_in(database, write_rows(tmp_path / "r.jsonl", rows))
    record = database.experiments.get(imported.outcome.experiment_id)
    assert (record.n_trials, record.n_answered, record.state) == (4, 3, "completed")
    assert record.reason is not None
    assert "1 of 4 planned trials are not in the files" in record.reason
    assert cells(database, imported)["m", "random", 20.0] == (1.0, 1, 0)


def test_the_order_of_lines_and_files_does_not_matter(tmp_path: Path):
    rows = [
        row(item=f"q{n}", model=m, condition=c, level=v)
        for n in (10, 9, 1)
        for m in ("b", "a")
        for c, v in (("random_50%", 50), ("original", 0))
    ]
    database = new_database(tmp_path)
    first = take_in(database, write_rows(tmp_path / "a.jsonl", rows))
    halves = [write_rows(tmp_path / f"{n}.jsonl", rows[::-1][n::2]) for n in (0, 1)]
    second = take_in(database, *halves)
    assert [q.source_id for q in first.plan.questions] == ["q1", "q9", "q10"]
    assert [m.name for m in first.plan.spec.models] == ["a", "b"]
    assert first.plan.questions == second.plan.questions
    assert first.plan.conditions == second.plan.conditions


def test_questions_take_the_text_of_the_lowest_level_and_of_files_of_questions(tmp_path: Path):
    rows = [
        row(condition="random_50%", level=50, question="Waht?", gold=["Paris"], pred="Paris"),
        row(question="What?", gold=["Paris"], pred="Paris"),
    ]
    database = new_database(tmp_path)
    imported = take_in(database, write_rows(tmp_path / "r.jsonl", rows))
    assert imported.plan.questions[0].text == "What?"
    items = [{"dataset": "set", "item": "q1", "question": "Which?", "gold": "B",
              "options": ["A)one", "B)two"]}]  # fmt: skip
    told = take_in(
        database,
        write_rows(tmp_path / "s.jsonl", [row()]),
        write_rows(tmp_path / "items.jsonl", items),
    )
    question = told.plan.questions[0]
    assert (question.text, question.choices, question.answers) == (
        "Which?",
        ("one", "two"),
        ("two",),
    )


def test_one_of_several_answers_is_chosen(tmp_path: Path):
    several = row(pred=None, correct=None, pred_strict="", pred_loose="B")
    path = write_rows(tmp_path / "r.jsonl", [{**several, "correct_strict": False}])
    database = new_database(tmp_path)
    with pytest.raises(ImportFileError, match=r"r\.jsonl:1: pred_strict and pred_loose could"):
        take_in(database, path)
    loose = cells(database, take_in(database, path, answers=("pred_loose",)))
    assert loose["m", "baseline", 0.0] == (1.0, 1, 0)
    strict = cells(database, take_in(database, path, answers=("pred_strict",)))
    assert strict["m", "baseline", 0.0] == (0.0, 1, 1)


def test_our_scorer_judges_what_no_file_does_and_all_when_asked(tmp_path: Path):
    bare = row(pred=None, correct=None, gold="Paris", response="I think it is Paris.")
    wrong = row(item="q2", gold="Paris", response="Answer: Paris", pred="Rome", correct=False)
    path = write_rows(tmp_path / "r.jsonl", [bare, wrong])
    database = new_database(tmp_path)
    as_is = take_in(database, path)
    scores = [r.score for r in database.trials.responses(as_is.outcome.experiment_id)]
    assert [(s.scorer, s.value) for s in scores if s] == [("exact_match@1", 1.0), (SCORER, 0.0)]
    again = take_in(database, path, is_rescored=True)
    scores = [r.score for r in database.trials.responses(again.outcome.experiment_id)]
    assert [(s.scorer, s.value) for s in scores if s] == [("exact_match@1", 1.0)] * 2


def test_what_we_export_comes_back_as_it_was(tmp_path: Path):
    rows = [
        row(item=f"q{n}", condition=None, method=method, level=level, seed=7, repeat=repeat,
            parameters={"alphabet": f"shared:{level}"}, response="B \udc80" if n else "no",
            pred="B" if n else "", correct=bool(n))
        for n in range(3) for method, level in (("character", 50), ("baseline", 0))
        for repeat in (0, 1)
    ]  # fmt: skip
    database = new_database(tmp_path)
    first = take_in(database, write_rows(tmp_path / "r.jsonl", rows), n_choices=3)
    record = database.experiments.get(first.outcome.experiment_id)
    plan = restore_plan(database, record.id)
    with pytest.raises(UsageError, match="prompts are not known"):
        plan.prompt(plan.trial(0))
    path = write_responses(plan, database.trials.responses(record.id), tmp_path / "responses.jsonl")
    exported = [json.loads(line) for line in path.open()]
    assert {(line["prompt"], line["realised_dose"]) for line in exported} == {(None, None)}
    second = take_in(database, path)
    assert second.plan.questions == first.plan.questions
    assert second.plan.conditions == first.plan.conditions
    told = [
        [(r.trial_index, r.response.text, r.score and (r.score.value, r.score.status, r.score.answer))
         for r in database.trials.responses(each.outcome.experiment_id)]
        for each in (first, second)
    ]  # fmt: skip
    assert told[0] == told[1]


def test_the_raw_export_has_nothing_that_the_file_has_not(tmp_path: Path):
    database = new_database(tmp_path)
    rows = [
        row(item="q1"),
        row(item="q2", condition=None, method="character", level=50, seed=0, latency_s=1.5),
        row(item="q3", condition=None, method="character", level=20, seed=7, latency_s=None),
    ]
    imported = take_in(database, write_rows(tmp_path / "r.jsonl", rows))
    experiment_id = imported.outcome.experiment_id
    responses = database.trials.responses(experiment_id)
    path = write_responses(imported.plan, responses, tmp_path / "out.jsonl")
    exported = {line["source_id"]: line for line in map(json.loads, path.open())}
    told = {name: (line["seed"], line["latency_s"]) for name, line in exported.items()}
    assert told == {"q1": (None, None), "q2": (0, 1.5), "q3": (7, None)}


def test_simulated_stays_labelled(tmp_path: Path):
    database = new_database(tmp_path)
    path = write_rows(tmp_path / "r.jsonl", [row(is_simulated=True)])
    assert take_in(database, path).plan.spec.models[0].shown_name == "m (simulated)"


def test_gzip_is_read(tmp_path: Path):
    path = tmp_path / "r.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(row()).encode()))
    assert take_in(new_database(tmp_path), path).outcome.n_responses == 1
