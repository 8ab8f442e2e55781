"""The package as software, in CodeMeta 3.0: what runs in it and what that needs."""

from typing import Any

from scramblebench.publication.metadata.description import Description
from scramblebench.publication.metadata.linked import agent

CONTEXT = "https://w3id.org/codemeta/3.0"


def codemeta_values(about: Description) -> dict[str, Any]:
    """Return what codemeta.json holds."""
    return {
        "@context": CONTEXT,
        "@type": "SoftwareSourceCode",
        "name": about.title,
        "description": about.text,
        "identifier": about.identifier,
        "version": about.version,
        "author": [agent(creator) for creator in about.creators],
        "license": about.licence.url,
        "keywords": list(about.keywords),
        "dateCreated": about.created_at.date().isoformat(),
        "datePublished": about.day,
        "programmingLanguage": {"@type": "ComputerLanguage", "name": "Python"},
        "softwareRequirements": [
            {"@type": "SoftwareApplication", "name": name, "version": version}
            for name, version in about.versions.items()
        ],
    }
