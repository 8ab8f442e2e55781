"""A package: the same bytes each time, equal when made again, and whatever was changed in it is named."""

import gzip
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from scramblebench.core.errors import UsageError
from scramblebench.publication.package.building import PublicationData, archived, build_package
from scramblebench.publication.package.checking import Part, check_package
from scramblebench.publication.package.manifest import file_sha256, write_manifest
from scramblebench.publication.redaction import portable
from scramblebench.publication.source import Publication
from tests.publication.support import publication_of


@pytest.fixture(scope="module")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    return portable(publication_of(tmp_path_factory.mktemp("study")))


@pytest.fixture(scope="module")
def built(publication: Publication, tmp_path_factory: pytest.TempPathFactory) -> PublicationData:
    folder = tmp_path_factory.mktemp("built") / "replication"
    return archived(build_package(publication, folder, include_figures=False), publication)


@pytest.fixture
def package(built: PublicationData, tmp_path: Path) -> Path:
    """Return a copy that a test may change."""
    return Path(shutil.copytree(built.folder, tmp_path / "replication"))


def parts(folder: Path) -> dict[str, Part]:
    return {part.name: part for part in check_package(folder)}


def verified(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([folder / "verify.sh"], capture_output=True, text=True, timeout=60)


def test_built_twice_has_the_same_bytes(
    built: PublicationData, publication: Publication, tmp_path: Path
):
    again = archived(
        build_package(publication, tmp_path / "replication", include_figures=False), publication
    )
    assert again.archive_sha256 == built.archive_sha256 == file_sha256(again.archive or tmp_path)
    assert again.files == built.files


def test_everything_is_equal_when_it_is_made_again(built: PublicationData):
    found = parts(built.folder)
    assert {name: part.differences for name, part in found.items() if part.differences} == {}
    assert found["responses"].n == found["scores"].n == 3 * 4 * 60
    assert found["numbers"].n > 1_000
    assert found["tables"].n > 5
    assert found["scrambled questions"].n == 4 * 60


def test_verify_needs_a_shell_and_nothing_of_ours(built: PublicationData):
    found = subprocess.run(
        ["env", "-i", "PATH=/usr/bin:/bin", built.folder / "verify.sh"],
        capture_output=True, text=True, cwd="/", timeout=60,
    )  # fmt: skip
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout == f"all {len(built.files) - 1} files are as they were packaged\n"


def test_one_flipped_byte_in_any_file_is_found_and_named(package: Path, built: PublicationData):
    """Every file in turn by the manifest's reader; some by the script, which takes longer."""
    from scramblebench.publication.package.manifest import MANIFEST, check_manifest

    for number, name in enumerate(built.files):
        if name == MANIFEST:
            continue
        path = package / name
        content = path.read_bytes()
        place = (number * 7_919) % len(content)
        changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        mode = path.stat().st_mode
        path.write_bytes(changed)
        assert check_manifest(package).changed == (name,)
        if number % 10 == 0 and name != "verify.sh":
            found = verified(package)
            assert found.returncode == 1
            assert f"{name}: FAILED" in found.stdout
        path.write_bytes(content)
        path.chmod(mode)
    assert verified(package).returncode == 0


def test_a_file_more_or_less_and_a_link_are_named_by_the_script(package: Path):
    (package / "data" / "more.csv").write_text("x")
    (package / ".hidden").write_text("x")
    (package / "LICENSE").unlink()
    (package / "CITATION.cff").rename(package.parent / "c")
    (package / "CITATION.cff").symlink_to(package.parent / "c")
    found = verified(package)
    assert found.returncode == 1
    for words in ("data/more.csv: NOT IN THE MANIFEST", ".hidden: NOT IN THE MANIFEST",
                  "LICENSE: FAILED open or read", "CITATION.cff: IS A LINK"):  # fmt: skip
        assert words in found.stdout


def test_what_a_reader_makes_beside_is_no_part(package: Path):
    for folder in (".venv", "output"):
        (package / folder).mkdir()
        (package / folder / "x").write_text("x")
    assert verified(package).returncode == 0
    assert parts(package)["files"].is_equal


def rewrite(folder: Path, name: str, change: Callable[[str], str]) -> None:
    """Change a compressed table, and the manifest with it, as one who knows how would."""
    path = folder / "data" / name
    path.write_bytes(gzip.compress(change(gzip.decompress(path.read_bytes()).decode()).encode()))
    write_manifest(folder)


def column(folder: Path, table: str, name: str) -> int:
    path = folder / "data" / f"{table}.csv.gz"
    return gzip.decompress(path.read_bytes()).decode().splitlines()[0].split(",").index(name)


def test_an_altered_response_is_named_though_the_manifest_was_written_anew(package: Path):
    place = column(package, "responses", "text")

    def change(text: str) -> str:
        lines = text.split("\n")
        cells = lines[6].split(",")
        assert '"' not in lines[6]
        cells[place] = "Something else."
        return "\n".join([*lines[:6], ",".join(cells), *lines[7:]])

    rewrite(package, "responses.csv.gz", change)
    found = parts(package)
    assert found["files"].is_equal
    (difference,) = found["responses"].differences
    assert difference.where.startswith("trial 5 (")


def test_a_changed_score_is_named_though_the_manifest_was_written_anew(package: Path):
    place = column(package, "scores", "value")

    def change(text: str) -> str:
        lines = text.split("\n")
        cells = lines[9].split(",")
        cells[place] = "0.0" if float(cells[place]) else "1.0"
        return "\n".join([*lines[:9], ",".join(cells), *lines[10:]])

    rewrite(package, "scores.csv.gz", change)
    found = parts(package)
    (difference,) = found["scores"].differences
    assert difference.where.startswith("trial 8 (")
    assert found["numbers"].is_equal  # they rest on the responses, which nobody changed


def test_a_changed_question_is_found(package: Path):
    rewrite(package, "questions.csv.gz", lambda text: text.replace("What", "Whot", 1))
    assert not parts(package)["scrambled questions"].is_equal


def test_a_changed_number_is_named_by_its_id(package: Path):
    path = package / "results" / "results.json"
    values = json.loads(path.read_text())
    key = next(key for key in values["rows"] if key.startswith("accuracy/"))
    values["rows"][key]["accuracy"] += 1e-6
    path.write_text(json.dumps(values))
    write_manifest(package)
    (difference,) = parts(package)["numbers"].differences
    assert difference.where == f"{key}#accuracy"


def test_a_changed_table_is_named(package: Path):
    path = package / "paper" / "tables" / "summary.tex"
    path.write_text(path.read_text().replace("0", "1", 1))
    write_manifest(package)
    (difference,) = parts(package)["tables"].differences
    assert difference.where == "paper/tables/summary.tex"


def test_a_package_without_data_says_that_it_cannot_be_checked(
    publication: Publication, tmp_path: Path
):
    build_package(publication, tmp_path / "p", include_data=False, include_figures=False)
    assert verified(tmp_path / "p").returncode == 0
    with pytest.raises(UsageError, match="without data cannot be checked"):
        check_package(tmp_path / "p")


def test_a_folder_with_something_else_is_left_alone(publication: Publication, tmp_path: Path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="is not empty and no package"):
        build_package(publication, tmp_path, include_figures=False)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_an_older_package_is_replaced(package: Path, publication: Publication):
    (package / "old.txt").write_text("old")
    build_package(publication, package, include_figures=False)
    assert not (package / "old.txt").exists()
    assert verified(package).returncode == 0


@pytest.mark.parametrize("name", ["output", ".venv"])
def test_what_a_reader_made_is_not_lost_with_the_older_package(
    package: Path, publication: Publication, name: str
):
    (package / name).mkdir()
    (package / name / "rerun-1.db").write_text("paid for")
    with pytest.raises(UsageError, match="would be lost; move it away"):
        build_package(publication, package, include_figures=False)
    assert (package / name / "rerun-1.db").read_text() == "paid for"
