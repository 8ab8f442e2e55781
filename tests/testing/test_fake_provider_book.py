"""What the fake server writes down and keeps to: times, waits, its own limits, OpenAI's dialect."""

import asyncio
import json
from pathlib import Path

import aiohttp
import pytest

from scramblebench.core.clock import SystemClock
from scramblebench.core.errors import ErrorKind, ProviderError
from scramblebench.core.questions import Question, identified
from scramblebench.providers import Message, ModelRequest, open_provider
from scramblebench.settings.models import ModelSpec, ProviderName
from scramblebench.testing.fake_provider import FakeProviderServer, Fault, read_ledger
from scramblebench.testing.fake_provider.rate_limit import RateLimit

QUESTION = identified(Question("", "facts", "What is 2 + 2?", ("4",)))


def chat(text: str = "What is 2 + 2?", model: str = "gpt-4o-mini") -> dict:
    return {"model": model, "messages": [{"role": "user", "content": text}]}


def exchange(*bodies, path: str = "/v1/chat/completions", at_once: bool = False, **changes):
    """Send chats; return statuses, headers and JSON, the ledger and the server's counts."""

    async def run():
        async with FakeProviderServer(**changes) as server, aiohttp.ClientSession() as session:

            async def ask(body):
                async with session.post(server.url + path, json=body) as response:
                    body = await response.read()
                    parsed = json.loads(body) if body[:1] == b"{" else None
                    return response.status, response.headers, parsed

            if at_once:
                answers = await asyncio.gather(*(ask(body) for body in bodies))
            else:
                answers = [await ask(body) for body in bodies]
            async with session.get(server.url + "/fake/counts") as response:
                counts = await response.json()
            return answers, server.ledger.entries, counts

    return asyncio.run(run())


def test_a_request_is_answered_after_it_was_received_and_its_latency():
    _, (first, second), _ = exchange(chat(), chat(), latency_s=0.02)
    assert first.answered_s - first.received_s == pytest.approx(0.02)
    assert second.received_s >= first.answered_s


def test_the_book_is_on_the_disk_with_its_times(tmp_path):
    path = tmp_path / "ledger.jsonl"
    exchange(chat(), chat("other"), faults=[Fault("503:1.5", limit=1)], ledger_path=path)
    refused, answered = read_ledger(path)
    assert (refused.status, refused.asked_wait_s) == (503, 1.5)
    assert (answered.status, answered.asked_wait_s) == (200, None)
    assert answered.received_s >= refused.answered_s > 0


@pytest.mark.parametrize(
    ("fault", "wait_s"),
    [
        ("429", None),
        ("429:2.5", 2.5),
        ("429-date:30", 30),
        ("429-date:-30", 0),
        ("429-text:soon", None),
        ("429-text:1000000000", 1e9),
        ("429-metadata:3", 3),
        ("429-availability:7", 7),
        ("500", None),
        ("garbage", None),
    ],
)
def test_the_book_says_what_wait_was_asked_for(fault, wait_s):
    _, (entry,), _ = exchange(chat(), faults=[Fault(fault)])
    assert entry.asked_wait_s == wait_s


def test_requests_in_flight_are_counted_until_they_are_answered():
    _, _, counts = exchange(*(chat(str(n)) for n in range(7)), at_once=True, latency_s=0.3)
    assert counts["max_in_flight"] == 7
    assert counts["n_in_flight"] == 1  # the request for the counts
    assert counts["n_chats"] == 7


def test_a_client_that_leaves_is_no_longer_in_flight():
    async def run():
        async with FakeProviderServer(faults=[Fault("hang")]) as server:
            async with aiohttp.ClientSession() as session:
                asking = asyncio.create_task(
                    session.post(server.url_openai + "/chat/completions", json=chat())
                )
                while not server.counts["n_in_flight"]:
                    await asyncio.sleep(0)
                asking.cancel()
            while server.counts["n_in_flight"]:
                await asyncio.sleep(0)
            return server.ledger.entries

    (entry,) = asyncio.run(asyncio.wait_for(run(), 20))
    assert (entry.status, entry.answered_s) == (0, None)


