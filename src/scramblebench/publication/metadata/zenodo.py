"""The metadata of a deposit in Zenodo: the fields of its deposit API."""

from html import escape
from typing import Any

from scramblebench.publication.metadata.description import Creator, Description
from scramblebench.publication.metadata.licences import OF_OTHERS


def zenodo_values(about: Description) -> dict[str, Any]:
    """Return what .zenodo.json holds; its description is HTML."""
    values: dict[str, Any] = {
        "upload_type": "dataset",
        "title": about.title,
        "creators": [_creator(creator) for creator in about.creators],
        "description": _html(about.text),
        "access_right": "open",
        "license": about.data_licence.spdx.lower(),  # as its vocabulary has them
        "publication_date": about.day,
        "version": about.version,
        "notes": escape(
            f"Code and configuration are under {about.licence.name} ({about.licence.spdx}). {OF_OTHERS} "
            f"Experiment: {about.identifier}"
        ),
    }
    if about.keywords:
        values["keywords"] = list(about.keywords)
    return values


def _html(text: str) -> str:
    return "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n"))


def _creator(creator: Creator) -> dict[str, str]:
    found = {
        "name": creator.inverted,
        "affiliation": creator.affiliation,
        "orcid": creator.orcid,
    }
    return {key: value for key, value in found.items() if value}
