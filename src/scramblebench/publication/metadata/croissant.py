"""The data in Croissant 1.1 with the fields of its responsible-AI vocabulary: files, tables, columns."""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scramblebench.publication.exports.columns import Column, Kind, Table
from scramblebench.publication.metadata.citation import citation_bib
from scramblebench.publication.metadata.description import Description
from scramblebench.publication.metadata.files import FileRole, PackagedFile
from scramblebench.publication.metadata.linked import agent, timestamp
from scramblebench.publication.metadata.responsible import responsible_values
from scramblebench.publication.source import Publication

PATH = "data/croissant.json"
SPECIFICATIONS = (
    "http://mlcommons.org/croissant/1.1",
    "http://mlcommons.org/croissant/RAI/1.0",
)
_TERMS = (
    "annotation", "arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "excludes",
    "extract", "field", "fileObject", "fileProperty", "fileSet", "format", "includes", "isArray",
    "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "readLines", "recordSet",
    "references", "regex", "repeated", "replace", "samplingRate", "sdVersion", "separator", "source",
    "subField", "transform", "unArchive", "value",
)  # fmt: skip
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    "description": {"@container": "@language"},
    **{term: f"cr:{term}" for term in _TERMS},
}
_KINDS = {Kind.INTEGER: "sc:Integer", Kind.NUMBER: "sc:Float", Kind.BOOLEAN: "sc:Boolean"}
"""All others are text; mappings are JSON in it, and lists are too, outside Parquet."""
_FORMATS = {
    ".parquet": "application/x-parquet",
    ".csv": "text/csv",
    ".csv.gz": "text/csv",
    ".jsonl": "application/jsonlines",
    ".jsonl.gz": "application/jsonlines",
}
"""What Croissant's programs call the formats that they read; compressed ones by what is inside."""


def croissant_values(
    publication: Publication,
    about: Description,
    files: Sequence[PackagedFile],
    tables: Mapping[str, Table],
) -> dict[str, Any]:
    """Return what data/croissant.json holds; ``tables`` are described column by column, by their names.

    A file is taken for the table whose name its own begins with, up to the first point.
    """
    data = sorted((f for f in files if f.role is FileRole.DATA), key=lambda file: file.path)
    found: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": list(SPECIFICATIONS),
        "name": about.title,
        "description": about.text,
        "url": about.identifier,
        "version": about.version,
        "license": about.data_licence.url,
        "creator": [agent(creator) for creator in about.creators],
        "datePublished": timestamp(about.published_at),
        "dateCreated": timestamp(about.created_at),
        "keywords": list(about.keywords),
        "citeAs": citation_bib(about).split("\n\n")[0],
        "isLiveDataset": False,
        "distribution": [_file(file) for file in data],
        "recordSet": [*_record_sets(data, tables)],
    }
    return {**found, **responsible_values(publication, about)}


def _file(file: PackagedFile) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": posixpath.basename(file.path),
        "description": file.description,
        "contentUrl": posixpath.relpath(file.path, posixpath.dirname(PATH)),
        "contentSize": f"{file.size} B",
        "encodingFormat": _FORMATS.get(_ending(file.path), file.media_type),
        "sha256": file.sha256,
    }


def _ending(path: str) -> str:
    """Return all that follows the first point of a file's name."""
    name = posixpath.basename(path)
    return name[name.index(".") :] if "." in name else ""


def _stem(path: str) -> str:
    return posixpath.basename(path).partition(".")[0]


def _record_sets(
    files: Sequence[PackagedFile], tables: Mapping[str, Table]
) -> Iterator[dict[str, Any]]:
    """Yield a record set for each table; where it is there in several formats, from the first of them."""
    order = list(_FORMATS)
    known = [f for f in files if _stem(f.path) in tables and _ending(f.path) in order]
    found: dict[str, PackagedFile] = {}
    for file in sorted(known, key=lambda f: (order.index(_ending(f.path)), f.path)):
        found.setdefault(_stem(file.path), file)
    for name, file in sorted(found.items()):
        yield _record_set(tables[name], file)


def _record_set(table: Table, file: PackagedFile) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.name,
        "description": f"A row is {table.one_row}.",
        "field": [_field(table, file, column) for column in table.columns],
    }


def _field(table: Table, file: PackagedFile, column: Column) -> dict[str, Any]:
    found: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{table.name}/{column.name}",
        "name": column.name,
        "description": _description(column),
        "dataType": _KINDS.get(column.kind, "sc:Text"),
        "source": {"fileObject": {"@id": file.path}, "extract": {"column": column.name}},
    }
    if column.kind is Kind.TEXTS and _ending(file.path) == ".parquet":
        found |= {"isArray": True, "arrayShape": "-1"}
    return found


def _description(column: Column) -> str:
    unit = f" Unit or range: {column.unit}." if column.unit else ""
    empty = f" Empty: {column.empty}." if column.empty else ""
    return f"{column.description}{unit}{empty}"
