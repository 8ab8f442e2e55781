"""The package as an RO-Crate 1.3: every file, who made it, and how it came about."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from scramblebench.publication.metadata.description import Creator, Description
from scramblebench.publication.metadata.files import FileRole, PackagedFile
from scramblebench.publication.metadata.licences import Licence
from scramblebench.publication.metadata.linked import agent, timestamp

NAME = "ro-crate-metadata.json"
SPECIFICATION = "https://w3id.org/ro/crate/1.3"
CONTEXT = f"{SPECIFICATION}/context"
_RUN = "#experiment"
_PROGRAM = "#scramblebench"


def rocrate_values(about: Description, files: Sequence[PackagedFile]) -> dict[str, Any]:
    """Return what ro-crate-metadata.json holds."""
    return {"@context": CONTEXT, "@graph": [*_entities(about, files)]}


def _entities(about: Description, files: Sequence[PackagedFile]) -> Iterator[dict[str, Any]]:
    described = sorted(files, key=lambda file: file.path)
    yield {
        "@id": NAME,
        "@type": "CreativeWork",
        "name": "Description of the package as an RO-Crate",
        "about": _to("./"),
        "conformsTo": _to(SPECIFICATION),
    }
    yield _root(about, described)
    for number, creator in enumerate(about.creators):
        yield from _people(number, creator)
    yield from map(_licence, dict.fromkeys((about.licence, about.data_licence)))
    yield {
        "@id": about.identifier,
        "@type": "PropertyValue",
        "name": "Experiment's id",
        "value": about.identifier,
    }
    yield _program(about)
    yield _run(about, described)
    for file in described:
        yield _file(about, file)


def _to(identifier: str) -> dict[str, str]:
    return {"@id": identifier}


def _all(identifiers: Iterable[str]) -> dict[str, str] | list[dict[str, str]]:
    """Return references; a single one stands for itself."""
    found = [_to(identifier) for identifier in identifiers]
    return found[0] if len(found) == 1 else found


def _agents(about: Description) -> dict[str, str] | list[dict[str, str]]:
    return _all(_agent_id(n, creator) for n, creator in enumerate(about.creators))


def _path_id(file: PackagedFile) -> str:
    return quote(file.path)


def _root(about: Description, files: Sequence[PackagedFile]) -> dict[str, Any]:
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": about.title,
        "description": about.text,
        "keywords": ", ".join(about.keywords),
        "version": about.version,
        "identifier": _to(about.identifier),
        "datePublished": about.day,
        "dateCreated": about.created_at.date().isoformat(),
        "license": _to(about.data_licence.url),
        "author": _agents(about),
        "mentions": _to(_RUN),
        "hasPart": _all(map(_path_id, files)),
    }


def _agent_id(number: int, creator: Creator) -> str:
    return creator.orcid_url or f"#author-{number + 1}"


def _people(number: int, creator: Creator) -> Iterator[dict[str, Any]]:
    identifier, place = _to(_agent_id(number, creator)), _to(f"#affiliation-{number + 1}")
    if creator.is_group or not creator.affiliation:
        yield {**agent(creator), **identifier}
        return
    yield {**place, "@type": "Organization", "name": creator.affiliation}
    yield {**agent(creator), **identifier, "affiliation": place}


def _licence(terms: Licence) -> dict[str, Any]:
    return {
        "@id": terms.url,
        "@type": "CreativeWork",
        "name": terms.name,
        "description": f"{terms.name}, SPDX identifier {terms.spdx}; the full text is at its address.",
        "identifier": terms.spdx,
    }


def _program(about: Description) -> dict[str, Any]:
    """Return the program; not as a SoftwareApplication, which must have an address."""
    others = ", ".join(
        f"{name} {v}" for name, v in about.versions.items() if name != "scramblebench"
    )
    return {
        "@id": _PROGRAM,
        "@type": "CreativeWork",
        "name": "ScrambleBench",
        "description": f"Plans, runs and analyses experiments with scrambled questions; with {others}.",
        "version": about.versions["scramblebench"],
    }


def _run(about: Description, files: Sequence[PackagedFile]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "@id": _RUN,
        "@type": "CreateAction",
        "name": f"The experiment {about.title}",
        "description": about.text.split("\n\n")[-1],
        "instrument": _to(_PROGRAM),
        "agent": _agents(about),
        "object": _all(_path_id(file) for file in files if file.role is FileRole.CONFIG),
        "result": _all(
            _path_id(file) for file in files if file.role in (FileRole.DATA, FileRole.RESULT)
        ),
    }
    if about.asked_from is not None and about.asked_to is not None:
        found["startTime"] = timestamp(about.asked_from)
        found["endTime"] = timestamp(about.asked_to)
    return {key: value for key, value in found.items() if value}


def _file(about: Description, file: PackagedFile) -> dict[str, Any]:
    is_image = file.media_type.startswith("image/")
    found: dict[str, Any] = {
        "@id": _path_id(file),
        "@type": ["File", "ImageObject"] if is_image else "File",
        "name": file.path,
        "description": file.description,
        "encodingFormat": file.media_type,
        "contentSize": str(file.size),
        "sha256": file.sha256,
    }
    if file.role.is_code and about.licence != about.data_licence:
        found["license"] = _to(about.licence.url)  # that of all others is the crate's
    return found
