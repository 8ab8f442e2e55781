"""Requests, providers and servers that answer what a test tells them."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from scramblebench.core.errors import ProviderError
from scramblebench.core.questions import Question, identified
from scramblebench.core.trials import Response
from scramblebench.providers import Message, ModelRequest, Provider, open_provider
from scramblebench.settings.models import ModelSpec, ProviderName
from scramblebench.testing.fake_provider.http import Connection, Connections, Reply, Request

NOW = datetime(2026, 8, 22, 12, 0, 0, tzinfo=UTC)
KEY = "sk-or-v1-0123456789abcdef"
QUESTION = identified(Question("", "facts", "What is the capital of France?", ("Paris",)))
NAMES = {
    "ollama": "llama3:8b",
    "openrouter": "openai/gpt-4o-mini",
    "openai": "gpt-4o-mini",
    "local": "smollm2",
    "simulated": "simulated",
    "replay": "replayed",
}


class FixedClock:
    """A clock that stands still and never waits."""

    def __init__(self) -> None:
        self.slept_s: list[float] = []

    def now(self) -> datetime:
        return NOW

    def monotonic_s(self) -> float:
        return 100.0

    async def sleep(self, duration_s: float) -> None:
        self.slept_s.append(duration_s)


def model_request(text: str = QUESTION.text, **changes) -> ModelRequest:
    values = {
        "messages": (Message("system", "Answer with one word."), Message("user", text)),
        "idempotency_key": "idem-1",
        "trial_key": "a" * 64,
        "question": QUESTION,
    }
    return ModelRequest(**{**values, **changes})


def make_provider(
    kind: str,
    base_url: str | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    base_dir: Path = Path(),
    clock=None,
    **changes,
) -> Provider:
    spec = ModelSpec(
        **{"name": NAMES[kind], "provider": ProviderName(kind), "base_url": base_url, **changes}
    )
    return open_provider(
        spec, clock=clock or FixedClock(), environment=environment or {}, base_dir=base_dir
    )


@asynccontextmanager
async def canned_server(answer: Callable[[Request], Reply]) -> AsyncIterator[str]:
    """Serve ``answer`` on a free port and give its base URL."""
    connections = Connections(answer)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(connections), "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for transport in tuple(connections.open):
            transport.abort()


def json_reply(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(json.dumps(body).encode(), status, tuple((headers or {}).items()))


async def answer_to(kind: str, reply: Reply, **changes) -> Response:
    """Return the response that a provider makes of one reply."""
    async with canned_server(lambda _: reply) as url:
        provider = make_provider(kind, url, **changes)
        try:
            return await provider.complete(model_request())
        finally:
            await provider.close()


def complete_once(kind: str, reply: Reply, **changes) -> Response:
    return asyncio.run(answer_to(kind, reply, **changes))


def outcome_of(kind: str, reply: Reply) -> Response | ProviderError:
    """Return what a provider makes of one reply; anything else that is raised goes through."""
    try:
        return complete_once(kind, reply)
    except ProviderError as error:
        return error


def error_of(kind: str, reply: Reply, **changes) -> ProviderError:
    """Return the error that a provider makes of one reply; fail where it makes none."""
    return raised_by(lambda: answer_to(kind, reply, **changes))


def raised_by(act: Callable[[], Awaitable[object]]) -> ProviderError:
    async def run() -> object:
        return await act()

    try:
        result = asyncio.run(run())
    except ProviderError as error:
        return error
    raise AssertionError(f"no error, but {result!r}")


def chat_body(**changes) -> dict:
    """An OpenAI-shaped answer; changes go to the choice, ``top`` to the object, ``usage`` as named."""
    top = changes.pop("top", {})
    usage = changes.pop("usage", {"prompt_tokens": 10, "completion_tokens": 4, "cost": 0.00014})
    choice = {
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "content": "Paris"},
        **changes,
    }
    return {
        "id": "gen-1",
        "provider": "OpenAI",
        "model": "openai/gpt-4o-mini",
        "object": "chat.completion",
        "created": 1,
        "choices": [choice],
        "usage": usage,
        **top,
    }


def ollama_body(**changes) -> dict:
    body = {
        "model": "llama3:8b",
        "message": {"role": "assistant", "content": "Paris"},
        "done": True,
        "done_reason": "stop",
        "prompt_eval_count": 11,
        "eval_count": 2,
    }
    return {**body, **changes}
