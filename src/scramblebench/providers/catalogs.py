"""Lists of the models a server has: finding one, and the nearest when it is not there."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from typing import Final

from scramblebench.core.errors import ErrorKind, ProviderError
from scramblebench.providers.fields import as_count, as_mapping, as_sequence, as_text
from scramblebench.providers.http import Endpoint, parse_json
from scramblebench.providers.wire_errors import reply_error

ABSENT: Final = (404, 405, 501)
"""How servers say that they do not have such a page."""

Entry = Mapping[str, object]


async def listed_models(endpoint: Endpoint, now: datetime) -> Sequence[Entry] | None:
    """Return the models that ``GET /models`` lists; None where the server has no such list."""
    reply = await endpoint.get("/models")
    if reply.status in ABSENT:
        return None
    if reply.status != 200:
        raise reply_error(endpoint, reply, now)
    try:
        listed = as_mapping(parse_json(reply.body)).get("data")
    except ValueError:
        return None
    return [as_mapping(entry) for entry in as_sequence(listed)] or None


def check_listed(name: str, models: Sequence[Entry], *, who: str) -> Entry:
    """Return the model's entry; raise ProviderError, naming the nearest, where there is none.

    A variant of a listed model ("...:nitro", "...:free") counts as listed.
    """
    by_id = {as_text(entry.get("id")) or "": entry for entry in models}
    by_slug = {as_text(entry.get("canonical_slug")) or "": entry for entry in models}
    entry = by_id.get(name) or by_slug.get(name) or by_id.get(name.rpartition(":")[0])
    if entry is not None:
        return entry
    raise ProviderError(
        f"{who} has no model {name!r}{nearest(name, list(by_id))}", kind=ErrorKind.MODEL_MISSING
    )


def nearest(name: str, known: Sequence[str]) -> str:
    """Return "; did you mean ...?" with the nearest known name, or nothing where none is near."""
    close = get_close_matches(name, known, n=1, cutoff=0.4)
    return f"; did you mean {close[0]}?" if close else ""


def served_context(entry: Entry) -> int | None:
    """Return the context window of an entry in tokens; None where it is not stated."""
    top = as_mapping(entry.get("top_provider")).get("context_length")
    stated = (top, entry.get("context_length"), entry.get("max_model_len"))
    return next((count for count in map(as_count, stated) if count), None)
