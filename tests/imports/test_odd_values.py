"""Whatever stands in a field: it is read, or refused in one line with its place, never a defect of ours."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scramblebench.core.errors import UsageError
from scramblebench.imports import ImportOptions, SourceFile, import_responses
from scramblebench.imports.record import FileWords
from scramblebench.storage import Database, open_database
from tests.imports.support import DATA, row

ODD: tuple[Any, ...] = (
    None, True, -1, 0, 10**30, 1e308, float("nan"), "", "x", "\0\ud800", [], [None], [[]], [["x"]],
    [[["x", None]]], [1.5], {}, {"a": {"b": []}}, [{}], [[1, 2], [3, 4]],
)  # fmt: skip


def variants(value: Any, depth: int = 3) -> Iterator[Any]:
    """Yield a value with one part of it replaced by something odd, or taken away."""
    if isinstance(value, dict) and depth:
        for key in value:
            yield {name: part for name, part in value.items() if name != key}
            yield from ({**value, key: part} for part in variants(value[key], depth - 1))
    elif isinstance(value, list) and value and depth:
        yield from ([part, *value[1:]] for part in variants(value[0], depth - 1))
    yield from ODD


def inspect_log(sample: Any) -> str:
    """Return a log with one sample."""
    log = json.loads((DATA / "colours.json").read_text())
    return json.dumps({**log, "samples": [sample]})


def first_sample() -> Any:
    return json.loads((DATA / "colours.json").read_text())["samples"][0]


def first_line(pattern: str) -> Any:
    (path,) = (DATA / "lm_eval").glob(pattern)
    return json.loads(path.read_text().splitlines()[0])


CASES: dict[str, tuple[Any, Callable[[Any], str], ImportOptions]] = {
    "scramble": (
        row(choices=["A", "B"], seed=1, parameters={"a": "b"}, repeat=0, prompt_tokens=3,
            latency_s=0.5, answer_status="answered", scorer="s", method="word"),
        json.dumps,
        ImportOptions(),
    ),
    "generated": (first_line("samples_sums_2*"), json.dumps, ImportOptions()),
    "chosen": (first_line("samples_colours*"), json.dumps, ImportOptions(answers=("acc_norm",))),
    "inspect": (first_sample(), inspect_log, ImportOptions()),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_odd_values_are_read_or_refused(tmp_path: Path, name: str):
    value, written, options = CASES[name]
    path = tmp_path / "odd.jsonl"
    words = FileWords(level_pct=0.0, model="m", benchmark="b")
    seen: Counter[bool] = Counter()
    database = open_database("sqlite://")
    for number, odd in enumerate(variants(value)):
        path.write_text(written(odd), "utf-8")
        source = SourceFile(path, words if number % 2 else FileWords(model="m", benchmark="b"))
        refusal = stored(database, source, options)
        if refusal is not None:
            assert "\n" not in refusal
            assert "odd.jsonl" in refusal or "hold no response" in refusal
        seen[refusal is None] += 1
    assert min(seen[True], seen[False]) > 10


def stored(database: Database, source: SourceFile, options: ImportOptions) -> str | None:
    """Import a file; return why it was refused."""
    try:
        import_responses(database, [source], options)
    except UsageError as error:
        return str(error)
    return None
