"""A package made again from what it holds, and compared: prompts, responses, scores, numbers, tables, figures."""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from scramblebench.publication.exports import read_export
from scramblebench.publication.package.building import describe, fill
from scramblebench.publication.package.manifest import (
    MANIFEST,
    check_manifest,
    file_sha256,
    packaged,
)
from scramblebench.publication.package.restoring import Difference, Restored, restore
from scramblebench.publication.package.values import NUMERIC, same_value, same_values
from scramblebench.publication.source import Publication

_KEPT = ("environment/", "code/")
"""What tells where the package was made: it is sealed, not made again."""


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of thing that was compared: how many there are, and those that are not equal."""

    name: str
    n: int
    differences: tuple[Difference, ...] = ()
    note: str = ""

    @property
    def n_equal(self) -> int:
        """How many are equal."""
        return self.n - len({difference.where for difference in self.differences})

    @property
    def is_equal(self) -> bool:
        """Whether all are."""
        return not self.differences


def check_package(
    folder: Path, advance: Callable[[str], None] = lambda _words: None
) -> tuple[Part, ...]:
    """Return every part of a package compared with what is made again from its data.

    Nothing in the package is changed. Raises UsageError where it has no data or they do not fit together.
    """
    advance("checksums")
    files = _files(folder)
    advance("responses and scores")
    restored = restore(folder)
    with tempfile.TemporaryDirectory(prefix="scramblebench-") as name:
        again = Path(name) / "again"
        again.mkdir()
        for kept in _KEPT:
            if (folder / kept).is_dir():
                shutil.copytree(folder / kept, again / kept)
        has_figures = (folder / "paper" / "figures").is_dir()
        removed = _removed(folder)
        fill(
            restored.publication,
            again,
            include_figures=has_figures,
            removed=removed,
            advance=advance,
        )
        advance("comparing")
        rounded = _settled(folder, again)
        describe(restored.publication, again)
        return (
            files,
            *_data_parts(folder, again, restored),
            _numbers(folder, again),
            *_written(folder, again, rounded),
        )


def _files(folder: Path) -> Part:
    faults = check_manifest(folder)
    differences = [
        *(Difference(name, "as packaged", "changed") for name in faults.changed),
        *(Difference(name, "packaged", "missing") for name in faults.missing),
        *(Difference(name, "not packaged", "added") for name in faults.unknown),
    ]
    n = len((folder / MANIFEST).read_text("utf-8").splitlines()) + len(faults.unknown)
    return Part("files", n, tuple(differences))


def _data_parts(folder: Path, again: Path, restored: Restored) -> Iterator[Part]:
    yield _prompts(folder, again, restored.publication)
    yield Part("responses", restored.n_responses, restored.texts)
    kept = f"{restored.n_kept:,} were judged by the imported files and are taken as they are"
    yield Part("scores", restored.n_rescored, restored.scores, kept * (restored.n_kept > 0))


def _prompts(folder: Path, again: Path, publication: Publication) -> Part:
    """Compare every scrambled question with what scrambling makes of the original now."""
    name = "data/scrambled_questions.csv.gz"
    stated, found = (read_export(where / name).dicts() for where in (folder, again))
    n, differences = 0, list[Difference]()
    for n, (old, new) in enumerate(zip_longest(stated, found, fillvalue={}), 1):  # noqa: B007
        if old != new:
            one = old or new
            where = (
                f"{one['benchmark']} {one['source_id']}, {one['method']}, level {one['level']:g}"
            )
            differences.append(Difference(where, *_first_difference(old, new)))
    is_known = any(m.spec.provider != "imported" for m in publication.models)
    note = "" if is_known else "imported: nobody knows what was sent"
    return Part("scrambled questions", n, tuple(differences), note)


def _first_difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, str]:
    name = next(name for name in (old or new) if old.get(name) != new.get(name))
    return f"{name}: {old.get(name)!r}"[:200], f"{new.get(name)!r}"[:200]


def _numbers(folder: Path, again: Path) -> Part:
    stated, found = _numbers_of(folder), _numbers_of(again)
    differences = [
        Difference(key, repr(stated.get(key)), repr(found.get(key)))
        for key in sorted({*stated, *found})
        if not same_value(stated.get(key), found.get(key))
    ]
    return Part("numbers", len(stated), tuple(differences))


def _numbers_of(folder: Path) -> dict[str, Any]:
    """Return all values of results.json by id and field."""
    path = folder / "results" / "results.json"
    if not path.is_file():
        return {}
    values = json.loads(path.read_text("utf-8", "surrogatepass"))
    return {
        f"{key}#{name}": value
        for key, row in values["rows"].items()
        for name, value in row.items()
        if name not in _KEYS
    }


_KEYS = frozenset(
    {"model", "benchmark", "method", "level_pct", "domain", "kind", "first", "second"}
)


def _settled(folder: Path, again: Path) -> frozenset[str]:
    """Take over files that hold the same numbers but for rounding; return their paths.

    Metadata state the sha256 of every file, and are the same then.
    """
    found: set[str] = set()
    for path in (path for pattern in NUMERIC for path in again.glob(pattern)):
        name = path.relative_to(again).as_posix()
        stated = folder / name
        if stated.is_file() and _digest(stated) != _digest(path) and same_values(stated, path):
            shutil.copyfile(stated, path)
            found.add(name)
    return frozenset(found)


def _written(folder: Path, again: Path, rounded: frozenset[str]) -> Iterator[Part]:
    """Yield tables, figures, texts and what else is written, each compared byte by byte."""
    kinds: dict[str, list[str]] = {"tables": [], "figures": [], "texts": [], "other files": []}
    names = {p.relative_to(f).as_posix() for f in (folder, again) for p in packaged(f)}
    for name in sorted(names):
        if not name.startswith(_KEPT):
            kinds[_kind(name)].append(name)
    for kind, members in kinds.items():
        differences = [
            Difference(name, _digest(folder / name), _digest(again / name))
            for name in members
            if _digest(folder / name) != _digest(again / name)
        ]
        n_rounded = len(rounded & {*members})
        note = f"{n_rounded} of them but for the last digits of numbers" * (n_rounded > 0)
        if members:
            yield Part(kind, len(members), tuple(differences), note)


def _kind(name: str) -> str:
    if name.startswith("paper/figures/"):
        return "figures"
    if name.startswith("paper/tables/") or name in ("paper/all_tables.tex", "paper/macros.tex"):
        return "tables"
    return "texts" if name.startswith("paper/") else "other files"


def _digest(path: Path) -> str:
    return f"sha256 {file_sha256(path)}" if path.is_file() else "missing"


def _removed(folder: Path) -> tuple[str, ...]:
    path = folder / "ANONYMOUS.md"
    if not path.is_file():
        return ()
    return tuple(line[2:] for line in path.read_text("utf-8").splitlines() if line.startswith("- "))
