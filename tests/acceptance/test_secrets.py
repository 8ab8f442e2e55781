"""Secrets planted wherever the program could stumble on them are in no output: database, exports, packages, words."""

import gzip
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.acceptance.support import FakeProvider, Program
from tests.snapshot.planting import forms, plant_environment, plant_folder, planted

STUDY = """\
models:
  - name: gpt-3.5-turbo
    provider: openrouter
    base_url: {url}
    api_key_env: LAB_API_KEY
benchmarks:
  sums: {{paths: data.jsonl}}
scrambling: {{levels: [0, 25, 50, 100], methods: [letter_shuffle]}}
"""
_BY_DESIGN = frozenset(
    {
        ("database", "user"),  # the history says who changed an experiment
        ("package", "user"),  # and an anonymous package does not
        ("words", "user"),
    }
)
"""Where an account's name belongs."""


def outputs(provider: FakeProvider, home: Path) -> dict[str, bytes]:
    """Run a study in a process full of secrets; return all that it wrote, by what it is."""
    folder = plant_folder(home)
    lines = [f'{{"question": "What is {n} plus {n}?", "answer": "{2 * n}"}}\n' for n in range(30)]
    (folder / "data.jsonl").write_text("".join(lines))
    (folder / "study.yaml").write_text(STUDY.format(url=provider.url_openrouter))
    environment = plant_environment(home) | {"COLUMNS": "200", "NO_PROXY": "127.0.0.1"}
    url = f"sqlite:///{home / 'x.db'}"
    program = Program(folder, {**environment, "DATABASE_URL": url})
    out = home / "out"
    words = [
        ("create", "A study", "study.yaml", "--run"),
        ("analyze", "@last", "-o", str(out / "analysis"), "--include-raw-data", "--include-plots"),
        ("export", "@last", "-o", str(out / "data"), "--format", "csv", "--format", "jsonl",
         "--format", "parquet", "--format", "excel"),
        ("replicate", "@last", "-o", str(out / "package")),
        ("replicate", "@last", "-o", str(out / "anonymous"), "--anonymous"),
        ("validate-environment", "@last", "--save", str(out / "here.json")),
        ("show", "@last"), ("status", "@last", "--json"), ("doctor",),
    ]  # fmt: skip
    said = [program(*each) for each in words]
    assert len(provider.ledger) == 120
    found = {"words": "\n".join(run.stdout + run.stderr for run in said).encode()}
    found["database"] = b"".join(path.read_bytes() for path in home.glob("x.db*"))
    for name in ("analysis", "data", "package", "anonymous"):
        found[name] = b"\n".join(_contents(out / name))
    found["snapshot"] = (out / "here.json").read_bytes()
    return found


def _contents(folder: Path) -> Iterator[bytes]:
    """Yield every file, and what is inside of archives and compressed files."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        yield path.read_bytes()
        if path.suffix == ".gz":
            yield gzip.decompress(path.read_bytes())
        if path.suffix in (".xlsx", ".whl"):
            with zipfile.ZipFile(path) as archive:
                yield from map(archive.read, archive.namelist())


def test_no_output_has_a_secret_in_any_form(
    start_provider: Callable[..., FakeProvider], tmp_path: Path
):
    provider = start_provider("--api-key", planted()["environment"])
    found = outputs(provider, tmp_path)
    leaked = {
        (where, name): secret
        for where, content in found.items()
        for name, secret in planted().items()
        if (where, name) not in _BY_DESIGN
        and any(form.lower().encode() in content.lower() for form in forms(secret))
    }
    assert leaked == {}
    assert all(len(content) > 500 for content in found.values())
