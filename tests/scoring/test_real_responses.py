"""Answers read from real responses against other readings of them.

AQuA: 3,048 answers of three GPT models with the reading of Cao et al. 2023 (arXiv:2311.18805), whose
loosened rule takes letters out of refusals ("cannot be answered by an AI" is read as A): 49 differ, in
one of which theirs is right ("it should be (D) 2.65 instead of (A) 23.65"). Easy facts: 720 answers of two small models, read by whole words.
"""

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scramblebench.core.questions import Question
from scramblebench.scoring import score

SHARED = Path(
    os.environ.get("SCRAMBLEBENCH_SHARED", Path(__file__).resolve().parents[2].parent / "shared")
)
FOLDER = SHARED / "scrbench"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no recorded responses at {FOLDER}")


def read_lines(name: str) -> Iterator[dict[str, Any]]:
    path = FOLDER / name
    with gzip.open(path, "rt") if name.endswith(".gz") else path.open() as lines:
        yield from map(json.loads, lines)


def aqua_questions() -> dict[str, Question]:
    questions = {}
    for item in read_lines("aqua_items.jsonl"):
        choices = tuple(option.partition(")")[2] for option in item["options"])
        correct = "ABCDE".index(item["gold"])
        questions[item["item"]] = Question(
            item["item"], "aqua", item["question"], (choices[correct],), choices, correct
        )
    return questions


def test_aqua_letters_agree_with_the_authors() -> None:
    questions = aqua_questions()
    rows = list(read_lines("aqua_responses.jsonl"))
    read = [score(questions[row["item"]], row["response"]).answer or "" for row in rows]
    loose = [answer == row["pred_loose"] for answer, row in zip(read, rows, strict=True)]
    strict = [
        answer == row["pred_strict"]
        for answer, row in zip(read, rows, strict=True)
        if row["pred_strict"]
    ]
    assert len(rows) == 3048
    assert sum(loose) / len(loose) >= 0.98
    assert sum(strict) / len(strict) >= 0.999


def test_easy_facts_agree() -> None:
    rows = list(read_lines("easy_facts_responses.jsonl"))
    right = [
        score(Question("id", "easy", row["question"], tuple(row["gold"])), row["response"]).value
        for row in rows
    ]
    assert [value == 1 for value in right] == [row["correct"] for row in rows]


def test_realtime_qa_letters_agree() -> None:
    """Every eighth of 46,018 answers of 19 models; the options' texts are not known here."""
    question = Question("id", "rtqa", "?", ("zq1",), ("zq1", "zq2", "zq3", "zq4"), 0)
    rows = [row for n, row in enumerate(read_lines("realtimeqa_responses.jsonl.gz")) if n % 8 == 0]
    pairs = [(score(question, row["response"]).answer, row["pred"]) for row in rows]
    both = [ours == theirs for ours, theirs in pairs if ours and theirs]
    assert len(both) >= 0.94 * len(rows)
    assert sum(both) / len(both) >= 0.997
