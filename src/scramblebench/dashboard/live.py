"""Pages that change while they are looked at: the same context fills the page and its live parts."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scramblebench.dashboard.rendering import rendered, shared, with_query
from scramblebench.dashboard.sources import Sources

Query = Mapping[str, str]
_TIMES = re.compile(r"<time [^>]*>[^<]*</time>")
_PREFIX = "live-"


@dataclass(frozen=True, slots=True)
class LiveView:
    """A page by name; ``parts`` are templates by name of the part, each in an element ``live-<name>``.

    ``context`` reads all that the page shows; with ``is_finished`` in it, nothing more will happen.
    """

    name: str
    parts: Mapping[str, str]
    context: Callable[[Sources, Query], dict[str, Any]]

    def events_url(self, query: Query) -> str:
        """Return the address of the stream of this page's changes."""
        return with_query("/events", {**query, "view": self.name})

    def whole(self, sources: Sources, query: Query) -> dict[str, Any]:
        """Return the context with what pages share."""
        found = self.context(sources, query)
        return {**shared(sources), "csrf": sources.policy.csrf_token, "query": dict(query), **found}

    def fragments(self, sources: Sources, query: Query) -> "Fragments":
        """Return the live parts as they are now."""
        context = self.whole(sources, query)
        html = {
            f"{_PREFIX}{name}": rendered(template, context) for name, template in self.parts.items()
        }
        return Fragments(html, bool(context.get("is_finished", False)))


@dataclass(frozen=True, slots=True)
class Fragments:
    """The live parts of a page at one moment: HTML by id of the element it belongs into."""

    html: Mapping[str, str]
    is_finished: bool

    @property
    def version(self) -> str:
        """A hash of what is shown; that time passes changes nothing."""
        text = "\x1f".join(_timeless(part) for part in self.html.values())
        return hashlib.sha256(f"{self.is_finished}{text}".encode()).hexdigest()[:16]

    def changed_since(self, before: "Fragments | None") -> dict[str, str]:
        """Return the parts that differ from an earlier moment's."""
        if before is None:
            return dict(self.html)
        return {
            name: html
            for name, html in self.html.items()
            if _timeless(html) != _timeless(before.html.get(name, ""))
        }


def _timeless(html: str) -> str:
    return _TIMES.sub("", html)
