"""Malformed files: each is refused with one line that has the place, what is wrong and what to do."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scramblebench.benchmarks import (
    BenchmarkSource,
    FieldMapping,
    GeneratedSpec,
    LoadedBenchmark,
    load_benchmark,
)
from scramblebench.core.errors import BenchmarkFileError, Place, UsageError
from scramblebench.core.questions import Question

Load = Callable[..., LoadedBenchmark]
GOOD = '{"question": "Q?", "answer": "A"}\n'
CSV = "question,answer\n"

MALFORMED = [
    # name, content, line or None, words of the message
    ("empty.jsonl", "", None, "holds no records"),
    ("empty.json", " \n ", None, "holds no records"),
    ("empty.csv", "", None, "holds no records"),
    ("header_only.csv", CSV, None, "holds no records"),
    ("empty_list.json", "[]", None, "holds no records"),
    ("cut.jsonl", GOOD + '{"question": "Q', 2, "not JSON"),
    ("cut.json", '[{"question": "Q?",\n "answer": "A"},\n', 3, "not JSON"),
    ("cut_inside.json", '[{"question": "Q?",\n "answer": ', 2, "not JSON"),
    ("comma.json", '[{"question": "Q?", "answer": "A"}\n{"question"', 2, "expected , or ]"),
    ("word.json", "hello", 1, "begin it with ["),
    ("tail.json", '[{"question": "Q?", "answer": "A"}]\n[]', 2, "more follows"),
    ("two_in_line.jsonl", GOOD + GOOD.strip() + GOOD, 2, "one object a line"),
    ("list.jsonl", GOOD + "[1, 2]\n", 2, "the record is a list"),
    ("text.json", '["a", "b"]', 1, "the record is text"),
    ("no_list.json", '{"version": 1,\n "title": "t"}', 1, "no list under one of data"),
    ("two_lists.json", '{"data": [],\n "items": []}', 2, "lists under both data and items"),
    ("key_twice.json", '{"data": [],\n "data": []}', 2, '"data" stands twice'),
    ("keys_cut.json", '{"data": [],\n', 2, "a key in double quotes"),
    ("double.jsonl", GOOD + '{"question": "Q", "answer": "A", "answer": "B"}', 2, '"answer" stands twice'),
    ("nan.jsonl", '{"question": "Q?", "answer": NaN}', 1, "NaN is not JSON"),
    ("infinity.json", '[{"question": "Q?",\n"answer": -Infinity}]', 1, "-Infinity is not JSON"),
    ("huge.jsonl", '{"question": "Q?", "answer": 1e999999999}', 1, "out of range"),
    ("digits.jsonl", '{"question": "Q?", "answer": ' + "9" * 5000 + "}", 1, "5000 digits"),
    ("deep.jsonl", '{"question": "Q?", "answer": ' + "[" * 100 + "]" * 100 + "}", 1, "nested deeper"),
    ("bottomless.jsonl", GOOD + "[" * 100_000, 2, "nested deeper"),
    ("bottomless.json", "[" * 100_000, 1, "nested deeper"),
    ("nul.jsonl", GOOD.encode() + b'{"question": "a\0b"}', 2, "NUL byte"),
    ("nul_escape.jsonl", '{"question": "a\\u0000b", "answer": "A"}', 1, "U+0000"),
    ("surrogate.jsonl", '{"question": "a\\ud800b", "answer": "A"}', 1, "surrogate"),
    ("nul.csv", CSV.encode() + b"a\0,b\n", 2, "NUL byte"),
    ("latin1.csv", CSV.encode() + "Où?,là\n".encode("latin-1"), 2, "0xf9 is not UTF-8; save it as UTF-8"),
    ("latin1.json", '[\n\n{"question": "Où"}]'.encode("latin-1"), 3, "not UTF-8"),
    ("utf16.json", '[{"question": "Q"}]'.encode("utf-16"), 1, "is UTF-16"),
    ("utf16.csv", CSV.encode("utf-16"), 1, "is UTF-16"),
    ("long.jsonl", GOOD + "x" * (17 << 20), 2, "longer than 16 MiB"),
    ("long.csv", CSV + "x" * (17 << 20), 2, "longer than 16 MiB"),
    ("no_question.jsonl", GOOD + '{"answer": "A"}', 2, "no question: none of question, problem"),
    ("no_answer.jsonl", GOOD + '{"question": "Q?"}', 2, "name the field under `fields: answer:`"),
    ("blank_question.jsonl", GOOD + '{"question": " ", "answer": "A"}', 2, 'the question (field "question") is empty'),
    ("null_answer.jsonl", '{"question": "Q?", "answer": null}', 1, 'the answer (field "answer") is empty'),
    ("blank_answer.csv", CSV + "Q?,A\nR?,\n", 3, "the answer"),
    ("no_answers.jsonl", '{"question": "Q?", "answers": []}', 1, "is empty"),
    ("question_list.jsonl", '{"question": ["Q?"], "answer": "A"}', 1, "is a list, not text"),
    ("answer_object.jsonl", '{"question": "Q?", "answer": {"x": 1}}', 1, "the answer is an object"),
    ("context_list.jsonl", '{"question": "Q?", "answer": "A", "context": ["c"]}', 1, "the context is a list"),
    ("rationale.jsonl", '{"question": "Q?", "rationale": "so it is 4"}', 1, "no final answer"),
    ("boxed.jsonl", r'{"problem": "Q?", "solution": "so \\boxed{\\frac{1}{2}"}', 1, "never closed"),
    ("id_twice.jsonl", '{"id": 7, "question": "Q?", "answer": "A"}\n{"id": "7", "question": "R?", "answer": "A"}', 2, 'the id "7" stands at'),
    ("cells.csv", CSV + "Q?,A\nWhy, then?,A\n", 3, "3 cells under 2 columns"),
    ("quotes.csv", CSV + 'Q?,A\n"open,A\n', 3, "not CSV"),
    ("after_quote.csv", CSV + '"Q" ?,A\n', 2, "not CSV"),
    ("two_columns.csv", "question,answer,answer\nQ,A,B\n", 1, 'the column "answer" stands twice'),
    ("blank_first.csv", "\nquestion,answer\nQ,A\n", 1, "the first line is blank"),
    ("no_header.csv", "What is 1+1?,2\nWhat is 2+2?,4\n", 2, "no question"),
    ("later_line.csv", CSV + '"Q\nover\nlines",A\nR?,\n', 5, "the answer"),
    ("letter.jsonl", '{"question": "Q?", "choices": ["a", "b"], "answer": "C"}', 1, "'C' is not among the 2 choices"),
    ("position.jsonl", '{"question": "Q?", "choices": ["a", "b"], "answer": 2}', 1, "position from 0"),
    ("negative.jsonl", '{"question": "Q?", "choices": ["a", "b"], "label": -1}', 1, "'-1' is not among"),
    ("one_choice.jsonl", '{"question": "Q?", "choices": ["a"], "answer": "a"}', 1, "1 choice; at least two"),
    ("blank_choice.jsonl", '{"question": "Q?", "choices": ["a", ""], "answer": "a"}', 1, "choice B is empty"),
    ("gap.csv", "question,A,B,C,answer\nQ,x,,z,A\n", 2, "choice B is empty and a later one is not"),
    ("choices_text.jsonl", '{"question": "Q?", "choices": "a, b", "answer": "a"}', 1, "the choices are text"),
    ("choice_list.jsonl", '{"question": "Q?", "choices": [["a"], "b"], "answer": "b"}', 1, "a choice is a list"),
    ("literal.csv", "question,choices,answer\nQ,\"['a' 'b']\",0\n", 2, "the list of choices breaks at"),
    ("literal_call.csv", "question,choices,answer\nQ,\"[__import__('os').getcwd()]\",0\n", 2, "breaks at"),
    ("literal_open.csv", "question,choices,answer\nQ,\"['a', 'b'\",0\n", 2, "does not stand in [ ]"),
    ("literal_escape.csv", "question,choices,answer\nQ,\"['\\ud800', 'b']\",0\n", 2, "no character"),
    ("two_letters.jsonl", '{"question": "Q?", "choices": ["red", "red", "blue"], "answer": "red"}', 1, "under two letters"),
    ("letter_text.jsonl", '{"question": "Q?", "choices": ["B", "A"], "answer": "A"}', 1, "also the text of another"),
    ("two_right.jsonl", '{"question": "Q?", "choices": ["a", "b"], "answers": ["a", "b"]}', 1, "give exactly one"),
    ("targets.json", '[{"question": "Q?", "mc1_targets": {"a": 0, "b": 0}}]', 1, "marks 0 options as true"),
    ("targets_list.json", '[{"question": "Q?", "mc1_targets": ["a"]}]', 1, "is a list, not an object"),
    ("second.json", '[{"question": "Q?", "answer": "A"}, {"answer": "B"}]', 1, "record 2: no question"),
    ("notes.txt", "just some words\n", None, "the format is not known; set `format:`"),
    ("binary.parquet", b"PAR1 and nothing more", None, "not a Parquet file"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "line", "words"), MALFORMED, ids=[m[0] for m in MALFORMED]
)
def test_malformed_file_is_refused_with_its_place(
    load: Load, tmp_path: Path, name: str, content: str | bytes, line: int | None, words: str
) -> None:
    if name.endswith(".parquet"):
        pytest.importorskip("pyarrow")
    with pytest.raises(BenchmarkFileError) as caught:
        load(name, content)
    message = str(caught.value)
    assert caught.value.place == Place(tmp_path / name, line)
    assert words in message
    assert "\n" not in message
    assert len(message) < 400 + len(str(tmp_path)) * 2
    assert ";" in message or ":" in message.removeprefix(str(caught.value.place)), "no remedy"


def test_no_file_matches(tmp_path: Path) -> None:
    origin = Place("study.yaml", 14)
    source = BenchmarkSource("b", ("none/*.json",), base_dir=tmp_path, origin=origin)
    with pytest.raises(BenchmarkFileError, match=r"^study.yaml:14: no file matches none/\*.json"):
        load_benchmark(source)
    source = BenchmarkSource("b", ("gone.json",), base_dir=tmp_path)
    with pytest.raises(BenchmarkFileError, match="there is no file gone"):
        load_benchmark(source)
    with pytest.raises(BenchmarkFileError, match="names no files"):
        load_benchmark(BenchmarkSource("b", base_dir=tmp_path, origin=origin))
    with pytest.raises(BenchmarkFileError, match="an empty path"):
        load_benchmark(BenchmarkSource("b", (" ",), base_dir=tmp_path))


@pytest.mark.parametrize("path", ["a\0b", "x" * 5000])
def test_impossible_path(tmp_path: Path, path: str) -> None:
    with pytest.raises(BenchmarkFileError, match="is no path of a file"):
        load_benchmark(BenchmarkSource("b", (path,), base_dir=tmp_path))


def test_unknown_format(load: Load) -> None:
    with pytest.raises(
        BenchmarkFileError, match="'xml' is not known; set it to one of json, jsonl"
    ):
        load("a.jsonl", GOOD, format="xml")


def test_folder_and_pipe(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(BenchmarkFileError, match="is a folder; name the files in it"):
        load_benchmark(BenchmarkSource("b", ("folder",), base_dir=tmp_path))
    with pytest.raises(BenchmarkFileError, match="not a regular file"):
        load_benchmark(BenchmarkSource("b", ("/dev/null",)))


@pytest.mark.skipif(sys.platform != "linux", reason="/proc/self/mem is what cannot be read")
def test_unreadable_file() -> None:
    source = BenchmarkSource("b", ("/proc/self/mem",), format="jsonl")
    with pytest.raises(BenchmarkFileError, match=r"^/proc/self/mem: cannot be read \(.+\); check"):
        load_benchmark(source)


def test_mapped_field_that_is_missing(load: Load) -> None:
    with pytest.raises(
        BenchmarkFileError, match=r':1: no field "hint" \(mapped as context\); the fields'
    ):
        load("a.jsonl", GOOD, fields=FieldMapping(context="hint"))
    with pytest.raises(BenchmarkFileError, match='no field "Body"'):
        load("a.jsonl", GOOD, fields=FieldMapping(question="Body+Question"))


def test_duplicate_id_across_files_names_both_places(tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).write_text('\n{"id": "x", "question": "Q?", "answer": "A"}\n')
    with pytest.raises(
        BenchmarkFileError, match=r"b.jsonl:2: .* at .*a.jsonl:2 already.*two benchmarks"
    ):
        load_benchmark(BenchmarkSource("b", ("*.jsonl",), base_dir=tmp_path))


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (
            GeneratedSpec(domains=("magic",)),
            "'magic' is not in the bundled benchmark; choose arithmetic",
        ),
        (GeneratedSpec(difficulties=("extreme",)), "choose easy, medium, hard"),
        (GeneratedSpec(per_domain=0), "per_domain 0 is below 1"),
        (GeneratedSpec(domains=("facts",), per_domain=100_000), "has no more easy facts questions"),
    ],
)
def test_generated_spec_that_cannot_be_met(spec: GeneratedSpec, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        load_benchmark(BenchmarkSource("b", generated=spec))


SEEDS = [
    '{"question": "Où est Ä?", "choices": ["A)1", "B)2"], "answer": "B", "id": 1}\n' + GOOD,
    '{"canary": "c", "data": [{"problem": "P", "solution": "#### 1,000"},\n{"text": "T", "target": 1.50}]}',
    'question;choices;answer\n"a\nb";[\'x\', "y\'s"];1\n',
]


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.sampled_from(SEEDS),
    suffix=st.sampled_from([".json", ".jsonl", ".csv", ".tsv", ""]),
    edits=st.lists(st.tuples(st.integers(0, 200), st.binary(max_size=3)), min_size=1, max_size=4),
)
def test_mutated_files_load_or_are_refused_in_one_line(
    load: Load, seed: str, suffix: str, edits: list[tuple[int, bytes]]
) -> None:
    data = bytearray(seed.encode())
    for at, replacement in edits:
        data[at % len(data) : at % len(data) + 1] = replacement or b""
        data = data or bytearray(b" ")
    error, questions = outcome(load, f"mutated{suffix}", bytes(data))
    assert "\n" not in error
    assert bool(error) != bool(questions)
    assert all(question.text and question.answers for question in questions)


def outcome(load: Load, name: str, data: bytes) -> tuple[str, tuple[Question, ...]]:
    try:
        return "", load(name, data).questions
    except BenchmarkFileError as error:
        return str(error), ()
