"""Whatever is wrong with a file: one line with place and remedy, exit code 2, no traceback, nothing stored."""

from pathlib import Path

import pytest

from scramblebench.cli.app import run_command_line

GOOD = (
    'models:\n  - {name: m, provider: simulated}\nbenchmarks:\n  b: {paths: "questions.FORMAT"}\n'
)
ROW = '{"question": "What is 1 + 1?", "answer": "2"}\n'

CONFIGS: dict[str, tuple[str, str]] = {
    "level out of range": ("scrambling: {levels: [0, 170]}", "study.yaml:1: level 170"),
    "negative level": ("scrambling: {levels: [-1]}", "level -1 is not between 0 and 100"),
    "unknown key": ("modles: []", 'did you mean "models"?'),
    "unknown nested key": ("execution: {retries: 3}", 'did you mean "retry_'),
    "key in the wrong section": ("levels: [0]", 'belongs under "scrambling"'),
    "unknown provider": ("models: [{name: m, provider: olama}]", "did you mean ollama?"),
    "no model name": ("models: [{provider: ollama}]", "models[0].name is missing"),
    "model listed twice": (
        "models: [{name: m, provider: local}, {name: m, provider: local}]",
        "its own label",
    ),
    "tab": ("models:\n\t- x", "study.yaml:2: "),
    "two meanings": ("a: b: c", "study.yaml:1: "),
    "key twice": ("models: []\nmodels: []", "first in line 1"),
    "alias": ("a: &x [1]\nb: *x", "aliases"),
    "python object": ("a: !!python/object:os.system x", "plain values only"),
    "list": ("- 1", "keys and values"),
    "wrong type": ("execution: {repeats: many}", "should be a valid integer"),
    "yes": ("tracking: {auto_retry_failures: yes}", "write true or false"),
    "unknown method": (
        GOOD + "scrambling: {methods: [charakter_substitution]}",
        "character_substitution",
    ),
    "unknown scorer": (
        GOOD.replace("b: {", "b: {scorer: exact_mach, "),
        "exact_match",
    ),
    "bad template": (GOOD.replace("b: {", 'b: {prompt_template: "{qestion}", '), "study.yaml:4: "),
    "no file": (GOOD.replace("questions.FORMAT", "nowhere.jsonl"), "nowhere.jsonl"),
    "no source": (
        "models: [{name: m, provider: local}]\nbenchmarks: {b: {sample_size: 3}}",
        "paths",
    ),
    "unknown domain": (
        "models: [{name: m, provider: local}]\nbenchmarks: {b: {generated: {domains: [maths]}}}",
        "maths",
    ),
}

FILES: dict[str, tuple[str, bytes, str]] = {
    "bad JSON": ("jsonl", ROW.encode() + b'{"question": \n', "questions.jsonl:2: "),
    "no answer": ("jsonl", ROW.encode() + b'{"question": "What?"}\n', "questions.jsonl:2: "),
    "no question": ("jsonl", b'{"answer": "2"}\n', "questions.jsonl:1: "),
    "empty file": ("jsonl", b"", "questions.jsonl"),
    "duplicate id": (
        "jsonl",
        b'{"id": 1, "question": "a?", "answer": "1"}\n{"id": 1, "question": "b?", "answer": "2"}\n',
        "questions.jsonl:2: ",
    ),
    "answer not a choice": (
        "jsonl",
        b'{"question": "a?", "answer": "E", "choices": ["x", "y"]}\n',
        "questions.jsonl:1: ",
    ),
    "latin-1": ("jsonl", '{"question": "caf\xe9?", "answer": "1"}\n'.encode("latin-1"), "UTF-8"),
    "NaN": ("jsonl", b'{"question": "a?", "answer": NaN}\n', "questions.jsonl:1: "),
    "key twice": (
        "jsonl",
        b'{"question": "a?", "question": "b?", "answer": "1"}\n',
        "questions.jsonl:1: ",
    ),
    "deep": ("json", b"[" * 5000 + b"]" * 5000, "questions.json"),
    "object without a list": ("json", b'{"a": 1}', "questions.json"),
    "CSV without header": ("csv", b"1,2\n3,4\n", "questions.csv"),
    "CSV with a ragged row": ("csv", b"question,answer\na?,1\nb?,2,3\n", "questions.csv:3: "),
    "NUL": ("csv", b"question,answer\na?\x00,1\n", "questions.csv"),
    "not Parquet": ("parquet", b"PAR1 but not really", "questions.parquet"),
}


def refused(capsys: pytest.CaptureFixture[str], words: str, *command: str) -> None:
    assert run_command_line(list(command)) == 2
    error = capsys.readouterr().err
    (line,) = [line for line in error.splitlines() if line.startswith("error: ")]
    assert words in line
    assert "Traceback" not in error


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", "sqlite:///none.db")


@pytest.mark.parametrize("name", CONFIGS)
def test_a_bad_configuration(name: str, capsys: pytest.CaptureFixture[str]):
    text, words = CONFIGS[name]
    Path("questions.FORMAT").with_suffix(".jsonl").write_text(ROW)
    Path("study.yaml").write_text(text.replace("FORMAT", "jsonl"))
    refused(capsys, words, "validate-config", "study.yaml")
    refused(capsys, words, "create", "Bad", "study.yaml")
    assert not Path("none.db").exists()


@pytest.mark.parametrize("name", FILES)
def test_a_bad_benchmark_file(name: str, capsys: pytest.CaptureFixture[str]):
    suffix, content, words = FILES[name]
    Path(f"questions.{suffix}").write_bytes(content)
    Path("study.yaml").write_text(GOOD.replace("FORMAT", suffix))
    refused(capsys, words, "create", "Bad", "study.yaml")
    assert not Path("none.db").exists()


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("no such file", ["create", "x", "nowhere.yaml"]),
        ("sqlite:///file.db", ["list", "--database-url", "mysql://x/y"]),
    ],
)
def test_a_bad_command(words: str, command: list[str], capsys: pytest.CaptureFixture[str]):
    refused(capsys, words, *command)


def test_an_unknown_command_and_experiment(capsys: pytest.CaptureFixture[str]):
    assert run_command_line(["crete"]) == 2
    assert "Did you mean 'create'" in capsys.readouterr().err
    assert run_command_line(["init-db"]) == 0
    refused(capsys, "nothing", "status", "nothing")
