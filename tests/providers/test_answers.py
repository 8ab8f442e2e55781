"""What is read from good and half-good answers."""

import asyncio
import gzip
import json
from decimal import Decimal

import pytest

from scramblebench.providers import Message
from scramblebench.settings.models import PriceSpec
from scramblebench.testing.fake_provider.http import Reply

from .support import (
    canned_server,
    chat_body,
    complete_once,
    json_reply,
    make_provider,
    model_request,
    ollama_body,
)


def sent_by(kind: str, **changes) -> dict:
    """Return the JSON that a provider sends."""
    seen: list[dict] = []
    request_changes = changes.pop("request", {})

    def answer(request) -> Reply:
        seen.append(json.loads(request.body))
        return json_reply(ollama_body() if kind == "ollama" else chat_body())

    async def run() -> None:
        async with canned_server(answer) as url:
            provider = make_provider(kind, url, **changes)
            await provider.complete(model_request(**request_changes))
            await provider.close()

    asyncio.run(run())
    return seen[0]


def test_what_ollama_is_sent():
    sent = sent_by(
        "ollama",
        temperature=0.5,
        max_tokens=7,
        seed=10,
        top_p=0.9,
        stop=("\n",),
        num_ctx=1024,
        keep_alive="300",
        request={"repeat": 2},
    )
    assert sent == {
        "model": "llama3:8b",
        "messages": [
            {"role": "system", "content": "Answer with one word."},
            {"role": "user", "content": "What is the capital of France?"},
        ],
        "stream": False,
        "truncate": False,
        "shift": False,
        "keep_alive": 300,
        "options": {
            "num_predict": 7,
            "temperature": 0.5,
            "seed": 12,
            "top_p": 0.9,
            "num_ctx": 1024,
            "stop": ["\n"],
        },
    }


def test_what_openrouter_is_sent():
    sent = sent_by("openrouter", name="gpt-3.5-turbo", temperature=0.0, max_tokens=7)
    assert sent == {
        "model": "openai/gpt-3.5-turbo",
        "messages": [
            {"role": "system", "content": "Answer with one word."},
            {"role": "user", "content": "What is the capital of France?"},
        ],
        "max_tokens": 7,
        "temperature": 0.0,
        "stream": False,
    }


def test_openai_answer():
    body = chat_body()
    response = complete_once("openrouter", json_reply(body))
    assert response.text == "Paris"
    assert response.finish_reason == "stop"
    assert (response.prompt_tokens, response.completion_tokens) == (10, 4)
    assert (response.cost_microusd, response.cost_source) == (140, "usage.cost")
    assert response.served_model == "openai/gpt-4o-mini"
    assert response.served_provider == "OpenAI"
    assert response.provider_response_id == "gen-1"
    assert json.loads(response.raw) == body
    assert response.latency_s == 0.0


@pytest.mark.parametrize(
    ("stated", "expected"),
    [(0.00014, 140), (1, 1_000_000), (0, 0), (1e-7, 0), (0.1, 100_000), (1.5e-6, 2)],
)
def test_stated_costs_are_exact(stated, expected):
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "cost": stated}
    response = complete_once("openrouter", json_reply(chat_body(usage=usage)))
    assert response.cost_microusd == expected


@pytest.mark.parametrize("stated", [None, -1, "0.5", True, [], 1e400])
def test_a_cost_that_is_none_is_unknown_without_a_price(stated):
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "cost": stated}
    body = json.dumps(chat_body(usage=usage)).replace("Infinity", "1e400").encode()
    response = complete_once("openrouter", Reply(body), name="acme/unknown")
    assert response.cost_microusd is None
    assert response.cost_source is None


def test_a_configured_price_stands_in_for_a_missing_cost():
    price = PriceSpec(prompt_usd_per_million=Decimal(1), completion_usd_per_million=Decimal("2.5"))
    usage = {"prompt_tokens": 10, "completion_tokens": 3}
    response = complete_once("openai", json_reply(chat_body(usage=usage)), price=price)
    assert (response.cost_microusd, response.cost_source) == (18, "configured")


def test_without_counts_a_price_gives_no_cost():
    price = PriceSpec(prompt_usd_per_million=Decimal(1), completion_usd_per_million=Decimal(1))
    body = ollama_body(prompt_eval_count=None)
    assert complete_once("ollama", json_reply(body), price=price).cost_microusd is None
    assert complete_once("ollama", json_reply(ollama_body()), price=price).cost_microusd == 13
    assert complete_once("ollama", json_reply(body)).cost_microusd == 0


