"""The tables of a publication: their columns, their rows and what they leave empty."""

import csv
import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields
from math import isnan
from pathlib import Path
from typing import Any

import pytest

from scramblebench.analysis import (
    AccuracyRow,
    ComparisonRow,
    ContrastRow,
    DependencyRow,
    ThresholdRow,
    TrendRow,
)
from scramblebench.core.trials import Response
from scramblebench.publication.exports import TABLES, export_data, read_export
from scramblebench.publication.exports.columns import Kind
from scramblebench.publication.exports.data_tables import (
    MISSING,
    PROMPTED_RESPONSES,
    QUESTIONS,
    RESPONSES,
    SCRAMBLED_QUESTIONS,
)
from scramblebench.publication.source import Publication
from tests.imports.support import new_database as import_database
from tests.imports.support import row, take_in, write_rows
from tests.publication.support import publication_of

ROWS: Mapping[str, type] = {
    "accuracy": AccuracyRow,
    "domains": AccuracyRow,
    "dependency": DependencyRow,
    "thresholds": ThresholdRow,
    "trends": TrendRow,
    "comparisons": ComparisonRow,
    "contrasts": ContrastRow,
}


@pytest.fixture(scope="module")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    return publication_of(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def tables(
    publication: Publication, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[dict[str, Any]]]:
    """All tables as read back, by name."""
    folder = tmp_path_factory.mktemp("export")
    export_data(publication, folder, ("jsonl",))
    return {name: list(read_export(folder / f"{name}.jsonl").dicts()) for name in TABLES}


@pytest.mark.parametrize("name", ROWS)
def test_every_field_of_an_analysis_is_a_column(name: str):
    columns = set(TABLES[name].column_names)
    assert {field.name for field in fields(ROWS[name])} <= columns
    assert columns - {field.name for field in fields(ROWS[name])} <= {"n_missing", "is_simulated"}


def test_every_field_of_a_response_is_a_column():
    assert {field.name for field in fields(Response)} - {"raw"} <= set(RESPONSES.column_names)


@pytest.mark.parametrize("table", [*TABLES.values(), PROMPTED_RESPONSES], ids=lambda t: t.name)
def test_columns_are_named_once_and_said(table: Any):
    assert len(set(table.column_names)) == len(table.columns)
    assert all(column.description.endswith(".") for column in table.columns)
    numbers = [c for c in table.columns if c.kind is Kind.NUMBER]
    assert all(c.unit for c in numbers if c.name not in ("statistic", "df", "effect_size", "effect_low", "effect_high"))  # fmt: skip


def test_rows_are_those_of_the_experiment(
    publication: Publication, tables: dict[str, list[dict[str, Any]]]
):
    plan = publication.plan
    n = len(plan)
    assert [r["question_id"] for r in tables["questions"]] == [q.id for q in plan.questions]
    assert len(tables["scrambled_questions"]) == len(plan.questions) * len(plan.conditions)
    assert [r["trial_index"] for r in tables["responses"]] == list(range(n))
    assert [r["trial_index"] for r in tables["scores"]] == list(range(n))
    assert tables["missing"] == []
    for name in ROWS:
        assert len(tables[name]) == len(getattr(publication.report, name))
    assert all(r["is_simulated"] for name in (*ROWS, "responses") for r in tables[name])


def test_responses_say_what_is_stored(
    publication: Publication, tables: dict[str, list[dict[str, Any]]]
):
    for record, cells in zip(publication.responses(), tables["responses"], strict=True):
        trial = publication.plan.trial(record.trial_index)
        for field in fields(Response):
            if field.name != "raw":
                assert cells[field.name] == getattr(record.response, field.name)
        assert cells["question_id"] == trial.question.id
        assert (cells["method"], cells["level"]) == (
            trial.condition.method,
            trial.condition.level_pct,
        )
        assert cells["model"] == publication.cube.models[trial.model_index]
        assert record.score is not None
        assert (cells["score"], cells["answer"]) == (record.score.value, record.score.answer)
        assert cells["text_sha256"] == hashlib.sha256(record.response.text.encode()).hexdigest()
        assert cells["responded_at"].endswith("Z")
        assert cells["responded_at"][:19] == record.responded_at.isoformat()[:19]


def test_scrambled_questions_are_what_was_sent(
    publication: Publication, tables: dict[str, list[dict[str, Any]]]
):
    texts = {(r["question_id"], r["condition_id"]): r for r in tables["scrambled_questions"]}
    for index in range(0, len(publication.plan), 17):
        trial = publication.plan.trial(index)
        sent = publication.plan.prompt(trial)
        cells = texts[trial.question.id, trial.condition.id]
        assert cells["scrambled_question"] == sent.scrambled.text
        assert cells["text_sha256"] == sent.scrambled.text_sha256
        assert cells["realised_dose"] == sent.scrambled.realised_dose


def test_a_number_that_is_undefined_is_empty(
    publication: Publication, tables: dict[str, list[dict[str, Any]]]
):
    n_empty = 0
    for name, kind in ROWS.items():
        for source, cells in zip(getattr(publication.report, name), tables[name], strict=True):
            for field in fields(kind):
                value = getattr(source, field.name)
                if isinstance(value, float):
                    assert cells[field.name] == (None if isnan(value) else value)
                    n_empty += isnan(value)
    assert n_empty


def test_missing_trials_have_rows_of_their_own(tmp_path: Path):
    database = import_database(tmp_path)
    rows = [
        row(item="q1"),
        row(item="q2"),
        row(item="q1", condition=None, method="character", level=50, seed=7),
    ]
    imported = take_in(database, write_rows(tmp_path / "r.jsonl", rows))
    record = database.experiments.get(imported.outcome.experiment_id)
    from scramblebench.publication.collecting import collect

    publication = collect(database, record)
    export_data(publication, tmp_path / "out", ("csv",))
    (missing,) = read_export(tmp_path / "out/missing.csv").dicts()
    assert (missing["source_id"], missing["level"], missing["model"]) == ("q2", 50.0, "m")
    answered = list(read_export(tmp_path / "out/responses.csv").dicts())
    assert Counter(r["trial_index"] for r in answered)[missing["trial_index"]] == 0
    asked = list(read_export(tmp_path / "out/scrambled_questions.csv").dicts())
    assert len(asked) == 3
    for cells in asked:  # nobody knows what was sent
        assert {cells[c] for c in ("scrambled_question", "realised_dose", "text_sha256")} == {None}


def test_prompts_are_written_where_they_are_asked_for(publication: Publication, tmp_path: Path):
    export_data(publication, tmp_path, ("parquet",), tables=("responses",), include_prompts=True)
    read = read_export(tmp_path / "responses.parquet")
    assert read.table == PROMPTED_RESPONSES
    for cells in list(read.dicts())[::50]:
        trial = publication.plan.trial(cells["trial_index"])
        assert cells["prompt"] == publication.plan.prompt(trial).user
        assert cells["question"] == trial.question.text


def test_the_dictionary_says_every_column(publication: Publication, tmp_path: Path):
    path = export_data(publication, tmp_path, ("csv",), tables=("questions",))[-1]
    rows = list(read_export(path).dicts())
    said = {(r["table"], r["column"]) for r in rows}
    for table in (*TABLES.values(), PROMPTED_RESPONSES):
        assert {(table.name, name) for name in table.column_names} <= said
    assert "U+241B" in rows[0]["description"]
    with path.open(newline="", encoding="utf-8") as file:  # as others read it
        assert len(list(csv.reader(file))) == len(rows) + 1


def test_files_of_no_rows_are_there(publication: Publication, tmp_path: Path):
    names = (MISSING.name, "contrasts")
    export_data(publication, tmp_path, ("csv", "json", "jsonl", "parquet"), tables=names)
    for name in names:
        for kind in ("csv", "json", "jsonl", "parquet"):
            read = read_export(tmp_path / f"{name}.{kind}")
            assert (read.name, list(read.rows())) == (name, [])


def test_an_anonymous_export_names_nobody(tmp_path: Path):
    metadata = {"researcher_name": "Zaphod Beeblebrox", "institution": "University of Maximegalon"}
    publication = publication_of(tmp_path, is_anonymous=True, research_metadata=metadata)
    formats = ("csv", "json", "jsonl", "parquet")
    for path in export_data(publication, tmp_path / "out", formats):
        content = path.read_bytes()
        for word in (b"Beeblebrox", b"Maximegalon", b"Jane Smith", str(tmp_path).encode()):
            assert word not in content, path


def test_questions_and_scrambled_questions_can_be_joined():
    keys = {"benchmark", "question_id"}
    assert keys <= set(QUESTIONS.column_names)
    assert keys | {"condition_id"} <= set(SCRAMBLED_QUESTIONS.column_names)
    assert keys | {"condition_id", "trial_index"} <= set(RESPONSES.column_names)
