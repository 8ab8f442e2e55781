"""The web application: pages, streams and API behind one gate."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from scramblebench import __version__
from scramblebench.core.clock import Clock, SystemClock
from scramblebench.core.errors import (
    ExperimentNotFound,
    ScrambleBenchError,
    StateError,
    StorageError,
    UsageError,
)
from scramblebench.dashboard.api import router
from scramblebench.dashboard.events import INTERVAL_S, Feeds
from scramblebench.dashboard.jobs import Jobs
from scramblebench.dashboard.network import NetworkGate, NetworkPolicy
from scramblebench.dashboard.rendering import STATIC, page
from scramblebench.dashboard.routes import VIEWS, page_routes
from scramblebench.dashboard.sources import Sources
from scramblebench.storage import Database

_YEAR_S = 31_536_000


class Application:
    """The application as it is served: the gate outermost, so that no route can be without it."""

    def __init__(self, app: FastAPI, policy: NetworkPolicy) -> None:
        self.app = app
        self.policy = policy
        self._gate = NetworkGate(GZipMiddleware(app, minimum_size=1024), policy)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._gate(scope, receive, send)


class _Static(StaticFiles):
    """Static files, kept by the browser for ever: their addresses change with their content."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        answer = super().file_response(*args, **kwargs)
        answer.headers["cache-control"] = f"public, max-age={_YEAR_S}, immutable"
        return answer


def make_app(
    reading: Database,
    writing: Database,
    policy: NetworkPolicy,
    *,
    clock: Clock | None = None,
    jobs: Jobs | None = None,
    interval_s: float = INTERVAL_S,
) -> Application:
    """Return the application over a database that reads and one that writes.

    ``jobs`` computes on the writing one; it is closed with the application.
    """
    app = _with_api(jobs)
    app.state.sources = Sources(reading, writing, clock or SystemClock(), policy, jobs)
    app.state.feeds = Feeds(VIEWS, interval_s)
    app.router.routes.extend(
        [
            *page_routes(),
            Route("/events", app.state.feeds.answer),
            Mount("/static", _Static(directory=STATIC)),
        ]
    )
    app.include_router(router)
    app.add_exception_handler(ScrambleBenchError, _said)
    app.add_exception_handler(HTTPException, _refused)
    return Application(app, policy)


def _with_api(jobs: Jobs | None) -> FastAPI:
    """Return an application without routes; its own pages of documentation would load foreign scripts."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
        yield
        if jobs is not None:
            jobs.close()

    return FastAPI(
        title="ScrambleBench",
        version=__version__,
        description="Experiments that run and have run: progress, responses, statistics, alerts.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=lifespan,
    )


def _status(error: Exception) -> int:
    match error:
        case ExperimentNotFound():
            return 404
        case UsageError():
            return 422
        case StateError():
            return 409
        case StorageError():
            return 503
        case _:
            return 500


def _said(request: Request, error: Exception) -> Response:
    """Return an error of ours in its own words."""
    return _answer(request, _status(error), str(error))


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _answer(request, error.status_code, error.detail, dict(error.headers or {}))


def _answer(
    request: Request, status: int, words: str, headers: dict[str, str] | None = None
) -> Response:
    if request.url.path.startswith("/api"):
        return JSONResponse({"error": words.encode("utf-8", "replace").decode()}, status, headers)
    answer = page(request, "error.html", {"status": status, "words": words}, status)
    answer.headers.update(headers or {})
    return answer
