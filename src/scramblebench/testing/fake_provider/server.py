"""The fake server: three APIs on one port, a ledger, faults on demand."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from scramblebench.testing.fake_provider.http import (
    Connection,
    Connections,
    Reply,
    Request,
    encoded_json,
)
from scramblebench.testing.fake_provider.ledger import Ledger, LedgerEntry
from scramblebench.testing.fake_provider.misbehaviour import (
    asked_wait_s,
    faulty_reply,
    is_charged,
)
from scramblebench.testing.fake_provider.ollama_dialect import OllamaDialect
from scramblebench.testing.fake_provider.openai_dialect import OpenAIDialect
from scramblebench.testing.fake_provider.openrouter_dialect import OpenRouterDialect
from scramblebench.testing.fake_provider.rate_limit import RateLimit

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
COUNTS_PATH: Final = "/fake/counts"
"""The page of the server's own that has ``counts``."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """What became of one chat; ``n_before`` is how often the same one came before."""

    reply: Reply
    n_before: int = 0
    cost_microusd: int = 0
    fault: str | None = None
    asked_wait_s: float | None = None


class FakeProviderServer:
    """A double of Ollama, OpenRouter and OpenAI on one port of this machine.

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
        requests_per_minute: float | None = None,
        port: int = 0,
    ) -> None:
        """``latency_spread`` s makes latencies uniform in ``latency_s`` x (1 - s) to (1 + s).

        Beyond ``requests_per_minute`` chats are answered 429 with Retry-After.
        """
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
        dialects = (
            OllamaDialect(catalog),
            OpenRouterDialect(catalog, api_key),
            OpenAIDialect(catalog, api_key),
        )
        for dialect in dialects:
            self._dialects[dialect.chat_path] = dialect
            self._pages.update({key: (dialect, page) for key, page in dialect.pages().items()})
        self._limit = RateLimit(requests_per_minute or float("inf"))
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
        """The ``base_url`` of provider openrouter."""
        return f"{self.url}/api/v1"

    @property
    def url_openai(self) -> str:
        """The ``base_url`` of provider openai."""
        return f"{self.url}/v1"

    @property
    def counts(self) -> dict[str, int]:
        """How many chats came, how many the rate limit refused, how many were in flight at once."""
        return {
            "n_chats": self._n_entries,
            "n_rate_limited": self._limit.n_refused,
            "n_in_flight": self._connections.n_in_flight,
            "max_in_flight": self._connections.max_in_flight,
        }

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
        if (method, request.path) == ("GET", COUNTS_PATH):
            return Reply(orjson.dumps(self.counts))
        found = self._pages.get((method, request.path))
        if found is None:
            return Reply(b"404 page not found", 404, content_type="text/plain")
        owner, page = found
        return _refused(owner.refuse_key(request.headers) or page(_parsed(request.body) or {}))

    def _chat(self, dialect: Dialect, request: Request) -> Reply:
        received_s = self._clock.monotonic_s()
        digest = hashlib.sha256(request.body).hexdigest()
        call = self._read_call(dialect, request, digest)
        if isinstance(call, ChatCall):
            meeting = self._met(dialect, call, received_s)
            reply = self._delayed(meeting.reply, digest, meeting.n_before)
        else:
            meeting = Meeting(_refused(call))
            reply = meeting.reply
        is_unanswered = reply.cut_after == 0 or reply.is_silent
        self._n_entries += 1
        self.ledger.append(
            LedgerEntry(
                sequence=self._n_entries,
                api=dialect.name,
                model=call.model if isinstance(call, ChatCall) else "",
                digest=digest,
                idempotency_key=request.headers.get("idempotency-key"),
                status=0 if is_unanswered else reply.status,
                cost_microusd=meeting.cost_microusd,
                fault=meeting.fault,
                received_s=received_s,
                answered_s=None if reply.is_silent else received_s + reply.delay_s,
                asked_wait_s=meeting.asked_wait_s,
            )
        )
        return reply

    def _met(self, dialect: Dialect, call: ChatCall, now_s: float) -> Meeting:
        """Return what becomes of a call: an answer, a fault, or a refusal for coming too soon."""
        wait_s = self._limit.wait_s(now_s)
        if wait_s:
            after = (("Retry-After", f"{wait_s:.3f}"),)
            reply = Reply(encoded_json(dialect.error_body(429)), 429, after)
            return Meeting(reply, fault="rpm", asked_wait_s=wait_s)
        answer = answered(call, self._answer)
        n_before = self._seen[call.digest]
        self._seen[call.digest] += 1
        fault = self._faults.next(call.digest, n_before, call.model, call.last_text)
        cost_microusd = answer.cost_microusd if dialect.is_charging else 0
        if fault is None:
            body = encoded_json(dialect.answer_body(call, answer))
            return Meeting(Reply(body), n_before, cost_microusd)
        if fault.name == "length":
            answer = cut_answer(answer, 1)
            cost_microusd = answer.cost_microusd if dialect.is_charging else 0
        return Meeting(
            faulty_reply(fault, dialect, call, answer, self._clock.now()),
            n_before,
            cost_microusd if is_charged(fault) else 0,
            fault.kind,
            asked_wait_s(fault),
        )

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


def _parsed(body: bytes) -> dict[str, Any] | None:
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return fields if isinstance(fields, dict) else None


def _refused(refusal: Refusal) -> Reply:
    status, body = refusal
    return Reply(encoded_json(body), status)
