"""Templates to HTML: everything is escaped, and what a template lacks is an error."""

import hashlib
import shlex
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from scramblebench import __version__
from scramblebench.dashboard import words
from scramblebench.dashboard.charts import legend_mark
from scramblebench.dashboard.sources import Sources, sources_of

HERE = Path(__file__).parent
STATIC = HERE / "static"
PROGRAM = "scramblebench-experiment"
MESSAGE = "message"
"""The query parameter that says what an action did."""


@cache
def environment() -> Environment:
    """Return the templates with the words that they share."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names = (
        "short", "count", "three", "number", "share", "percent", "points", "p_value", "money",
        "seconds", "duration", "elapsed", "ago", "iso_text", "clock_time", "level", "stored", "beyond", "rate", "shown_model",
    )  # fmt: skip
    made.filters.update({name: getattr(words, name) for name in names})
    made.filters["legend"] = legend_mark
    shared_names: dict[str, Any] = {
        "command": command, "static": static_url, "with_query": with_query, "version": __version__
    }  # fmt: skip
    made.globals.update(shared_names)
    return made


def command(*parts: str) -> str:
    """Return a command as it can be typed in a shell."""
    return " ".join([PROGRAM, *(shlex.quote(part) for part in parts)])


@cache
def static_url(name: str) -> str:
    """Return the address of a static file, another one whenever its content is."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def with_query(path: str, values: Mapping[str, Any] | None = None, **changes: Any) -> str:
    """Return a path with a query; None and "" are left out."""
    merged = {**(values or {}), **changes}
    query = urlencode({k: str(v) for k, v in merged.items() if v is not None and v != ""})
    return f"{path}?{query}" if query else path


def rendered(template: str, context: Mapping[str, Any]) -> str:
    """Return a template filled; lone surrogates, which no page can carry, become U+FFFD."""
    text = environment().get_template(template).render(context)
    return text.encode("utf-8", "replace").decode() if not _is_encodable(text) else text


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def page(
    request: Request, template: str, context: Mapping[str, Any], status: int = 200
) -> HTMLResponse:
    """Return a page with what every page has."""
    return HTMLResponse(rendered(template, {**common(request), **context}), status)


def common(request: Request) -> dict[str, Any]:
    """Return what every page has: the time, the token of its forms, where it stands, open alerts."""
    sources = sources_of(request)
    return {
        **shared(sources),
        "path": request.url.path,
        "query": dict(request.query_params),
        "csrf": sources.policy.csrf_token,
        "message": request.query_params.get(MESSAGE, "")[:300],
        "events": None,
        "experiment": None,
    }


def shared(sources: Sources) -> dict[str, Any]:
    """Return what pages and their live fragments have in common."""
    return {"now": sources.clock.now()}
