"""Archives: the same bytes each time, and hostile ones are refused before anything is written."""

import stat
import struct
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scramblebench.core.errors import UsageError
from scramblebench.publication.package.archive import unpack, write_archive
from scramblebench.publication.package.manifest import (
    MANIFEST,
    check_manifest,
    file_sha256,
    read_manifest,
    write_manifest,
)

STAMP = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    (folder / "data" / "deep").mkdir(parents=True)
    (folder / "README.md").write_text("read me\n")
    (folder / "verify.sh").write_text("#!/bin/sh\n")
    (folder / "data" / "deep" / "ü.bin").write_bytes(bytes(range(256)) * 500)
    write_manifest(folder)
    return folder


def test_archive_built_twice_has_the_same_bytes(package: Path, tmp_path: Path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    first = write_archive(package, tmp_path / "a" / "x.zip", STAMP)
    (package / "README.md").touch()
    (package / "README.md").chmod(0o600)
    second = write_archive(package, tmp_path / "b" / "x.zip", STAMP)
    assert file_sha256(first) == file_sha256(second)


def test_what_is_unpacked_is_what_was_packed(package: Path, tmp_path: Path):
    archive = write_archive(package, tmp_path / "x.zip", STAMP)
    (tmp_path / "out").mkdir()
    found = unpack(archive, tmp_path / "out")
    assert found == tmp_path / "out" / "x"
    assert not check_manifest(found)
    assert (found / "data" / "deep" / "ü.bin").read_bytes() == bytes(range(256)) * 500
    assert (found / "verify.sh").stat().st_mode & stat.S_IXUSR


def test_manifest_names_what_changed_is_missing_or_new(package: Path):
    (package / "README.md").write_text("read mE\n")
    (package / "verify.sh").unlink()
    (package / "new.txt").write_text("")
    faults = check_manifest(package)
    assert (faults.changed, faults.missing, faults.unknown) == (
        ("README.md",), ("verify.sh",), ("new.txt",),
    )  # fmt: skip
    assert faults


def test_a_link_in_the_place_of_a_file_is_a_change(package: Path):
    text = package / "README.md"
    text.rename(package.parent / "outside.md")
    text.symlink_to(package.parent / "outside.md")
    assert check_manifest(package).changed == ("README.md",)


@pytest.mark.parametrize(
    "line", ["nonsense", "0" * 63 + "  x", "0" * 64 + " x", "G" * 64 + "  x", "0" * 64 + "  "]
)
def test_a_malformed_manifest_is_refused_with_its_place(package: Path, line: str):
    (package / MANIFEST).write_text(f"{'0' * 64}  README.md\n{line}\n")
    with pytest.raises(UsageError, match=rf"{MANIFEST}:2: is not"):
        read_manifest(package)


def entry(name: str, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, mode << 16
    return info


def names(*found: str) -> Callable[[Path], None]:
    """Return what writes an archive of files with these names."""

    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            for name in found:
                archive.writestr(entry(name), "x")

    return write


def of_kind(mode: int) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(entry("p/link", mode), "/etc/passwd")

    return write


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("p/zeros", b"\0" * 30_000_000)


def overlapping(path: Path) -> None:
    """Two names for one stored content, as a quine bomb has them: the second name overlaps the first."""
    names("p/a", "p/b")(path)
    content = bytearray(path.read_bytes())
    first = content.find(b"PK\x01\x02")
    second = content.find(b"PK\x01\x02", first + 1)
    struct.pack_into("<I", content, second + 42, 0)
    path.write_bytes(content)


def stated(path: Path, size: int) -> None:
    """State another size in the central directory than is there."""
    names("p/a")(path)
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, content.find(b"PK\x01\x02") + 24, size)
    path.write_bytes(content)


def flagged(path: Path, offset: int, value: int) -> None:
    names("p/a")(path)
    content = bytearray(path.read_bytes())
    for header, shift in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        struct.pack_into("<H", content, content.find(header) + shift + offset, value)
    path.write_bytes(content)


def cut(path: Path) -> None:
    names("p/a", "p/b")(path)
    path.write_bytes(path.read_bytes()[:-30])


def corrupt(path: Path) -> None:
    names("p/aaaa")(path)
    path.write_bytes(path.read_bytes().replace(b"aaaax", b"aaaay"))


HOSTILE: dict[str, Callable[[Path], object]] = {
    "parent": names("p/../../x"),
    "parent alone": names(".."),
    "absolute": names("/etc/x"),
    "drive": names("C:/x"),
    "drive relative": names("C:x"),
    "stream": names("p/a:b"),
    "backslash": names("p\\..\\x"),
    "network": names("//server/share/x"),
    "dot": names("p/./x"),
    "double slash": names("p//x"),
    "newline": names("p/a\nb"),
    "bell": names("p/a\x07"),
    "device name": names("p/CON"),
    "device with suffix": names("p/nul.txt"),
    "port": names("p/com1.log"),
    "trailing dot": names("p/a."),
    "trailing space": names("p/a "),
    "twice": names("p/a", "p/a"),
    "differs in case": names("p/Readme", "p/README"),
    "differs in sharp s": names("p/ß", "p/SS"),
    "file and folder": names("p/a", "p/a/b"),
    "link": of_kind(stat.S_IFLNK | 0o777),
    "character device": of_kind(stat.S_IFCHR | 0o666),
    "pipe": of_kind(stat.S_IFIFO | 0o666),
    "socket": of_kind(stat.S_IFSOCK | 0o666),
    "bomb": bomb,
    "overlapping": overlapping,
    "larger than stated": lambda path: stated(path, 0),
    "three gibibytes stated": lambda path: stated(path, 3 << 30),
    "encrypted": lambda path: flagged(path, 0, 1),
    "unknown compression": lambda path: flagged(path, 2, 97),
    "empty": names(),
    "no zip": lambda path: path.write_bytes(b"PK but not really"),
    "cut": cut,
    "wrong checksum": corrupt,
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_archive_is_refused(tmp_path: Path, kind: str):
    path, out = tmp_path / "x.zip", tmp_path / "out"
    out.mkdir()
    HOSTILE[kind](path)
    with pytest.raises(UsageError, match=r"x\.zip: "):
        unpack(path, out)
    assert not (tmp_path / "x").exists()
    assert [found for found in tmp_path.rglob("*") if found.is_symlink()] == []


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("scramblebench.publication.package.archive.MOST_FILES", 3)
    names(*(f"p/{n}" for n in range(4)))(tmp_path / "x.zip")
    with pytest.raises(UsageError, match="holds 4 files, more than 3"):
        unpack(tmp_path / "x.zip", tmp_path / "out")
