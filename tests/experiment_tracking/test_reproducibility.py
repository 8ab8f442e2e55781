"""The README's calls of the validator."""

import asyncio
import json
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import scramblebench.experiment_tracking as tracking
from scramblebench.core.errors import UsageError
from scramblebench.experiment_tracking import DatabaseManager, ReproducibilityValidator
from scramblebench.snapshot import file_checksums
from tests.snapshot.environments import environment

README = """
validator = ReproducibilityValidator()
validation = await validator.validate_reproducibility(
    original_snapshot, tolerance="moderate"
)

if validation['is_reproducible']:
    print("✓ Experiment is reproducible")
else:
    print(f"✗ Issues: {validation['issues']}")
"""


def validate(original: Any, tolerance: str = "moderate", **options: Any) -> dict[str, Any]:
    validator = ReproducibilityValidator()
    return asyncio.run(validator.validate_reproducibility(original, tolerance, **options))


def run_readme(original_snapshot: Any) -> None:
    """Run the README's lines as they are."""
    names = {**vars(tracking), "ReproducibilityValidator": ReproducibilityValidator}
    code = f"async def snippet(original_snapshot):\n{textwrap.indent(README, '    ')}"
    exec(code, names)
    asyncio.run(names["snippet"](original_snapshot))


def test_the_readme_s_lines_on_the_same_machine(capsys: pytest.CaptureFixture[str]):
    run_readme(ReproducibilityValidator().capture_environment())
    assert capsys.readouterr().out == "✓ Experiment is reproducible\n"


def test_the_readme_s_lines_on_another_machine(capsys: pytest.CaptureFixture[str]):
    run_readme(environment(python__version="2.7.18"))
    said = capsys.readouterr().out
    assert said.startswith("✗ Issues: [")
    assert "instead of 2.7.18" in said


_FORMS: dict[str, Callable[[dict[str, Any], Path], Any]] = {
    "dict": lambda snapshot, _: snapshot,
    "json": lambda snapshot, _: json.dumps(snapshot),
    "path": lambda _, path: path,
    "name": lambda _, path: str(path),
}


@pytest.mark.parametrize("form", list(_FORMS))
def test_a_snapshot_is_given_in_four_ways(form: str, tmp_path: Path):
    snapshot = ReproducibilityValidator().capture_environment()
    path = tmp_path / "then.json"
    path.write_text(json.dumps(snapshot))
    found = validate(_FORMS[form](snapshot, path), "strict")
    assert found["tolerance"] == "strict"
    assert [d["kind"] for d in found["details"]["differences"] if "commit" not in d["kind"]] == []
    assert set(found) == {
        "is_reproducible", "confidence", "issues", "warnings", "tolerance", "details",
    }  # fmt: skip


def test_one_package_changed():
    snapshot = ReproducibilityValidator().capture_environment()
    snapshot["packages"]["numpy"] = "1.0.0"
    snapshot["git"]["code"] = snapshot["git"]["project"] = None
    for tolerance in ("strict", "moderate", "loose", "lenient"):
        found = validate(snapshot, tolerance)
        assert found["is_reproducible"] is False
        (issue,) = found["issues"]
        assert issue.startswith("numpy: ")
        assert issue.endswith(" instead of 1.0.0")
        assert 0 < found["confidence"] < 1
        assert json.loads(json.dumps(found)) == found


def test_a_tolerance_that_is_none_is_refused():
    with pytest.raises(UsageError, match="tolerance 'exact' is not known"):
        validate(environment(), "exact")


def test_input_files_are_looked_for_where_they_may_be(tmp_path: Path):
    path = tmp_path / "facts.jsonl"
    path.write_text("{}\n")
    snapshot = ReproducibilityValidator().capture_environment(file_checksums([path], tmp_path))
    files = "input files"

    def counted(**options: Any) -> tuple[int, int]:
        counts = validate(snapshot, **options)["details"]["groups"][files]
        return counts["n"], counts["n_agreeing"]

    assert counted() == (0, 0)
    assert counted(data_dir=tmp_path) == (1, 1)
    path.write_text("{} \n")
    assert counted(data_dir=tmp_path) == (1, 0)
    assert "file facts.jsonl has changed" in validate(snapshot, data_dir=tmp_path)["issues"]
    path.unlink()
    assert "file facts.jsonl is missing" in validate(snapshot, data_dir=tmp_path)["issues"]


def test_with_a_database_its_kind_and_version_are_known():
    db = DatabaseManager("sqlite://")
    asyncio.run(db.initialize_database())
    snapshot = ReproducibilityValidator(db).capture_environment()
    assert snapshot["database"]["dialect"] == "sqlite"
