"""Every format and every way of writing choices and answers, on own small files."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scramblebench.benchmarks import BenchmarkSource, FieldMapping, LoadedBenchmark, load_benchmark
from scramblebench.benchmarks.drafts import join_texts
from scramblebench.benchmarks.list_literal import parse_list
from scramblebench.core.errors import MissingDependency
from scramblebench.core.questions import Question, question_id

Load = Callable[..., LoadedBenchmark]
ROWS = [("What is 1+1?", "2"), ("Où?", "là")]


def as_csv(delimiter: str) -> str:
    return "".join(f"{a}{delimiter}{b}\n" for a, b in [("question", "answer"), *ROWS])


def as_objects() -> list[dict[str, str]]:
    return [{"question": question, "answer": answer} for question, answer in ROWS]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", as_csv(",")),
        ("a.csv", as_csv(";")),
        ("a.csv", as_csv("|")),
        ("a.tsv", as_csv("\t")),
        ("a.CSV", as_csv(",").replace("\n", "\r\n")),
        ("a.jsonl", "\n\n".join(json.dumps(row) for row in as_objects())),
        ("a.ndjson", "\r\n".join(json.dumps(row) for row in as_objects())),
        ("a.json", "\n".join(json.dumps(row) for row in as_objects())),
        ("a.json", json.dumps(as_objects())),
        ("a.json", json.dumps(as_objects(), indent=2)),
        ("a.json", json.dumps({"version": [1], "data": as_objects()}, indent=2)),
        ("a", json.dumps({"examples": as_objects()})),
        ("a.txt", json.dumps({"instances": as_objects(), "n": 2})),
        ("a.json", json.dumps({"items": as_objects()})),
        ("a.json", json.dumps({"questions": as_objects()})),
    ],
)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_same_questions_in_every_format(load: Load, name: str, content: str, mark: str) -> None:
    benchmark = load(name, mark + content)
    assert [(q.text, q.answers[0]) for q in benchmark.questions] == ROWS
    data = (mark + content).encode()
    assert benchmark.files == ((name, hashlib.sha256(data).hexdigest()),)


def test_format_overrides_the_name(load: Load) -> None:
    assert len(load("a.txt", as_csv(","), format="csv").questions) == 2


def test_one_object_is_one_record(load: Load) -> None:
    assert load("a.json", '{"question": "Q?", "answer": 4}').questions[0].answers == ("4",)


def test_parquet(load: Load, tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    rows = [{"question": q, "answer": a, "choices": ["2", "là"], "n": 0.5} for q, a in ROWS]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "made")
    data = (tmp_path / "made").read_bytes()
    benchmark = load("a.parquet", data)
    assert [(q.text, q.answers[0]) for q in benchmark.questions] == ROWS
    assert benchmark.questions[1].correct_choice == 1
    assert load("unnamed", data).questions[0].source_id == "unnamed:1"


def test_parquet_without_pyarrow_names_the_extra(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingDependency, match=r'pip install "scramblebench\[parquet\]"'):
        load("a.parquet", b"PAR1")


CHOICES = [
    # record, position of the right choice
    ({"choices": ["red", "blue"], "answer": "blue"}, 1),
    ({"choices": ["red", "blue"], "answer": "BLUE "}, 1),
    ({"choices": ["red", "blue"], "answer": "B"}, 1),
    ({"choices": ["red", "blue"], "answer": "(b)"}, 1),
    ({"choices": ["red", "blue"], "answer": "b."}, 1),
    ({"choices": ["red", "blue"], "answer": 1}, 1),
    ({"choices": ["red", "blue"], "answer": "1"}, 1),
    ({"choices": ["red", "blue"], "answer": ["blue"]}, 1),
    ({"options": {"A": "red", "B": "blue"}, "answer": "B"}, 1),
    ({"options": {"text": ["red", "blue"], "label": ["1", "2"]}, "answerKey": "2"}, 1),
    ({"options": ["A)red", "B)blue"], "correct": "B"}, 1),
    ({"options": ["(A) red", "(B) blue"], "correct": "B"}, 1),
    ({"options": ["A. A. red", "B. B. blue"], "correct": "blue"}, 1),
    ({"options": "A) red\nB) blue", "correct": "B"}, 1),
    ({"options": '["red", "blue"]', "target": "blue"}, 1),
    ({"A": "red", "B": "blue", "answer": "B"}, 1),
    ({"a": "red", "b": "blue", "answer": "b"}, 1),
    ({"choice_a": "red", "choice_b": "blue", "answer": "B"}, 1),
    ({"optionB": "blue", "optionA": "red", "answer": "B"}, 1),
    ({"option1": "red", "option2": "blue", "answer": "2"}, 1),
    ({"choice0": "red", "choice1": "blue", "label": 1}, 1),
    ({"A": "red", "B": "blue", "C": "", "answer": "B"}, 1),
]


@pytest.mark.parametrize(("record", "right"), CHOICES)
def test_ways_of_writing_choices(load: Load, record: dict[str, object], right: int) -> None:
    (question,) = load("a.jsonl", json.dumps({"question": "Q?", **record})).questions
    assert question.choices == ("red", "blue")
    assert (question.correct_choice, question.answers) == (right, (question.choices[right],))


def test_labels_come_off_all_choices_or_none(load: Load) -> None:
    record = {"question": "Q?", "choices": ["A) red", "blue"], "answer": 0}
    assert load("a.jsonl", json.dumps(record)).questions[0].choices == ("A) red", "blue")


def test_numbers_are_texts_where_one_is_no_position(load: Load) -> None:
    rows = [
        {"question": "Q?", "choices": [1, 2, 3], "answer": 2},
        {"question": "R?", "choices": [2, 3, 4], "answer": 4},
    ]
    questions = load("a.json", json.dumps(rows)).questions
    assert [q.answers for q in questions] == [("2",), ("4",)]
    assert load("b.json", json.dumps(rows[:1])).questions[0].answers == ("3",)


@pytest.mark.parametrize(
    ("record", "answers"),
    [
        ({"answer": "so 3 and 4.\n#### 1,234 "}, ("1234",)),
        ({"answer": "#### -3"}, ("-3",)),
        ({"answer": "12,34"}, ("12,34",)),
        ({"answer": 51.0}, ("51",)),
        ({"answer": 0.10}, ("0.1",)),
        ({"answer": -0.0}, ("0",)),
        ({"answer": 1e20}, ("100000000000000000000",)),
        ({"answer": True}, ("true", "yes")),
        ({"answers": ["4", "four", "4"]}, ("4", "four")),
        ({"answers": {"text": ["in Rome", "Rome"], "answer_start": [3, 6]}}, ("in Rome", "Rome")),
        ({"solution": r"Then $x=\boxed{\frac{1}{2}}$."}, (r"\frac{1}{2}",)),
        ({"rationale": "3*24=72\n#### 72"}, ("72",)),
        ({"ground_truth": "Rome"}, ("Rome",)),
        ({"Label": "x", "TARGET": "y"}, ("y",)),
    ],
)
def test_ways_of_writing_answers(
    load: Load, record: dict[str, object], answers: tuple[str]
) -> None:
    (question,) = load("a.jsonl", json.dumps({"question": "Q?", **record})).questions
    assert question.answers == answers
    assert question.choices == ()


def test_first_field_name_wins_and_the_rest_is_kept(load: Load) -> None:
    record = {
        "query": "not this",
        "problem": "P?",
        "target": "not this",
        "solution": "S",
        "passage": "Once.",
        "subject": "maths",
        "difficulty": 3,
        "ID": "q-1",
    }
    (question,) = load("a.jsonl", json.dumps(record)).questions
    expected = Question("", "own", "P?", ("S",), (), None, "Once.", "maths", "3", "q-1")
    assert question.id == question_id(expected)
    assert (question.context, question.domain, question.difficulty) == ("Once.", "maths", "3")
    assert (question.text, question.answers, question.source_id) == ("P?", ("S",), "q-1")


def test_explicit_mapping_overrides(load: Load) -> None:
    fields = FieldMapping("Title+Body", "gold", "hint", "w+x", "topic", "grade", "key")
    row = '{"question":"no","answer":"no","Title":"Tom ate 2 of 5","Body":"How many are left?",'
    row += '"gold":"x","hint":"count","w":"2","x":"3","topic":"food","grade":"easy","key":9}'
    (question,) = load("a.jsonl", row.replace('"gold":"x"', '"gold":"B"'), fields=fields).questions
    assert question.text == "Tom ate 2 of 5, how many are left?"
    assert question.answers == ("3",)
    shown = (question.context, question.domain, question.difficulty, question.source_id)
    assert shown == ("count", "food", "easy", "9")


def test_joining_texts() -> None:
    assert join_texts(["It rains.", "Why?"]) == "It rains. Why?"
    assert join_texts(["If it rains", "Why not?"]) == "If it rains, why not?"
    assert join_texts(["If it rains", "Tom stays."]) == "If it rains, Tom stays."


def test_equal_contents_are_told_apart_by_occurrence(load: Load) -> None:
    benchmark = load("a.csv", "question,answer\nQ,A\nQ,A\nQ,B\nQ,A\n")
    assert len({q.id for q in benchmark.questions}) == 4
    assert benchmark.questions[3].id == question_id(benchmark.questions[0], 2)
    assert benchmark.notes == ("2 questions repeat the content of an earlier one; kept",)


def test_several_files_in_order_each_once(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv"):
        (tmp_path / name).write_text(f"question,answer\n{name}?,A\n")
    (tmp_path / "sub").mkdir()
    source = BenchmarkSource("own", ("b.csv", "*.csv", "**/*.csv"), base_dir=tmp_path)
    benchmark = load_benchmark(source)
    assert [name for name, _ in benchmark.files] == ["b.csv", "a.csv"]
    assert [(q.domain, q.source_id) for q in benchmark.questions] == [
        ("b", "b.csv:2"),
        ("a", "a.csv:2"),
    ]


def test_a_file_whose_name_looks_like_a_glob(load: Load) -> None:
    assert len(load("set[1].csv", as_csv(",")).questions) == 2


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))))
def test_list_literal_reads_what_python_and_json_print(items: list[str]) -> None:
    assert parse_list(repr(items)) == items
    assert parse_list(json.dumps(items)) == items
