"""Checksums of files, under names that say nothing of where they are kept."""

import hashlib
from pathlib import Path

import pytest

from scramblebench.core.errors import UsageError
from scramblebench.snapshot import capture_environment, file_checksums, found_checksums

CONTENT = b"question\n"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def test_names_are_relative_to_the_folder_or_bare(tmp_path: Path):
    path = tmp_path / "home" / "ada" / "data" / "a.jsonl"
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    assert file_checksums([path]) == {"a.jsonl": SHA256}
    assert file_checksums([path], path.parents[1]) == {"data/a.jsonl": SHA256}
    assert file_checksums([path], tmp_path / "elsewhere") == {"a.jsonl": SHA256}
    assert found_checksums(["data/a.jsonl", "b.jsonl"], path.parents[1]) == {"data/a.jsonl": SHA256}


def test_what_is_not_there_or_ambiguous_is_refused(tmp_path: Path):
    for part in ("x", "y"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "a.jsonl").write_bytes(CONTENT)
    both = [tmp_path / part / "a.jsonl" for part in ("x", "y")]
    assert len(file_checksums(both, tmp_path)) == 2
    with pytest.raises(UsageError, match=r"another file is called a\.jsonl too"):
        file_checksums(both)
    with pytest.raises(UsageError, match="no such file"):
        file_checksums([tmp_path / "z.jsonl"])


def test_a_snapshot_leads_to_no_file_outside_the_folder(tmp_path: Path):
    (tmp_path / "secret").write_bytes(CONTENT)
    folder = tmp_path / "data"
    folder.mkdir()
    names = ["../secret", str(tmp_path / "secret"), "x/../../secret", "a\0b", "/dev/zero", "."]
    assert found_checksums(names, folder) == {}


def test_a_snapshot_shows_no_path_of_a_file():
    names = {"/home/ada/data/a.jsonl": SHA256, "../ada/b.jsonl": SHA256, "data/c.jsonl": SHA256}
    snapshot = capture_environment(files=names)
    assert sorted(snapshot["files"]) == ["a.jsonl", "b.jsonl", "data/c.jsonl"]
