"""The fake server: two APIs on one port, a ledger, faults on demand."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import orjson

from scramblebench.core.clock import SystemClock
from scramblebench.core.randomness import RandomStream
from scramblebench.testing.fake_provider.answers import AnswerFunction, hashed_answer
from scramblebench.testing.fake_provider.chats import ChatCall, answered, cut_answer
from scramblebench.testing.fake_provider.dialects import Catalog, Dialect, Refusal
from scramblebench.testing.fake_provider.faults import Fault, FaultScript
from scramblebench.testing.fake_provider.http import Connection, Connections, Reply, Request
from scramblebench.testing.fake_provider.ledger import Ledger, LedgerEntry
from scramblebench.testing.fake_provider.misbehaviour import faulty_reply, is_charged
from scramblebench.testing.fake_provider.ollama_dialect import OllamaDialect
from scramblebench.testing.fake_provider.openrouter_dialect import OpenRouterDialect

DEFAULT_MODELS: Final = (
    "llama3:8b",
    "gemma3:4b",
    "mistral:latest",
    "gpt-3.5-turbo",
    "gpt-4o-mini",
    "openai/gpt-3.5-turbo",
    "openai/gpt-4",
    "openai/gpt-4o-mini",
    "anthropic/claude-3-haiku",
    "meta-llama/llama-3-8b-instruct",
)
DEFAULT_WINDOW: Final = 8192


class FakeProviderServer:
    """A double of Ollama and OpenRouter on one port of this machine.

    Use it as ``async with FakeProviderServer(...) as server``. Answers depend on the request's content
    alone, faults and latencies on the content, the seed and how often the content came before. With a
    ledger path the entries are in that file (``read_ledger``), else in ``ledger.entries``.
    """

    def __init__(
        self,
        *,
        answer: AnswerFunction = hashed_answer,
        models: Sequence[str] = DEFAULT_MODELS,
        window: int = DEFAULT_WINDOW,
        api_key: str | None = None,
        seed: int = 0,
        latency_s: float = 0.0,
        latency_spread: float = 0.0,
        faults: Sequence[Fault] = (),
        ledger_path: Path | None = None,
        port: int = 0,
    ) -> None:
        """``latency_spread`` s makes latencies uniform in ``latency_s`` x (1 - s) to (1 + s)."""
        catalog = Catalog(models, window)
        self._answer = answer
        self._seed = seed
        self._latency_s = latency_s
        self._latency_spread = latency_spread
        self._faults = FaultScript(faults, seed)
        self._seen: Counter[str] = Counter()
        self._n_entries = 0
        self._dialects: dict[str, Dialect] = {}
        self._pages: dict[tuple[str, str], Any] = {}
        for dialect in (OllamaDialect(catalog), OpenRouterDialect(catalog, api_key)):
            self._dialects[dialect.chat_path] = dialect
            self._pages.update({key: (dialect, page) for key, page in dialect.pages().items()})
        self._clock = SystemClock()
        self._ledger_path = ledger_path
        self._port = port
        self._connections = Connections(self.reply_to)
        self._server: asyncio.Server | None = None
        self.ledger = Ledger(None)

    @property
    def url(self) -> str:
        """Where it listens, without a path."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def url_ollama(self) -> str:
        """The ``base_url`` of provider ollama."""
        return self.url

    @property
    def url_openrouter(self) -> str:
        """The ``base_url`` of providers openrouter and openai."""
        return f"{self.url}/api/v1"

    async def __aenter__(self) -> Self:
        """Start to listen."""
        self.ledger = Ledger(self._ledger_path)
        self._server = await asyncio.get_running_loop().create_server(
            lambda: Connection(self._connections), "127.0.0.1", self._port, backlog=4096
        )
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop to listen, cut all connections and close the ledger."""
        if self._server is not None:
            self._server.close()
        for transport in tuple(self._connections.open):
            transport.abort()
        self.ledger.close()

    def reply_to(self, request: Request) -> Reply:
        """Return the reply to a request, and write it down where it is a chat."""
        dialect = self._dialects.get(request.path)
        if dialect is not None and request.method == "POST":
            return self._chat(dialect, request)
        method = "GET" if request.method == "HEAD" else request.method
        if (method, request.path) == ("GET", "/"):
            return Reply(b"Ollama is running", content_type="text/plain; charset=utf-8")
        found = self._pages.get((method, request.path))
        if found is None:
            return Reply(b"404 page not found", 404, content_type="text/plain")
        owner, page = found
        return _refused(owner.refuse_key(request.headers) or page(_parsed(request.body) or {}))

    def _chat(self, dialect: Dialect, request: Request) -> Reply:
        digest = hashlib.sha256(request.body).hexdigest()
        call = self._read_call(dialect, request, digest)
        if not isinstance(call, ChatCall):
            self._record(dialect, "", request, digest, call[0], 0, None)
            return _refused(call)
        answer = answered(call, self._answer)
        n_before = self._seen[digest]
        self._seen[digest] += 1
        fault = self._faults.next(digest, n_before, call.model, call.last_text)
        is_paid = dialect.is_charging
        if fault:
            if fault.name == "length":
                answer = cut_answer(answer, 1)
            reply = faulty_reply(fault, dialect, call, answer, self._clock.now())
            is_paid = is_paid and is_charged(fault)
        else:
            reply = Reply(orjson.dumps(dialect.answer_body(call, answer)))
        status = 0 if reply.cut_after == 0 or reply.is_silent else reply.status
        cost_microusd = answer.cost_microusd if is_paid else 0
        kind = fault.kind if fault else None
        self._record(dialect, call.model, request, digest, status, cost_microusd, kind)
        return self._delayed(reply, digest, n_before)

    def _read_call(self, dialect: Dialect, request: Request, digest: str) -> ChatCall | Refusal:
        fields = _parsed(request.body)
        if fields is None:
            return 400, dialect.error_body(400)
        return dialect.refuse_key(request.headers) or dialect.read_call(fields, digest)

    def _delayed(self, reply: Reply, digest: str, n_before: int) -> Reply:
        delay_s = self._latency_s
        if self._latency_spread:
            draw = RandomStream("latency", self._seed, digest, n_before).uniform()
            delay_s *= 1 + self._latency_spread * (2 * draw - 1)
        return replace(reply, delay_s=reply.delay_s + delay_s) if delay_s else reply

    def _record(
        self,
        dialect: Dialect,
        model: str,
        request: Request,
        digest: str,
        status: int,
        cost_microusd: int,
        fault: str | None,
    ) -> None:
        self._n_entries += 1
        self.ledger.append(
            LedgerEntry(
                self._n_entries,
                dialect.name,
                model,
                digest,
                request.headers.get("idempotency-key"),
                status,
                cost_microusd,
                fault,
            )
        )


def _parsed(body: bytes) -> dict[str, Any] | None:
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return fields if isinstance(fields, dict) else None


def _refused(refusal: Refusal) -> Reply:
    status, body = refusal
    return Reply(orjson.dumps(body), status)
