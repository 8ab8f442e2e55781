"""What is captured, and that it is the same each time."""

import json
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scramblebench
from scramblebench.core.canonical import canonical_json
from scramblebench.snapshot import SCHEMA, capture_environment, read_snapshot
from scramblebench.snapshot.machine import COMPUTING_VARIABLES, LOCALE_VARIABLES, variables
from scramblebench.snapshot.packages import installed_packages
from scramblebench.storage import open_database


def test_a_snapshot_is_json_and_the_same_each_time():
    snapshot = capture_environment()
    assert canonical_json(snapshot) == canonical_json(capture_environment())
    assert read_snapshot(json.dumps(snapshot)) == snapshot
    assert snapshot["schema"] == SCHEMA
    assert snapshot["packages"]["scramblebench"] == scramblebench.__version__
    assert snapshot["packages"]["numpy"].count(".") == 2
    assert snapshot["hardware"]["n_cores"] >= 1
    assert snapshot["hardware"]["memory_gib"] > 0


def test_the_documentation_names_every_key():
    page = (Path(__file__).parents[2] / "docs" / "reproducibility.md").read_text("utf-8")
    for key in capture_environment():
        assert f"`{key}`" in page, key


def test_the_database_is_named_by_kind_and_version():
    database = open_database("sqlite://")
    database.migrate()
    snapshot = capture_environment(database.engine())
    assert snapshot["database"]["dialect"] == "sqlite"
    assert snapshot["database"]["version"].startswith("3.")


def test_of_two_packages_of_one_name_the_first_on_the_path_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for place, version in (("b", "2.0"), ("a", "1.0")):
        folder = tmp_path / place / f"Odd.Name-{version}.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Name: Odd.Name\nVersion: {version}\n")
        monkeypatch.syspath_prepend(str(tmp_path / place))
    assert installed_packages()[0]["odd-name"] == "1.0"


_HEAD = "Metadata-Version: 2.1\nName: odd\nVersion: 1.0\n"


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("odd-1.0.dist-info/METADATA", f"{_HEAD}\nVersion: 9\nName: of its description\n"),
        ("odd-1.0.dist-info/METADATA", f"{_HEAD}License: long\nName: The Licence\nVersion: 2\n"),
        ("odd-1.0.dist-info/METADATA", f"{_HEAD}\nVersion: 9\n".replace("\n", "\r\n")),
        ("odd-1.0.dist-info/METADATA", "Name:odd\nVersion:\t1.0\n"),
        ("odd.egg-info/PKG-INFO", _HEAD),
        ("odd-1.0.egg-info", _HEAD),
    ],
)
def test_names_and_versions_are_those_of_the_standard_library(
    place: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / place
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.encode())
    monkeypatch.syspath_prepend(str(tmp_path))
    metadata = distribution("odd").metadata
    assert (metadata["Name"], metadata["Version"]) == ("odd", "1.0")
    assert installed_packages()[0]["odd"] == "1.0"


def test_a_package_without_metadata_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "odd-1.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "odd" not in installed_packages()[0]


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ('{"dir_info": {"editable": true}, "url": "file:///home/ada/x"}', {"kind": "editable"}),
        ('{"dir_info": {}, "url": "file:///home/ada/x"}', {"kind": "direct"}),
        ('{"archive_info": {}, "url": "https://u:p@host.example/x.whl"}', {"kind": "direct"}),
        ('{"vcs_info": {"commit_id": "not hexadecimal"}}', {"kind": "direct"}),
        ('{"vcs_info": {"commit_id": "abcdef0"}}', {"kind": "commit", "commit": "abcdef0"}),
        ('{"vcs_info": 3, "dir_info": []}', {"kind": "direct"}),
        ("not JSON", {"kind": "direct"}),
        ("[]", None),
    ],
)
def test_where_a_package_came_from(
    text: str, source: dict[str, str] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = tmp_path / "odd-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Name: odd\nVersion: 1.0\n")
    (folder / "direct_url.json").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert installed_packages()[1].get("odd") == source


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LANG", "en_US.UTF-8"), ("LANG", "C.UTF-8"), ("LANG", "C"), ("LC_ALL", "POSIX"),
        ("LANG", "de_DE.ISO-8859-15@euro"), ("LANG", "de_DE@euro"), ("TZ", "Europe/Berlin"),
        ("TZ", "America/Argentina/Buenos_Aires"), ("TZ", "UTC"), ("TZ", "EST5EDT"),
        ("OMP_NUM_THREADS", "4,2"), ("CUDA_VISIBLE_DEVICES", ""), ("CUDA_VISIBLE_DEVICES", "-1"),
        ("CUDA_VISIBLE_DEVICES", "0,1"), ("CUBLAS_WORKSPACE_CONFIG", ":4096:8"),
        ("CUDA_VISIBLE_DEVICES", "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6"),
        ("PYTHONHASHSEED", "random"), ("PYTHONHASHSEED", "4294967295"), ("MKL_CBWR", "AVX2,STRICT"),
        ("SOURCE_DATE_EPOCH", "1700000000"), ("OPENBLAS_CORETYPE", "Haswell"),
    ],
)  # fmt: skip
def test_usual_values_of_variables_are_kept(name: str, value: str):
    assert variables({name: value}) == {name: value}


class _Recording(dict[str, str]):
    """An environment that notes which of its variables are looked at."""

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.asked.add(name)
        return super().get(name, default)

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("the environment is not to be looked through")


@given(st.dictionaries(st.text(), st.text()))
def test_only_listed_variables_are_looked_at(values: dict[str, str]):
    environment = _Recording(values)
    kept = variables(environment)
    assert set(kept) <= environment.asked == {*COMPUTING_VARIABLES, *LOCALE_VARIABLES}