def test_beyond_its_rate_the_server_says_when_to_come_again():
    answers, entries, counts = exchange(
        *(chat(str(n)) for n in range(5)), requests_per_minute=60, path="/api/v1/chat/completions"
    )
    assert [status for status, _, _ in answers] == [200, 200, 429, 429, 429]
    assert counts["n_rate_limited"] == 3
    for (_, headers, _), entry in zip(answers[2:], entries[2:], strict=True):
        assert 0 < float(headers["Retry-After"]) <= 1
        assert entry.asked_wait_s == pytest.approx(float(headers["Retry-After"]), abs=0.001)
        assert (entry.fault, entry.cost_microusd) == ("rpm", 0)


def test_a_rate_is_kept_over_time():
    limit = RateLimit(600)
    moments = [n / 100 for n in range(6000)]  # 100 a second for a minute, 10 a second allowed
    n_passed = sum(limit.wait_s(now_s) == 0 for now_s in moments)
    assert n_passed == pytest.approx(600 + 20, abs=1)
    assert limit.n_refused == 6000 - n_passed
    waiting = RateLimit(600)
    now_s = 0.0
    for _ in range(50):
        while wait_s := waiting.wait_s(now_s):
            now_s += wait_s
    assert waiting.n_refused <= 31  # who waits as told is let in


def test_half_of_a_surrogate_pair_is_answered_and_read():
    answers, _, _ = exchange(chat(), answer=lambda messages, model: "half \ud83d of it")
    assert answers[0][2]["choices"][0]["message"]["content"] == "half \ud83d of it"


def ask_openai(act, **changes):
    """Run ``act(provider)`` with the provider openai against the fake server's OpenAI."""

    async def run():
        async with FakeProviderServer(**changes) as server:
            spec = ModelSpec(
                name="gpt-4o-mini",
                provider=ProviderName.OPENAI,
                base_url=server.url_openai,
            )
            provider = open_provider(spec, clock=SystemClock(), environment={}, base_dir=Path())
            try:
                return await act(provider), server.ledger.entries
            finally:
                await provider.close()

    return asyncio.run(run())


def request() -> ModelRequest:
    return ModelRequest(
        messages=(Message("user", QUESTION.text),),
        idempotency_key="idem-1",
        trial_key="a" * 64,
        question=QUESTION,
    )


def test_openai_answers_and_is_priced_by_the_client():
    async def act(provider):
        return await provider.identify(), await provider.complete(request())

    (identity, response), (entry,) = ask_openai(act)
    assert identity.served_name == "gpt-4o-mini"
    assert response.text.startswith("The answer is")
    assert response.cost_source != "usage.cost"
    assert (entry.api, entry.idempotency_key) == ("openai", "idem-1")
    assert entry.cost_microusd > 0


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("401", ErrorKind.AUTHENTICATION),
        ("402", ErrorKind.CREDITS),
        ("404", ErrorKind.MODEL_MISSING),
        ("429:2", ErrorKind.RATE_LIMIT),
        ("429-metadata:2", ErrorKind.RATE_LIMIT),
        ("500", ErrorKind.SERVER),
        ("503", ErrorKind.OVERLOADED),
        ("200-error", ErrorKind.SERVER),
        ("partial", ErrorKind.SERVER),
        ("empty-choices", ErrorKind.NO_CONTENT),
        ("negative-usage", None),
        ("lone-surrogate", None),
    ],
)
def test_openai_errs_as_openai_does(fault, kind):
    async def act(provider):
        try:
            return await provider.complete(request())
        except ProviderError as error:
            return error

    outcome, _ = ask_openai(act, faults=[Fault(fault)])
    if kind is None:
        assert outcome.text.startswith("The ")
    else:
        assert outcome.kind is kind


def test_openai_names_a_model_it_has_not():
    answers, _, _ = exchange(chat(model="gpt-9"), chat("word " * 20_000))
    (missing, _, no_model), (too_long, _, no_room) = answers
    assert (missing, no_model["error"]["code"]) == (404, "model_not_found")
    assert (too_long, no_room["error"]["code"]) == (400, "context_length_exceeded")
