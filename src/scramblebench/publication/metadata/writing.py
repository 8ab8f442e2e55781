"""All metadata of a package, written last: they name every other file."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from scramblebench.publication.exports.columns import Table
from scramblebench.publication.exports.parts import TABLES
from scramblebench.publication.metadata import croissant, datasheet, rocrate
from scramblebench.publication.metadata.cards import model_cards
from scramblebench.publication.metadata.citation import citation_bib, citation_cff
from scramblebench.publication.metadata.codemeta import codemeta_values
from scramblebench.publication.metadata.description import Description, describe
from scramblebench.publication.metadata.files import FileRole, PackagedFile
from scramblebench.publication.metadata.licences import code_licence_text, data_licence_text
from scramblebench.publication.metadata.linked import json_text
from scramblebench.publication.metadata.zenodo import zenodo_values
from scramblebench.publication.source import Publication

_JSON, _LD, _TEXT, _MARKDOWN = (
    "application/json",
    "application/ld+json",
    "text/plain",
    "text/markdown",
)

_OWN = frozenset(
    {
        "LICENSE", "LICENSE-data", "CITATION.cff", "citation.bib", ".zenodo.json", "codemeta.json",
        croissant.PATH, datasheet.PATH, rocrate.NAME,
    }
)  # fmt: skip


def write_metadata(
    publication: Publication,
    folder: Path,
    files: Sequence[PackagedFile],
    tables: Mapping[str, Table] = TABLES,
) -> list[Path]:
    """Write all metadata into a folder that holds ``files``; return the paths written.

    ``tables`` are those that may be among the files, by name: Croissant describes their columns. Earlier
    metadata among the files are replaced. Raises UsageError where a licence is not an SPDX identifier.
    """
    about = describe(publication)
    others = [file for file in files if not _is_own(file.path)]
    own: list[PackagedFile] = []
    for path, media_type, what, text in _texts(publication, about, others, tables):
        _write(folder / path, text)
        role = FileRole.LICENCE if path.startswith("LICENSE") else FileRole.METADATA
        own.append(PackagedFile.of(folder, path, media_type, what, role))
    crate = json_text(rocrate.rocrate_values(about, [*others, *own]))
    _write(folder / rocrate.NAME, crate)
    return [*(folder / file.path for file in own), folder / rocrate.NAME]


def _is_own(path: str) -> bool:
    return path in _OWN or path.startswith("models/")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def _texts(
    publication: Publication,
    about: Description,
    files: Sequence[PackagedFile],
    tables: Mapping[str, Table],
) -> Iterator[tuple[str, str, str, str]]:
    """Yield (path, media type, description, text) of all but the crate, which names these too."""
    year, holders = about.published_at.year, about.holders
    code, data = about.licence, about.data_licence
    yield (
        "LICENSE", _TEXT, f"The licence of code and configuration: {code.name}.",
        code_licence_text(code, year, holders),
    )  # fmt: skip
    yield (
        "LICENSE-data", _TEXT, f"The licence of data, tables, figures and texts: {data.name}.",
        data_licence_text(data, year, holders),
    )  # fmt: skip
    yield "CITATION.cff", "application/yaml", "How to cite the package.", citation_cff(about)
    yield "citation.bib", "application/x-bibtex", "How to cite it, for BibTeX.", citation_bib(about)
    yield (
        ".zenodo.json", _JSON, "Metadata for a deposit in Zenodo.", json_text(zenodo_values(about))
    )  # fmt: skip
    yield "codemeta.json", _LD, "The package as software.", json_text(codemeta_values(about))
    yield (
        croissant.PATH, _LD, "The data files and their columns in Croissant.",
        json_text(croissant.croissant_values(publication, about, files, tables)),
    )  # fmt: skip
    yield (
        datasheet.PATH, _MARKDOWN, "The datasheet of the data.",
        datasheet.datasheet(publication, about, files),
    )  # fmt: skip
    for path, text in model_cards(publication, about):
        yield path, _MARKDOWN, "What is known of one model, and what it scored.", text
