"""Every documented or seen error body: its kind, whether it is retried, and the wait."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scramblebench.core.errors import ErrorKind, ProviderError
from scramblebench.core.trials import Response
from scramblebench.testing.fake_provider.http import Reply

from .support import KEY, NOW, chat_body, error_of, json_reply, ollama_body, outcome_of

K = ErrorKind
RESET_MS = str(int((NOW.timestamp() + 30) * 1000))


def documented(status: int, message: str, **more) -> Reply:
    return json_reply({"error": {"code": status, "message": message, **more}}, status)


OPENROUTER_ROWS = [
    (documented(400, "Invalid request parameters"), K.INVALID_REQUEST, None),
    (documented(401, "Missing Authentication header"), K.AUTHENTICATION, None),
    (documented(402, "Insufficient credits. Add more"), K.CREDITS, None),
    (documented(402, "Prompt tokens limit exceeded: 230799 > 91442."), K.CREDITS, None),
    (documented(403, "Only management keys"), K.AUTHENTICATION, None),
    (
        documented(403, "flagged", metadata={"reasons": ["violence"], "flagged_input": "..."}),
        K.CONTENT_FILTER,
        None,
    ),
    (
        documented(403, "Request blocked", metadata={"patterns": ["ignore all"]}),
        K.CONTENT_FILTER,
        None,
    ),
    (documented(404, "Resource not found"), K.MODEL_MISSING, None),
    (documented(408, "Operation timed out."), K.TIMEOUT, None),
    (documented(413, "Request payload too large"), K.INVALID_REQUEST, None),
    (documented(422, "Invalid argument"), K.INVALID_REQUEST, None),
    (documented(429, "Rate limit exceeded"), K.RATE_LIMIT, None),
    (
        documented(429, "free", metadata={"headers": {"X-RateLimit-Reset": RESET_MS}}),
        K.RATE_LIMIT,
        30.0,
    ),
    (documented(429, "Provider returned error", metadata={"raw": "slow down"}), K.RATE_LIMIT, None),
    (documented(500, "Internal Server Error"), K.SERVER, None),
    (documented(502, "Provider returned error"), K.SERVER, None),
    (documented(503, "Service temporarily unavailable"), K.OVERLOADED, None),
    (documented(504, "Gateway timeout"), K.TIMEOUT, None),
    (documented(524, "Request timed out."), K.TIMEOUT, None),
    (documented(529, "Provider returned error"), K.OVERLOADED, None),
    (Reply(b"<html>bad gateway</html>", 502, content_type="text/html"), K.SERVER, None),
    (Reply(b"", 503, (("Retry-After", "7"),)), K.OVERLOADED, 7.0),
    (
        documented(400, "too long", metadata={"error_type": "context_length_exceeded"}),
        K.CONTEXT_LENGTH,
        None,
    ),
    (
        documented(400, "This endpoint's maximum context length is 8192 tokens."),
        K.CONTEXT_LENGTH,
        None,
    ),
    # the second place: 200 with only an error
    (json_reply({"error": {"message": "Internal Server Error", "code": 500}}), K.SERVER, None),
    (json_reply({"error": {"message": "x", "code": "server_error"}}), K.SERVER, None),
    (json_reply({"error": {"message": "Rate limit", "code": 429}}), K.RATE_LIMIT, None),
    (json_reply({"error": "something"}), K.SERVER, None),
    (json_reply({"error": {"message": "x", "code": "429"}}), K.RATE_LIMIT, None),
    (json_reply({"error": {"code": 402}}), K.CREDITS, None),
    (json_reply({"error": {"message": "x", "code": 7}}, 429), K.RATE_LIMIT, None),
    # the third place: partial content
    (
        json_reply(
            chat_body(
                finish_reason="error",
                error={
                    "code": 502,
                    "message": "Provider disconnected mid-stream",
                    "metadata": {"error_type": "provider_unavailable"},
                },
            )
        ),
        K.SERVER,
        None,
    ),
    (json_reply(chat_body(finish_reason="error")), K.SERVER, None),
    # the fifth place: availability without a code
    (
        json_reply(
            {
                "error": {
                    "message": "acme/fake-1.0 is not a valid model ID",
                    "error_type": "invalid_request",
                    "http_status": 400,
                    "availability": {"code": "model_not_found", "retryable": False},
                }
            },
            400,
        ),
        K.MODEL_MISSING,
        None,
    ),
    (
        json_reply(
            {
                "error": {
                    "message": "full",
                    "http_status": 429,
                    "availability": {
                        "code": "capacity_exhausted",
                        "retryable": True,
                        "retry_after": 40,
                    },
                }
            },
            429,
        ),
        K.RATE_LIMIT,
        40.0,
    ),
    (
        json_reply({"error": {"message": "warming up", "availability": {"retryable": True}}}, 404),
        K.OVERLOADED,
        None,
    ),
    (
        json_reply({"error": {"message": "gone", "availability": {"retryable": False}}}, 503),
        K.INVALID_REQUEST,
        None,
    ),
    # OpenAI's own words
    (
        json_reply({"error": {"message": "quota", "type": "insufficient_quota"}}, 429),
        K.CREDITS,
        None,
    ),
    (
        json_reply({"error": {"message": "key", "code": "invalid_api_key"}}, 401),
        K.AUTHENTICATION,
        None,
    ),
    # no answer, though nothing says error
    (json_reply(chat_body(top={"choices": []})), K.NO_CONTENT, None),
    (json_reply(chat_body(finish_reason=None, message={"content": None})), K.NO_CONTENT, None),
    (json_reply(chat_body(finish_reason=None, message={"content": ""})), K.NO_CONTENT, None),
    (
        json_reply(chat_body(finish_reason="content_filter", message={"content": ""})),
        K.CONTENT_FILTER,
        None,
    ),
    (json_reply({}), K.BAD_RESPONSE, None),
    (json_reply([]), K.BAD_RESPONSE, None),
    (json_reply({"choices": "x"}), K.BAD_RESPONSE, None),
    (Reply(b""), K.BAD_RESPONSE, None),
    (Reply(b"null"), K.BAD_RESPONSE, None),
    (Reply(b'{"choices": NaN}'), K.BAD_RESPONSE, None),
    (Reply(b"[" * 100_000), K.BAD_RESPONSE, None),
    (Reply(b'{"choices":' + b"[" * 100_000), K.BAD_RESPONSE, None),
    (Reply(b'{"created":' + b"9" * 5000 + b"}"), K.BAD_RESPONSE, None),
    (Reply(b"{}", headers=(("Content-Encoding", "gzip"),)), K.BAD_RESPONSE, None),
    (Reply(b"{}", headers=(("Content-Encoding", "br"),)), K.BAD_RESPONSE, None),
    (Reply(b"{}", 418), K.INVALID_REQUEST, None),
    (Reply(b"{}", 599), K.SERVER, None),
]

INNER = json.dumps(
    {
        "error": {
            "code": 400,
            "message": "request (931 tokens) exceeds the available context size (512 tokens)",
            "type": "exceed_context_size_error",
            "n_prompt_tokens": 931,
            "n_ctx": 512,
        }
    }
)
OLLAMA_ROWS = [
    (400, "missing request body", K.INVALID_REQUEST),
    (400, "invalid character 'x' looking for beginning of value", K.INVALID_REQUEST),
    (400, "top_logprobs must be between 0 and 20", K.INVALID_REQUEST),
    (400, 'option "temperature" must be of type float32', K.INVALID_REQUEST),
    (400, "model is required", K.MODEL_MISSING),
    (400, "invalid model name", K.MODEL_MISSING),
    (400, '"llama3:8b" does not support chat', K.MODEL_MISSING),
    (404, "model 'llama3:8b' not found", K.MODEL_MISSING),
    (404, 'model "llama3:8b" not found, try pulling it first', K.MODEL_MISSING),
    (
        400,
        "the prompt is longer than the context length currently available to the model; shorten",
        K.CONTEXT_LENGTH,
    ),
    (400, INNER, K.CONTEXT_LENGTH),
    (401, "unauthorized", K.AUTHENTICATION),
    (403, "remote inference is disabled", K.AUTHENTICATION),
    (429, "you've reached your hourly usage limit", K.RATE_LIMIT),
    (499, "request canceled", K.CONNECTION),
    (500, "model requires more system memory (5.0 GiB) than is available", K.SERVER),
    (500, "model runner has unexpectedly stopped", K.SERVER),
    (502, "error connecting to remote model", K.SERVER),
    (503, "server busy, please try again.  maximum pending requests exceeded", K.OVERLOADED),
]
OLLAMA_BODIES = [
    ({"error": "late"}, K.SERVER),
    (ollama_body(done=False, done_reason=None, message={"content": ""}), K.NO_CONTENT),
    (ollama_body(done=False, message={"content": "The answer is"}), K.BAD_RESPONSE),
    (ollama_body(done_reason="load", message={"content": ""}), K.NO_CONTENT),
    (ollama_body(message=None), K.BAD_RESPONSE),
    (ollama_body(message={"content": 5}), K.BAD_RESPONSE),
    ([], K.BAD_RESPONSE),
]


@pytest.mark.parametrize("provider", ["openrouter", "openai"])
@pytest.mark.parametrize(("reply", "kind", "wait_s"), OPENROUTER_ROWS)
def test_openai_shaped_errors(provider, reply, kind, wait_s):
    error = error_of(provider, reply)
    assert error.kind is kind
    assert error.retry_after_s == (None if wait_s is None else pytest.approx(wait_s))
    assert error.kind.is_retryable is (kind in {
        K.TIMEOUT, K.RATE_LIMIT, K.OVERLOADED, K.SERVER, K.NO_CONTENT, K.BAD_RESPONSE, K.CONNECTION,
    })  # fmt: skip


@pytest.mark.parametrize(("status", "text", "kind"), OLLAMA_ROWS)
def test_ollama_errors(status, text, kind):
    error = error_of("ollama", json_reply({"error": text}, status))
    assert error.kind is kind
    assert error.retry_after_s is None
    if status == 404:
        assert "ollama pull llama3:8b" in str(error)


@pytest.mark.parametrize(("body", "kind"), OLLAMA_BODIES)
def test_ollama_answers_that_are_none(body, kind):
    assert error_of("ollama", json_reply(body)).kind is kind


def test_a_message_is_short_and_printable_and_names_no_key():
    said = f"bad\x1b[31m key {KEY}\n" + "x" * 5000
    environment = {"OPENROUTER_API_KEY": KEY}
    error = error_of("openrouter", documented(401, said), environment=environment)
    assert KEY not in str(error)
    assert "[key]" in str(error)
    assert str(error).isprintable()
    assert len(str(error)) < 400


@pytest.mark.parametrize("provider", ["ollama", "openrouter"])
def test_a_redirect_is_not_followed(provider):
    reply = Reply(b"", 301, (("Location", "http://203.0.113.1/"),))
    error = error_of(provider, reply)
    assert error.kind is K.BAD_RESPONSE
    assert "base_url" in str(error)
    assert "203.0.113.1" in str(error)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["ollama", "openrouter"]), st.data())
def test_whatever_comes_back_is_a_response_or_a_provider_error(provider, data):
    good = json.dumps(ollama_body() if provider == "ollama" else chat_body()).encode()
    position = data.draw(st.integers(0, len(good)))
    noise = data.draw(st.binary(max_size=12))
    dropped = data.draw(st.integers(0, 12))
    status = data.draw(st.sampled_from([200, 200, 200, 400, 429, 500]))
    body = good[:position] + noise + good[position + dropped :]
    result = outcome_of(provider, Reply(body, status))
    assert isinstance(result, ProviderError) or status == 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    ["choices", "error", "usage", "model", "id", "message", "done", "prompt_eval_count"]
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["ollama", "openrouter"]), FIELDS, JSON, st.sampled_from([200, 429, 400]))
def test_a_field_of_any_type_is_survived(provider, field, value, status):
    body = {**(ollama_body() if provider == "ollama" else chat_body()), field: value}
    result = outcome_of(provider, json_reply(body, status))
    if isinstance(result, Response):
        assert isinstance(result.text, str)
        assert result.prompt_tokens is None or result.prompt_tokens >= 0
        assert result.cost_microusd is None or result.cost_microusd >= 0
    else:
        assert result.kind in ErrorKind
