"""What the JSON-LD formats share: people and dates as schema.org has them, and JSON as we write it."""

import json
from datetime import datetime
from typing import Any

from scramblebench.publication.metadata.description import Creator


def json_text(values: Any) -> str:
    """Return JSON for people and programs: sorted keys, two spaces, text as it is."""
    return json.dumps(values, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def timestamp(at: datetime) -> str:
    """Return a time in UTC, to the second, as ISO 8601."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def agent(creator: Creator) -> dict[str, Any]:
    """Return a creator as schema.org has a Person or an Organization."""
    if creator.is_group:
        return {"@type": "Organization", "name": creator.family}
    found: dict[str, Any] = {
        "@type": "Person",
        "name": creator.full,
        "familyName": creator.family,
        "givenName": creator.given,
    }
    if creator.orcid:
        found["@id"] = creator.orcid_url
    if creator.affiliation:
        found["affiliation"] = {"@type": "Organization", "name": creator.affiliation}
    return {key: value for key, value in found.items() if value}
