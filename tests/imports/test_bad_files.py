"""What cannot be imported: one line with the place and the remedy, and nothing stored."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from scramblebench.core.errors import ImportFileError, UsageError
from scramblebench.imports import find_sources
from tests.imports.support import new_database, row, take_in, write_rows

BAD: Mapping[str, tuple[list[Mapping[str, Any]], str]] = {
    "another response": ([row(), row(response="It is C.")], r"r\.jsonl:2: .*another response .*:1"),
    "another judgement": ([row(), row(correct=False)], r"r\.jsonl:2: .*judgement stands at .*:1"),
    "unknown field": ([row(sampled=3)], r"r\.jsonl:1: unknown field 'sampled'.*--ignore sampled"),
    "misspelt field": ([row(mode1="x")], r"r\.jsonl:1: .*did you mean 'model'"),
    "no model": ([row(model=None)], r"r\.jsonl:1: has no model.*@model=NAME"),
    "no level": ([row(level=None, condition=None)], r"r\.jsonl:1: .*FILE@level=33"),
    "no method": ([row(level=20, condition=None)], r"r\.jsonl:1: .*--method letter_shuffle"),
    "level too high": ([row(level=170, condition="x")], r"r\.jsonl:1: level 170 is not between"),
    "original with a level": ([row(level=20)], r"r\.jsonl:1: condition 'original' .* level 20"),
    "right without answer": ([row(pred="")], r"r\.jsonl:1: scores 1 and holds no answer"),
    "score above one": ([row(correct=7)], r"r\.jsonl:1: 7 is no score"),
    "two references": ([row(), row(level=5, condition="x", gold="C")], r"r\.jsonl:2: the reference answer of 'q1' is 'C' here"),
    "nothing to judge by": ([row(gold=None, pred=None, correct=None)], r"r\.jsonl:1: .*reference"),
    "a negative repeat": ([row(repeat=-1)], r"r\.jsonl:1: -1 is not a count"),
    "a million repeats": ([row(repeat=10**6)], r"r\.jsonl:1: repeat 1000000 is above"),
    "a list for a text": ([row(response=["x"])], r"r\.jsonl:1: is a list where a text"),
    "no responses": ([{"dataset": "d", "item": "i", "question": "q"}], "hold no response"),
    "another format": ([{"a": 1}], r"r\.jsonl:1: .*--format \(scramble, lm-eval, inspect\)"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_rows_are_refused_with_their_line(tmp_path: Path, name: str):
    rows, message = BAD[name]
    database = new_database(tmp_path)
    with pytest.raises(UsageError, match=message) as caught:
        take_in(database, write_rows(tmp_path / "r.jsonl", rows))
    assert "\n" not in str(caught.value)
    database.migrate()
    assert not database.experiments.list()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (json.dumps(row()).encode() + b'\n{"item": ', r"r\.jsonl:2: not JSON"),
        (json.dumps(row()).encode() + b"\n[1]", r"r\.jsonl:2: is not a JSON object"),
        (json.dumps(row()).encode() + b'\n{"item": "\xe9"}', r"r\.jsonl:2: byte 0xe9 is not UTF-8"),
        (b"", r"r\.jsonl: is empty"),
        (b"\x1f\x8b\x08broken", r"r\.jsonl: the gzip file is damaged"),
        (b"PK\x03\x04broken", r"r\.jsonl: the zip file is damaged"),
        (b'{"version": 2, "status": "success", "eval": {', r"r\.jsonl: not JSON"),
        (b'{"version": 2, "status": "success", "samples": []}', r"r\.jsonl: has no `eval`"),
        (b"[" * 100_000, r"r\.jsonl:1: not JSON"),
        (json.dumps(row(), indent=2).encode(), r"r\.jsonl:1: .*one record per line is expected"),
        (json.dumps([row()], indent=2).encode(), r"r\.jsonl:1: .*one record per line is expected"),
    ],
)
def test_broken_files_are_refused(tmp_path: Path, content: bytes, message: str):
    path = tmp_path / "r.jsonl"
    path.write_bytes(content)
    with pytest.raises(ImportFileError, match=message):
        take_in(new_database(tmp_path), path)


def test_the_same_response_twice_is_taken_once(tmp_path: Path):
    database = new_database(tmp_path)
    imported = take_in(database, write_rows(tmp_path / "r.jsonl", [row(), row(), row(item="q2")]))
    assert (imported.n_equal, imported.outcome.n_responses) == (1, 2)


def test_a_field_may_be_ignored(tmp_path: Path):
    path = write_rows(tmp_path / "r.jsonl", [row(sampled=3)])
    imported = take_in(new_database(tmp_path), path, ignored=frozenset({"sampled"}))
    assert imported.outcome.n_responses == 1


def test_words_behind_a_file_s_name(tmp_path: Path):
    path = write_rows(tmp_path / "a@b.jsonl", [row()])
    (plain,) = find_sources([str(path)])
    assert plain.words.level_pct is None
    (told,) = find_sources([f"{path}@level=33%,method=x,model=org/m,benchmark=b"])
    assert (told.path, told.words.level_pct, told.words.model) == (path, 33.0, "org/m")
    (globbed,) = find_sources([f"{tmp_path}/*.jsonl@level=0"])
    assert (globbed.path, globbed.words.level_pct) == (path, 0.0)


@pytest.mark.parametrize(
    ("suffix", "message"),
    [
        ("@level=133", "is not a percentage"),
        ("@level=33,colour=red", "'colour=red' is none of level="),
        ("@level=33,level=34", "each once"),
        ("x", "there is no file"),
    ],
)
def test_words_that_are_not_known_are_refused(tmp_path: Path, suffix: str, message: str):
    path = write_rows(tmp_path / "r.jsonl", [row()])
    with pytest.raises(UsageError, match=message):
        find_sources([f"{path}{suffix}"])
    with pytest.raises(UsageError, match="is a folder"):
        find_sources([str(tmp_path)])
    with pytest.raises(UsageError, match="given twice"):
        find_sources([str(path), str(path)])
