"""Pages that are watched: every request, dialog, error, and breach of the security policy is written down."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

_BREACHES = """
window.__breaches = [];
addEventListener("securitypolicyviolation", (event) => {
  window.__breaches.push(`${event.violatedDirective}: ${event.blockedURI}`);
});
"""


@dataclass(slots=True)
class Watched:
    """A page with what it did; ``origin`` is whom it may speak to."""

    page: Any
    origin: str
    requests: list[Any] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def go(self, path: str = "/") -> Any:
        """Open a page of the dashboard; return the page."""
        self.page.goto(self.origin + path, wait_until="load")
        return self.page

    @property
    def foreign(self) -> list[str]:
        """The requests to anybody else."""
        own = (f"{self.origin}/", "data:")
        return [request.url for request in self.requests if not request.url.startswith(own)]

    def assert_quiet(self) -> None:
        """Assert that nothing happened that should not."""
        for found in (self.foreign, self.dialogs, self.errors):
            assert not found, found
        breaches = self.page.evaluate("window.__breaches")
        assert not breaches, breaches
        assert self.page.evaluate("typeof window.__xss") == "undefined"


def watched(context: Any, origin: str) -> Watched:
    """Return a new page of a context that is watched."""
    page = context.new_page()
    page.add_init_script(_BREACHES)
    found = Watched(page, origin)
    page.on("request", lambda request: found.requests.append(request))
    page.on("pageerror", lambda error: found.errors.append(str(error)))
    page.on("console", lambda said: _note(found, said))
    page.on("dialog", lambda dialog: (found.dialogs.append(dialog.message), dialog.dismiss()))
    return found


def _note(found: Watched, said: Any) -> None:
    if said.type in ("error", "warning"):
        found.errors.append(f"{said.text} ({urlsplit(said.location.get('url', '')).path})")
