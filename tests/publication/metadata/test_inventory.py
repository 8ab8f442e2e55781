"""What files are: told from their places and names, never wrongly told for lack of one."""

import hashlib
from pathlib import Path

import pytest

from scramblebench.publication.metadata import FileRole, describe_files


@pytest.mark.parametrize(
    ("path", "role", "media_type", "words"),
    [
        ("data/responses.csv.gz", FileRole.DATA, "application/gzip", "A row is a stored response"),
        (
            "data/other.parquet",
            FileRole.DATA,
            "application/vnd.apache.parquet",
            "experiment: other.",
        ),
        ("paper/figures/a_b.alt.txt", FileRole.FIGURE, "text/plain", "The figure a b in words."),
        ("paper/figures/a_b.csv", FileRole.FIGURE, "text/csv", "The numbers of the figure a b."),
        ("paper/figures/a_b.svg", FileRole.FIGURE, "image/svg+xml", "The figure a b."),
        (
            "paper/tables/cost.tex",
            FileRole.TABLE,
            "application/x-tex",
            "The table cost of the paper.",
        ),
        (
            "code/x-0.1.0-py3-none-any.whl",
            FileRole.CODE,
            "application/zip",
            "x-0.1.0-py3-none-any.",
        ),
        ("verify.sh", FileRole.CODE, "application/x-sh", "no file has changed"),
        ("config/seeds.json", FileRole.CONFIG, "application/json", "configured: seeds."),
        ("unknown.{}xyz", FileRole.TEXT, "application/octet-stream", "package: unknown."),
    ],
)
def test_files_are_told_from_place_and_name(
    tmp_path: Path, path: str, role: FileRole, media_type: str, words: str
):
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_bytes(b"content")
    [found] = describe_files(tmp_path, [tmp_path / path])
    assert (found.path, found.role, found.media_type) == (path, role, media_type)
    assert (found.size, found.sha256) == (7, hashlib.sha256(b"content").hexdigest())
    assert words in found.description
