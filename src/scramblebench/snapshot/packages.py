"""The installed packages: names, versions, and the commits of those that came from a repository."""

import json
import re
from collections.abc import Mapping
from importlib.metadata import Distribution, distributions
from typing import Any

from scramblebench import __version__

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.!+_-]{0,63}")
_FIELD = re.compile(r"^(Name|Version):[ \t]*(.*)", re.MULTILINE)
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_OWN = "scramblebench"


def installed_packages() -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Return versions by normalised name, and where packages came from that were not downloaded as such.

    Of the latter only the kind (``commit``, ``editable``, ``direct``) and the commit are kept, never an
    address: it may hold a password. A name or version that is none is left out.
    """
    versions: dict[str, str] = {}
    sources: dict[str, dict[str, str]] = {}
    for found in distributions():
        name, version = _name_and_version(found)
        if not (_is(_NAME, name) and _is(_VERSION, version)):
            continue
        name = re.sub(r"[-_.]+", "-", name).lower()
        if name in versions:  # the first on the path is the one that is imported
            continue
        versions[name] = version
        if source := _source(found):
            sources[name] = source
    versions[_OWN] = __version__
    return dict(sorted(versions.items())), dict(sorted(sources.items()))


def _name_and_version(found: Distribution) -> tuple[str, str]:
    """Return what the head of the metadata says; the description below it, which can be a book, is not parsed."""
    text = found.read_text("METADATA") or found.read_text("PKG-INFO") or found.read_text("") or ""
    fields = _FIELD.findall(text.partition("\n\n")[0])
    head = dict(reversed(fields))  # the first of a name counts
    return head.get("Name", ""), head.get("Version", "")


def _is(pattern: re.Pattern[str], text: str) -> bool:
    return pattern.fullmatch(text) is not None


def _source(found: Distribution) -> dict[str, str] | None:
    """Return what ``direct_url.json`` says (PEP 610), without any address."""
    try:
        text = found.read_text("direct_url.json")
        told = json.loads(text) if text else None
    except (OSError, ValueError):
        return {"kind": "direct"}
    if not isinstance(told, Mapping):
        return None
    parts: Mapping[str, Any] = told
    commit = _inner(parts, "vcs_info").get("commit_id")
    if isinstance(commit, str) and _COMMIT.fullmatch(commit):
        return {"kind": "commit", "commit": commit}
    is_editable = _inner(parts, "dir_info").get("editable") is True
    return {"kind": "editable" if is_editable else "direct"}


def _inner(parts: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    inner = parts.get(key)
    return inner if isinstance(inner, Mapping) else {}