def test_the_list_price_does_not_hold_for_another_model():
    usage = {"prompt_tokens": 1000, "completion_tokens": 1000}
    known = complete_once("openrouter", json_reply(chat_body(usage=usage)))
    assert known.cost_microusd == 750
    assert known.cost_source.startswith("genai-prices")
    other = chat_body(usage=usage, top={"model": "acme/other"})
    assert complete_once("openrouter", json_reply(other)).cost_microusd is None


@pytest.mark.parametrize("count", [None, -1, "12", True, 1.5, [], 2**70])
@pytest.mark.parametrize("kind", ["openrouter", "ollama"])
def test_counts_of_odd_types_are_unknown(kind, count):
    if kind == "ollama":
        body = ollama_body(prompt_eval_count=count, eval_count=count)
    else:
        body = chat_body(usage={"prompt_tokens": count, "completion_tokens": count})
    response = complete_once(kind, json_reply(body))
    assert response.prompt_tokens is None
    assert response.completion_tokens is None


def test_a_missing_usage_is_unknown():
    response = complete_once("openrouter", json_reply(chat_body(usage=None)))
    assert response.text == "Paris"
    assert response.prompt_tokens is None
    assert response.cost_microusd is None


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_a_cut_answer_is_marked(reason):
    response = complete_once("openrouter", json_reply(chat_body(finish_reason=reason)))
    assert response.is_truncated
    assert response.finish_reason == reason


def test_a_refusal_is_a_text_that_is_called_so():
    message = {"role": "assistant", "content": None, "refusal": "I cannot."}
    response = complete_once("openai", json_reply(chat_body(message=message)))
    assert (response.text, response.finish_reason) == ("I cannot.", "refusal")


@pytest.mark.parametrize("reason", ["stop", "length", "tool_calls"])
def test_a_finished_empty_answer_is_an_answer(reason):
    body = chat_body(finish_reason=reason, message={"role": "assistant", "content": None})
    assert complete_once("openrouter", json_reply(body)).text == ""


def test_content_in_parts():
    parts = [{"type": "text", "text": "Par"}, {"type": "image"}, {"type": "text", "text": "is"}]
    assert (
        complete_once("openai", json_reply(chat_body(message={"content": parts}))).text == "Paris"
    )


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b'"caf\xe9"', "caf\ufffd"),
        (b'"half \\ud83d"', "half \ud83d"),
        (b'"nul \\u0000"', "nul \x00"),
        ('"snow ☃"'.encode(), "snow ☃"),
    ],
)
def test_texts_that_were_paid_for_survive(content, text):
    body = json.dumps(chat_body(message={"content": "@"})).encode().replace(b'"@"', content)
    response = complete_once("openrouter", Reply(body))
    assert response.text == text
    assert response.raw == body


def test_a_packed_answer_is_unpacked_though_not_asked_for():
    packed = gzip.compress(json.dumps(chat_body()).encode())
    response = complete_once("openrouter", Reply(packed, headers=(("Content-Encoding", "gzip"),)))
    assert response.text == "Paris"


def test_ollama_answer():
    response = complete_once("ollama", json_reply(ollama_body(done_reason="length")))
    assert (response.text, response.is_truncated) == ("Paris", True)
    assert (response.prompt_tokens, response.completion_tokens) == (11, 2)
    assert (response.cost_microusd, response.cost_source) == (0, "runs on this machine")


@pytest.mark.parametrize("piece", ["a", " the", "ha ", "…"])
def test_a_model_that_repeats_itself_has_answered(piece):
    body = ollama_body(message={"content": "Well, " + piece * 40}, done=False)
    del body["done_reason"]
    response = complete_once("ollama", json_reply(body))
    assert response.finish_reason == "repetition"
    assert response.is_truncated


def test_a_prompt_that_was_cut_in_silence_is_marked():
    def answer(request) -> Reply:
        return json_reply(ollama_body(prompt_eval_count=260))

    async def run(text: str, **changes):
        async with canned_server(answer) as url:
            provider = make_provider("ollama", url, **changes)
            response = await provider.complete(model_request(messages=(Message("user", text),)))
            await provider.close()
            return response.is_prompt_cut

    assert asyncio.run(run("word " * 600, num_ctx=512))
    assert not asyncio.run(run("word " * 20, num_ctx=512))
    assert asyncio.run(run("word " * 5000))
    assert not asyncio.run(run("word " * 200))
