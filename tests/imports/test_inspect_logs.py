"""Logs that Inspect AI wrote; ``make_inspect_logs.py`` says how."""

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from scramblebench.core.errors import ImportFileError, MissingDependency
from scramblebench.core.trials import AnswerStatus
from scramblebench.imports import FormatName, Imported
from scramblebench.storage import Database
from tests.imports.support import DATA, cells, new_database, take_in

MODEL = "mockllm/sums"


@pytest.fixture(params=["eval", "json"])
def log(request: pytest.FixtureRequest) -> Path:
    """The same run in both formats."""
    if request.param == "eval":
        pytest.importorskip("zstandard")
    return DATA / f"sums.{request.param}"


def told(database: Database, imported: Imported) -> list[Any]:
    """Return texts and judgements in order of trials."""
    return [
        (r.trial_index, r.response.text, r.score)
        for r in database.trials.responses(imported.outcome.experiment_id)
    ]


def test_epochs_are_repeats_and_errors_are_missing(tmp_path: Path, log: Path):
    database = new_database(tmp_path)
    imported = take_in(database, log, answers=("match",))
    assert imported.formats == (FormatName.INSPECT,)
    assert (imported.plan.grid.n_repeats, imported.plan.grid.n_questions) == (2, 4)
    assert (imported.outcome.n_missing, imported.n_unanswered) == (2, 2)
    # 2+3, 4+5 and 7+8 are right as they are, 6+9 ended in an error; scrambled, 7+8 gets no answer
    # and 6+9 the next number
    assert cells(database, imported) == {
        (MODEL, "baseline", 0.0): (1.0, 6, 0),
        (MODEL, "letter_shuffle", 50.0): (0.5, 8, 4),
    }


def test_both_formats_hold_the_same(tmp_path: Path):
    pytest.importorskip("zstandard")
    database = new_database(tmp_path)
    first, second = (
        told(database, take_in(database, DATA / f"sums.{kind}", answers=("match",)))
        for kind in ("eval", "json")
    )
    assert first == second


def test_what_a_sample_says_is_stored(tmp_path: Path, log: Path):
    database = new_database(tmp_path)
    imported = take_in(database, log, answers=("match",))
    stored = list(database.trials.responses(imported.outcome.experiment_id))
    second = next(r for r in stored if r.response.text == "The sum is\n9")
    response, score = second.response, second.score
    assert (response.prompt_tokens, response.completion_tokens) == (12, 5)
    assert (response.finish_reason, response.is_truncated) == ("length", True)
    assert response.served_model == MODEL
    assert 0 < response.latency_s < 1
    assert score is not None
    assert (score.value, score.answer, score.rule) == (1.0, "9", "match")
    assert json.loads(response.raw or b"")["id"] == "4+5"
    question = imported.plan.questions[1]
    assert (question.source_id, question.text) == ("sum-4-5", "What is 4 plus 5?")
    none = next(r.score for r in stored if r.response.text == "I cannot tell.")
    assert none is not None
    assert (none.value, none.status, none.answer) == (0.0, AnswerStatus.UNPARSABLE, None)


def test_the_scorer_is_asked_for_where_there_are_several(tmp_path: Path, log: Path):
    with pytest.raises(ImportFileError, match=r"scorers match and includes; .*--answer match"):
        take_in(new_database(tmp_path), log)


def test_choices_and_the_level_from_the_command_line(tmp_path: Path):
    database = new_database(tmp_path)
    with pytest.raises(ImportFileError, match=r"sample 1 epoch 1: says neither a level"):
        take_in(database, DATA / "colours.json")
    imported = take_in(database, f"{DATA}/colours.json@level=0,model=other")
    assert cells(database, imported) == {("other", "baseline", 0.0): (2 / 3, 3, 0)}
    question = imported.plan.questions[0]
    assert (question.choices, question.answers) == (("red", "green", "blue"), ("green",))
    rescored = take_in(database, f"{DATA}/colours.json@level=0", is_rescored=True)
    assert cells(database, rescored)["mockllm/b", "baseline", 0.0][0] == 2 / 3


def changed(tmp_path: Path, **fields: Any) -> Path:
    """Return a copy of colours.json whose first sample has other fields."""
    log = json.loads((DATA / "colours.json").read_text())
    log["samples"][0].update(fields)
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(log))
    return path


def test_lists_of_messages_and_attachments_are_read(tmp_path: Path):
    parts = [{"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": "attachment://1"}]
    path = changed(
        tmp_path,
        input=[{"role": "system", "content": "s"}, {"role": "user", "content": "attachment://2"}],
        output={"choices": [{"message": {"content": parts}, "stop_reason": "stop"}]},
        attachments={"1": "ANSWER: B", "2": "Which?"},
    )
    database = new_database(tmp_path)
    imported = take_in(database, f"{path}@level=0")
    assert imported.plan.questions[0].text == "Which?"
    assert told(database, imported)[0][1] == "ANSWER: B"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"output": {}}, "has neither a response nor an error"),
        ({"scores": {"choice": {"value": "X"}}}, "gives 'X', none of C, P, I, N"),
        ({"scores": {"choice": {"value": 3}}}, "3 is no score from 0 to 1"),
        ({"scores": {"choice": {"value": {"a": 1}}}}, "is not a number"),
        ({"target": "D"}, "'1': the answer 'D' is not among the 3 choices"),
        ({"epoch": 2, "id": 2}, "the reference answer of '2' is 'C' here and 'B' at"),
    ],
)
def test_samples_that_cannot_be_read_are_refused(tmp_path: Path, fields: Any, message: str):
    with pytest.raises(ImportFileError, match=message):
        take_in(new_database(tmp_path), f"{changed(tmp_path, **fields)}@level=0")


def test_grades_become_scores(tmp_path: Path):
    database = new_database(tmp_path)
    for value, score, status in (
        ("P", 0.5, AnswerStatus.ANSWERED),
        ("N", 0.0, AnswerStatus.UNPARSABLE),
        (True, 1.0, AnswerStatus.ANSWERED),
        (0.25, 0.25, AnswerStatus.ANSWERED),
    ):
        path = changed(tmp_path, scores={"grader": {"value": value}})
        first = told(database, take_in(database, f"{path}@level=0"))[0][2]
        assert (first.value, first.status) == (score, status)


def test_a_damaged_member_is_named(tmp_path: Path):
    pytest.importorskip("zstandard")
    path = tmp_path / "cut.eval"
    content = bytearray((DATA / "sums.eval").read_bytes())
    with zipfile.ZipFile(DATA / "sums.eval") as archive:
        at = archive.getinfo("samples/4+5_epoch_1.json").header_offset + 200
    content[at] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(ImportFileError, match=r"cut\.eval: samples/4\+5_epoch_1\.json: is damaged"):
        take_in(new_database(tmp_path), path, answers=("match",))


def test_other_zip_files_are_no_logs(tmp_path: Path):
    path = tmp_path / "x.eval"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "a")
    with pytest.raises(ImportFileError, match=r"without header\.json"):
        take_in(new_database(tmp_path), path)


def test_without_zstandard_the_remedy_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(MissingDependency, match=r"scramblebench\[inspect\].*--to json"):
        take_in(new_database(tmp_path), DATA / "sums.eval", answers=("match",))
