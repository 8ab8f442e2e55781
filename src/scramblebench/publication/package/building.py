"""A package folder, filled: data, results, paper, metadata, code; sealed by its manifest."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

from scramblebench.analysis import marked_values
from scramblebench.analysis.plain import to_file_text
from scramblebench.core.errors import UsageError
from scramblebench.publication.exports import export_data
from scramblebench.publication.figures import write_figures
from scramblebench.publication.latex import write_tables
from scramblebench.publication.metadata import describe_files, write_metadata
from scramblebench.publication.package.archive import write_archive
from scramblebench.publication.package.configuration import (
    write_configuration,
    write_cost,
    write_environment,
    write_events,
)
from scramblebench.publication.package.manifest import (
    BESIDE,
    MANIFEST,
    file_sha256,
    packaged,
    write_manifest,
)
from scramblebench.publication.package.readme import readme
from scramblebench.publication.results import results_values
from scramblebench.publication.source import Publication
from scramblebench.publication.standings import registration
from scramblebench.publication.texts import write_texts

DATA_TABLES = ("questions", "scrambled_questions", "responses", "scores", "missing")
RESULT_TABLES = ("accuracy", "dependency", "thresholds", "trends", "comparisons", "contrasts")
_SCRIPTS = ("verify.sh", "reproduce.sh")


@dataclass(frozen=True, slots=True)
class PublicationData:
    """A package that was written: its folder, its files by relative path, its archive where one was made.

    ``tables`` are the LaTeX files by type, ``figures`` all files of figures, ``removed`` what an anonymous
    package leaves out.
    """

    experiment_id: str
    title: str
    authors: tuple[str, ...]
    folder: Path
    files: tuple[str, ...]
    tables: dict[str, Path]
    figures: tuple[Path, ...]
    removed: tuple[str, ...] = ()
    archive: Path | None = None
    archive_sha256: str | None = None


def build_package(
    publication: Publication,
    folder: Path,
    *,
    include_data: bool = True,
    include_figures: bool = True,
    removed: tuple[str, ...] = (),
    advance: Callable[[str], None] = lambda _words: None,
) -> PublicationData:
    """Fill a new folder with everything of a publication, and seal it.

    The same publication gives the same bytes with the same versions of the libraries. Without data a
    package cannot be checked or made again. Raises UsageError where the folder holds what is no package, or
    what a reader of it made; an older package in it is replaced when the new one is whole.
    """
    _check_folder(folder)
    draft = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    fill(publication, draft, include_data=include_data, include_figures=include_figures,
         removed=removed, advance=advance)  # fmt: skip
    write_environment(publication, draft)
    describe(publication, draft)
    write_manifest(draft)
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)
    names = tuple(path.relative_to(folder).as_posix() for path in packaged(folder))
    return PublicationData(
        experiment_id=publication.record.id,
        title=publication.title,
        authors=tuple(author.name for author in publication.shown_authors),
        folder=folder,
        files=(*names, MANIFEST),
        tables={path.stem: path for path in sorted((folder / "paper" / "tables").glob("*.tex"))},
        figures=tuple(sorted((folder / "paper" / "figures").glob("*"))),
        removed=removed,
    )


def fill(
    publication: Publication,
    folder: Path,
    *,
    include_data: bool = True,
    include_figures: bool = True,
    removed: tuple[str, ...] = (),
    advance: Callable[[str], None] = lambda _words: None,
) -> None:
    """Write all that is a function of the publication alone, metadata and manifest excepted."""
    write_configuration(publication, folder)
    write_cost(publication, folder)
    write_events(publication, folder)
    if include_data:
        advance("writing data")
        export_data(publication, folder / "data", ("csv", "parquet"), tables=DATA_TABLES,
                    is_compressed=True, advance=advance)  # fmt: skip
    advance("writing results")
    write_results(publication, folder / "results")
    advance("writing tables and texts")
    write_tables(publication, folder / "paper")
    write_texts(publication, folder / "paper")
    if include_figures:
        advance("drawing figures")
        write_figures(publication, folder / "paper" / "figures")
    if removed:
        text = "Left out for anonymous review:\n\n" + "".join(f"- {words}\n" for words in removed)
        (folder / "ANONYMOUS.md").write_text(text, "utf-8")
    (folder / "README.md").write_text(readme(publication, has_data=include_data), "utf-8")
    for name in _SCRIPTS:
        script = files("scramblebench.publication.package") / "scripts" / name
        (folder / name).write_text(script.read_text("utf-8"), "utf-8", newline="\n")
        (folder / name).chmod(0o755)


def write_results(publication: Publication, folder: Path) -> None:
    """Write results.json, statistics.json and all rows as one workbook."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, values in (
        ("results.json", results_values(publication)),
        ("statistics.json", marked_values(publication.report, registration(publication))),
    ):
        (folder / name).write_text(to_file_text(values), "utf-8", "surrogatepass")
    export_data(publication, folder, ("excel",), tables=RESULT_TABLES)


def archived(data: PublicationData, publication: Publication) -> PublicationData:
    """Write a package's archive beside its folder; return the same with the archive."""
    path = data.folder.with_name(data.folder.name + ".zip")
    write_archive(data.folder, path, publication.stamp)
    return replace(data, archive=path, archive_sha256=file_sha256(path))


def describe(publication: Publication, folder: Path) -> None:
    """Write the metadata of all that is in the folder."""
    write_metadata(publication, folder, describe_files(folder, packaged(folder)))


def _check_folder(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
        raise UsageError(f"{folder} is not empty and no package; give another --output-dir")
    own = [name for name in sorted(BESIDE) if (folder / name).exists()]
    if own:
        raise UsageError(
            f"{folder}/{own[0]} was made by a reader of that package and would be lost; move it away, or "
            "give another --output-dir"
        )
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; give another --output-dir")
