"""Metadata of a package: citation, licences, deposit, RO-Crate, Croissant, datasheet, model cards."""

from scramblebench.publication.metadata.anonymity import anonymised
from scramblebench.publication.metadata.description import Description, describe
from scramblebench.publication.metadata.files import FileRole, PackagedFile
from scramblebench.publication.metadata.inventory import describe_files
from scramblebench.publication.metadata.writing import write_metadata

__all__ = [
    "Description",
    "FileRole",
    "PackagedFile",
    "anonymised",
    "describe",
    "describe_files",
    "write_metadata",
]
