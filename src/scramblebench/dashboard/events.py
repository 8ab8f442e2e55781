"""One stream of events per page: what changed, at most once a second, and a beat so that silence is noticed.

Pages that look at the same thing share one reader: a hundred open pages cost as much as one.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import orjson
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from scramblebench.core.errors import ScrambleBenchError
from scramblebench.dashboard.live import Fragments, LiveView
from scramblebench.dashboard.sources import Sources, sources_of

INTERVAL_S = 1.0
FINISHED_INTERVAL_S = 5.0
BEAT_S = 5.0
MAX_STREAMS = 256
_RETRY_MS = 1_000
Query = Mapping[str, str]


@dataclass(slots=True, eq=False)
class Feed:
    """What one page shows, read again and again while anybody looks; belongs to one event loop."""

    view: LiveView
    query: Query
    sources: Sources
    interval_s: float
    latest: Fragments | None = None
    trouble: str | None = None
    n_readers: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    task: asyncio.Task[None] | None = None

    async def read_on(self) -> None:
        """Read until cancelled."""
        while True:
            await self._read()
            is_finished = self.latest is not None and self.latest.is_finished
            await self.sources.clock.sleep(FINISHED_INTERVAL_S if is_finished else self.interval_s)

    async def _read(self) -> None:
        try:
            found = await asyncio.to_thread(self.view.fragments, self.sources, self.query)
            trouble = None
        except ScrambleBenchError as error:
            found, trouble = self.latest, str(error)
        if found is not None and self.latest is not None and found.version == self.latest.version:
            found = self.latest
        async with self.changed:
            self.latest, self.trouble = found, trouble
            self.changed.notify_all()


class Feeds:
    """The feeds of all pages that are open."""

    def __init__(self, views: Mapping[str, LiveView], interval_s: float = INTERVAL_S) -> None:
        self._views = views
        self._interval_s = interval_s
        self._feeds: dict[tuple[tuple[str, str], ...], Feed] = {}
        self._n_streams = 0

    async def answer(self, request: Request) -> Response:
        """Return the stream of a page, or why there is none."""
        query = dict(request.query_params)
        view = self._views.get(query.pop("view", ""))
        if view is None:
            return PlainTextResponse("there is no such page\n", 404)
        if self._n_streams >= MAX_STREAMS:
            return PlainTextResponse(f"{MAX_STREAMS} pages are open already\n", 503)
        sources = sources_of(request)
        try:
            await asyncio.to_thread(view.context, sources, query)
        except ScrambleBenchError as error:
            return PlainTextResponse(f"{error}\n", 404)
        seen = request.headers.get("last-event-id", "")
        return EventSourceResponse(self._stream(view, query, sources, seen), ping=3600)

    async def _stream(
        self, view: LiveView, query: Query, sources: Sources, seen: str
    ) -> AsyncIterator[ServerSentEvent]:
        feed = self._joined(view, query, sources)
        self._n_streams += 1
        try:
            async for event in _events(feed, seen):
                yield event
        finally:
            self._n_streams -= 1
            await self._left(feed, view, query)

    def _joined(self, view: LiveView, query: Query, sources: Sources) -> Feed:
        key = _key(view, query)
        feed = self._feeds.get(key)
        if feed is None:
            feed = self._feeds[key] = Feed(view, query, sources, self._interval_s)
            feed.task = asyncio.create_task(feed.read_on())
        feed.n_readers += 1
        return feed

    async def _left(self, feed: Feed, view: LiveView, query: Query) -> None:
        feed.n_readers -= 1
        if feed.n_readers == 0:
            self._feeds.pop(_key(view, query), None)
            if feed.task is not None:
                feed.task.cancel()
                with suppress(asyncio.CancelledError):
                    await feed.task


def _key(view: LiveView, query: Query) -> tuple[tuple[str, str], ...]:
    return (("view", view.name), *sorted(query.items()))


async def _events(feed: Feed, seen: str) -> AsyncIterator[ServerSentEvent]:
    """Yield what changed since ``seen``, the version that the page last had, and a beat in between."""
    shown: Fragments | None = None
    trouble: str | None = None
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(BEAT_S), feed.changed:
                while feed.latest is shown and feed.trouble == trouble:
                    await feed.changed.wait()
        if feed.task is not None and feed.task.done():
            return  # its reader failed: the page asks again
        latest, trouble = feed.latest, feed.trouble
        if latest is None:
            continue
        is_known = shown is None and latest.version == seen
        parts = {} if is_known or latest is shown else latest.changed_since(shown)
        shown = latest
        yield _event("parts" if parts else "beat", parts, latest, trouble)


def _event(
    kind: str, parts: Mapping[str, str], latest: Fragments, trouble: str | None = None
) -> ServerSentEvent:
    state = "trouble" if trouble else "finished" if latest.is_finished else "live"
    data = orjson.dumps({"parts": parts, "state": state, "trouble": trouble}).decode()
    return ServerSentEvent(data=data, event=kind, id=latest.version, retry=_RETRY_MS)
