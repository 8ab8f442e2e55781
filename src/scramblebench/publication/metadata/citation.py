"""How to cite a package: CITATION.cff 1.2.0 and BibTeX."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import yaml

from scramblebench.publication.metadata.description import Creator, Description

_MESSAGE = "If you use this package, please cite it as below."
_BIBTEX = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    '"': '{"}',
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    **{character: "\\" + character for character in "$&#_%"},
}
_SOFTWARE = "ScrambleBench"
_TEAM = "ScrambleBench Research Team"


def citation_cff(about: Description) -> str:
    """Return the text of CITATION.cff."""
    values: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": _MESSAGE,
        "type": "dataset",
        "title": about.title,
        "abstract": about.text,
        "authors": [_cff_author(creator) for creator in about.creators],
        "version": about.version,
        "date-released": about.day,
        "license": about.data_licence.spdx,
        "identifiers": [
            {"type": "other", "value": about.identifier, "description": "The experiment's id"}
        ],
        "references": [_cff_software(about)],
    }
    if about.keywords:
        values["keywords"] = list(about.keywords)
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=100)


def _cff_author(creator: Creator) -> dict[str, str]:
    names = (
        {"name": creator.family}
        if creator.is_group
        else {"family-names": creator.family, "given-names": creator.given}
    )
    found = {**names, "affiliation": creator.affiliation, "orcid": creator.orcid_url}
    if creator.is_group:
        found["affiliation"] = ""  # entities of the format have none
    return {key: value for key, value in found.items() if value}


def _cff_software(about: Description) -> dict[str, Any]:
    return {
        "type": "software",
        "title": _SOFTWARE,
        "authors": [{"name": _TEAM}],
        "version": about.versions["scramblebench"],
        "license": "MIT",
    }


def citation_bib(about: Description) -> str:
    """Return the text of citation.bib: the package, and the program it was made with."""
    package = {
        "author": " and ".join(map(_bibtex_author, about.creators)),
        "title": f"{{{escape_bibtex(about.title)}}}",
        "year": str(about.published_at.year),
        "note": escape_bibtex(f"Data set, version {about.version}, {about.identifier}"),
    }
    software = {
        "author": f"{{{_TEAM}}}",
        "title": f"{{{_SOFTWARE}}}",
        "note": escape_bibtex(f"Computer program, version {about.versions['scramblebench']}"),
    }
    return _entry(_key(about), package) + "\n" + _entry("scramblebench", software)


def _entry(key: str, fields: dict[str, str]) -> str:
    lines = [f"  {name:<6} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@misc{{{key},", *lines, "}", ""])


def escape_bibtex(text: str) -> str:
    """Return text that BibTeX and LaTeX take as it is; every brace in it has its partner."""
    return "".join(_BIBTEX.get(character, character) for character in text)


def _bibtex_author(creator: Creator) -> str:
    if creator.is_group:
        return f"{{{escape_bibtex(creator.family)}}}"
    return ", ".join(_bibtex_part(part) for part in (creator.family, creator.given) if part)


def _bibtex_part(name: str) -> str:
    """Return part of a name, in braces where BibTeX would take it apart."""
    escaped = escape_bibtex(name)
    return f"{{{escaped}}}" if re.search(r"(?i),|\band\b", name) else escaped


def _key(about: Description) -> str:
    """Return name, year and first word of the title, in the letters that a key may have."""
    words = (
        about.creators[0].family.split()[-1],
        str(about.published_at.year),
        *_ascii_words(about.title),
    )
    return "".join("".join(_ascii_words(word)) for word in words[:3]) or "package"


def _ascii_words(text: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    yield from re.findall(r"[a-z0-9]+", plain.lower())
